/**
 * A lived-in install for the dashboard: one server with a signed-in owner, and a project in which photos arrive, one
 * destination fails, and events are told. Knows nothing of Vitest, so that the screenshots use it, too.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { createSetupToken } from '../../../src/accounts/setup.ts';
import { type App, buildApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { makeScene } from './scenery.ts';

export const owner = { name: 'Olive Owner', email: 'olive@example.com', password: 'correct horse battery' };

export interface Receiver {
  url: string;
  /** What it answers from now on. */
  status: number;
  requests: number;
  close(): Promise<void>;
}

export interface Stage {
  app: App;
  origin: string;
  clock: Clock & { ahead: number };
  project: string;
  key: string;
  good: Receiver;
  bad: Receiver;
  /** Folder that destinations of kind `local` may write to. */
  folder: string;
  /** A request with the key of the project; throws unless it is answered with 2xx. */
  call<T>(method: string, where: string, body?: unknown): Promise<T>;
  /** Sends scene number `index` into a session, as a phone does. */
  send(session: string, index: number, name: string): Promise<void>;
  /** Gives a browser the cookie of the owner. */
  signIn(context: BrowserContext): Promise<void>;
  stop(): Promise<void>;
}

async function receive(status: number): Promise<Receiver> {
  const receiver: Receiver = { url: '', status, requests: 0, close: async () => {} };
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      receiver.requests += 1;
      const body = receiver.status < 300 ? '{"ok":true}' : '{"error":"The archive is full."}';
      response.writeHead(receiver.status, { 'content-type': 'application/json' }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver.close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return receiver;
}

export interface Server {
  app: App;
  origin: string;
  clock: Clock & { ahead: number };
  dataDir: string;
  stop(): Promise<void>;
}

/** A server that nobody owns yet; `settings` are those of the environment without their prefix. */
export async function startServer(settings: Record<string, string> = {}): Promise<Server> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'apertur-dashboard-'));
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATA_DIR: dataDir,
    ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    RETRY_SCHEDULE: '0.2',
    ...settings,
  };
  const config = readConfig(
    Object.fromEntries(Object.entries(env).map(([name, value]) => [`APERTUR_${name}`, value])),
  );
  const app = await buildApp(config, { api: true, worker: true }, { logger: silentLogger, clock });
  const origin = (await app.start())!.replace('127.0.0.1', 'localhost');
  const stop = async (): Promise<void> => {
    await app.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { app, origin, clock, dataDir, stop };
}

