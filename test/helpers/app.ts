/** The whole app in this process, on a real database and a real port, for tests of what goes over the wire. */
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest';
import { type App, buildApp, type Overrides } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { Engine } from '../../src/db/database.ts';
import type { Env } from '../../src/db/schema.ts';
import { purgeImages } from '../../src/images/retention.ts';
import type { ServerKeyPair } from '../../src/images/server-key.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { createKey } from '../../src/projects/keys.ts';
import { createProject, findProject } from '../../src/projects/projects.ts';
import { createTestDatabase, eachEngine, type TestDatabase, type TestEngine } from './database.ts';
import { memoryFolder } from './memory-folder.ts';

export interface TestProject {
  id: string;
  live: string;
  test: string;
  webhookSecret: string;
}

export interface TestApp extends App {
  origin: string;
  project: TestProject;
  addProject(name: string): Promise<TestProject>;
  /** Retention, now. */
  purge(): Promise<number>;
  /** A request to the API; a body that is no string or form is sent as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the server sent
  body: any;
  bytes: Buffer;
}

export interface StartOptions extends Overrides {
  settings?: Record<string, string>;
}

/** Runs the block on both engines, with a function that starts an app and stops it after the test. */
export function eachApp(
  name: string,
  block: (start: (options?: StartOptions) => Promise<TestApp>, engine: TestEngine) => void,
) {
  eachEngine(name, (engine) => {
    const running: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const stop of running.splice(0).reverse()) await stop();
    });
    block(async (options = {}) => {
      const app = await startApp(engine, options);
      running.push(app.stop);
      return app;
    }, engine);
  });
}

/**
 * As `eachApp`, but without options `start` gives a new project in an app that all tests of the block share: for tests
 * that look at what their own project sees. `settings` are those of the shared app.
 */
export function eachProject(
  name: string,
  block: (start: (options?: StartOptions) => Promise<TestApp>, engine: TestEngine) => void,
  settings: Record<string, string> = {},
) {
  eachApp(name, (startAlone, engine) => {
    let database: TestDatabase | undefined;
    let shared: TestApp | undefined;
    afterAll(async () => {
      await shared?.stop();
      await database?.cleanup();
    });
    block(async (options) => {
      if (options) return startAlone(options);
      database ??= await createTestDatabase(engine.name, { migrated: true });
      shared ??= await startAppAt(database, { settings });
      return inNewProject(shared);
    }, engine);
  });
}

/** The same app, seen from a project of its own. */
async function inNewProject(app: TestApp): Promise<TestApp> {
  const project = await app.addProject('Claims');
  return {
    ...app,
    project,
    call: (method, where, options) => app.call(method, where, { key: project.live, ...options }),
    stop: () => Promise.reject(new Error('Other tests use this app, too.')),
  };
}

/** Runs the block on both engines, with one app for all of its tests: for many cases that do not touch each other. */
export function eachSharedApp(
  name: string,
  options: StartOptions,
  block: (app: () => TestApp, engine: Engine) => void,
  engines: readonly Engine[] = ['sqlite', 'postgres'],
) {
  for (const engine of engines) {
    describe(`${name} (${engine})`, () => {
      let app: TestApp | undefined;
      let database: TestDatabase | undefined;
      beforeAll(async () => {
        database = await createTestDatabase(engine, { migrated: true });
        app = await startAppAt(database, options);
      });
      afterAll(async () => {
        await app?.stop();
        await database?.cleanup();
      });
      block(() => app!, engine);
    });
  }
}

/** `eachSharedApp` on one engine: for what is decided before a database is asked. */
export function oneSharedApp(name: string, options: StartOptions, block: (app: () => TestApp) => void) {
  eachSharedApp(name, options, block, ['sqlite']);
}

/** Making a key takes long, and these tests are not about it: one serves all apps of a run. */
const sameServerKey = async (): Promise<ServerKeyPair> => inject('serverKey');

/** Starts an app; `settings` are those of the environment without their prefix. */
export async function startApp(engine: TestEngine, options: StartOptions = {}): Promise<TestApp> {
  return startAppAt(await engine.place({ migrated: true }), options);
}

async function startAppAt(
  place: TestDatabase,
  { settings = {}, ...overrides }: StartOptions,
): Promise<TestApp> {
  const dataDir = place.file
    ? path.dirname(place.file)
    : await mkdtemp(path.join(memoryFolder(), 'apertur-data-'));
  const config = testConfig({
    DATA_DIR: dataDir,
    ...(place.url ? { DATABASE_URL: place.url } : {}),
    ...settings,
  });
  const app = await buildApp(
    config,
    { api: true, worker: true },
    { logger: silentLogger, serverKey: sameServerKey, ...overrides },
  );
  const origin = (await app.start())!;
  const addProject = (name: string): Promise<TestProject> => makeProject(app, name);
  const project = await addProject('Claims');
  return {
    ...app,
    origin,
    project,
    addProject,
    purge: () => purgeImages(app, { retentionDays: config.retentionDays, now: app.clock.now() }),
    call: (method, where, options) => call(origin, project.live, method, where, options),
    async stop() {
      await app.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function testConfig(settings: Record<string, string>): Config {
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    // A thread takes half a second to start; what threads do is tried where they are switched on.
    DELIVERY_THREADS: '0',
    RETRY_SCHEDULE: '0.05,0.1,0.2',
    ...settings,
  };
  return readConfig(
    Object.fromEntries(Object.entries(env).map(([name, value]) => [`APERTUR_${name}`, value])),
  );
}

async function makeProject(app: App, name: string): Promise<TestProject> {
  const now = app.clock.now();
  const made = await app.db.write(async (tx) => {
    const id = await createProject(tx, app.sealer, name, now);
    const key = (env: Env) => createKey(tx, { projectId: id, env, label: env, now });
    return { id, live: (await key('live')).clearKey, test: (await key('test')).clearKey };
  });
  const project = await findProject(app.db.read, app.sealer, made.id);
  return { ...made, webhookSecret: project!.webhookSecret() };
}

async function call(
  origin: string,
  liveKey: string,
  method: string,
  where: string,
  { key = liveKey, body, headers = {}, signal }: CallOptions = {},
): Promise<Answer> {
  const raw =
    body === undefined || typeof body === 'string' || body instanceof FormData || Buffer.isBuffer(body);
  const response = await fetch(
    `${origin}${where.startsWith('/v1') || where.startsWith('/api') ? '' : '/api/v1'}${where}`,
    {
      method,
      redirect: 'manual',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: (raw ? body : JSON.stringify(body)) as RequestInit['body'] }),
      ...(signal ? { signal } : {}),
    },
  );
  const bytes = Buffer.from(await response.arrayBuffer());
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    body: json && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined,
  };
}

/** A form with one photo, as clients send it. */
export function photoForm(
  bytes: Buffer,
  fields: { filename?: string; type?: string; source?: string } = {},
): FormData {
  const form = new FormData();
  if (fields.source !== undefined) form.append('source', fields.source);
  const file = new Blob([new Uint8Array(bytes)], { type: fields.type ?? 'image/jpeg' });
  form.append('file', file, fields.filename ?? 'image.jpg');
  return form;
}

/** Waits until something is so, with a deadline; nothing is decided by how long it takes. */
export async function until<T>(
  read: () => Promise<T | undefined | false> | T | undefined | false,
  what = 'it',
  everyMs = 10,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value as T;
    if (Date.now() > deadline) throw new Error(`Waited 60 s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** `until` for what asks the API: a key has so many requests a minute. */
export const untilAnswered = <T>(read: () => Promise<T | undefined | false>, what?: string): Promise<T> =>
  until(read, what, 60);
