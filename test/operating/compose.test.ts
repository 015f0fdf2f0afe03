/**
 * The compose file without Docker: its settings, with the secrets that its script makes, against a real PostgreSQL and a
 * real S3 store. Only the addresses differ; commands, names, passwords, bucket and order are the file's own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseYaml } from '@redocly/openapi-core';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import {
  createDestination,
  createSession,
  type Product,
  startProduct,
  upload,
  waitUntil,
} from '../helpers/product.ts';
import { type RgwServer, startRgw } from '../helpers/s3-rgw.ts';

const root = path.resolve(import.meta.dirname, '../..');
const bin = path.join(root, 'bin/apertur.js');

interface Service {
  command?: string[];
  image?: string;
  environment: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  read_only?: boolean;
  cap_drop?: string[];
  depends_on?: Record<string, { condition: string }>;
}

const compose = parseYaml(readFileSync(path.join(root, 'compose.yaml'), 'utf8')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const { services } = compose;

let store: RgwServer;
let folder: string;
let env: Record<string, string>;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(memoryFolder(), 'apertur-compose-'));
  const file = path.join(folder, 'compose.env');
  execFileSync('sh', [path.join(root, 'deploy/make-compose-env.sh'), file], { stdio: 'pipe' });
  expect(statSync(file).mode & 0o077).toBe(0);
  env = Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  // As an operator does whose destinations stand in a private network.
  env.APERTUR_ALLOW_PRIVATE_NETWORKS = '127.0.0.1/32';
  store = await startRgw();
});

afterAll(async () => {
  for (const step of undo.reverse()) await step();
  await store?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `${NAME}`, `${NAME:-default}` and `${NAME:?why}` as compose reads them. */
function fill(text: string): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, how?: string, rest?: string) => {
    const value = env[name] ?? '';
    if (value !== '') return value;
    if (how === '?') throw new Error(`${name}: ${rest}`);
    return how === '-' ? (rest ?? '') : '';
  });
}

/** The settings of a service, pointed at the servers of this test. */
function settingsOf(name: string, dataDir: string): Record<string, string> {
  const postgres = new URL(inject('postgresUrl'));
  const filled = Object.entries(services[name]!.environment).map(([key, value]) => [
    key.replace(/^APERTUR_/, ''),
    fill(value)
      .replace('@postgres:5432/apertur', `@${postgres.host}/apertur_compose`)
      .replace('@s3:9000/', `@127.0.0.1:${store.port}/`),
  ]);
  return { ...Object.fromEntries(filled), DATA_DIR: dataDir, METRICS_PORT: '0' };
}

async function run(name: string, args: string[]): Promise<{ code: number; out: string }> {
  const settings = settingsOf(name, path.join(folder, name));
  const child = spawn(process.execPath, [bin, ...args], {
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`APERTUR_${key}`, value])),
    },
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code: code as number, out };
}

/** What the images of the other services do with their settings when they first start. */
async function prepareServers(): Promise<void> {
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = services.postgres!.environment;
  expect([POSTGRES_USER, POSTGRES_DB]).toEqual(['apertur', 'apertur']);
  const admin = new Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  undo.push(() => admin.end());
  await admin.query(`create role apertur login password '${fill(POSTGRES_PASSWORD!)}'`);
  undo.push(() => admin.query('drop role apertur'));
  await admin.query('create database apertur_compose owner apertur');
  undo.push(() => admin.query('drop database apertur_compose with (force)'));
  const { MINIO_ROOT_USER, MINIO_ROOT_PASSWORD } = services.s3!.environment;
  await store.createUser('compose', {
    keys: { accessKeyId: fill(MINIO_ROOT_USER!), secretAccessKey: fill(MINIO_ROOT_PASSWORD!) },
  });
}

async function startService(name: 'api' | 'worker'): Promise<Product> {
  const product = await startProduct({
    command: services[name]!.command![0] as 'api' | 'worker',
    databaseUrl: settingsOf(name, '').DATABASE_URL!,
    settings: { ...settingsOf(name, path.join(folder, name)), PORT: '0' },
  });
  undo.push(() => product.remove());
  return product;
}

test('secrets are long, differ, and are never made anew', () => {
  const made = ['APERTUR_SECRET_KEY', 'POSTGRES_PASSWORD', 'S3_SECRET'].map((name) => env[name]!);
  expect(new Set(made).size).toBe(3);
  for (const secret of made) expect(secret).toMatch(/^[0-9a-f]{48,64}$/);
  const again = () =>
    execFileSync('sh', [path.join(root, 'deploy/make-compose-env.sh'), path.join(folder, 'compose.env')], {
      stdio: 'pipe',
    });
  expect(again).toThrow(/there already/);
});

test('no process of ours writes to its root, keeps a capability, or starts before the database is forward', () => {
  for (const name of ['api', 'worker', 'migrate']) {
    expect(services[name]).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  }
  for (const name of ['api', 'worker']) {
    expect(services[name]!.depends_on!.migrate).toEqual({ condition: 'service_completed_successfully' });
  }
  expect(services.migrate!.depends_on!.postgres).toEqual({ condition: 'service_healthy' });
  // Pinned: what starts today starts tomorrow.
  for (const name of ['postgres', 's3']) expect(services[name]!.image).toMatch(/:[\w.-]*\d[\w.-]*$/);
  expect(Object.keys(compose.volumes)).toEqual(['postgres', 's3']);
});

test('with these settings a photo goes from the API through the worker into the store', async () => {
  await prepareServers();
  const first = await run('migrate', services.migrate!.command!);
  expect(first, first.out).toMatchObject({ code: 0 });
  expect(first.out).toContain('Made the bucket.');
  const second = await run('migrate', services.migrate!.command!);
  expect(second, second.out).toMatchObject({ code: 0 });
  expect(second.out).not.toContain('Made');

  const api = await startService('api');
  await startService('worker');
  const owner = await api.createKey();
  const user = { accessKeyId: env.S3_KEY!, secretAccessKey: env.S3_SECRET! };
  await store.createBucket('claims', user);
  const destination = await createDestination(api, owner, {
    type: 's3',
    name: 'Claims',
    config: {
      endpoint: `http://127.0.0.1:${store.port}`,
      bucket: 'claims',
      region: 'us-east-1',
      access_key_id: user.accessKeyId,
      secret_access_key: user.secretAccessKey,
    },
  });
  const session = await createSession(api, owner, { destination_ids: [destination] });
  const photo = await makeJpeg();
  const { status, body } = await upload(api.url, session, photo);
  expect(status).toBe(201);

  const keysOf = async (bucket: string): Promise<string[]> => {
    const answer = await store.call('GET', `/${bucket}`, { user, query: 'list-type=2' });
    return [...answer.body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => match[1]!);
  };
  await waitUntil('the photo is delivered', async () => (await keysOf('claims')).length === 1);
  const [key] = await keysOf('claims');
  expect((await store.call('GET', `/claims/${key}`, { user })).body.equals(photo)).toBe(true);
  expect((await keysOf('apertur')).some((stored) => stored.endsWith(body.id))).toBe(true);
});
