/** One key and everything that protects it. */
import { Button, Menu, NumberInput, Textarea } from '@mantine/core';
import { IconArrowLeft, IconChevronDown } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, useData, useScope } from '../../api/queries.ts';
import type { ApiKey, KeyChange } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { DestinationsField } from '../../parts/finder.tsx';
import { Load, PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { Ago, State } from '../../parts/text.tsx';
import { w } from '../../words.ts';
import { protectionsOf } from './list.tsx';
import { Certificate, Signing, Totp } from './protections.tsx';

export function Key() {
  const { key: id } = useParams({ strict: false }) as { key: string };
  const found = useData('/projects/{project}/keys/{key}', { path: { key: id } });
  useTitle(found.data?.label);
  return (
    <Load of={found}>
      {(key) => (
        <>
          <Head apiKey={key} />
          {protectionsOf(key).length === 0 ? (
            <p className="note" data-tone="warn">
              <strong>{w.keys.open}.</strong> {w.keys.openHelp}
            </p>
          ) : null}
          <div className="masonry">
            <Lines apiKey={key} name="allowedIps" title={w.keys.ips} help={w.keys.ipsHelp} />
            <Lines apiKey={key} name="allowedDomains" title={w.keys.domains} help={w.keys.domainsHelp} />
            <Signing apiKey={key} />
            <Totp apiKey={key} />
            <Certificate apiKey={key} />
            <Defaults apiKey={key} />
            <Limits apiKey={key} />
          </div>
        </>
      )}
    </Load>
  );
}

/** What is read again after a change, and the address of one key. */
export const allKeys = '/projects/{project}/keys';
export const oneKey = '/projects/{project}/keys/{key}';

function Head({ apiKey: key }: { apiKey: ApiKey }) {
  const scope = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const path = { key: key.id };
  const change = useChange((body: KeyChange, send) => send('patch', oneKey, { path, body }), [allKeys]);
  const remove = useChange((_: undefined, send) => send('delete', oneKey, { path }), []);
  const askRemove = () =>
    ask({
      title: w.keys.deleteTitle,
      text: w.keys.deleteText,
      confirm: w.common.delete,
      run: () =>
        remove.mutateAsync(undefined).then(() => {
          tell(w.keys.deleted);
          return navigate({ to: '/p/$project/$env/keys', params: scope as never });
        }, tellProblem),
    });
  return (
    <PageHead
      title={key.label}
      back={
        <Link to="/p/$project/$env/keys" params={scope as never} className="back">
          <IconArrowLeft size={14} aria-hidden="true" /> {w.keys.title}
        </Link>
      }
      lead={
        <span className="row">
          <State state={key.isActive ? 'on' : 'off'} />
          <code>{key.prefix}…</code>
          <span>
            {w.keys.lastUsed}: <Ago at={key.lastUsedAt} />
          </span>
        </span>
      }
    >
      {may.write ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} />}>
              {w.common.actions}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              onClick={() =>
                void change
                  .mutateAsync({ isActive: !key.isActive })
                  .then(() => tell(w.common.saved), tellProblem)
              }
            >
              {key.isActive ? w.keys.switchOff : w.keys.switchOn}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="red" onClick={askRemove}>
              {w.common.delete}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </PageHead>
  );
}

function Lines(props: {
  apiKey: ApiKey;
  name: 'allowedIps' | 'allowedDomains';
  title: string;
  help: string;
}) {
  const { apiKey: key, name } = props;
  const may = useMay();
  const path = { key: key.id };
  const [text, setText] = useState(key[name].join('\n'));
  const save = useChange(
    (lines: string[], send) => send('patch', oneKey, { path, body: { [name]: lines } }),
    [allKeys],
  );
  const lines = text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
  return (
    <Panel
      title={props.title}
      help={props.help}
      actions={<State state={key[name].length > 0 ? 'on' : 'off'} />}
    >
      <form
        className="stack"
        onSubmit={submits(
          () =>
            void save.mutateAsync(lines).then(
              () => tell(w.common.saved),
              () => undefined,
            ),
        )}
      >
        <Refusal error={save.error} />
        <Textarea
          aria-label={props.title}
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {may.write ? (
          <div className="form-actions">
            <Button
              type="submit"
              variant="default"
              loading={save.isPending}
              disabled={lines.join() === key[name].join()}
            >
              {w.common.save}
            </Button>
          </div>
        ) : null}
      </form>
    </Panel>
  );
}

function Defaults({ apiKey: key }: { apiKey: ApiKey }) {
  const may = useMay();
  const save = useChange(
    (ids: string[], send) =>
      send('put', '/keys/{key}/destinations', { path: { key: key.id }, body: { destination_ids: ids } }),
    [allKeys],
  );
  return (
    <Panel title={w.keys.defaults} help={w.keys.defaultsHelp}>
      <DestinationsField
        aria-label={w.keys.defaults}
        disabled={!may.write}
        value={key.defaultDestinations}
        onChange={(ids) => void save.mutateAsync(ids).then(() => tell(w.common.saved), tellProblem)}
      />
    </Panel>
  );
}

function Limits({ apiKey: key }: { apiKey: ApiKey }) {
  const may = useMay();
  const path = { key: key.id };
  const [images, setImages] = useState<number | string>(key.maxImages ?? '');
  const [side, setSide] = useState<number | string>(key.maxImageDimension ?? '');
  const save = useChange((body: KeyChange, send) => send('patch', oneKey, { path, body }), [allKeys]);
  const numberOf = (value: number | string): number | null => (value === '' ? null : Number(value));
  return (
    <Panel title={w.keys.limits}>
      <form
        className="stack"
        onSubmit={submits(
          () =>
            void save.mutateAsync({ maxImages: numberOf(images), maxImageDimension: numberOf(side) }).then(
              () => tell(w.common.saved),
              () => undefined,
            ),
        )}
      >
        <Refusal error={save.error} />
        <NumberInput
          label={w.keys.maxImages}
          min={1}
          placeholder={w.common.unlimited}
          value={images}
          onChange={setImages}
        />
        <NumberInput
          label={w.keys.maxDimension}
          min={1}
          placeholder={w.common.unlimited}
          value={side}
          onChange={setSide}
        />
        {may.write ? (
          <div className="form-actions">
            <Button type="submit" variant="default" loading={save.isPending}>
              {w.common.save}
            </Button>
          </div>
        ) : null}
      </form>
    </Panel>
  );
}
