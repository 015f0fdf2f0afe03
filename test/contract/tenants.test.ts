/**
 * Nobody reaches into another project. Walks every operation of the OpenAPI document, on its canonical path and every
 * alias, with each kind of credential that must not open it, and reads the raw answers for anything of the other project.
 * A new operation is covered as soon as it is in the document. Contract §1.4, §1.5.
 */
import { beforeAll, expect, test } from 'vitest';
import { scopes } from '../../src/http/scopes.ts';
import { createKey } from '../../src/projects/keys.ts';
import { eachSharedApp, type TestApp } from '../helpers/app.ts';
import {
  type ApiDocument,
  type DocumentedOperation,
  fillPath,
  listOperations,
  readDocument,
  sampleOf,
} from '../helpers/openapi.ts';
import {
  addToken,
  countRows,
  idsOf,
  type Populated,
  populate,
  tablesOfProjects,
} from '../helpers/populate.ts';

/** Operations that answer otherwise than their kind does. The test fails when one of them needs it no longer. */
const otherwise: { id: string; reason: string; statuses: number[] }[] = [];

/** Tables of projects that this test cannot put a row into; none today. */
const unfilled: string[] = [];

interface Try {
  operation: DocumentedOperation;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

eachSharedApp('tenants', {}, (app) => {
  let document: ApiDocument;
  let operations: DocumentedOperation[];
  /** Who asks, and who must not be seen. */
  let mine: Populated;
  let theirs: Populated;
  let forbidden: string[];
  const needed = new Set<string>();

  beforeAll(async () => {
    document = await readDocument(app().origin);
    operations = listOperations(document);
    mine = await populate(app(), 'mineKq3');
    theirs = await populate(app(), 'theirsZx7');
    forbidden = [theirs.marker, theirs.project.webhookSecret, ...(await idsOf(app(), theirs.project.id))];
  });

  test('every table of projects holds something of the other project', async () => {
    const empty = [];
    for (const { name } of await tablesOfProjects(app())) {
      if ((await countRows(app(), name, theirs.project.id)) === 0) empty.push(name);
    }
    expect(empty).toEqual(unfilled);
    expect(forbidden.length).toBeGreaterThan(15);
  });

  test.each([
    ['no credential', () => ({})],
    ['another scheme', () => ({ authorization: 'Basic YTpi' })],
    ['a malformed one', () => ({ authorization: 'Bearer' })],
    ['an unknown one', () => ({ authorization: 'Bearer aptr_live_0123456789abcdef0123456789abcdef' })],
    ['a deactivated key', async () => bearer(await addKey(app(), theirs, { is_active: 0 }))],
    ['a deleted key', async () => bearer(await addKey(app(), theirs, 'deleted'))],
    [
      'an expired token',
      async () => bearer(await addToken(app(), theirs, { scopes, expiresAt: app().clock.now() - 1 })),
    ],
    [
      'a token that was taken back',
      async () => bearer(await addToken(app(), theirs, { scopes, revoked: true })),
    ],
    ['a public key of an app', () => bearer('aptr_pk_0123456789abcdef0123456789abcdef')],
  ] as const)('%s opens nothing', async (_name, credential) => {
    const headers = await credential();
    const answers = [];
    for (const operation of operations.filter((one) => !one.isPublic)) {
      for (const path of pathsOf(operation)) {
        const answer = await send({
          operation,
          path: fillPath(path, theirs.ids),
          headers,
          body: firstBody(operation),
        });
        answers.push({ ...answer, expected: statusesOf(operation, [401]) });
      }
    }
    expect(answers.length).toBeGreaterThan(150);
    expect(answers.filter((one) => !one.expected.includes(one.status)).map(tell)).toEqual([]);
    expect(answers.flatMap(leaksOf)).toEqual([]);
    expect(
      answers.filter((one) => one.status === 401 && one.code !== 'AUTHENTICATION_FAILED').map(tell),
    ).toEqual([]);
  });

  test.each([
    ['a key', () => addKey(app(), mine)],
    ['a token with every scope', () => addToken(app(), mine, { scopes })],
  ] as const)('%s of another project opens nothing of this one', async (_name, make) => {
    const answers = [];
    for (const operation of operations.filter((one) => !one.isPublic && !one.forPeople)) {
      // A fresh credential each: this is not about how often one may ask.
      const headers = bearer(await make());
      for (const { ids, statuses } of reaches(operation)) {
        for (const path of pathsOf(operation)) {
          for (const body of bodiesOf(operation)) {
            const answer = await send({ operation, path: fillPath(path, ids), headers, body });
            answers.push({ ...answer, expected: statusesOf(operation, statuses) });
          }
        }
      }
    }
    expect(answers.length).toBeGreaterThan(200);
    expect(answers.filter((one) => !one.expected.includes(one.status)).map(tell)).toEqual([]);
    expect(answers.flatMap(leaksOf)).toEqual([]);
  });

  test('a token without the scope is refused, whatever else it may', async () => {
    const wrong = [];
    for (const operation of operations.filter((one) => !one.isPublic && !one.forPeople)) {
      const others = scopes.filter((scope) => scope !== operation.scope);
      const headers = bearer(await addToken(app(), mine, { scopes: others }));
      for (const path of pathsOf(operation)) {
        const answer = await send({
          operation,
          path: fillPath(path, mine.ids),
          headers,
          body: firstBody(operation),
        });
        if (answer.status !== 403 || answer.code !== 'INSUFFICIENT_SCOPE') wrong.push(tell(answer));
      }
    }
    expect(wrong).toEqual([]);
  });

  test('only a person may do what is for people', async () => {
    const wrong = [];
    for (const operation of operations.filter((one) => one.forPeople)) {
      const credentials = [await addKey(app(), theirs), await addToken(app(), theirs, { scopes })];
      for (const credential of credentials) {
        const path = fillPath(pathsOf(operation)[0]!, theirs.ids);
        const answer = await send({
          operation,
          path,
          headers: bearer(credential),
          body: firstBody(operation),
        });
        if (![401, 403].includes(answer.status)) wrong.push(tell(answer));
      }
    }
    expect(wrong).toEqual([]);
  });

  test('what a key asks for without an id is its own', async () => {
    const answers = [];
    for (const operation of operations.filter((one) => one.ids.length === 0 && one.method === 'GET')) {
      if (operation.isPublic || operation.forPeople) continue;
      const headers = bearer(await addKey(app(), mine));
      answers.push(await send({ operation, path: pathsOf(operation)[0]!, headers }));
    }
    expect(answers.filter((one) => one.status !== 200).map(tell)).toEqual([]);
    expect(answers.some((one) => one.text.includes(mine.ids.session!))).toBe(true);
    expect(answers.flatMap(leaksOf)).toEqual([]);
    // The other project itself does see what was looked for: the search can find.
    const [list] = operations.filter((one) => one.id === 'listSessions');
    const headers = bearer(await addKey(app(), theirs));
    expect(
      leaksOf(await send({ operation: list!, path: '/api/v1/sessions', headers })).length,
    ).toBeGreaterThan(2);
  });

  test('no exception is left that nothing needs', () => {
    expect(otherwise.map((one) => one.id).filter((id) => !needed.has(id))).toEqual([]);
    for (const { reason } of otherwise) expect(reason).toMatch(/\w/);
  });

  function statusesOf(operation: DocumentedOperation, usual: number[]): number[] {
    const exception = otherwise.find((one) => one.id === operation.id);
    if (!exception) return usual;
    needed.add(exception.id);
    return [...usual, ...exception.statuses];
  }

  /** The ids of the other project, straight and through the own one; and what must come of it. */
  function reaches({ ids }: DocumentedOperation): { ids: Record<string, string>; statuses: number[] }[] {
    if (ids.length === 0) return [{ ids: {}, statuses: [200, 201, 400, 403, 404, 409] }];
    const foreign = [{ ids: theirs.ids, statuses: [403] }];
    if (!ids.includes('project')) return [{ ids: theirs.ids, statuses: [403, 404] }];
    const nested = ids.filter((name) => name !== 'project' && name !== 'provider');
    if (nested.length === 0) return foreign;
    return [...foreign, { ids: { ...theirs.ids, project: mine.ids.project! }, statuses: [403, 404] }];
  }

  /** Every example, or the smallest body; ids in it are those of the other project. */
  function bodiesOf(operation: DocumentedOperation): unknown[] {
    const json = operation.bodies.find((one) => one.type === 'application/json');
    if (!json) return [undefined];
    const given = json.examples.length > 0 ? json.examples : [sampleOf(json.schema, document)];
    return given.map((body) => pointAt(body, theirs.ids));
  }

  const firstBody = (operation: DocumentedOperation): unknown => bodiesOf(operation)[0];

  function leaksOf(answer: Answered): string[] {
    const asked = `${answer.path} ${JSON.stringify(answer.body ?? '')}`;
    const seen = forbidden.filter((text) => !asked.includes(text) && answer.text.includes(text));
    return seen.map((text) => `${tell(answer)} tells of ${text}`);
  }

  async function send({ operation, path, headers, body }: Try): Promise<Answered> {
    const response = await fetch(`${app().origin}${path}`, {
      method: operation.method,
      redirect: 'manual',
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = `${[...response.headers].join('\n')}\n${await response.text()}`;
    const code = /"code":"(\w+)"/.exec(text)?.[1];
    return { operation, path, body, status: response.status, code, text };
  }
});

interface Answered {
  operation: DocumentedOperation;
  path: string;
  body: unknown;
  status: number;
  code: string | undefined;
  text: string;
}

const tell = ({ operation, path, status, code }: Answered): string =>
  `${operation.method} ${path} → ${status} ${code ?? ''}`;

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

/** Canonical with both prefixes, then the aliases. */
const pathsOf = ({ paths: [canonical, ...aliases] }: DocumentedOperation): string[] => [
  `/api/v1${canonical}`,
  `/v1${canonical}`,
  ...aliases.map((path) => `/api/v1${path}`),
];

/** A clear key of a project, changed in its row. */
async function addKey(
  app: TestApp,
  owner: Populated,
  change: { is_active?: 0 } | 'deleted' = {},
): Promise<string> {
  const now = app.clock.now();
  return app.db.write(async (tx) => {
    const made = await createKey(tx, { projectId: owner.project.id, env: 'live', label: owner.marker, now });
    if (change === 'deleted') await tx.q.deleteFrom('keys').where('id', '=', made.id).execute();
    else if (change.is_active === 0) {
      await tx.q.updateTable('keys').set(change).where('id', '=', made.id).execute();
    }
    return made.clearKey;
  });
}

/** Replaces every id in an example by one of that kind. */
function pointAt(body: unknown, ids: Record<string, string>): unknown {
  const kinds: Record<string, string> = {
    sess: 'session',
    img: 'image',
    proj: 'project',
    dest: 'destination',
    key: 'key',
    wh: 'webhook',
    del: 'delivery',
    rpl: 'replay',
  };
  const text = JSON.stringify(body ?? null).replace(
    /"(sess|img|proj|dest|key|wh|del|rpl)_[0-9A-Z]{10,}"/g,
    (_, kind: string) => `"${ids[kinds[kind]!]}"`,
  );
  return JSON.parse(text);
}