/** Starts it all, with an owner and a project. */
export async function setStage(settings: Record<string, string> = {}): Promise<Stage> {
  const server = await startServer(settings);
  const { app, origin, clock } = server;
  // Without a public URL it is in trial mode, which opens this folder.
  const folder = path.join(server.dataDir, 'inbox');
  const [good, bad] = await Promise.all([receive(200), receive(507)]);
  const jar = await becomeOwner(app, origin);
  const project = await createProject(origin, jar);
  const made = await personCall<{ plainTextKey: string }>(origin, jar, 'POST', `/projects/${project}/keys`, {
    label: 'Claims portal',
  });
  const key = made.plainTextKey;
  const call = async <T>(method: string, where: string, body?: unknown): Promise<T> =>
    readAnswer<T>(
      await fetch(`${origin}/api/v1${where}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  return {
    app,
    origin,
    clock,
    project,
    key,
    good,
    bad,
    folder,
    call,
    async send(session, index, name) {
      const form = new FormData();
      form.set('source', 'camera');
      form.set('file', new Blob([new Uint8Array(await makeScene(index))], { type: 'image/jpeg' }), name);
      await readAnswer(
        await fetch(`${origin}/api/v1/upload/${session}/images`, { method: 'POST', body: form }),
      );
    },
    async signIn(context) {
      const cookies = [...jar].map(([name, value]) => ({ name, value, url: origin, httpOnly: true }));
      await context.addCookies(cookies);
    },
    async stop() {
      await server.stop();
      await Promise.all([good.close(), bad.close()]);
    },
  };
}

async function readAnswer<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

type Jar = Map<string, string>;

async function becomeOwner(app: App, origin: string): Promise<Jar> {
  const token = await createSetupToken(app.db, app.clock.now());
  const headers = { 'content-type': 'application/json', origin };
  const post = (where: string, body: unknown) =>
    fetch(`${origin}${where}`, { method: 'POST', headers, body: JSON.stringify(body) });
  await readAnswer(await post('/api/v1/setup', { token, ...owner }));
  const signedIn = await post('/api/auth/sign-in/email', { email: owner.email, password: owner.password });
  const jar: Jar = new Map();
  for (const cookie of signedIn.headers.getSetCookie()) {
    const [pair = ''] = cookie.split(';');
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
  await readAnswer(signedIn);
  return jar;
}

async function personCall<T>(
  origin: string,
  jar: Jar,
  method: string,
  where: string,
  body?: unknown,
): Promise<T> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  return readAnswer<T>(
    await fetch(`${origin}/api/v1${where}`, {
      method,
      headers: { cookie, origin, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

const createProject = async (origin: string, jar: Jar): Promise<string> =>
  (await personCall<{ id: string }>(origin, jar, 'POST', '/projects', { name: 'Northwind Claims' })).id;

export interface Furniture {
  sessions: string[];
  archive: string;
  folder: string;
  webhook: string;
}

/** Sessions with photos, a destination that works and one that does not, an event webhook of each sort. */
export async function furnish(stage: Stage): Promise<Furniture> {
  const { call, project, send } = stage;
  const stem = `/projects/${project}`;
  const destination = async (body: object): Promise<string> =>
    (await call<{ id: string }>('POST', `${stem}/destinations`, body)).id;
  const folder = await destination({ type: 'local', name: 'Claims folder', config: { path: 'claims' } });
  const portal = await destination({
    type: 'webhook',
    name: 'Claims portal',
    config: { url: `${stage.good.url}/photos` },
  });
  const archive = await destination({
    type: 'webhook',
    name: 'Old archive',
    config: { url: `${stage.bad.url}/in` },
  });
  const webhook = await call<{ id: string }>('POST', `${stem}/webhooks`, {
    url: `${stage.good.url}/events`,
    topics: ['project.upload.*', 'project.session.created'],
  });
  await call('POST', `${stem}/webhooks`, {
    url: `${stage.bad.url}/events`,
    topics: ['*'],
    maxRetries: 1,
    retryIntervals: [600],
  });
  const sessions: string[] = [];
  const stories: [string, string[], number, string[]][] = [
    ['Claim 2026-118, roof', ['claim:2026-118', 'region:north'], 6, [folder, portal, archive]],
    ['Claim 2026-121, car park', ['claim:2026-121'], 3, [folder, portal]],
    ['Delivery 88-410', ['route:7'], 2, [portal]],
    ['Claim 2026-124, front door', ['claim:2026-124', 'region:south'], 1, [folder]],
    ['Move-in check, flat 12', [], 0, [folder]],
  ];
  let scene = 0;
  for (const [label, tags, photos, destinations] of [...stories].reverse()) {
    const made = await call<{ id: string }>('POST', '/upload-sessions', {
      label,
      tags,
      destination_ids: destinations,
      expires_in_hours: 48,
    });
    sessions.unshift(made.id);
    for (let count = 0; count < photos; count += 1) {
      await send(made.id, scene, `IMG_${2041 + scene}.jpg`);
      scene += 1;
    }
  }
  await call('POST', `/upload-sessions/${sessions[2]}/close`);
  return { sessions, archive, folder, webhook: webhook.id };
}

/** Days that went by: copies of what is there, made earlier, so that charts have a month to show. */
export async function liveThroughAMonth(stage: Stage, session: string): Promise<void> {
  const { db } = stage.app;
  const source = await db.read
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', session)
    .executeTakeFirstOrThrow();
  const image = await db.read.selectFrom('images').selectAll().limit(1).executeTakeFirstOrThrow();
  const delivery = await db.read
    .selectFrom('deliveries')
    .selectAll()
    .where('status', '=', 'sent')
    .limit(1)
    .executeTakeFirstOrThrow();
  const now = stage.clock.now();
  await db.write(async (tx) => {
    for (let day = 1; day < 30; day += 1) {
      const at = now - day * 86_400_000;
      const busy = [4, 9, 12, 7, 14, 3, 2][new Date(at).getUTCDay()]! + (day % 4);
      const id = `${session.slice(0, -3)}D${String(day).padStart(2, '0')}`;
      const times = { created_at: at, expires_at: at + 86_400_000, changed_at: at, expired_at: at };
      await tx.q
        .insertInto('sessions')
        .values({
          ...source,
          ...times,
          id,
          short_code: `old${day}`,
          label: null,
          tags: null,
          images_count: busy,
        })
        .execute();
      for (let count = 0; count < busy; count += 1) {
        const own = `01PAST${String(day).padStart(10, '0')}${String(count).padStart(10, '0')}`;
        const imageId = `img_${own}`;
        await tx.q
          .insertInto('images')
          .values({ ...image, id: imageId, session_id: id, position: count, created_at: at })
          .execute();
        const failed = (day + count) % 17 === 0;
        const status = failed ? 'failed' : 'sent';
        await tx.q
          .insertInto('deliveries')
          .values({
            ...delivery,
            id: `dlv_${own}`,
            session_id: id,
            image_id: imageId,
            status,
            created_at: at,
            updated_at: at,
          })
          .execute();
      }
    }
  });
}
