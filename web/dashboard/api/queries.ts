/** Reading and changing, with TanStack Query: a path is its own key, below its project and environment. */
import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import {
  type Answer,
  AperturError,
  addressOf,
  ask,
  askCounted,
  type Env,
  type Given,
  type Loose,
  type Method,
  type PathOf,
  type Rest,
  type Scope,
} from './call.ts';
import { useConnected } from './live.ts';

/** Told when the server no longer knows who we are. */
export const signedOut = new EventTarget();

function notice(error: unknown): void {
  if (error instanceof AperturError && error.status === 401) signedOut.dispatchEvent(new Event('signed-out'));
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: notice }),
  mutationCache: new MutationCache({ onError: notice }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the server refuses, it refuses again.
      retry: (failures, error) => !(error instanceof AperturError && error.status < 500) && failures < 2,
    },
  },
});

export function useScope(): Scope {
  const { project, env } = useParams({ strict: false }) as { project?: string; env?: Env };
  return { project: project ?? '', env: env === 'test' ? 'test' : 'live' };
}

export interface DataOptions {
  /** Read again so often while the live line is down, in milliseconds. */
  every?: number | undefined;
  /** The same while the line is up: for what changes without being told. */
  always?: number | undefined;
  enabled?: boolean;
  /** Show the page before while the next one comes. */
  keep?: boolean;
  /** Of the person, not of a project. */
  global?: boolean;
}

const noScope: Scope = { project: '', env: 'live' };

/** Reads `path`, whose `{project}` is that of the screen. The answer is known by its address, below project and environment. */
export function useData<P extends PathOf<'get'>>(
  path: P,
  ...[given]: Record<never, never> extends Given<'get', P>
    ? [given?: Given<'get', P> & DataOptions]
    : [given: Given<'get', P> & DataOptions]
) {
  const { every, always, enabled, keep, global, ...rest } = (given ?? {}) as DataOptions & Loose;
  const own = useScope();
  const connected = useConnected();
  const scope = global ? noScope : own;
  const address = addressOf(path, rest, scope);
  const rhythm = connected ? always : (always ?? every);
  return useQuery({
    queryKey: [scope.project, scope.env, address],
    queryFn: ({ signal }) =>
      ask('get', path, rest, { scope: global ? undefined : scope, signal }) as Promise<Answer<'get', P>>,
    enabled: enabled ?? true,
    ...(rhythm ? { refetchInterval: rhythm } : {}),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

export interface Counted<Row> {
  rows: Row[];
  total: number;
}

type ArrayPath = {
  [P in PathOf<'get'>]: Answer<'get', P> extends readonly unknown[] ? P : never;
}[PathOf<'get'>];

/** A page of a list that is an array, and how many rows it has; `query` searches it on the server. */
export function usePage<P extends ArrayPath>(
  path: P,
  { query, every, enabled }: { query: Loose['query']; every?: number; enabled?: boolean },
) {
  const scope = useScope();
  const connected = useConnected();
  return useQuery({
    // Its own name: the same address without a page is the list alone.
    queryKey: [scope.project, scope.env, addressOf(path, { query }, scope), 'counted'],
    queryFn: ({ signal }) =>
      askCounted(path, { query }, { scope, signal }) as Promise<Counted<Answer<'get', P>[number]>>,
    enabled: enabled ?? true,
    placeholderData: keepPreviousData,
    ...(every && !connected ? { refetchInterval: every } : {}),
  });
}

/** Rows of such a list by their ids; what is not there, or not yet, is left out. */
export function useRows<P extends ArrayPath>(path: P, ids: readonly string[]): Answer<'get', P>[number][] {
  const scope = useScope();
  const answers = useQueries({
    queries: ids.map((id) => {
      const query = { search: id, page: 1, pageSize: 1 };
      return {
        queryKey: [scope.project, scope.env, addressOf(path, { query }, scope), 'counted'],
        queryFn: ({ signal }: { signal: AbortSignal }) => askCounted(path, { query }, { scope, signal }),
      };
    }),
  });
  return answers.flatMap(({ data }) => (data?.rows ?? []) as Answer<'get', P>[number][]);
}

type Send = <M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  ...given: Rest<M, P>
) => Promise<Answer<M, P>>;

/** A change; afterwards everything whose address begins with one of `refreshes` is read again. */
export function useChange<Input = void, Result = unknown>(
  run: (input: Input, send: Send) => Promise<Result>,
  refreshes: string[] = [],
) {
  const scope = useScope();
  const client = useQueryClient();
  const send: Send = (method, path, ...[given]) =>
    ask(method, path, given as Loose, { scope: scope.project ? scope : undefined }) as never;
  return useMutation<Result, Error, Input>({
    mutationFn: (input) => run(input, send),
    onSuccess: () =>
      refresh(
        client,
        refreshes.map((path) => addressOf(path, undefined, scope)),
      ),
  });
}

/** Reads again what is known by an address that begins so. */
export function refresh(client: QueryClient, addresses: string[]): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey }) => addresses.some((address) => String(queryKey[2]).startsWith(address)),
  });
}
