/** Sends requests: with the credential, again when the server asks to come back. */
import createClient, { type Client } from 'openapi-fetch';
import { ConnectionError, toError } from './errors.ts';
import type { paths } from './schema.ts';

export interface AperturOptions {
  /**
   * Origin of the server, without a path. Without: the hosted service, its test host for a key that begins with
   * `aptr_test_`. In a browser on the server's own pages: `location.origin`.
   */
  baseUrl?: string;
  /** An API key or an OAuth access token; a function is asked before every request. Without: none is sent. */
  apiKey?: string | (() => string | undefined | Promise<string | undefined>);
  /** More headers, e.g. `X-APTR-TOTP` of a key with one-time codes. */
  headers?: Record<string, string>;
  /** Whether a browser sends its cookies along, for pages where a person is signed in. */
  credentials?: Request['credentials'];
  /** How often a refusal that asks to come back is tried again. Default 3. */
  retries?: number;
  /** The longest wait that is worth it, in seconds. Default 60. A longer one is the caller's decision. */
  longestWait?: number;
  fetch?: typeof fetch;
  /** Waits so many milliseconds; rejects when the signal aborts. For tests. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The API as it is, path by path, typed: `http.GET('/api/v1/stats')`. */
export type Http = Client<paths>;

const defaultUrl = (key: AperturOptions['apiKey']): string =>
  typeof key === 'string' && key.startsWith('aptr_test_')
    ? 'https://sandbox.api.aptr.ca'
    : 'https://api.aptr.ca';

export function createHttp(options: AperturOptions): Http {
  const { apiKey, headers, credentials } = options;
  const http = createClient<paths>({
    baseUrl: options.baseUrl ?? defaultUrl(apiKey),
    ...(headers ? { headers } : {}),
    ...(credentials ? { credentials } : {}),
    fetch: createPersistentFetch(options),
  });
  http.use({
    async onRequest({ request }) {
      const key = typeof apiKey === 'function' ? await apiKey() : apiKey;
      if (key !== undefined) request.headers.set('Authorization', `Bearer ${key}`);
    },
  });
  return http;
}

/**
 * A refused request was not carried out, so 429 is tried again for every method. 503 leaves that open, so only what may
 * happen twice is: reads, PUT and DELETE.
 */
function createPersistentFetch(options: AperturOptions): (request: Request) => Promise<Response> {
  const { retries = 3, longestWait = 60, wait = pause } = options;
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  return async (request) => {
    for (let left = retries; ; left--) {
      // The last one may use up the body.
      const response = await send(left > 0 ? request.clone() : request).catch((cause: unknown) => {
        if (request.signal.aborted) throw cause;
        throw new ConnectionError('The server cannot be reached.', { cause });
      });
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const again = response.status === 429 || (response.status === 503 && mayRepeat(request.method));
      if (left <= 0 || !again || !(seconds <= longestWait)) return response;
      await response.body?.cancel();
      await wait(Math.max(1, seconds) * 1000, request.signal);
    }
  };
}

const mayRepeat = (method: string): boolean => ['GET', 'HEAD', 'PUT', 'DELETE'].includes(method);

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** The data of an answer; throws AperturError for a refusal, ConnectionError when there was none. */
export async function dataOf<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    // What was to be JSON was not: a proxy on the way speaks HTML.
    if (cause instanceof SyntaxError)
      throw new ConnectionError('The answer is not of the Apertur API.', { cause });
    throw cause;
  });
  if (error !== undefined || !response.ok) throw toError(response, error);
  return data as Data;
}
