/** The OpenAPI document: valid, complete, true, and what the client's types are made from. */
import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderTypes } from '../../packages/client/scripts/render-types.ts';
import { typesFile } from '../../scripts/client-types.ts';
import { scopes } from '../../src/http/scopes.ts';
import { eachSharedApp } from '../helpers/app.ts';
import { isNotDescribed, isPage, notDescribed, readRoutes } from '../helpers/openapi.ts';

eachSharedApp('the OpenAPI document', {}, (app) => {
  let document: Document;
  let server: FastifyInstance;

  beforeAll(async () => {
    document = (await (await fetch(`${app().origin}/openapi.json`)).json()) as Document;
    server = app().server!;
  });

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  test('a linter has nothing to say against it', async () => {
    const config = await createConfig({
      extends: ['recommended'],
      rules: {
        // `recent` is a reserved word (contract §1.2); the server prefers it to an id.
        'no-ambiguous-paths': 'off',
      },
    });
    const source = JSON.stringify(document);
    const problems = await lintFromString({ source, absoluteRef: '/openapi.json', config });
    expect(problems.map((one) => `${one.ruleId}: ${one.message} ${one.location[0]?.pointer}`)).toEqual([]);
  });

  test('every route that is served is in it, or is left out for a reason', () => {
    const described = new Set(operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`));
    const aliases = new Set<string>();
    for (const { path, operation } of operations()) {
      for (const [, alias] of (operation.description ?? '').matchAll(/`(\/[^`]+)`/g)) aliases.add(alias!);
      aliases.add(path.replace('/api/v1', ''));
    }
    const missing = readRoutes(server).filter((route) => {
      const { method, path } = route;
      const bare = path.replace(/^(\/api)?\/v1/, '');
      return (
        !described.has(`${method} ${path}`) && !aliases.has(bare) && !isNotDescribed(path) && !isPage(route)
      );
    });
    expect(missing).toEqual([]);
    const served = readRoutes(server).map(({ path }) => path);
    const stale = notDescribed.filter(
      ({ path, optional, below }) =>
        !optional && !served.some((one) => one === path || (below && one.startsWith(`${path}/`))),
    );
    expect(stale).toEqual([]);
  });

  test('every operation says who it is, who may call it, and what comes back', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations()) {
      const name = `${method} ${path}`;
      expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z0-9]+$/);
      expect(operation.summary, name).toMatch(/^[A-Z].*[^.]$/);
      expect(operation.tags, name).toHaveLength(1);
      expect(document.tags.map((tag) => tag.name)).toContain(operation.tags[0]);
      for (const parameter of operation.parameters ?? []) {
        expect(parameter.description, `${name}: ${parameter.name}`).toBeTruthy();
      }
      for (const [status, answer] of Object.entries(operation.responses)) {
        if (Number(status) >= 400) expect(answer.$ref, name).toMatch(/^#\/components\/responses\//);
        else expect(answer.description, name).toBeTruthy();
        if (status === '200' || status === '201') expect(answer.content, name).toBeTruthy();
      }
      const guarded = operation.security.some((one) => 'key' in one);
      for (const status of ['401', '403']) {
        if (guarded) expect(operation.responses, name).toHaveProperty(status);
      }
      const asked = operation.security.flatMap((one) => one.oauth ?? []);
      for (const scope of asked) expect(scopes as readonly string[]).toContain(scope);
    }
  });

  test('refusals and answers that were seen are as it says', async () => {
    const { call, project } = app();
    const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
    ajv.addSchema({ $id: 'api', ...document }, 'api');
    const check = (pointer: string, body: unknown): string[] => {
      const validate = ajv.compile({ $ref: `api#${pointer}` });
      return validate(body) ? [] : [`${pointer} ${ajv.errorsText(validate.errors)}`];
    };
    const made = await call('POST', '/upload-sessions', { body: { tags: ['a:b'] } });
    const seen = [
      ['POST', '/upload-sessions', '201', made.body],
      ['GET', '/sessions', '200', (await call('GET', '/sessions')).body],
      ['GET', '/stats', '200', (await call('GET', '/stats')).body],
      ['GET', '/plans', '200', (await call('GET', '/plans')).body],
      ['GET', '/event-types', '200', (await call('GET', '/event-types')).body],
      ['GET', '/projects/{project}/keys', '200', (await call('GET', `/projects/${project.id}/keys`)).body],
      [
        'GET',
        '/upload/{session}/session',
        '200',
        (await call('GET', `/upload/${made.body.id}/session`, { key: null })).body,
      ],
    ] as const;
    const flaws = seen.flatMap(([method, path, status, body]) => {
      const at = `/paths/${`/api/v1${path}`.replaceAll('/', '~1')}/${method.toLowerCase()}/responses/${status}`;
      return check(encodeURI(`${at}/content/application~1json/schema`), body);
    });
    for (const refused of [
      await call('GET', '/sessions', { key: null }),
      await call('GET', '/nothing'),
      await call('POST', '/upload-sessions', { body: { max_images: 0 } }),
    ]) {
      flaws.push(...check('/components/schemas/ErrorBody', refused.body));
    }
    expect(flaws).toEqual([]);
  });

  test('both spellings of a member are told of', () => {
    const { properties } = document.components.schemas.NewSession as {
      properties: Record<string, { description?: string }>;
    };
    expect(properties.max_images!.description).toContain('`maxImages`');
    const listed = document.paths['/api/v1/sessions']!.get!.parameters!.find(
      (one) => one.name === 'pageSize',
    )!;
    expect(listed.description).toContain('`page_size`');
  });

  test('the committed types of the client are those of the document', async () => {
    expect(
      readFileSync(typesFile, 'utf8') === (await renderTypes(document)),
      'Run npm run client:types',
    ).toBe(true);
  });
});

describe('what is told of it', () => {
  test('the routes that are left out say why', () => {
    for (const { path, reason } of notDescribed) expect(reason, path).toMatch(/\w/);
  });
});

interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: { name: string; in: string; description?: string }[];
  responses: Record<string, { $ref?: string; description?: string; content?: unknown }>;
  security: Record<string, string[]>[];
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: { schemas: Record<string, unknown> };
}
