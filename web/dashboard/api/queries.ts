/** Reading and changing, with TanStack Query: a path is its own key, below its project and environment. */
import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ApiError, type CallOptions, call, type Env, type Scope } from './call.ts';

/** Told when the server no longer knows who we are. */
export const signedOut = new EventTarget();

function notice(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) signedOut.dispatchEvent(new Event('signed-out'));
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: notice }),
  mutationCache: new MutationCache({ onError: notice }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the server refuses, it refuses again.
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 2,
    },
  },
});

export function useScope(): Scope {
  const { project, env } = useParams({ strict: false }) as { project?: string; env?: Env };
  return { project: project ?? '', env: env === 'test' ? 'test' : 'live' };
}

export interface DataOptions {
  /** Read again so often while somebody looks, in milliseconds. */
  every?: number | undefined;
  enabled?: boolean;
  /** Show the page before while the next one comes. */
  keep?: boolean;
  /** Of the person, not of a project. */
  global?: boolean;
}

const noScope: Scope = { project: '', env: 'live' };

export function useData<T>(path: string, options: DataOptions = {}) {
  const own = useScope();
  const scope = options.global ? noScope : own;
  return useQuery<T>({
    queryKey: [scope.project, scope.env, path],
    queryFn: ({ signal }) => call<T>('GET', path, { scope: options.global ? undefined : scope, signal }),
    enabled: options.enabled ?? true,
    ...(options.every ? { refetchInterval: options.every } : {}),
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });
}

/** A change; afterwards everything whose path begins with one of `refreshes` is read again. */
export function useChange<Input = void, Answer = unknown>(
  run: (
    input: Input,
    send: <T>(method: string, path: string, body?: unknown) => Promise<T>,
  ) => Promise<Answer>,
  refreshes: string[] = [],
) {
  const scope = useScope();
  const client = useQueryClient();
  return useMutation<Answer, Error, Input>({
    mutationFn: (input) =>
      run(input, (method, path, body) => {
        const options: CallOptions = {
          ...(body === undefined ? {} : { body }),
          ...(scope.project ? { scope } : {}),
        };
        return call(method, path, options);
      }),
    onSuccess: () => refresh(client, refreshes),
  });
}

export function refresh(client: QueryClient, paths: string[]): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey }) => paths.some((path) => String(queryKey[2]).startsWith(path)),
  });
}
