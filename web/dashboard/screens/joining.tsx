/** Making an account: the owner's at the first start, by invitation, and by oneself where the install allows it. */
import { Alert, Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { AperturError, authenticate, call } from '../api/call.ts';
import { passwordMin, useInstall } from '../api/install.ts';
import { rereadMe, signOut, useMe } from '../api/me.ts';
import type { OpenInvitation } from '../api/types.ts';
import { Door, Refusal, submits } from '../parts/door.tsx';
import { Load } from '../parts/page.tsx';
import { fill, language, w } from '../words.ts';

interface Person {
  name: string;
  email: string;
  password: string;
}

function PersonFields(props: { person: Person; set: (person: Person) => void; email?: boolean }) {
  const { person, set, email = true } = props;
  const put = (change: Partial<Person>) => set({ ...person, ...change });
  return (
    <>
      <TextInput
        label={w.setUp.name}
        autoComplete="name"
        required
        autoFocus
        maxLength={120}
        value={person.name}
        onChange={(event) => put({ name: event.currentTarget.value })}
      />
      {email ? (
        <TextInput
          label={w.signIn.email}
          type="email"
          autoComplete="username"
          required
          value={person.email}
          onChange={(event) => put({ email: event.currentTarget.value })}
        />
      ) : null}
      <PasswordInput
        label={w.setUp.password}
        description={fill(w.setUp.passwordHelp, { min: passwordMin })}
        autoComplete="new-password"
        required
        minLength={passwordMin}
        maxLength={128}
        value={person.password}
        onChange={(event) => put({ password: event.currentTarget.value })}
      />
    </>
  );
}

const nobody: Person = { name: '', email: '', password: '' };

const enter = (email: string, password: string): Promise<unknown> =>
  authenticate('/sign-in/email', { email, password });

export function SetUp() {
  const { token = '' } = useSearch({ strict: false }) as { token?: string };
  const navigate = useNavigate();
  const [person, setPerson] = useState(nobody);
  const [project, setProject] = useState('');
  const link = useQuery({
    queryKey: ['setup', token],
    queryFn: () => call('get', '/setup', { query: { token } }),
  });
  const make = useMutation({
    mutationFn: async () => {
      await call('post', '/setup', { body: { token, ...person, locale: language } });
      await enter(person.email, person.password);
      await call('post', '/projects', { body: { name: project } });
      await rereadMe();
    },
    onSuccess: () => navigate({ to: '/' }),
  });
  if (link.data && !link.data.open && !make.isSuccess) {
    return (
      <Door title={w.setUp.invalid} lead={w.setUp.invalidHelp}>
        <Button component={Link} to="/sign-in" size="md">
          {w.signIn.title}
        </Button>
      </Door>
    );
  }
  return (
    <Door title={w.setUp.title} lead={w.setUp.lead}>
      <Load of={link}>
        {() => (
          <form onSubmit={submits(() => make.mutate())}>
            <Refusal error={make.error} />
            <PersonFields person={person} set={setPerson} />
            <TextInput
              label={w.setUp.project}
              placeholder={w.setUp.projectExample}
              required
              maxLength={120}
              value={project}
              onChange={(event) => setProject(event.currentTarget.value)}
            />
            <Button type="submit" loading={make.isPending} fullWidth size="md">
              {w.setUp.submit}
            </Button>
          </form>
        )}
      </Load>
    </Door>
  );
}

export function Register() {
  const install = useInstall();
  const navigate = useNavigate();
  const [person, setPerson] = useState(nobody);
  const make = useMutation({
    mutationFn: async () => {
      await authenticate('/sign-up/email', person);
      await rereadMe();
    },
    onSuccess: () => navigate({ to: '/' }),
  });
  return (
    <Door title={w.register.title}>
      {install && !install.openRegistration ? (
        <Alert color="aperture">{w.register.closed}</Alert>
      ) : (
        <form onSubmit={submits(() => make.mutate())}>
          <Refusal error={make.error} />
          <PersonFields person={person} set={setPerson} />
          <Button type="submit" loading={make.isPending} fullWidth size="md">
            {w.register.submit}
          </Button>
        </form>
      )}
      <Anchor component={Link} to="/sign-in" size="sm" underline="always">
        {w.reset.backToSignIn}
      </Anchor>
    </Door>
  );
}

export function Invitation() {
  const { token = '' } = useSearch({ strict: false }) as { token?: string };
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => call('get', '/invitation', { query: { token } }),
    retry: false,
  });
  if (invitation.error instanceof AperturError) {
    return (
      <Door title={w.invite.invalid} lead={w.invite.invalidHelp}>
        <Button component={Link} to="/sign-in" size="md">
          {w.signIn.title}
        </Button>
      </Door>
    );
  }
  const found = invitation.data;
  return (
    <Door
      title={fill(w.invite.title, { project: found?.projectName ?? '' })}
      lead={found ? fill(w.invite.lead, { role: w.members.roles[found.role] ?? found.role }) : null}
    >
      <Load of={invitation}>{(answer) => <Join token={token} invitation={answer} />}</Load>
    </Door>
  );
}

function Join({ token, invitation }: { token: string; invitation: OpenInvitation }) {
  const me = useMe();
  const navigate = useNavigate();
  const [person, setPerson] = useState(nobody);
  const accept = useMutation({
    mutationFn: async () => {
      const { name, password } = person;
      const body = me ? { token } : { token, name, password, locale: language };
      const joined = await call('post', '/invitation/accept', { body });
      if (joined.madeAccount) await enter(joined.email, password);
      await rereadMe();
      return joined;
    },
    onSuccess: ({ projectId }) =>
      navigate({ to: '/p/$project/$env', params: { project: projectId, env: 'live' } }),
  });
  if (me && me.person.email !== invitation.email) {
    return (
      <>
        <Alert color="yellow" variant="outline">
          {fill(w.invite.otherAccount, { email: invitation.email, me: me.person.email })}
        </Alert>
        <Button size="md" onClick={() => void signOut()}>
          {w.nav.signOut}
        </Button>
      </>
    );
  }
  if (!me && invitation.hasAccount) {
    return (
      <>
        <p>{w.invite.signInFirst}</p>
        <Button
          component={Link}
          to="/sign-in"
          search={{ next: `/invitation?token=${token}` } as never}
          size="md"
        >
          {w.signIn.title}
        </Button>
      </>
    );
  }
  return (
    <form onSubmit={submits(() => accept.mutate())}>
      <Refusal error={accept.error} />
      {me ? null : (
        <>
          <TextInput label={w.signIn.email} value={invitation.email} readOnly autoComplete="username" />
          <PersonFields person={person} set={setPerson} email={false} />
        </>
      )}
      <Button type="submit" loading={accept.isPending} fullWidth size="md">
        {me ? w.invite.submit : w.invite.makeAccount}
      </Button>
    </form>
  );
}
