/**
 * Signing in: password, one-time codes, passkeys, resets. The protocol is better-auth's (docs/adr/0009); it is loaded at the first
 * request that needs it, because most processes never do.
 */
import type { Database } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { Mailer } from '../lib/mail.ts';
import { resetMail, verifyMail } from './mails.ts';
import { passwordLength } from './people.ts';
import { cookiePrefix } from './person-sessions.ts';

/** Seconds. A session that is used lives on; the cookie is renewed once a day. */
const sessionLifetime = 14 * 86_400;
const resetLifetime = 3_600;

/** The header in which the address of a client reaches the library: ours, whatever the client sent. */
export const addressHeader = 'x-apertur-client-address';

export interface SignIn {
  /** Answers a request below `/api/auth`. `origin` is the one that the browser sees. */
  handle(origin: string, request: Request): Promise<Response>;
}

export interface SignInServices {
  db: Database;
  /** Signs cookies and encrypts second factors; the same for every process. */
  secret: string;
  mailer: Mailer | undefined;
  clock: Clock;
  logger: Logger;
  openRegistration: boolean;
}

/** Installs without a public URL answer under several origins; more than a few are not remembered. */
const mostOrigins = 8;

type Library = Awaited<ReturnType<typeof build>>;

export function createSignIn(services: SignInServices): SignIn {
  const made = new Map<string, Promise<Library>>();
  const libraryOf = (origin: string): Promise<Library> => {
    const known = made.get(origin);
    if (known) return known;
    if (made.size >= mostOrigins) made.clear();
    const library = build(services, origin);
    made.set(origin, library);
    library.catch(() => made.delete(origin));
    return library;
  };
  return {
    async handle(origin, request) {
      return (await libraryOf(origin)).handler(request);
    },
  };
}

async function build(services: SignInServices, origin: string) {
  const [{ betterAuth }, { twoFactor }, { passkey }, { createAuthAdapter }] = await Promise.all([
    import('better-auth'),
    import('better-auth/plugins/two-factor'),
    import('@better-auth/passkey'),
    import('./auth-adapter.ts'),
  ]);
  const { db, secret, mailer, logger, openRegistration } = services;
  return betterAuth({
    appName: 'Apertur',
    baseURL: origin,
    basePath: '/api/auth',
    secret,
    database: createAuthAdapter(db),
    trustedOrigins: [origin],
    telemetry: { enabled: false },
    logger: libraryLogger(logger),
    // Counted by us, across processes (sign-in-attempts.ts).
    rateLimit: { enabled: false },
    session: { expiresIn: sessionLifetime, updateAge: 86_400, freshAge: 0 },
    verification: { storeIdentifier: 'hashed' },
    user: { additionalFields: { locale: { type: 'string', required: false, input: true } } },
    emailAndPassword: {
      enabled: true,
      disableSignUp: !openRegistration,
      // Only mail can prove an address.
      requireEmailVerification: openRegistration && mailer !== undefined,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      resetPasswordTokenExpiresIn: resetLifetime,
      revokeSessionsOnPasswordReset: true,
      ...(mailer
        ? {
            sendResetPassword: async ({ user, token }) => {
              const link = `${origin}/reset-password?token=${encodeURIComponent(token)}`;
              await mailer.send({ to: user.email, ...resetMail(localeOf(user), link) });
            },
          }
        : {}),
    },
    ...(mailer
      ? {
          emailVerification: {
            sendVerificationEmail: async ({ user, url }) => {
              await mailer.send({ to: user.email, ...verifyMail(localeOf(user), url) });
            },
          },
        }
      : {}),
    plugins: [twoFactor({ issuer: 'Apertur' }), passkey({ rpName: 'Apertur' })],
    advanced: {
      cookiePrefix,
      useSecureCookies: origin.startsWith('https:'),
      disableOriginCheck: false,
      disableCSRFCheck: false,
      database: { generateId: () => createId('per'), validateSchema: false },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // A mail takes long, and how long must not tell whether there is such an account.
      backgroundTasks: {
        handler: (task) => {
          Promise.resolve(task).catch((error: unknown) =>
            logger.error({ err: error }, 'A mail was not sent'),
          );
        },
      },
    },
  });
}

const localeOf = (user: object): string | null => (user as { locale?: string | null }).locale ?? null;

/** What the library says goes where everything goes. Its words may hold addresses, so most of them stay at debug. */
function libraryLogger(logger: Logger) {
  return {
    level: 'warn' as const,
    log: (level: string, message: string) => {
      if (level === 'error') logger.warn({ from: 'better-auth' }, message);
      else logger.debug({ from: 'better-auth' }, message);
    },
  };
}
