/** Signing in, and choosing a new password. */
import { Alert, Anchor, Button, PasswordInput, PinInput, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { AperturError, authenticate } from '../api/call.ts';
import { passwordMin, useInstall } from '../api/install.ts';
import { rereadMe } from '../api/me.ts';
import { signInWithPasskey } from '../api/passkeys.ts';
import { Door, Refusal, submits } from '../parts/door.tsx';
import { sayProblem } from '../parts/page.tsx';
import { fill, w } from '../words.ts';

/** Only a path of ours: a link that was made up must not lead elsewhere. */
export function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/';
}

const sayRefusal = (error: unknown): ReactNode => {
  if (!(error instanceof AperturError)) return sayProblem(error);
  if (error.status === 429) return fill(w.signIn.blocked, { seconds: error.retryAfter ?? 60 });
  return error.status === 401 ? w.signIn.wrong : sayProblem(error);
};

export function SignIn() {
  const { next, reason } = useSearch({ strict: false }) as { next?: string; reason?: string };
  const navigate = useNavigate();
  const install = useInstall();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [second, setSecond] = useState(false);
  const enter = async () => {
    const to = safeNext(next);
    // What an app asks for is a page of the server, not one of the dashboard.
    if (to.startsWith('/oauth/')) return window.location.replace(to);
    await rereadMe();
    await navigate({ href: to, replace: true });
  };
  const submit = useMutation({
    mutationFn: () => authenticate<{ twoFactorRedirect?: boolean }>('/sign-in/email', { email, password }),
    onSuccess: async (answer) => (answer.twoFactorRedirect ? setSecond(true) : enter()),
  });
  const passkey = useMutation({ mutationFn: signInWithPasskey, onSuccess: enter });
  if (second) return <SecondStep enter={enter} />;
  return (
    <Door title={w.signIn.title}>
      {reason === 'expired' ? <Alert color="aperture">{w.signIn.expired}</Alert> : null}
      {reason === 'reset' ? <Alert color="aperture">{w.reset.done}</Alert> : null}
      <form onSubmit={submits(() => submit.mutate())}>
        <Refusal error={submit.error ?? passkey.error} say={sayRefusal} />
        <TextInput
          label={w.signIn.email}
          type="email"
          name="email"
          autoComplete="username webauthn"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={w.signIn.password}
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={submit.isPending} fullWidth size="md">
          {w.signIn.submit}
        </Button>
        <Button
          variant="default"
          fullWidth
          size="md"
          leftSection={<IconFingerprint size={18} aria-hidden="true" />}
          loading={passkey.isPending}
          onClick={() => passkey.mutate()}
        >
          {w.signIn.passkey}
        </Button>
      </form>
      <p className="row spread">
        {install?.mail === false ? null : (
          <Anchor component={Link} to="/forgot" size="sm" underline="always">
            {w.signIn.forgot}
          </Anchor>
        )}
        {install?.openRegistration ? (
          <Anchor component={Link} to="/register" size="sm" underline="always">
            {w.signIn.register}
          </Anchor>
        ) : null}
      </p>
    </Door>
  );
}

function SecondStep({ enter }: { enter: () => Promise<void> }) {
  const [code, setCode] = useState('');
  const [backup, setBackup] = useState(false);
  const verify = useMutation({
    mutationFn: (given: string) =>
      authenticate(`/two-factor/${backup ? 'verify-backup-code' : 'verify-totp'}`, { code: given }),
    onSuccess: enter,
    onError: () => setCode(''),
  });
  return (
    <Door title={w.signIn.codeTitle} lead={backup ? null : w.signIn.codeHelp}>
      <form onSubmit={submits(() => verify.mutate(code.trim()))}>
        <Refusal error={verify.error} />
        {backup ? (
          <TextInput
            label={w.signIn.backup}
            value={code}
            autoFocus
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        ) : (
          <PinInput
            length={6}
            type="number"
            oneTimeCode
            autoFocus
            value={code}
            onChange={setCode}
            onComplete={(complete) => verify.mutate(complete)}
            getInputProps={(index) => ({ 'aria-label': `${w.signIn.code} ${index + 1}/6` })}
          />
        )}
        <Button type="submit" loading={verify.isPending} fullWidth size="md">
          {w.signIn.verify}
        </Button>
        <Button
          variant="subtle"
          onClick={() => {
            setBackup(!backup);
            setCode('');
          }}
        >
          {backup ? w.signIn.useCode : w.signIn.useBackup}
        </Button>
      </form>
    </Door>
  );
}

export function Forgot() {
  const [email, setEmail] = useState('');
  const ask = useMutation({
    mutationFn: () => authenticate('/request-password-reset', { email }),
  });
  return (
    <Door title={w.reset.title} lead={w.reset.lead}>
      {ask.isSuccess ? (
        <Alert color="aperture" role="status">
          {fill(w.reset.sent, { email })}
        </Alert>
      ) : (
        <form onSubmit={submits(() => ask.mutate())}>
          <Refusal error={ask.error} />
          <TextInput
            label={w.signIn.email}
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Button type="submit" loading={ask.isPending} fullWidth size="md">
            {w.reset.submit}
          </Button>
        </form>
      )}
      <Anchor component={Link} to="/sign-in" size="sm" underline="always">
        {w.reset.backToSignIn}
      </Anchor>
    </Door>
  );
}

export function Reset() {
  const { token, error: refused } = useSearch({ strict: false }) as { token?: string; error?: string };
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const save = useMutation({
    mutationFn: () => authenticate('/reset-password', { token, newPassword: password }),
    onSuccess: () => navigate({ to: '/sign-in', search: { reason: 'reset' } }),
  });
  return (
    <Door title={w.reset.choose}>
      {!token || refused ? (
        <>
          <Alert color="red" variant="outline" role="alert">
            {w.reset.invalid}
          </Alert>
          <Button component={Link} to="/forgot" fullWidth size="md">
            {w.reset.submit}
          </Button>
        </>
      ) : (
        <form onSubmit={submits(() => save.mutate())}>
          <Refusal error={save.error} />
          <PasswordInput
            label={w.reset.newPassword}
            description={fill(w.setUp.passwordHelp, { min: passwordMin })}
            autoComplete="new-password"
            minLength={passwordMin}
            required
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={save.isPending} fullWidth size="md">
            {w.reset.save}
          </Button>
        </form>
      )}
    </Door>
  );
}
