/** The one way to the API. Cookies say who we are; two headers say of which project and environment we speak. */

export type Env = 'live' | 'test';

export interface Scope {
  project: string;
  env: Env;
}

/** What the API refused, in its own words: they say what to do. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: number | undefined;

  constructor(status: number, body: { message?: string; code?: string; retryAfter?: number }) {
    super(body.message ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code ?? `HTTP_${status}`;
    this.retryAfter = body.retryAfter;
  }
}

/** Nothing came back at all. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';
}

export interface CallOptions {
  body?: unknown;
  scope?: Scope | undefined;
  signal?: AbortSignal | undefined;
}

async function request(method: string, path: string, options: CallOptions): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' });
  if (options.scope) {
    headers.set('X-Apertur-Project', options.scope.project);
    headers.set('X-Apertur-Env', options.scope.env);
  }
  if (options.body !== undefined) headers.set('content-type', 'application/json');
  const response = await fetch(path.startsWith('/api/') ? path : `/api/v1${path}`, {
    method,
    headers,
    credentials: 'same-origin',
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new OfflineError();
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new ApiError(response.status, body);
}

/** Answers the JSON of the answer, undefined when it has no body. Throws ApiError, OfflineError. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await request(method, path, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
