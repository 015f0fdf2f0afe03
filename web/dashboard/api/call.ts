/**
 * The one way to the API: the typed client, with the cookie of whoever is signed in. Paths, bodies and answers are those
 * of the OpenAPI document, so a screen that asks for what is not there does not compile.
 */
import {
  AperturError,
  ConnectionError,
  createHttp,
  dataOf,
  type paths,
} from '../../../packages/client/src/index.ts';

export { AperturError, ConnectionError };

export type Env = 'live' | 'test';

export interface Scope {
  project: string;
  env: Env;
}

const prefix = '/api/v1';
type Prefix = typeof prefix;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Paths of the API that know this method, without their prefix: `/projects/{project}/keys`. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends object
    ? P extends `${Prefix}${infer Short}`
      ? Short
      : never
    : never;
}[keyof paths];

type Operation<M extends Method, P extends string> = `${Prefix}${P}` extends keyof paths
  ? paths[`${Prefix}${P}`][M]
  : never;

type Json<Response> = Response extends { content: { 'application/json': infer Body } } ? Body : undefined;

/** What a call answers when it succeeds. */
export type Answer<M extends Method, P extends string> =
  Operation<M, P> extends { responses: infer R }
    ? { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R]
    : never;

/** The parameters of an operation; none is an empty object. */
type Part<O, Name extends 'path' | 'query'> = O extends { parameters: { [N in Name]?: infer Found } }
  ? [Exclude<Found, undefined>] extends [never]
    ? Record<never, never>
    : Exclude<Found, undefined>
  : Record<never, never>;

/** Of the path what is not known anyway: the project is that of the screen. */
type Ids<O> = Exclude<keyof Part<O, 'path'>, 'project'>;
type Path<O> = [Ids<O>] extends [never] ? { path?: undefined } : { path: { [Name in Ids<O>]: string } };

type Body<O> = O extends { requestBody: { content: { 'application/json': infer Given } } }
  ? { body: Given }
  : O extends { requestBody?: { content: { 'application/json': infer Given } } }
    ? { body?: Given }
    : { body?: undefined };

/** What a call is given: ids of the path, members of the query, the body. */
export type Given<M extends Method, P extends string> = Path<Operation<M, P>> &
  Body<Operation<M, P>> & {
    query?: { [Name in keyof Part<Operation<M, P>, 'query'>]?: string | number | undefined };
  };

/** May be left out where everything in it may. */
export type Rest<M extends Method, P extends string> =
  Record<never, never> extends Given<M, P> ? [given?: Given<M, P>] : [given: Given<M, P>];

export interface Loose {
  path?: Record<string, string> | undefined;
  query?: Record<string, string | number | undefined> | undefined;
  body?: unknown;
}

export interface Circumstances {
  scope?: Scope | undefined;
  signal?: AbortSignal | undefined;
}

/** A refusal is shown at once: whoever looks decides whether to try again. */
const http = createHttp({ baseUrl: location.origin, credentials: 'same-origin', retries: 0 });

/** The address below the prefix, its ids filled in: what the answer is known by. */
export function addressOf(path: string, given: Loose | undefined, scope: Scope | undefined): string {
  const ids: Record<string, string | undefined> = { project: scope?.project, ...given?.path };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given?.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

/** Throws AperturError for a refusal, ConnectionError when no answer came. */
export function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  ...[given]: Rest<M, P>
): Promise<Answer<M, P>> {
  return ask(method, path, given as Loose) as Promise<Answer<M, P>>;
}

type Found = { data?: unknown; error?: unknown; response: Response };

function send(
  method: Method,
  path: string,
  { path: ids, query, body }: Loose,
  { scope, signal }: Circumstances,
): Promise<Found> {
  const request = http.request as unknown as (method: string, path: string, init: object) => Promise<Found>;
  return request(method, prefix + path, {
    params: { path: { project: scope?.project, ...ids }, query },
    ...(body === undefined ? {} : { body }),
    ...(scope ? { headers: { 'X-Apertur-Project': scope.project, 'X-Apertur-Env': scope.env } } : {}),
    ...(signal ? { signal } : {}),
  });
}

/** As `call`, for a project and with a signal; the types are the caller's care. */
export const ask = (
  method: Method,
  path: string,
  given: Loose = {},
  circumstances: Circumstances = {},
): Promise<unknown> => dataOf(send(method, path, given, circumstances));

/** A part of a list that is an array, and how many rows the whole has. */
export async function askCounted(
  path: string,
  given: Loose,
  circumstances: Circumstances,
): Promise<{ rows: unknown[]; total: number }> {
  const answer = send('get', path, given, circumstances);
  const rows = (await dataOf(answer)) as unknown[];
  const { response } = await answer;
  return { rows, total: Number(response.headers.get('x-total-count') ?? rows.length) };
}

/** The routes of signing in: they belong to the pages, not to the public API. Throws as `call` does. */
export async function authenticate<T = unknown>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/auth${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    credentials: 'same-origin',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new ConnectionError('The server cannot be reached.', { cause });
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer as T;
  const { message = `HTTP ${response.status}`, code = `HTTP_${response.status}`, ...rest } = answer;
  throw new AperturError({ ...rest, message, code, statusCode: response.status });
}
