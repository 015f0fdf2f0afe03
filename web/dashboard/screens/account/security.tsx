/** The second step of signing in, and passkeys. */
import { Button, PasswordInput, PinInput, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { authenticate } from '../../api/call.ts';
import { rereadMe } from '../../api/me.ts';
import { addPasskey } from '../../api/passkeys.ts';
import { queryClient } from '../../api/queries.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { Panel } from '../../parts/page.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { Ago, State } from '../../parts/text.tsx';
import { w } from '../../words.ts';
import { QrOf } from './qr-of.tsx';

interface Enrolment {
  totpURI: string;
  backupCodes: string[];
}

export function TwoSteps({ enabled }: { enabled: boolean }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const begin = useMutation({
    mutationFn: () => authenticate<Enrolment>('/two-factor/enable', { password }),
    onSuccess: () => setPassword(''),
  });
  const verify = useMutation({
    mutationFn: (given: string) => authenticate('/two-factor/verify-totp', { code: given }),
    onSuccess: async () => {
      await rereadMe();
      tell(w.account.totpOn);
    },
    onError: () => setCode(''),
  });
  const end = useMutation({
    mutationFn: () => authenticate('/two-factor/disable', { password }),
    onSuccess: async () => {
      setPassword('');
      begin.reset();
      verify.reset();
      await rereadMe();
      tell(w.account.totpOff);
    },
  });
  return (
    <Panel
      title={w.account.totp}
      help={w.account.totpHelp}
      actions={<State state={enabled ? 'on' : 'off'} />}
    >
      {begin.data && !enabled ? (
        <form className="stack" onSubmit={submits(() => verify.mutate(code))}>
          <p>{w.keys.totpScan}</p>
          <QrOf text={begin.data.totpURI} label={w.keys.totpScan} />
          <Refusal error={verify.error} />
          <PinInput
            length={6}
            type="number"
            oneTimeCode
            value={code}
            onChange={setCode}
            onComplete={(given) => verify.mutate(given)}
            getInputProps={(index) => ({ 'aria-label': `${w.keys.totpCode} ${index + 1}/6` })}
          />
        </form>
      ) : (
        <form className="stack" onSubmit={submits(() => (enabled ? end.mutate() : begin.mutate()))}>
          <Refusal error={begin.error ?? end.error} />
          <PasswordInput
            label={w.account.confirmPassword}
            required
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <div className="form-actions">
            <Button type="submit" variant="default" loading={begin.isPending || end.isPending}>
              {enabled ? w.account.totpDisable : w.account.totpEnable}
            </Button>
          </div>
        </form>
      )}
      {begin.data ? (
        <>
          <p className="help">{w.account.backupHelp}</p>
          <SecretOnce title={w.account.backupCodes} value={begin.data.backupCodes.join('\n')} />
        </>
      ) : null}
    </Panel>
  );
}

interface Passkey {
  id: string;
  name: string | null;
  createdAt: string;
}

export function Passkeys() {
  const [name, setName] = useState('');
  const list = useQuery({
    queryKey: ['passkeys'],
    queryFn: () => authenticate<Passkey[]>('/passkey/list-user-passkeys'),
  });
  const reread = () => queryClient.invalidateQueries({ queryKey: ['passkeys'] });
  const add = useMutation({
    mutationFn: () => addPasskey(name.trim() || 'Passkey'),
    onSuccess: async () => {
      setName('');
      await reread();
      tell(w.account.passkeyAdded);
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => authenticate('/passkey/delete-passkey', { id }),
    onSuccess: reread,
    onError: tellProblem,
  });
  const askRemove = ({ id, name: called }: Passkey) =>
    ask({
      title: `${w.common.remove}: ${called ?? 'Passkey'}`,
      text: w.account.removePasskeyText,
      confirm: w.common.remove,
      run: () => remove.mutate(id),
    });
  return (
    <Panel
      title={w.account.passkeys}
      help={w.account.passkeysHelp}
      actions={<State state={list.data?.length ? 'on' : 'off'} />}
    >
      <ul className="plain">
        {list.data?.map((passkey) => (
          <li key={passkey.id} className="row spread">
            <span>
              <strong>{passkey.name ?? 'Passkey'}</strong>
              <span className="help">
                {' '}
                · <Ago at={passkey.createdAt} />
              </span>
            </span>
            <Button
              size="xs"
              variant="default"
              aria-label={`${w.common.remove}: ${passkey.name ?? 'Passkey'}`}
              onClick={() => askRemove(passkey)}
            >
              {w.common.remove}
            </Button>
          </li>
        ))}
      </ul>
      <form className="stack" onSubmit={submits(() => add.mutate())}>
        <Refusal error={add.error} />
        <TextInput
          label={w.account.passkeyName}
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className="form-actions">
          <Button type="submit" variant="default" loading={add.isPending}>
            {w.account.addPasskey}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
