/** Delivering many again: first counted, then done at a pace, with progress. */
import { Button, Group, Modal, NumberInput, Progress, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useChange, useData } from '../../api/queries.ts';
import type { Replay } from '../../api/types.ts';
import { Refusal, submits } from '../../parts/door.tsx';
import { TargetField, useDestinationChoices, useWebhookChoices } from '../../parts/finder.tsx';
import { State } from '../../parts/text.tsx';
import { counted, figure, fill, milliseconds, w } from '../../words.ts';

interface Props {
  opened: boolean;
  close: () => void;
  target: string | undefined;
}

export function ReplayDialog(props: Props) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.close}
      title={w.replay.title}
      size="lg"
      closeButtonProps={{ 'aria-label': w.common.close }}
    >
      {props.opened ? <ReplayForm {...props} /> : null}
    </Modal>
  );
}

const everywhere = 'events';
type Chosen = 'failed' | 'all' | 'missing';

/** What still runs, or has made due what waits for its turn. */
const isUnderWay = ({ status, waiting }: Replay): boolean => status === 'running' || waiting > 0;

const doneOf = ({ sent, failed, skipped }: Replay): number => sent + failed + skipped;

function ReplayForm({ target, close }: Props) {
  const [chosen, setWhere] = useState(target);
  const ids = chosen === undefined || chosen === everywhere ? [] : [chosen];
  const destinations = useDestinationChoices('', ids);
  const webhooks = useWebhookChoices('', ids);
  const where = chosen ?? destinations.found[0]?.value ?? everywhere;
  const [only, setOnly] = useState<Chosen>('failed');
  const [since, setSince] = useState('');
  const [rate, setRate] = useState<number | string>(100);
  const [running, setRunning] = useState<string>();
  const isDestination = destinations.all.some(({ value }) => value === where);
  const isKnown = where === everywhere || isDestination || webhooks.all.some(({ value }) => value === where);
  const body = {
    dryRun: false,
    ...(where === everywhere ? {} : isDestination ? { destinationId: where } : { webhookId: where }),
    only: isDestination && only === 'missing' ? 'failed' : only,
    ratePerSecond: Number(rate) || 100,
    ...(since ? { since: new Date(`${since}T00:00:00`).toISOString() } : {}),
  };
  const count = useChange(async (_: undefined, send) => {
    const found = await send('post', '/projects/{project}/replays', { body: { ...body, dryRun: true } });
    return 'seconds' in found ? found : undefined;
  });
  const start = useChange(
    (_: undefined, send) => send('post', '/projects/{project}/replays', { body }),
    ['/projects/{project}/replays'],
  );
  if (running) return <Running id={running} close={close} />;
  const choices = [
    { value: 'failed', label: w.replay.failed },
    { value: 'all', label: w.replay.all },
    ...(isDestination ? [] : [{ value: 'missing', label: w.replay.missing }]),
  ];
  const changed = () => count.reset();
  const begin = async () => {
    const made = await start.mutateAsync(undefined).catch(() => undefined);
    if (made && 'id' in made) setRunning(made.id);
  };
  return (
    <form className="stack" onSubmit={submits(() => count.mutate(undefined))}>
      <UnderWay show={setRunning} />
      <p className="quiet">{w.replay.lead}</p>
      <Refusal error={count.error ?? start.error} />
      <TargetField
        label={w.deliveries.where}
        first={{ value: everywhere, label: w.replay.everywhere }}
        value={where}
        onChange={(value) => {
          setWhere(value);
          changed();
        }}
      />
      <div className="stack tight">
        <span className="field-label" id="replay-only">
          {w.replay.where}
        </span>
        <SegmentedControl
          aria-labelledby="replay-only"
          orientation="vertical"
          value={body.only}
          data={choices}
          onChange={(value) => {
            setOnly(value as Chosen);
            changed();
          }}
        />
      </div>
      <div className="pair">
        <TextInput
          type="date"
          label={w.replay.since}
          value={since}
          onChange={(event) => {
            setSince(event.currentTarget.value);
            changed();
          }}
        />
        <NumberInput label={w.replay.rate} min={1} max={1000} value={rate} onChange={setRate} />
      </div>
      {count.data ? (
        <p className="note" role="status">
          {count.data.total === 0
            ? w.replay.nothing
            : counted(w.replay.ready, count.data.total, { time: milliseconds(count.data.seconds * 1_000) })}
        </p>
      ) : null}
      <Group justify="flex-end">
        <Button type="submit" variant="default" disabled={!isKnown} loading={count.isPending}>
          {w.replay.count}
        </Button>
        <Button disabled={!count.data?.total} loading={start.isPending} onClick={() => void begin()}>
          {w.replay.start}
        </Button>
      </Group>
    </form>
  );
}

/** Whoever closed the window, or comes from another one, finds what goes on. */
function UnderWay({ show }: { show: (id: string) => void }) {
  const found = useData('/projects/{project}/replays', { query: { limit: 10 } });
  return (found.data ?? []).filter(isUnderWay).map((replay) => (
    <div key={replay.id} className="note row spread">
      <span>{fill(w.replay.underWay, { done: doneOf(replay), all: replay.total })}</span>
      <Button type="button" variant="default" size="xs" onClick={() => show(replay.id)}>
        {w.replay.show}
      </Button>
    </div>
  ));
}

function Running({ id, close }: { id: string; close: () => void }) {
  const path = { replay: id };
  // It goes on a step at a time, and says so in its own row alone.
  const replay = useData('/projects/{project}/replays/{replay}', { path, always: 1_000 });
  const stop = useChange(
    (_: undefined, send) => send('post', '/projects/{project}/replays/{replay}/cancel', { path }),
    ['/projects/{project}/replays'],
  );
  const found = replay.data;
  if (!found) return null;
  const done = doneOf(found);
  const ended = !isUnderWay(found);
  return (
    <div className="stack">
      <div className="row spread" role="status">
        <State state={ended ? 'ok' : found.status} label={ended ? w.replay.finished : undefined!} />
        <span>{fill(w.replay.progress, { done, all: found.total })}</span>
      </div>
      <Progress
        value={found.total === 0 ? 100 : (done / found.total) * 100}
        aria-label={w.session.progress}
      />
      <p className="row">
        <span className="good">{fill(w.replay.sent, { count: figure(found.sent) })}</span>
        {found.failed > 0 ? (
          <span className="bad">{fill(w.replay.failedCount, { count: figure(found.failed) })}</span>
        ) : null}
      </p>
      <Group justify="flex-end">
        {found.status === 'running' ? (
          <Button variant="default" onClick={() => stop.mutate(undefined)}>
            {w.replay.stop}
          </Button>
        ) : null}
        <Button onClick={close}>{w.common.close}</Button>
      </Group>
    </div>
  );
}
