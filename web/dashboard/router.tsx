/** Every screen and its address; each is loaded when somebody goes there. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { findMe, lastPlace } from './api/me.ts';
import { Broken, NotFound } from './parts/page.tsx';

/** Alone on the page, so it brings its own landmark. */
const Nowhere = () => (
  <main>
    <NotFound />
  </main>
);

const root = createRootRoute({ component: Outlet, notFoundComponent: Nowhere, errorComponent: Broken });

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Filters live in the address, so that a link shows the same list to a colleague. */
export interface ListSearch {
  page?: number;
  search?: string;
  status?: string;
  kind?: string;
  target?: string;
  since?: string;
  until?: string;
  /** What a sign-in at another service came back with. */
  destination?: string;
  message?: string;
}

function listSearch(given: Record<string, unknown>): ListSearch {
  const page = Number(given.page);
  const search: ListSearch = {};
  if (Number.isSafeInteger(page) && page > 1) search.page = page;
  for (const name of [
    'search',
    'status',
    'kind',
    'target',
    'since',
    'until',
    'destination',
    'message',
  ] as const) {
    const value = text(given[name]);
    if (value !== undefined) search[name] = value;
  }
  return search;
}

interface DoorSearch {
  next?: string;
  token?: string;
  reason?: string;
  [other: string]: string | undefined;
}

const doorSearch = (given: Record<string, unknown>): DoorSearch =>
  Object.fromEntries(
    Object.entries(given)
      .map(([name, value]) => [name, text(value)] as const)
      .filter(([, value]) => value !== undefined),
  );

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async () => {
    throw redirect(await lastPlace());
  },
});

const door = <Path extends string>(path: Path, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: doorSearch,
    component: lazyRouteComponent(load as () => Promise<Record<string, () => React.ReactNode>>, name),
  });

const doors = () => import('./screens/doors.tsx');
const joining = () => import('./screens/joining.tsx');

/** Only for people who are signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    const me = await findMe();
    if (!me) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
  component: lazyRouteComponent(() => import('./screens/shell.tsx'), 'Shell'),
});

const project = createRoute({ getParentRoute: () => inside, path: 'p/$project/$env', component: Outlet });

const screen = <Path extends string>(path: Path, load: () => Promise<unknown>, name: string) =>
  createRoute({
    getParentRoute: () => project,
    path,
    validateSearch: listSearch,
    component: lazyRouteComponent(load as () => Promise<Record<string, () => React.ReactNode>>, name),
    errorComponent: Broken,
  });

const settings = () => import('./screens/settings/settings.tsx');

const tree = root.addChildren([
  start,
  door('sign-in', doors, 'SignIn'),
  door('register', joining, 'Register'),
  door('setup', joining, 'SetUp'),
  door('forgot', doors, 'Forgot'),
  door('reset-password', doors, 'Reset'),
  door('invitation', joining, 'Invitation'),
  inside.addChildren([
    createRoute({
      getParentRoute: () => inside,
      path: 'account',
      component: lazyRouteComponent(() => import('./screens/account/account.tsx'), 'Account'),
    }),
    createRoute({
      getParentRoute: () => inside,
      path: 'new-project',
      component: lazyRouteComponent(() => import('./screens/new-project.tsx'), 'NewProject'),
    }),
    project.addChildren([
      screen('/', () => import('./screens/home.tsx'), 'Home'),
      screen('sessions', () => import('./screens/sessions/list.tsx'), 'Sessions'),
      screen('sessions/new', () => import('./screens/sessions/create.tsx'), 'NewSession'),
      screen('sessions/$session', () => import('./screens/sessions/session.tsx'), 'Session'),
      screen('deliveries', () => import('./screens/deliveries/list.tsx'), 'Deliveries'),
      screen(
        'deliveries/image/$image/$destination',
        () => import('./screens/deliveries/one.tsx'),
        'ImageDelivery',
      ),
      screen(
        'deliveries/event/$webhook/$delivery',
        () => import('./screens/deliveries/one.tsx'),
        'EventDelivery',
      ),
      screen('destinations', () => import('./screens/destinations/list.tsx'), 'Destinations'),
      screen('destinations/new', () => import('./screens/destinations/create.tsx'), 'NewDestination'),
      screen('destinations/$destination', () => import('./screens/destinations/one.tsx'), 'Destination'),
      screen('webhooks', () => import('./screens/webhooks/list.tsx'), 'Webhooks'),
      screen('webhooks/new', () => import('./screens/webhooks/form.tsx'), 'NewWebhook'),
      screen('webhooks/$webhook', () => import('./screens/webhooks/one.tsx'), 'Webhook'),
      screen('keys', () => import('./screens/keys/list.tsx'), 'Keys'),
      screen('keys/$key', () => import('./screens/keys/one.tsx'), 'Key'),
      screen('settings', settings, 'ProjectSettings'),
      screen('settings/page', () => import('./screens/settings/phone-page.tsx'), 'PhonePage'),
      screen('settings/plan', () => import('./screens/settings/plan.tsx'), 'Plans'),
      screen('settings/members', () => import('./screens/settings/members.tsx'), 'Members'),
      screen('settings/apps', () => import('./screens/settings/apps.tsx'), 'Apps'),
      screen('settings/audit', () => import('./screens/settings/audit.tsx'), 'Audit'),
    ]),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  basepath: '/',
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: Nowhere,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
