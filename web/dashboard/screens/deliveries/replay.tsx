/** Delivering many again: first counted, then done at a pace, with progress. */
import {
  Button,
  Group,
  Modal,
  NumberInput,
  Progress,
  SegmentedControl,
  Select,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { useChange, useData } from '../../api/queries.ts';
import type { Destination, Webhook } from '../../api/types.ts';
import { Refusal, submits } from '../../parts/door.tsx';
import { State } from '../../parts/text.tsx';
import { counted, figure, fill, milliseconds, w } from '../../words.ts';
import { hostOf } from './list.tsx';

interface Props {
  opened: boolean;
  close: () => void;
  destinations: Destination[];
  webhooks: Webhook[];
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

function ReplayForm({ destinations, webhooks, target, close }: Props) {
  const [where, setWhere] = useState(target ?? destinations[0]?.id ?? everywhere);
  const [only, setOnly] = useState<Chosen>('failed');
  const [since, setSince] = useState('');
  const [rate, setRate] = useState<number | string>(100);
  const [running, setRunning] = useState<string>();
  const isDestination = destinations.some(({ id }) => id === where);
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
      <p className="quiet">{w.replay.lead}</p>
      <Refusal error={count.error ?? start.error} />
      <Select
        label={w.deliveries.where}
        value={where}
        onChange={(value) => {
          setWhere(value ?? everywhere);
          changed();
        }}
        data={[
          {
            group: w.nav.destinations,
            items: destinations.map(({ id, name }) => ({ value: id, label: name })),
          },
          {
            group: w.nav.webhooks,
            items: [
              { value: everywhere, label: w.replay.everywhere },
              ...webhooks.map(({ id, url }) => ({ value: id, label: hostOf(url) })),
            ],
          },
        ]}
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
        <Button type="submit" variant="default" loading={count.isPending}>
          {w.replay.count}
        </Button>
        <Button disabled={!count.data?.total} loading={start.isPending} onClick={() => void begin()}>
          {w.replay.start}
        </Button>
      </Group>
    </form>
  );
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
  const done = found.sent + found.failed + found.skipped;
  const ended = found.status !== 'running' && found.waiting === 0;
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
