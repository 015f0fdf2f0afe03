/** Apps of the project that ask people for access, and apps that were let into it. */
import { ActionIcon, Button, Group, Menu, Modal, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, usePage } from '../../api/queries.ts';
import type { OAuthApp } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Refusal, submits } from '../../parts/door.tsx';
import { Empty, Panel } from '../../parts/page.tsx';
import { Part, usePart } from '../../parts/part.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { Id, State } from '../../parts/text.tsx';
import { fill, w } from '../../words.ts';
import { SettingsFrame } from './frame.tsx';
import { Grants } from './grants.tsx';

const all = '/projects/{project}/oauth-apps';
const one = '/projects/{project}/oauth-apps/{app}';

export function Apps() {
  const may = useMay();
  const apps = usePage(all, { query: usePart(), enabled: may.apps });
  const [opened, modal] = useDisclosure(false);
  const [secret, setSecret] = useState<string>();
  const add = may.apps ? (
    <Button leftSection={<IconPlus size={18} />} onClick={modal.open}>
      {w.apps.add}
    </Button>
  ) : null;
  return (
    <SettingsFrame title={w.settings.apps} lead={w.apps.lead} actions={add}>
      {secret ? <SecretOnce title={w.apps.secret} value={secret} /> : null}
      {may.apps ? (
        <Part of={apps} placeholder={w.apps.search} empty={<Empty text={w.apps.empty} action={add} />}>
          {(rows) => rows.map((app) => <AppPanel key={app.id} app={app} renewed={setSecret} />)}
        </Part>
      ) : null}
      <Grants title={w.apps.granted} help={w.apps.grantedHelp} may={may.write} />
      <Modal
        opened={opened}
        onClose={modal.close}
        title={w.apps.add}
        size="lg"
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        {opened ? (
          <AppForm
            done={(made) => {
              setSecret(made);
              modal.close();
            }}
          />
        ) : null}
      </Modal>
    </SettingsFrame>
  );
}

function AppPanel({ app, renewed }: { app: OAuthApp; renewed: (secret: string | undefined) => void }) {
  const path = { app: app.id };
  const rotate = useChange((_: undefined, send) => send('post', `${one}/rotate-secret`, { path }), [all]);
  const remove = useChange((_: undefined, send) => send('delete', one, { path }), [all]);
  const [opened, modal] = useDisclosure(false);
  const askRenew = () =>
    ask({
      title: `${w.apps.renew}: ${app.name}`,
      text: w.apps.renewText,
      confirm: w.apps.renew,
      run: () =>
        rotate
          .mutateAsync(undefined)
          .then(({ clientSecret }) => renewed(clientSecret ?? undefined), tellProblem),
    });
  const askRemove = () =>
    ask({
      title: fill(w.apps.deleteTitle, { name: app.name }),
      text: w.apps.deleteText,
      confirm: w.common.delete,
      run: () => remove.mutateAsync(undefined).then(() => tell(w.apps.deleted), tellProblem),
    });
  return (
    <Panel
      title={app.name}
      actions={
        <span className="row">
          <State state={app.isActive ? 'on' : 'off'} />
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" aria-label={`${w.common.actions}: ${app.name}`}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={modal.open}>{w.common.edit}</Menu.Item>
              <Menu.Item onClick={askRenew}>{w.apps.renew}</Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" onClick={askRemove}>
                {w.common.delete}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </span>
      }
    >
      <dl className="facts">
        <dt>{w.apps.clientId}</dt>
        <dd>
          <Id value={app.clientId} />
        </dd>
        <dt>{w.apps.publicKey}</dt>
        <dd>
          <Id value={app.publicKey} />
        </dd>
        <dt>{w.apps.redirects}</dt>
        <dd>{app.redirectUris.join(', ')}</dd>
        {app.allowedDomains.length > 0 ? (
          <>
            <dt>{w.apps.domains}</dt>
            <dd>{app.allowedDomains.join(', ')}</dd>
          </>
        ) : null}
      </dl>
      <Modal
        opened={opened}
        onClose={modal.close}
        title={app.name}
        size="lg"
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        {opened ? <AppForm app={app} done={modal.close} /> : null}
      </Modal>
    </Panel>
  );
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

function AppForm({ app, done }: { app?: OAuthApp; done: (secret: string | undefined) => void }) {
  const [name, setName] = useState(app?.name ?? '');
  const [redirects, setRedirects] = useState(app?.redirectUris.join('\n') ?? '');
  const [domains, setDomains] = useState(app?.allowedDomains.join('\n') ?? '');
  const [homepage, setHomepage] = useState(app?.homepage ?? '');
  const save = useChange(
    async (_: undefined, send): Promise<string | undefined> => {
      const body = {
        name: name.trim(),
        redirectUris: linesOf(redirects),
        allowedDomains: linesOf(domains),
        ...(homepage.trim() ? { homepage: homepage.trim() } : {}),
      };
      if (!app) return (await send('post', all, { body })).clientSecret ?? undefined;
      await send('patch', one, { path: { app: app.id }, body });
      return undefined;
    },
    [all],
  );
  return (
    <form
      className="stack"
      onSubmit={submits(() => void save.mutateAsync(undefined).then(done, () => undefined))}
    >
      <Refusal error={save.error} />
      <TextInput
        label={w.apps.name}
        required
        maxLength={100}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={w.apps.redirects}
        description={w.apps.redirectsHelp}
        required
        autosize
        minRows={2}
        value={redirects}
        onChange={(event) => setRedirects(event.currentTarget.value)}
      />
      <Textarea
        label={w.apps.domains}
        description={w.apps.domainsHelp}
        autosize
        minRows={2}
        value={domains}
        onChange={(event) => setDomains(event.currentTarget.value)}
      />
      <TextInput
        label={w.apps.homepage}
        type="url"
        value={homepage}
        onChange={(event) => setHomepage(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button type="submit" loading={save.isPending}>
          {app ? w.common.save : w.apps.add}
        </Button>
      </Group>
    </form>
  );
}
