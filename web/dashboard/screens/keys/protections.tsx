/** Protections of a key that have to be enrolled: one-time codes, a client certificate, signed requests. */
import { Button, PinInput, Switch, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange } from '../../api/queries.ts';
import type { ApiKey } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { Panel } from '../../parts/page.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { Code, State } from '../../parts/text.tsx';
import { w } from '../../words.ts';
import { allKeys, oneKey } from './one.tsx';

const sure = (title: string, run: () => unknown) => ask({ title, text: w.keys.confirm, confirm: title, run });

export function Totp({ apiKey: key }: { apiKey: ApiKey }) {
  const may = useMay();
  const path = { key: key.id };
  const [code, setCode] = useState('');
  const begin = useChange((_: undefined, send) => send('post', `${oneKey}/totp`, { path }));
  const verify = useChange(
    (given: string, send) => send('post', `${oneKey}/totp/verify`, { path, body: { code: given } }),
    [allKeys],
  );
  const end = useChange((_: undefined, send) => send('delete', `${oneKey}/totp`, { path }), [allKeys]);
  const submit = (given: string) =>
    void verify.mutateAsync(given).then(
      () => begin.reset(),
      () => setCode(''),
    );
  return (
    <Panel
      title={w.keys.totp}
      help={w.keys.totpHelp}
      actions={<State state={key.totpEnabled ? 'on' : 'off'} />}
    >
      {begin.data ? (
        <form className="stack" onSubmit={submits(() => submit(code))}>
          <p>{w.keys.totpScan}</p>
          <img className="qr" src={begin.data.qr} alt={w.keys.totpScan} />
          <p className="help">{w.keys.totpManual}</p>
          <Code text={begin.data.secret} label={w.keys.totpManual} />
          <Refusal error={verify.error} />
          <PinInput
            length={6}
            type="number"
            oneTimeCode
            value={code}
            onChange={setCode}
            onComplete={submit}
            getInputProps={(index) => ({ 'aria-label': `${w.keys.totpCode} ${index + 1}/6` })}
          />
        </form>
      ) : may.write ? (
        <div className="form-actions">
          {key.totpEnabled ? (
            <Button
              variant="default"
              onClick={() => sure(w.keys.totpOff, () => end.mutateAsync(undefined).catch(tellProblem))}
            >
              {w.keys.totpOff}
            </Button>
          ) : (
            <Button
              variant="default"
              loading={begin.isPending}
              onClick={() => void begin.mutateAsync(undefined).catch(tellProblem)}
            >
              {w.keys.totpOn}
            </Button>
          )}
        </div>
      ) : null}
    </Panel>
  );
}

export function Certificate({ apiKey: key }: { apiKey: ApiKey }) {
  const may = useMay();
  const path = { key: key.id };
  const [text, setText] = useState('');
  const save = useChange(
    (given: string, send) =>
      send('put', `${oneKey}/client-cert`, {
        path,
        body: given.includes('BEGIN') ? { certificate: given } : { fingerprint: given },
      }),
    [allKeys],
  );
  const end = useChange((_: undefined, send) => send('delete', `${oneKey}/client-cert`, { path }), [allKeys]);
  return (
    <Panel
      title={w.keys.certificate}
      help={w.keys.certificateHelp}
      actions={<State state={key.clientCertEnabled ? 'on' : 'off'} />}
    >
      {key.clientCertFingerprint ? (
        <Code text={key.clientCertFingerprint} label={w.keys.fingerprint} />
      ) : null}
      {may.write ? (
        <form
          className="stack"
          onSubmit={submits(
            () =>
              void save.mutateAsync(text.trim()).then(
                () => tell(w.common.saved),
                () => undefined,
              ),
          )}
        >
          <Refusal error={save.error} />
          <Textarea
            label={w.keys.certificateField}
            autosize
            minRows={2}
            maxRows={6}
            required
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <div className="form-actions">
            <Button type="submit" variant="default" loading={save.isPending}>
              {w.common.save}
            </Button>
            {key.clientCertEnabled ? (
              <Button
                variant="subtle"
                color="red"
                onClick={() =>
                  sure(w.keys.certificateRemove, () => end.mutateAsync(undefined).catch(tellProblem))
                }
              >
                {w.keys.certificateRemove}
              </Button>
            ) : null}
          </div>
        </form>
      ) : null}
    </Panel>
  );
}

const askRenew = (run: () => unknown) =>
  ask({
    title: w.keys.signingRenew,
    text: w.keys.signingRenewText,
    confirm: w.keys.signingRenew,
    run,
  });

export function Signing({ apiKey: key }: { apiKey: ApiKey }) {
  const may = useMay();
  const path = { key: key.id };
  const make = useChange(
    (_: undefined, send) => send('post', `${oneKey}/signing-secret`, { path, body: { required: true } }),
    [allKeys],
  );
  const require = useChange(
    (signatureRequired: boolean, send) => send('patch', oneKey, { path, body: { signatureRequired } }),
    [allKeys],
  );
  const end = useChange(
    (_: undefined, send) => send('delete', `${oneKey}/signing-secret`, { path }),
    [allKeys],
  );
  const renew = () => make.mutateAsync(undefined).catch(tellProblem);
  return (
    <Panel
      title={w.keys.signing}
      help={w.keys.signingHelp}
      actions={<State state={key.signatureRequired ? 'on' : 'off'} />}
    >
      {make.data ? <SecretOnce title={w.keys.signingSecret} value={make.data.signingSecret} /> : null}
      {key.signingEnabled ? (
        <Switch
          label={w.keys.signingRequired}
          disabled={!may.write}
          checked={key.signatureRequired}
          onChange={(event) => void require.mutateAsync(event.currentTarget.checked).catch(tellProblem)}
        />
      ) : null}
      {may.write ? (
        <div className="form-actions">
          <Button
            variant="default"
            loading={make.isPending}
            onClick={() => (key.signingEnabled ? askRenew(renew) : void renew())}
          >
            {key.signingEnabled ? w.keys.signingRenew : w.keys.signingMake}
          </Button>
          {key.signingEnabled ? (
            <Button
              variant="subtle"
              color="red"
              onClick={() =>
                sure(w.keys.signingRemove, () =>
                  end.mutateAsync(undefined).then(() => make.reset(), tellProblem),
                )
              }
            >
              {w.keys.signingRemove}
            </Button>
          ) : null}
        </div>
      ) : null}
    </Panel>
  );
}
