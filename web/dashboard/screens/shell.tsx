/** The frame around every screen: seven nouns, the project, the switch that cannot be missed. */
import { ActionIcon, Drawer, Menu, Switch, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconBell,
  IconCheck,
  IconChevronDown,
  IconCode,
  IconHome,
  IconKey,
  IconLanguage,
  IconLogout,
  IconMapPin,
  IconMenu2,
  IconMoon,
  IconPhoto,
  IconPlus,
  IconSend,
  IconSettings,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { Link, Outlet, useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { use, useEffect } from 'react';
import { useProjectLive } from '../api/live.ts';
import { signOut, useMe } from '../api/me.ts';
import { signedOut } from '../api/queries.ts';
import { LanguageContext } from '../parts/language.ts';
import { Mark } from '../parts/mark.tsx';
import { type Language, languages, w } from '../words.ts';

const nouns = () =>
  [
    ['/p/$project/$env', w.nav.home, IconHome],
    ['/p/$project/$env/sessions', w.nav.sessions, IconPhoto],
    ['/p/$project/$env/deliveries', w.nav.deliveries, IconSend],
    ['/p/$project/$env/destinations', w.nav.destinations, IconMapPin],
    ['/p/$project/$env/webhooks', w.nav.webhooks, IconBell],
    ['/p/$project/$env/keys', w.nav.keys, IconKey],
    ['/p/$project/$env/settings', w.nav.settings, IconSettings],
  ] as const;

/** Where we are, or were: the account's page keeps the rail of the last project. */
function usePlace(): { project: string; env: 'live' | 'test' } | undefined {
  const params = useParams({ strict: false }) as { project?: string; env?: string };
  const me = useMe();
  const project = params.project ?? localStorage.getItem('apertur.project') ?? me?.projects[0]?.id;
  useEffect(() => {
    if (!params.project) return;
    localStorage.setItem('apertur.project', params.project);
    localStorage.setItem('apertur.env', params.env === 'test' ? 'test' : 'live');
  }, [params.project, params.env]);
  if (!project) return undefined;
  const env = params.env ?? localStorage.getItem('apertur.env');
  return { project, env: env === 'test' ? 'test' : 'live' };
}

/** A session that ended elsewhere: sign in, and come back here. */
function useSignedOut(): void {
  const navigate = useNavigate();
  const { href } = useLocation();
  useEffect(() => {
    const leave = () => void navigate({ to: '/sign-in', search: { next: href, reason: 'expired' } });
    signedOut.addEventListener('signed-out', leave);
    return () => signedOut.removeEventListener('signed-out', leave);
  }, [navigate, href]);
}

export function Shell() {
  const place = usePlace();
  const [opened, drawer] = useDisclosure(false);
  useSignedOut();
  useProjectLive(place?.project);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen closes the menu
  useEffect(drawer.close, [pathname]);
  const me = useMe();
  const name = me?.projects.find((project) => project.id === place?.project)?.name;
  return (
    <div data-env={place?.env ?? 'live'}>
      <a className="skip" href="#content">
        {w.nav.skip}
      </a>
      <div className="frame">
        <Rail place={place} />
        <div className="main">
          <header className="top">
            <Link to="/" className="brand">
              <Mark size={22} />
              <span>{name ?? 'Apertur'}</span>
            </Link>
            <ActionIcon variant="default" size="lg" onClick={drawer.open} aria-label={w.nav.open}>
              <IconMenu2 size={20} />
            </ActionIcon>
          </header>
          {place?.env === 'test' ? (
            <div className="test-line" role="status">
              <strong className="test-badge">{w.test.badge}</strong>
              <span>{w.test.on}</span>
            </div>
          ) : null}
          <main id="content" className="content" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Drawer
        opened={opened}
        onClose={drawer.close}
        size={300}
        title={<Mark size={22} />}
        closeButtonProps={{ 'aria-label': w.nav.close }}
      >
        <Rail place={place} className="drawer-rail" />
      </Drawer>
    </div>
  );
}

function Rail({ place, className = '' }: { place: ReturnType<typeof usePlace>; className?: string }) {
  return (
    <aside aria-label="Apertur" className={`rail ${className}`} data-env={place?.env ?? 'live'}>
      {className ? null : (
        <Link to="/" className="brand">
          <Mark size={26} />
          <span>Apertur</span>
        </Link>
      )}
      <ProjectMenu place={place} />
      {place ? (
        <>
          <TestSwitch place={place} />
          <nav aria-label={w.nav.main}>
            <ul>
              {nouns().map(([to, label, Icon]) => (
                <li key={to}>
                  <Link
                    to={to}
                    params={place}
                    search={{}}
                    activeOptions={{ exact: to === '/p/$project/$env', includeSearch: false }}
                  >
                    <Icon size={19} stroke={1.7} aria-hidden="true" />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
        </>
      ) : null}
      <div className="rail-foot">
        <AccountMenu />
      </div>
    </aside>
  );
}

function ProjectMenu({ place }: { place: ReturnType<typeof usePlace> }) {
  const me = useMe();
  const navigate = useNavigate();
  const current = me?.projects.find((project) => project.id === place?.project);
  return (
    <Menu width={240} position="bottom-start">
      <Menu.Target>
        <button
          type="button"
          className="switch-project"
          aria-label={`${w.nav.project}: ${current?.name ?? w.common.none}`}
        >
          <span>{current?.name ?? w.nav.project}</span>
          <IconChevronDown size={16} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {me?.projects.map((project) => (
          <Menu.Item
            key={project.id}
            onClick={() =>
              void navigate({
                to: '/p/$project/$env',
                params: { project: project.id, env: place?.env ?? 'live' },
              })
            }
            rightSection={project.id === current?.id ? <IconCheck size={16} aria-hidden="true" /> : null}
          >
            {project.name}
          </Menu.Item>
        ))}
        {me?.mayCreateProjects ? (
          <>
            <Menu.Divider />
            <Menu.Item
              leftSection={<IconPlus size={16} />}
              onClick={() => void navigate({ to: '/new-project' })}
            >
              {w.nav.newProject}
            </Menu.Item>
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The lists stay where they are; what belongs to one environment alone does not exist in the other. */
function TestSwitch({ place }: { place: { project: string; env: 'live' | 'test' } }) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const toggle = (test: boolean) => {
    const section = pathname.split('/')[4];
    const env = test ? 'test' : 'live';
    const known = ['sessions', 'deliveries', 'destinations', 'webhooks', 'keys', 'settings'].includes(
      section ?? '',
    );
    void navigate({ to: `/p/${place.project}/${env}${known ? `/${section}` : ''}` as string });
  };
  return (
    <div className="test-switch">
      <Switch
        checked={place.env === 'test'}
        onChange={(event) => toggle(event.currentTarget.checked)}
        label={w.test.switch}
        color="var(--warn)"
        labelPosition="left"
        styles={{ body: { justifyContent: 'space-between' }, label: { fontWeight: 550 } }}
      />
    </div>
  );
}

function AccountMenu() {
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { language, choose } = use(LanguageContext);
  const navigate = useNavigate();
  const schemes = [
    ['light', w.nav.light, IconSun],
    ['dark', w.nav.dark, IconMoon],
    ['auto', w.nav.auto, IconSettings],
  ] as const;
  return (
    <Menu width={240} position="top-start">
      <Menu.Target>
        <button
          type="button"
          className="switch-project"
          aria-label={`${w.nav.account}: ${me?.person.name ?? ''}`}
        >
          <span>{me?.person.name || me?.person.email}</span>
          <IconUser size={17} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconUser size={16} />} onClick={() => void navigate({ to: '/account' })}>
          {w.nav.account}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{w.nav.theme}</Menu.Label>
        {schemes.map(([scheme, label, Icon]) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={16} />}
            rightSection={colorScheme === scheme ? <IconCheck size={16} aria-hidden="true" /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Label>{w.nav.language}</Menu.Label>
        {(Object.entries(languages) as [Language, string][]).map(([tag, label]) => (
          <Menu.Item
            key={tag}
            lang={tag}
            leftSection={<IconLanguage size={16} />}
            rightSection={language === tag ? <IconCheck size={16} aria-hidden="true" /> : null}
            onClick={() => choose(tag)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component="a" href="/docs" leftSection={<IconCode size={16} />}>
          {w.nav.apiDocs}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          {w.nav.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
