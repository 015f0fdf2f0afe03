/** A project with something in every table, each text of it marked, so that a leak is seen wherever it comes out. */
import { randomBytes } from 'node:crypto';
import { hashOf } from '../../src/accounts/setup.ts';
import type { TestApp, TestProject } from './app.ts';
import { photoForm, untilAnswered } from './app.ts';
import { makeJpeg } from './pictures.ts';

export interface Populated {
  project: TestProject;
  /** Stands in every text that the project made. */
  marker: string;
  /** By their name in paths. */
  ids: Record<string, string>;
  personId: string;
}

/** Makes a project through the API, and what the API does not make through the database. */
export async function populate(app: TestApp, marker: string): Promise<Populated> {
  const project = await app.addProject(`${marker} project`);
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await app.call(method, path, {
      key: project.live,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.bytes}`);
    return answer.body;
  };
  const stem = `/projects/${project.id}`;
  const key = await call('POST', `${stem}/keys`, { label: `${marker} key` });
  const webhook = await call('POST', `${stem}/webhooks`, {
    url: `http://127.0.0.1:9/${marker}`,
    topics: ['*'],
    customHeaders: { 'x-shop': marker },
  });
  const destination = await call('POST', `${stem}/destinations`, {
    type: 'webhook',
    name: `${marker} destination`,
    config: { url: `http://127.0.0.1:9/${marker}`, secret: `${marker}-secret` },
  });
  const session = await call('POST', '/upload-sessions', {
    destination_ids: [destination.id],
    long_polling: true,
    label: `${marker} session`,
    tags: [marker],
    metadata: { note: marker },
    max_images: 3,
  });
  const form = photoForm(await makeJpeg({ width: 16, height: 16 }), {
    filename: `${marker}.jpg`,
    source: marker,
  });
  const image = await call('POST', `/upload/${session.id}/images`, form);
  const delivery = await untilAnswered(
    async () => (await call('GET', `${stem}/webhooks/${webhook.id}/deliveries`)).deliveries[0],
    'a delivery of an event',
  );
  const replay = await call('POST', `${stem}/replays`, { webhookId: webhook.id, ratePerSecond: 1 });
  const personId = await addPerson(app, marker);
  const rest = await fillTables(app, project.id, { marker, personId });
  return {
    project,
    marker,
    personId,
    ids: {
      project: project.id,
      key: key.id,
      webhook: webhook.id,
      destination: destination.id,
      session: session.id,
      image: image.id,
      delivery: delivery.id,
      replay: replay.id,
      provider: 'dropbox',
      person: personId,
      invitation: rest.invitations ?? 'none',
      app: rest.oauth_apps ?? 'none',
      grant: rest.oauth_grants ?? 'none',
    },
  };
}

async function addPerson(app: TestApp, marker: string): Promise<string> {
  const id = `psn_${marker}`;
  const [now, email] = [app.clock.now(), `${marker}@example.com`.toLowerCase()];
  const row = { id, name: `${marker} person`, email, email_verified: 1, two_factor_enabled: 0 } as const;
  await app.db.write((tx) =>
    tx.q
      .insertInto('people')
      .values({ ...row, is_install_owner: 0, created_at: now, updated_at: now } as never)
      .execute(),
  );
  return id;
}

interface Column {
  name: string;
  dataType: string;
  isNullable: boolean;
}

/** Rows in tables that have a project and none of this one yet. Returns their ids by table. */
async function fillTables(
  app: TestApp,
  projectId: string,
  { marker, personId }: { marker: string; personId: string },
): Promise<Record<string, string>> {
  const tables = await tablesOfProjects(app);
  const made: Record<string, string> = {};
  let left = tables.map(({ name }) => name);
  // Some need rows of others, so it goes round until a round adds nothing.
  for (let before = Number.POSITIVE_INFINITY; left.length < before; ) {
    before = left.length;
    const failed: string[] = [];
    for (const name of left) {
      const { columns } = tables.find((table) => table.name === name)!;
      if ((await countRows(app, name, projectId)) > 0) continue;
      const known: Record<string, unknown> = {
        project_id: projectId,
        person_id: personId,
        app_id: made.oauth_apps,
        grant_id: made.oauth_grants,
      };
      const id = `${marker}_${name}`;
      const row = Object.fromEntries(
        columns.map((column) => [column.name, known[column.name] ?? sampleValue(column, marker, id)]),
      );
      try {
        await app.db.write((tx) =>
          tx.q
            .insertInto(name as never)
            .values(row as never)
            .execute(),
        );
        made[name] = id;
      } catch {
        failed.push(name);
      }
    }
    left = failed;
  }
  return made;
}

