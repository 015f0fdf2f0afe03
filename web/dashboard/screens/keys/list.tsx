import { Button, Group, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, usePage, useScope } from '../../api/queries.ts';
import type { ApiKey } from '../../api/types.ts';
import { Refusal, submits } from '../../parts/door.tsx';
import { Empty, PageHead, useTitle } from '../../parts/page.tsx';
import { Part, usePart } from '../../parts/part.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { Ago, Code, State } from '../../parts/text.tsx';
import { w } from '../../words.ts';
import { curlOf } from '../sessions/create.tsx';

/** What a key is protected by, as words. */
export function protectionsOf(key: ApiKey): string[] {
  return [
    key.allowedIps.length > 0 ? w.keys.ips : '',
    key.allowedDomains.length > 0 ? w.keys.domains : '',
    key.totpEnabled ? w.keys.totp : '',
    key.clientCertEnabled ? w.keys.certificate : '',
    key.signatureRequired ? w.keys.signing : '',
  ].filter(Boolean);
}

export function Keys() {
  useTitle(w.keys.title);
  const scope = useScope();
  const may = useMay();
  const [opened, modal] = useDisclosure(false);
  const list = usePage('/projects/{project}/keys', {
    query: { ...usePart(), env: scope.env },
    every: 15_000,
  });
  const add = may.write ? (
    <Button leftSection={<IconPlus size={18} />} onClick={modal.open}>
      {w.keys.add}
    </Button>
  ) : null;
  return (
    <>
      <PageHead title={w.keys.title} lead={w.keys.lead}>
        {add}
      </PageHead>
      <Part of={list} placeholder={w.keys.search} empty={<Empty text={w.keys.empty} action={add} />}>
        {(rows) => <Rows rows={rows} />}
      </Part>
      <Modal
        opened={opened}
        onClose={modal.close}
        title={w.keys.add}
        size="lg"
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        {opened ? <NewKey close={modal.close} /> : null}
      </Modal>
    </>
  );
}

function Rows({ rows }: { rows: ApiKey[] }) {
  const scope = useScope();
  return (
    <div className="list">
      <table>
        <thead>
          <tr>
            <th scope="col">{w.keys.label}</th>
            <th scope="col">{w.common.status}</th>
            <th scope="col">{w.keys.protections}</th>
            <th scope="col">{w.keys.lastUsed}</th>
            <th scope="col">{w.common.created}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((key) => (
            <tr key={key.id}>
              <td>
                <Link
                  to="/p/$project/$env/keys/$key"
                  params={{ ...scope, key: key.id } as never}
                  className="row-link"
                >
                  {key.label}
                </Link>
                <div>
                  <code className="quiet">{key.prefix}…</code>
                </div>
              </td>
              <td data-label={w.common.status}>
                <State state={key.isActive ? 'on' : 'off'} />
              </td>
              <td>
                <div className="chips">
                  {protectionsOf(key).map((name) => (
                    <span key={name} className="chip">
                      {name}
                    </span>
                  ))}
                  {protectionsOf(key).length === 0 ? (
                    <span className="quiet">{w.keys.noProtection}</span>
                  ) : null}
                </div>
              </td>
              <td data-label={w.keys.lastUsed}>
                <Ago at={key.lastUsedAt} />
              </td>
              <td data-label={w.common.created}>
                <Ago at={key.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NewKey({ close }: { close: () => void }) {
  const scope = useScope();
  const [label, setLabel] = useState('');
  const [env, setEnv] = useState(scope.env);
  const create = useChange(
    (_: undefined, send) => send('post', '/projects/{project}/keys', { body: { label: label.trim(), env } }),
    ['/projects/{project}/keys'],
  );
  if (create.data) {
    const { plainTextKey } = create.data;
    return (
      <div className="stack">
        <SecretOnce title={w.keys.created} value={plainTextKey} />
        <Code
          label={w.newSession.curl}
          text={curlOf('/upload-sessions', { expires_in_hours: 24 }).replace('$APERTUR_KEY', plainTextKey)}
        />
        <Group justify="flex-end">
          <Button onClick={close}>{w.common.done}</Button>
        </Group>
      </div>
    );
  }
  return (
    <form className="stack" onSubmit={submits(() => create.mutate(undefined))}>
      <Refusal error={create.error} />
      <TextInput
        label={w.keys.label}
        description={w.keys.labelHelp}
        required
        maxLength={200}
        data-autofocus
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <SegmentedControl
        aria-label={w.keys.env}
        value={env}
        onChange={setEnv}
        data={[
          { value: 'live', label: w.keys.live },
          { value: 'test', label: w.keys.testEnv },
        ]}
      />
      <Group justify="flex-end">
        <Button type="submit" loading={create.isPending}>
          {w.keys.add}
        </Button>
      </Group>
    </form>
  );
}
