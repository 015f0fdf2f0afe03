/** `apertur setup-link` and `reset-link`: ways in for whoever runs the install. */
import { findPersonByEmail } from '../accounts/people.ts';
import { createSetupToken } from '../accounts/setup.ts';
import { createSignIn } from '../accounts/sign-in.ts';
import { openFoundations } from '../app.ts';
import type { Config } from '../config.ts';
import { assertSchema } from '../db/migrate.ts';
import { silentLogger } from '../lib/logger.ts';
import type { Mailer } from '../lib/mail.ts';
import { ensureInstallSecret } from '../projects/install-secrets.ts';

type Foundations = Awaited<ReturnType<typeof openFoundations>>;

async function withFoundations(
  config: Config,
  run: (parts: Foundations) => Promise<number>,
): Promise<number> {
  const parts = await openFoundations(config, { logger: silentLogger });
  try {
    await assertSchema(parts.db);
    return await run(parts);
  } finally {
    await parts.db.close();
  }
}

const originOf = (config: Config): string => config.publicUrl ?? `http://localhost:${config.port}`;

export function setupLink(config: Config): Promise<number> {
  return withFoundations(config, async ({ db, clock }) => {
    const token = await createSetupToken(db, clock.now());
    if (token === undefined) {
      console.error('There is an owner already. Members are invited in the dashboard.');
      return 1;
    }
    console.log(`${originOf(config)}/setup?token=${token}`);
    return 0;
  });
}

/** The same reset that a mail would bring, with the link caught on its way. */
export function resetLink(config: Config, [email]: string[]): Promise<number> {
  if (!email) {
    console.error('Use: apertur reset-link EMAIL');
    return Promise.resolve(2);
  }
  return withFoundations(config, async ({ db, sealer, clock }) => {
    const person = await findPersonByEmail(db.read, email);
    if (!person) {
      console.error(`There is no account for ${email}.`);
      return 1;
    }
    const caught = Promise.withResolvers<string>();
    const mailer: Mailer = { send: async ({ text }) => caught.resolve(text), close: () => undefined };
    const secret = (await ensureInstallSecret(db, sealer, 'accounts', clock.now())).toString('hex');
    const origin = originOf(config);
    const signIn = createSignIn({ db, secret, mailer, clock, logger: silentLogger, openRegistration: false });
    await signIn.handle(
      origin,
      new Request(`${origin}/api/auth/request-password-reset`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ email: person.email }),
      }),
    );
    const link = /https?:\S+/.exec(await caught.promise)![0];
    console.log(`${link}\nOpens once, within an hour.`);
    return 0;
  });
}
