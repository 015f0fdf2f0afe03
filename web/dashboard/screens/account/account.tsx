/** The person: name, password, second step, passkeys, and where they are signed in. */
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { authenticate, call } from '../../api/call.ts';
import { passwordMin } from '../../api/install.ts';
import { rereadMe, useMe } from '../../api/me.ts';
import { queryClient, refresh, useData } from '../../api/queries.ts';
import { tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { Ago } from '../../parts/text.tsx';
import { fill, w } from '../../words.ts';
import { Grants } from '../settings/grants.tsx';
import { Passkeys, TwoSteps } from './security.tsx';

export function Account() {
  useTitle(w.account.title);
  const me = useMe();
  if (!me) return null;
  return (
    <>
      <PageHead title={w.account.title} lead={me.person.email} />
      <div className="masonry">
        <Profile key={me.person.name} name={me.person.name} />
        <Password />
        <TwoSteps enabled={me.person.twoFactorEnabled} />
        <Passkeys />
      </div>
      <Devices />
      <Grants title={w.apps.granted} help={w.apps.lead} may mine />
    </>
  );
}

function Profile({ name: given }: { name: string }) {
  const [name, setName] = useState(given);
  const save = useMutation({
    mutationFn: () => authenticate('/update-user', { name: name.trim() }),
    onSuccess: async () => {
      await rereadMe();
      tell(w.common.saved);
    },
  });
  return (
    <Panel title={w.account.profile}>
      <form className="stack" onSubmit={submits(() => save.mutate())}>
        <Refusal error={save.error} />
        <TextInput
          label={w.account.name}
          required
          maxLength={120}
          autoComplete="name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className="form-actions">
          <Button type="submit" variant="default" loading={save.isPending} disabled={name.trim() === given}>
            {w.common.save}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Password() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const save = useMutation({
    mutationFn: () =>
      authenticate('/change-password', {
        currentPassword: current,
        newPassword: next,
        revokeOtherSessions: true,
      }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      void refresh(queryClient, ['/me/sessions']);
      tell(w.account.passwordChanged);
    },
  });
  return (
    <Panel title={w.account.password}>
      <form className="stack" onSubmit={submits(() => save.mutate())}>
        <Refusal error={save.error} />
        <PasswordInput
          label={w.account.currentPassword}
          required
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label={w.account.newPassword}
          description={fill(w.setUp.passwordHelp, { min: passwordMin })}
          required
          minLength={passwordMin}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <div className="form-actions">
          <Button type="submit" variant="default" loading={save.isPending}>
            {w.account.changePassword}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

/** "Chrome, Linux": enough to know one's own devices. */
function deviceName(agent: string | null): string {
  if (!agent) return w.account.unknownDevice;
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)/
    .exec(agent)?.[1]
    ?.replace('Edg', 'Edge')
    .replace('OPR', 'Opera');
  const system = /(iPhone|iPad|Android|Windows|Mac OS X|Linux)/
    .exec(agent)?.[1]
    ?.replace('Mac OS X', 'macOS');
  return [browser, system].filter(Boolean).join(', ') || w.account.unknownDevice;
}

function Devices() {
  const devices = useData('/me/sessions', { global: true });
  const end = useMutation({
    mutationFn: async (id: string | undefined) => {
      if (id === undefined) await call('delete', '/me/sessions');
      else await call('delete', '/me/sessions/{signIn}', { path: { signIn: id } });
    },
    onSuccess: (_, id) => {
      void refresh(queryClient, ['/me/sessions']);
      if (!id) tell(w.account.signedOutOthers);
    },
    onError: tellProblem,
  });
  return (
    <Panel
      title={w.account.sessions}
      actions={
        (devices.data?.length ?? 0) > 1 ? (
          <Button variant="default" size="xs" onClick={() => end.mutate(undefined)}>
            {w.account.signOutOthers}
          </Button>
        ) : null
      }
    >
      <ul className="plain">
        {devices.data?.map((device) => (
          <li key={device.id} className="row spread">
            <span>
              <strong>{deviceName(device.userAgent)}</strong>
              {device.current ? <span className="quiet"> ({w.account.thisDevice})</span> : null}
              <span className="help">
                {' '}
                · {device.address} · <Ago at={device.usedAt} />
              </span>
            </span>
            {device.current ? null : (
              <Button
                size="xs"
                variant="default"
                aria-label={`${w.account.signOut}: ${deviceName(device.userAgent)}`}
                onClick={() => end.mutate(device.id)}
              >
                {w.account.signOut}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
