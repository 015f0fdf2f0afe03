/** The project itself: its name, its end-to-end key, and its end. */
import { Button, Group, Modal, Switch, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AperturError } from '../../api/call.ts';
import { rereadMe, useMay } from '../../api/me.ts';
import { useChange, useData, useScope } from '../../api/queries.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { Panel, Problem } from '../../parts/page.tsx';
import { askRotate } from '../../parts/rotate.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { Code, Id, State } from '../../parts/text.tsx';
import { fill, moment, w } from '../../words.ts';
import { SettingsFrame } from './frame.tsx';

export function ProjectSettings() {
  const may = useMay();
  return (
    <SettingsFrame title={w.settings.title}>
      <General key={may.name} />
      <WebhookSecret />
      <Encryption />
      {may.delete ? <Danger /> : null}
    </SettingsFrame>
  );
}

function General() {
  const scope = useScope();
  const may = useMay();
  const [name, setName] = useState(may.name ?? '');
  const rename = useChange((_: undefined, send) =>
    send('patch', '/projects/{project}', { body: { name: name.trim() } }),
  );
  const submit = () =>
    void rename.mutateAsync(undefined).then(
      () => {
        tell(w.common.saved);
        void rereadMe();
      },
      () => undefined,
    );
  return (
    <Panel title={w.settings.general}>
      <form className="form" onSubmit={submits(submit)}>
        <Refusal error={rename.error} />
        <TextInput
          label={w.project.name}
          required
          maxLength={100}
          readOnly={!may.rename}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <p className="row">
          <span className="quiet">{w.common.id}</span> <Id value={scope.project} />
        </p>
        {may.rename ? (
          <div className="form-actions">
            <Button type="submit" loading={rename.isPending} disabled={name.trim() === may.name}>
              {w.common.save}
            </Button>
          </div>
        ) : null}
      </form>
    </Panel>
  );
}

/** Nobody sees the one that signs now; a new one is shown once. */
function WebhookSecret() {
  const may = useMay();
  const path = '/projects/{project}/webhook-secret';
  const overlap = useData(path, { enabled: may.write });
  const rotate = useChange(
    (overlapDays: number, send) => send('post', `${path}/rotate`, { body: { overlapDays } }),
    [path],
  );
  const askNew = () =>
    askRotate({
      title: w.settings.rotateTitle,
      text: w.settings.rotateText,
      confirm: w.settings.rotate,
      run: (days) => rotate.mutateAsync(days).catch(tellProblem),
    });
  if (!may.write) return null;
  const until = overlap.data?.previousSecretUntil;
  return (
    <Panel title={w.settings.webhookSecret} help={w.settings.webhookSecretHelp}>
      {rotate.data ? <SecretOnce title={w.settings.rotated} value={rotate.data.webhookSecret} /> : null}
      {until ? <p className="note">{fill(w.webhooks.overlapUntil, { time: moment(until) })}</p> : null}
      <div className="form-actions">
        <Button variant="default" loading={rotate.isPending} onClick={askNew}>
          {w.settings.rotate}
        </Button>
      </div>
    </Panel>
  );
}

function Encryption() {
  const may = useMay();
  const path = '/projects/{project}/e2e-key';
  const found = useData(path);
  const [publicKey, setPublicKey] = useState('');
  const [required, setRequired] = useState(true);
  const save = useChange(
    (_: undefined, send) => send('put', path, { body: { publicKey: publicKey.trim(), required } }),
    [path],
  );
  const remove = useChange((_: undefined, send) => send('delete', path), [path]);
  const none = found.error instanceof AperturError && found.error.status === 404;
  const key = none ? undefined : found.data;
  const askRemove = () =>
    ask({
      title: w.settings.removeKey,
      text: w.keys.confirm,
      confirm: w.settings.removeKey,
      run: () => remove.mutateAsync(undefined).then(() => found.refetch(), tellProblem),
    });
  const put = () =>
    save.mutateAsync(undefined).then(
      () => {
        setPublicKey('');
        tell(w.common.saved);
      },
      () => undefined,
    );
  const askReplace = () =>
    ask({
      title: w.settings.replaceKey,
      text: w.settings.replaceKeyText,
      confirm: w.settings.useKey,
      run: put,
    });
  return (
    <Panel
      title={w.settings.encryption}
      help={w.settings.encryptionHelp}
      actions={<State state={key?.enabled ? 'on' : 'off'} />}
    >
      {found.error && !none ? <Problem error={found.error} /> : null}
      {key ? (
        <div className="stack">
          {key.enabled ? null : (
            <p className="note" data-tone="warn">
              {w.settings.encryptionOff}
            </p>
          )}
          <p className="row">
            <span className="quiet">{w.settings.keyId}</span> <Id value={key.keyId} />
          </p>
          <Code text={key.publicKey} label={w.settings.publicKey} />
        </div>
      ) : null}
      {may.write ? (
        <form className="form" onSubmit={submits(() => (key ? askReplace() : void put()))}>
          <Refusal error={save.error} />
          <Textarea
            label={w.settings.publicKey}
            placeholder="-----BEGIN PUBLIC KEY-----"
            autosize
            minRows={3}
            maxRows={8}
            required
            value={publicKey}
            onChange={(event) => setPublicKey(event.currentTarget.value)}
          />
          <Switch
            label={w.settings.encryptionRequired}
            checked={required}
            onChange={(event) => setRequired(event.currentTarget.checked)}
          />
          <div className="form-actions">
            <Button type="submit" variant="default" loading={save.isPending}>
              {w.settings.useKey}
            </Button>
            {key ? (
              <Button variant="subtle" color="red" onClick={askRemove}>
                {w.settings.removeKey}
              </Button>
            ) : null}
          </div>
        </form>
      ) : null}
    </Panel>
  );
}

/** The one thing that cannot be taken back asks for the name itself. */
function Danger() {
  const may = useMay();
  const navigate = useNavigate();
  const [opened, modal] = useDisclosure(false);
  const [typed, setTyped] = useState('');
  const name = may.name ?? '';
  const remove = useChange((_: undefined, send) =>
    send('delete', '/projects/{project}', { query: { name: typed } }),
  );
  const submit = async () => {
    await remove.mutateAsync(undefined);
    localStorage.removeItem('apertur.project');
    await rereadMe();
    tell(w.settings.deleted);
    await navigate({ to: '/' });
  };
  return (
    <Panel title={w.settings.danger} help={w.settings.dangerHelp}>
      <div className="form-actions">
        <Button color="red" variant="outline" onClick={modal.open}>
          {w.settings.danger}
        </Button>
      </div>
      <Modal
        opened={opened}
        onClose={modal.close}
        title={fill(w.settings.deleteTitle, { name })}
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        <form className="stack" onSubmit={submits(() => void submit().catch(() => undefined))}>
          <p>{w.settings.dangerHelp}</p>
          <Refusal error={remove.error} />
          <TextInput
            label={fill(w.common.confirmName, { name })}
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" color="red" disabled={typed !== name} loading={remove.isPending}>
              {w.common.delete}
            </Button>
          </Group>
        </form>
      </Modal>
    </Panel>
  );
}
