/** `apertur key create` and `apertur key rotate-server`: work beside a running server. */
import { parseArgs } from 'node:util';
import { openFoundations } from '../app.ts';
import type { Config } from '../config.ts';
import { assertSchema } from '../db/migrate.ts';
import type { Env } from '../db/schema.ts';
import { rotateServerKey } from '../images/server-key.ts';
import { silentLogger } from '../lib/logger.ts';
import { createKey } from '../projects/keys.ts';
import { createProject, findFirstProjectId, findProject } from '../projects/projects.ts';

export async function keyCommand(config: Config, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      project: { type: 'string' },
      env: { type: 'string', default: 'live' },
      label: { type: 'string', default: 'command line' },
      json: { type: 'boolean', default: false },
    },
  });
  if (positionals[0] === 'rotate-server') return rotateServer(config);
  if (positionals[0] !== 'create') {
    console.error(
      'Use: apertur key create [--project ID] [--env live|test] [--label TEXT] [--json]\n' +
        '     apertur key rotate-server',
    );
    return 2;
  }
  if (values.env !== 'live' && values.env !== 'test') {
    console.error(`--env is live or test, not "${values.env}".`);
    return 2;
  }
  const made = await create(config, { project: values.project, env: values.env, label: values.label });
  if (made === undefined) {
    console.error(`There is no project ${values.project}.`);
    return 1;
  }
  if (values.json) console.log(JSON.stringify(made));
  else console.log(`Project  ${made.projectId}\nKey      ${made.key}   (shown only now; keep it)`);
  return 0;
}

/** A running server shows the new key within seconds; uploads that were encrypted with the old one open for eight days. */
async function rotateServer(config: Config): Promise<number> {
  const { db, sealer, clock } = await openFoundations(config, { logger: silentLogger });
  try {
    await assertSchema(db);
    console.log(await rotateServerKey({ db, sealer, clock }));
    return 0;
  } finally {
    await db.close();
  }
}

interface Made {
  projectId: string;
  keyId: string;
  key: string;
  env: Env;
}

async function create(
  config: Config,
  input: { project: string | undefined; env: Env; label: string },
): Promise<Made | undefined> {
  const { db, sealer, clock } = await openFoundations(config, { logger: silentLogger });
  try {
    await assertSchema(db);
    const named = input.project ?? (await findFirstProjectId(db.read));
    if (named !== undefined && !(await findProject(db.read, sealer, named))) return undefined;
    return await db.write(async (tx) => {
      const now = clock.now();
      const projectId = named ?? (await createProject(tx, sealer, 'My project', now));
      const { id, clearKey } = await createKey(tx, { projectId, env: input.env, label: input.label, now });
      return { projectId, keyId: id, key: clearKey, env: input.env };
    });
  } finally {
    await db.close();
  }
}
