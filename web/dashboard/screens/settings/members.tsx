/** Who belongs to the project, and who is invited. */
import { ActionIcon, Button, Group, Menu, Modal, Radio, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useMay, useMe } from '../../api/me.ts';
import { useChange, useData, usePage } from '../../api/queries.ts';
import type { Invitation, Member, MemberRole } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { Panel } from '../../parts/page.tsx';
import { Part, usePart } from '../../parts/part.tsx';
import { Ago, Code } from '../../parts/text.tsx';
import { fill, language, moment, w } from '../../words.ts';
import { SettingsFrame } from './frame.tsx';

const roleNames = ['owner', 'admin', 'developer', 'viewer'];
const roleOf = (role: string): string => w.members.roles[role] ?? role;

export function Members() {
  const may = useMay();
  const members = usePage('/projects/{project}/members', { query: usePart() });
  const invitations = useData('/projects/{project}/invitations', { enabled: may.members });
  const [opened, modal] = useDisclosure(false);
  return (
    <SettingsFrame
      title={w.settings.members}
      lead={w.members.lead}
      actions={
        may.members ? (
          <Button leftSection={<IconPlus size={18} />} onClick={modal.open}>
            {w.members.invite}
          </Button>
        ) : null
      }
    >
      <Part of={members} placeholder={w.members.search} empty={null}>
        {(rows) => <MemberTable members={rows} />}
      </Part>
      {may.members && invitations.data?.length ? (
        <Panel title={w.members.pending}>
          <ul className="plain">
            {invitations.data.map((invitation) => (
              <Invited key={invitation.id} invitation={invitation} />
            ))}
          </ul>
        </Panel>
      ) : null}
      <Modal
        opened={opened}
        onClose={modal.close}
        title={w.members.invite}
        size="lg"
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        {opened ? <Invite close={modal.close} /> : null}
      </Modal>
    </SettingsFrame>
  );
}

function MemberTable({ members }: { members: Member[] }) {
  return (
    <div className="list">
      <table>
        <thead>
          <tr>
            <th scope="col">{w.common.name}</th>
            <th scope="col">{w.members.role}</th>
            <th scope="col">{w.account.totp}</th>
            <th scope="col">{w.members.joined}</th>
            <th scope="col">
              <span className="hidden">{w.common.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <Row key={member.id} member={member} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const one = '/projects/{project}/members/{person}';

function Row({ member }: { member: Member }) {
  const may = useMay();
  const me = useMe();
  const path = { person: member.id };
  const change = useChange(
    (role: MemberRole['role'], send) => send('patch', one, { path, body: { role } }),
    ['/projects/{project}/members'],
  );
  const remove = useChange(
    (_: undefined, send) => send('delete', one, { path }),
    ['/projects/{project}/members'],
  );
  const askRemove = () =>
    ask({
      title: fill(w.members.removeTitle, { name: member.name }),
      text: w.members.removeText,
      confirm: w.members.remove,
      run: () => remove.mutateAsync(undefined).catch(tellProblem),
    });
  return (
    <tr>
      <td>
        <strong>{member.name}</strong>
        {member.id === me?.person.id ? <span className="quiet"> ({w.members.you})</span> : null}
        <div className="error">{member.email}</div>
      </td>
      <td data-label={w.members.role}>
        {may.members ? (
          <Select
            aria-label={`${w.members.role}: ${member.name}`}
            size="xs"
            w={140}
            value={member.role}
            data={roleNames.map((role) => ({ value: role, label: roleOf(role) }))}
            onChange={(role) => {
              if (role)
                void change
                  .mutateAsync(role as MemberRole['role'])
                  .then(() => tell(w.common.saved), tellProblem);
            }}
          />
        ) : (
          roleOf(member.role)
        )}
      </td>
      <td data-label={w.account.totp}>{member.twoFactorEnabled ? w.common.on : w.common.off}</td>
      <td data-label={w.members.joined}>
        <Ago at={member.since} />
      </td>
      <td className="number">
        {may.members ? (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" aria-label={`${w.common.actions}: ${member.name}`}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item color="red" onClick={askRemove}>
                {w.members.remove}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ) : null}
      </td>
    </tr>
  );
}

function Invited({ invitation }: { invitation: Invitation }) {
  const revoke = useChange(
    (_: undefined, send) =>
      send('delete', '/projects/{project}/invitations/{invitation}', { path: { invitation: invitation.id } }),
    ['/projects/{project}/invitations'],
  );
  const askRevoke = () =>
    ask({
      title: `${w.members.revoke}: ${invitation.email}`,
      text: w.members.revokeText,
      confirm: w.members.revoke,
      run: () => revoke.mutateAsync(undefined).catch(tellProblem),
    });
  return (
    <li className="row spread">
      <span>
        <strong>{invitation.email}</strong> <span className="quiet">{roleOf(invitation.role)}</span>
        <span className="help"> · {fill(w.members.expires, { time: moment(invitation.expiresAt) })}</span>
      </span>
      <Button size="xs" variant="default" onClick={askRevoke}>
        {w.members.revoke}
      </Button>
    </li>
  );
}

function Invite({ close }: { close: () => void }) {
  const may = useMay();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('developer');
  const invite = useChange(
    (_: undefined, send) =>
      send('post', '/projects/{project}/invitations', {
        body: { email: email.trim(), role: role as MemberRole['role'], locale: language },
      }),
    ['/projects/{project}/invitations'],
  );
  if (invite.data) {
    return (
      <div className="stack">
        <p className="note" data-tone="good" role="status">
          {w.members.sent} {invite.data.mailed ? '' : fill(w.members.linkHelp, { email })}
        </p>
        {invite.data.mailed ? null : <Code text={invite.data.link} label={w.members.link} />}
        <Group justify="flex-end">
          <Button onClick={close}>{w.common.done}</Button>
        </Group>
      </div>
    );
  }
  return (
    <form className="stack" onSubmit={submits(() => invite.mutate(undefined))}>
      <Refusal error={invite.error} />
      <TextInput
        label={w.members.email}
        type="email"
        required
        data-autofocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Radio.Group label={w.members.role} value={role} onChange={setRole}>
        <div className="stack tight">
          {roleNames
            .filter((name) => name !== 'owner' || may.role === 'owner')
            .map((name) => (
              <Radio key={name} value={name} label={roleOf(name)} description={w.members.roleHelp[name]} />
            ))}
        </div>
      </Radio.Group>
      <Group justify="flex-end">
        <Button type="submit" loading={invite.isPending}>
          {w.members.send}
        </Button>
      </Group>
    </form>
  );
}
