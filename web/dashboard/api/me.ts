/** Who is signed in, and to which projects they belong. */
import { useQuery } from '@tanstack/react-query';
import type { redirect } from '@tanstack/react-router';
import type { Me } from '../../../packages/client/src/index.ts';
import { AperturError, authenticate, call } from './call.ts';
import { queryClient, useScope } from './queries.ts';

export type { Me } from '../../../packages/client/src/index.ts';

const meQuery = {
  queryKey: ['me'],
  staleTime: 60_000,
  queryFn: async (): Promise<Me | null> => {
    try {
      return await call('get', '/me');
    } catch (error) {
      if (error instanceof AperturError && error.status === 401) return null;
      throw error;
    }
  },
};

export const findMe = (): Promise<Me | null> => queryClient.ensureQueryData(meQuery);

export const useMe = (): Me | null | undefined => useQuery(meQuery).data;

/** Asks again who is signed in. */
export const rereadMe = (): Promise<Me | null> => queryClient.fetchQuery({ ...meQuery, staleTime: 0 });

/** What the person's role in this project allows; the server decides, this only spares them the attempt. */
export function useMay() {
  const me = useMe();
  const { project } = useScope();
  const mine = me?.projects.find(({ id }) => id === project);
  const has = (right: string): boolean => mine?.rights.includes(right) ?? false;
  return {
    role: mine?.role,
    name: mine?.name,
    write: mine?.scopes.includes('project:settings') ?? false,
    members: has('members'),
    billing: has('billing'),
    apps: has('apps'),
    rename: has('project:rename'),
    delete: has('project:delete'),
  };
}

/** Where to go when somebody opens the dashboard without saying where. */
export async function lastPlace(): Promise<Parameters<typeof redirect>[0]> {
  const me = await findMe();
  if (!me) return { to: '/sign-in' };
  const last = localStorage.getItem('apertur.project');
  const project = me.projects.find(({ id }) => id === last) ?? me.projects[0];
  if (!project) return { to: '/new-project' };
  const env = localStorage.getItem('apertur.env') === 'test' ? 'test' : 'live';
  return { to: '/p/$project/$env', params: { project: project.id, env } as never };
}

/** After it nothing of the person stays in this tab. */
export async function signOut(): Promise<void> {
  await authenticate('/sign-out', {}).catch(() => undefined);
  queryClient.clear();
  location.assign('/sign-in');
}
