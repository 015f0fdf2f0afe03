/** A person at a browser, as far as the server can tell: a cookie jar, an origin, and requests to the API. */
import { createSetupToken } from '../../src/accounts/setup.ts';
import type { Answer, TestApp } from './app.ts';

export interface PersonOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Browser {
  /** A request of a page of the app's own origin; paths as the API's, or with a leading `/api`. */
  call(method: string, path: string, options?: PersonOptions): Promise<Answer>;
  /** By name. */
  cookies: Map<string, string>;
  signIn(email: string, password: string): Promise<Answer>;
  /** Requests name this project from now on. */
  project: string | undefined;
}

export function createBrowser(app: Pick<TestApp, 'origin'>): Browser {
  const cookies = new Map<string, string>();
  const browser: Browser = {
    cookies,
    project: undefined,
    signIn: (email, password) =>
      browser.call('POST', '/api/auth/sign-in/email', { body: { email, password } }),
    async call(method, where, { body, headers = {} } = {}) {
      const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const own = where.startsWith('/api') || where.startsWith('/oauth') || where.startsWith('/.well-known');
      const response = await fetch(`${app.origin}${own ? '' : '/api/v1'}${where}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(jar ? { cookie: jar } : {}),
          ...(method === 'GET' ? {} : { origin: app.origin }),
          ...(browser.project ? { 'x-apertur-project': browser.project } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) keep(cookies, cookie);
      const bytes = Buffer.from(await response.arrayBuffer());
      const json = response.headers.get('content-type')?.includes('json') ?? false;
      return {
        status: response.status,
        headers: response.headers,
        bytes,
        body: json ? JSON.parse(bytes.toString()) : undefined,
      };
    },
  };
  return browser;
}

function keep(cookies: Map<string, string>, header: string): void {
  const [pair = '', ...attributes] = header.split(';');
  const equals = pair.indexOf('=');
  const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
  const gone = value === '' || attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute));
  if (gone) cookies.delete(name);
  else cookies.set(name, value);
}

export const ownerAccount = {
  name: 'Olive Owner',
  email: 'olive@example.com',
  password: 'correct horse battery',
};

/** Makes the owner of the install and signs in, in the app's project. */
export async function signInOwner(app: TestApp): Promise<Browser> {
  const token = await createSetupToken(app.db, app.clock.now());
  const browser = createBrowser(app);
  const made = await browser.call('POST', '/setup', { body: { token, ...ownerAccount } });
  const answer = await browser.signIn(ownerAccount.email, ownerAccount.password);
  if (made.status !== 201 || answer.status !== 200) {
    throw new Error(`The owner could not sign in: ${made.status}, ${answer.status} ${answer.bytes}`);
  }
  browser.project = app.project.id;
  return browser;
}