const words: Record<string, unknown> = {
  env: 'live',
  role: 'viewer',
  kind: 'access',
  status: 'completed',
  only: 'all',
};

function sampleValue({ name, dataType }: Column, marker: string, id: string): unknown {
  if (name === 'id') return id;
  if (name in words) return words[name];
  if (/^(is_|ended_at|revoked_at|deleted_at|accepted_at|used_at)/.test(name))
    return name.startsWith('is_') ? 1 : null;
  if (/int|numeric|real|double/i.test(dataType)) return name.endsWith('_at') ? 4_000_000_000_000 : 1;
  if (/(uris|domains|targets|detail)$/.test(name)) return JSON.stringify([marker]);
  return `${marker}-${name}-${randomBytes(4).toString('hex')}`;
}

/** Parts of other tables: db/partitions.ts. */
const partition = /_(start|rest|\d{8})$/;

/** Every table whose rows belong to a project. */
export async function tablesOfProjects(app: TestApp): Promise<{ name: string; columns: Column[] }[]> {
  const tables = await app.db.read.introspection.getTables();
  return tables
    .filter((table) => !table.isView && !partition.test(table.name))
    .filter((table) => table.columns.some((column) => column.name === 'project_id'))
    .map(({ name, columns }) => ({ name, columns: [...columns] }));
}

export async function countRows(app: TestApp, table: string, projectId: string): Promise<number> {
  const row = await app.db.read
    .selectFrom(table as 'keys')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Every id of a project's rows, in every table. */
export async function idsOf(app: TestApp, projectId: string): Promise<string[]> {
  const ids = [projectId];
  for (const { name, columns } of await tablesOfProjects(app)) {
    if (!columns.some((column) => column.name === 'id')) continue;
    const rows = await app.db.read
      .selectFrom(name as 'keys')
      .select('id')
      .where('project_id', '=', projectId)
      .execute();
    ids.push(...rows.map((row) => String(row.id)));
  }
  return ids;
}

export interface Token {
  scopes: readonly string[];
  /** Milliseconds since 1970; an hour from now without. */
  expiresAt?: number;
  revoked?: boolean;
}

/** An access token that a person gave to an app, in a project where they are its owner. */
export async function addToken(
  app: TestApp,
  owner: Populated,
  { scopes, expiresAt, revoked }: Token,
): Promise<string> {
  const now = app.clock.now();
  const token = `aptr_oauth_${randomBytes(24).toString('base64url')}`;
  const id = randomBytes(8).toString('hex');
  const project_id = owner.project.id;
  await app.db.write(async ({ q }) => {
    await q
      .insertInto('members')
      .values({ project_id, person_id: owner.personId, role: 'owner', created_at: now })
      .onConflict((conflict) => conflict.columns(['project_id', 'person_id']).doUpdateSet({ role: 'owner' }))
      .execute();
    await q
      .insertInto('oauth_apps')
      .values({
        id: `app_${id}`,
        project_id,
        name: 'Reader',
        client_id: `client_${id}`,
        secret_hash: null,
        secret_prefix: null,
        public_key: `aptr_pk_${id}`,
        redirect_uris: '[]',
        allowed_domains: '[]',
        homepage: null,
        is_active: 1,
        deleted_at: null,
        created_at: now,
        updated_at: now,
      } as never)
      .execute();
    await q
      .insertInto('oauth_grants')
      .values({
        id: `grt_${id}`,
        app_id: `app_${id}`,
        person_id: owner.personId,
        project_id,
        env: 'live',
        scopes: scopes.join(' '),
        created_at: now,
        last_used_at: null,
        revoked_at: revoked ? now : null,
        revoked_reason: null,
      } as never)
      .execute();
    await q
      .insertInto('oauth_tokens')
      .values({
        hash: hashOf(token),
        kind: 'access',
        grant_id: `grt_${id}`,
        scopes: scopes.join(' '),
        created_at: now,
        expires_at: expiresAt ?? now + 3_600_000,
        used_at: null,
      } as never)
      .execute();
  });
  return token;
}
