/** One destination: its state, its account, a test shown step by step, its settings. */
import { Button, Loader, Menu } from '@mantine/core';
import {
  IconArrowLeft,
  IconChevronDown,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnected,
  IconTrash,
} from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, useData, useScope } from '../../api/queries.ts';
import type { Destination as DestinationAnswer, DestinationKind } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal } from '../../parts/door.tsx';
import { KindIcon } from '../../parts/kind-icon.tsx';
import { Load, PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { Ago, Id, State } from '../../parts/text.tsx';
import { fill, milliseconds, w } from '../../words.ts';
import { ConnectButton } from './connect.tsx';
import { FolderPicker } from './folders.tsx';
import { Guide } from './guide.tsx';
import { stateOf, useKinds } from './list.tsx';
import { SettingsForm } from './settings-form.tsx';

const one = '/projects/{project}/destinations/{destination}';

export function Destination() {
  const { destination: id } = useParams({ strict: false }) as { destination: string };
  const kinds = useKinds();
  const found = useData('/projects/{project}/destinations/{destination}', { path: { destination: id } });
  useTitle(found.data?.name);
  return (
    <Load of={found}>
      {(destination) => {
        const kind = kinds.data?.find(({ kind }) => kind === destination.type);
        return (
          <>
            <Head destination={destination} kind={kind} />
            <div className="columns">
              <div>
                {destination.connection ? <Account destination={destination} /> : null}
                {kind ? <Settings key={destination.updatedAt} destination={destination} kind={kind} /> : null}
              </div>
              <div>
                <Test destination={destination} />
                <Guide kind={destination.type} />
              </div>
            </div>
          </>
        );
      }}
    </Load>
  );
}

function Head({ destination, kind }: { destination: DestinationAnswer; kind: DestinationKind | undefined }) {
  const scope = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const path = { destination: destination.id };
  const change = useChange(
    (body: { isActive: boolean }, send) => send('patch', one, { path, body }),
    ['/projects/{project}/destinations'],
  );
  const remove = useChange((_: undefined, send) => send('delete', one, { path }), []);
  const toggle = () =>
    change
      .mutateAsync({ isActive: !destination.isActive })
      .then(() => tell(destination.isActive ? w.destinations.paused : w.destinations.resumed), tellProblem);
  const askRemove = () =>
    ask({
      title: w.destinations.deleteTitle,
      text: w.destinations.deleteText,
      confirm: w.common.delete,
      run: () =>
        remove.mutateAsync(undefined).then(() => {
          tell(w.destinations.deleted);
          return navigate({ to: '/p/$project/$env/destinations', params: scope as never });
        }, tellProblem),
    });
  return (
    <PageHead
      title={
        <span className="row nowrap">
          <KindIcon kind={destination.type} size={28} />
          {destination.name}
        </span>
      }
      back={
        <Link to="/p/$project/$env/destinations" params={scope as never} className="back">
          <IconArrowLeft size={14} aria-hidden="true" /> {w.destinations.title}
        </Link>
      }
      lead={
        <span className="row">
          <State state={stateOf(destination)} />
          <span>{kind?.label}</span>
          <Id value={destination.id} short />
        </span>
      }
    >
      {may.write ? (
        <>
          <Button
            variant="default"
            leftSection={destination.isActive ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
            loading={change.isPending}
            onClick={() => void toggle()}
          >
            {destination.isActive ? w.destinations.pause : w.destinations.resume}
          </Button>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" rightSection={<IconChevronDown size={16} />}>
                {w.common.more}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                component={Link}
                to={`/p/${scope.project}/${scope.env}/deliveries?target=${destination.id}` as string}
              >
                {w.deliveries.title}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={askRemove}>
                {w.common.delete}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      ) : null}
    </PageHead>
  );
}

function Account({ destination }: { destination: DestinationAnswer }) {
  const may = useMay();
  const connection = destination.connection!;
  const connected = connection.status === 'connected';
  const leave = useChange(
    (_: undefined, send) => send('post', `${one}/disconnect`, { path: { destination: destination.id } }),
    ['/projects/{project}/destinations'],
  );
  const disconnect = () =>
    ask({
      title: w.destinations.disconnect,
      text: w.destinations.disconnectText,
      confirm: w.destinations.disconnect,
      run: () => leave.mutateAsync(undefined).then(() => tell(w.states.not_connected), tellProblem),
    });
  return (
    <Panel
      title={
        connected && connection.accountEmail ? (
          fill(w.destinations.connectedAs, { account: connection.accountEmail })
        ) : (
          <State state={connection.status} />
        )
      }
      help={connected ? undefined : (connection.reason ?? w.destinations.connectHelp)}
      actions={connection.since && !connected ? <Ago at={connection.since} /> : null}
    >
      {may.write ? (
        <div className="row">
          <ConnectButton
            kind={destination.type}
            destination={destination.id}
            label={
              connected
                ? w.destinations.reconnect
                : connection.status === 'not_connected'
                  ? w.destinations.connect
                  : w.destinations.reconnect
            }
          />
          {connected ? <FolderPicker destination={destination} /> : null}
          {connection.status === 'not_connected' ? null : (
            <Button variant="default" leftSection={<IconPlugConnected size={16} />} onClick={disconnect}>
              {w.destinations.disconnect}
            </Button>
          )}
        </div>
      ) : null}
    </Panel>
  );
}

function Settings({ destination, kind }: { destination: DestinationAnswer; kind: DestinationKind }) {
  const may = useMay();
  const [name, setName] = useState(destination.name);
  const save = useChange(
    (config: Record<string, unknown>, send) =>
      send('patch', one, { path: { destination: destination.id }, body: { name, config } }),
    ['/projects/{project}/destinations'],
  );
  return (
    <Panel title={w.destinations.settings} help={w.destinations.sessionsUse}>
      <SettingsForm
        kind={kind}
        stored={destination.config}
        name={name}
        setName={setName}
        submit={(config) =>
          void save.mutateAsync(config).then(
            () => tell(w.common.saved),
            () => undefined,
          )
        }
        error={save.error}
        pending={save.isPending}
        action={
          may.write ? (
            <Button type="submit" loading={save.isPending}>
              {w.common.save}
            </Button>
          ) : undefined
        }
      />
    </Panel>
  );
}

function Test({ destination }: { destination: DestinationAnswer }) {
  const may = useMay();
  const test = useChange(
    (_: undefined, send) => send('post', `${one}/test`, { path: { destination: destination.id } }),
    ['/projects/{project}/destinations'],
  );
  const names = w.destinations.steps as Record<string, string>;
  return (
    <Panel title={w.destinations.test}>
      <Refusal error={test.error} />
      {may.write ? (
        <Button variant="default" onClick={() => test.mutate(undefined)} disabled={test.isPending}>
          {test.isPending ? (
            <>
              <Loader size={16} mr={8} /> {w.destinations.testing}
            </>
          ) : (
            w.destinations.test
          )}
        </Button>
      ) : null}
      {test.data ? (
        <div className="stack" role="status">
          <p className="note" data-tone={test.data.success ? 'good' : 'warn'}>
            <strong>{test.data.success ? w.destinations.testGood : w.destinations.testBad}</strong>
            {test.data.error ? (
              <>
                <br />
                {test.data.error}
              </>
            ) : null}
          </p>
          <ol className="check">
            {test.data.steps.map((step) => (
              <li key={step.step}>
                <div className="row spread">
                  <span>{names[step.step] ?? step.step}</span>
                  <span className="row">
                    <span className="quiet">{milliseconds(step.durationMs)}</span>
                    <State state={step.outcome} />
                  </span>
                </div>
                {step.message ? <p className="help">{step.message}</p> : null}
                {step.advice ? <p className="help advice">{step.advice}</p> : null}
              </li>
            ))}
          </ol>
        </div>
      ) : null}
    </Panel>
  );
}
