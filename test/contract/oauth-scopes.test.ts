/** Scopes on every route that the OpenAPI document knows; a new route is covered without being listed. */
import { beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../src/accounts/setup.ts';
import { type Scope, scopes } from '../../src/http/scopes.ts';
import { createId, randomToken } from '../../src/lib/ids.ts';
import { eachSharedApp, type TestApp } from '../helpers/app.ts';
import { signInOwner } from '../helpers/person.ts';

interface Operation {
  method: string;
  path: string;
  /** What an app needs; undefined when none is enough. */
  scope: Scope | undefined;
}

interface Document {
  paths: Record<string, Record<string, { security?: Record<string, string[]>[] }>>;
}

/** The operations that take a key and nothing less. */
async function readOperations(app: TestApp): Promise<Operation[]> {
  const document = (await (await fetch(`${app.origin}/openapi.json`)).json()) as Document;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security = [] }]) => {
      const open = security.some((one) => Object.keys(one).length === 0);
      if (open || !security.some((one) => one.key)) return [];
      const scope = security.find((one) => one.oauth)?.oauth?.[0] as Scope | undefined;
      return [{ method: method.toUpperCase(), path, scope }];
    }),
  );
}

/** An access token with these scopes, as if a person had agreed. */
async function grant(
  app: TestApp,
  personId: string,
  appId: string,
  given: readonly Scope[],
): Promise<string> {
  const token = `aptr_oauth_${randomToken(32)}`;
  const now = app.clock.now();
  const row = { scopes: given.join(' '), created_at: now };
  const id = createId('grant');
  await app.db.write(async (tx) => {
    await tx.q
      .insertInto('oauth_grants')
      .values({ ...row, id, app_id: appId, person_id: personId, project_id: app.project.id, env: 'live' })
      .execute();
    await tx.q
      .insertInto('oauth_tokens')
      .values({ ...row, hash: hashOf(token), kind: 'access', grant_id: id, expires_at: now + 3_600_000 })
      .execute();
  });
  return token;
}

eachSharedApp('scopes', {}, (shared) => {
  describe('on every route', () => {
    let operations: Operation[];
    const tokens = new Map<Scope | 'all', string>();
    let personId: string;
    let appId: string;

    beforeAll(async () => {
      const app = shared();
      operations = await readOperations(app);
      const owner = await signInOwner(app);
      personId = (await owner.call('GET', '/me')).body.person.id;
      const body = { name: 'App', redirectUris: ['https://a.example/'] };
      appId = (await app.call('POST', `/projects/${app.project.id}/oauth-apps`, { body })).body.id;
      tokens.set('all', await grant(app, personId, appId, scopes));
      for (const scope of scopes) {
        const others = scopes.filter((other) => other !== scope);
        tokens.set(scope, await grant(app, personId, appId, others));
      }
    });

    const codeOf = async ({ method, path }: Operation, key: string): Promise<string> => {
      const app = shared();
      const url = path
        .replace('{project}', app.project.id)
        .replace(/\{\w+\}/g, 'none_01J9Z8B2D4F6H8K0M2P4R6T8VX');
      const { status, body } = await app.call(method, url, {
        key,
        ...(method === 'GET' ? {} : { body: {} }),
      });
      return body?.code ?? String(status);
    };

    test('there are routes, and each says what an app needs', () => {
      expect(operations.length).toBeGreaterThan(60);
      expect(new Set(operations.map(({ scope }) => scope))).toEqual(new Set([...scopes, undefined]));
    });

    test('all scopes but the one that is needed are not enough', async () => {
      const let_in = [];
      for (const operation of operations) {
        const key = tokens.get(operation.scope ?? 'all')!;
        const code = await codeOf(operation, key);
        if (code !== 'INSUFFICIENT_SCOPE') let_in.push(`${operation.method} ${operation.path}: ${code}`);
      }
      expect(let_in).toEqual([]);
    });

    test('the one that is needed is enough to come in', async () => {
      const kept_out = [];
      const single = new Map<Scope, string>();
      for (const scope of scopes) single.set(scope, await grant(shared(), personId, appId, [scope]));
      for (const operation of operations.filter(({ scope }) => scope !== undefined)) {
        const code = await codeOf(operation, single.get(operation.scope!)!);
        if (['INSUFFICIENT_SCOPE', 'AUTHENTICATION_FAILED'].includes(code)) {
          kept_out.push(`${operation.method} ${operation.path}: ${code}`);
        }
      }
      expect(kept_out).toEqual([]);
    });
  });
});
