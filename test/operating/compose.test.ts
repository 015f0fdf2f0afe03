/**
 * The README's way to a photo in a bucket, line by line in a shell, and the compose file without containers: its settings, with
 * the secrets that its script makes, against a real PostgreSQL and a real S3 store. `docker compose` is played by this test,
 * which starts the same commands with the same settings. Only the addresses differ; commands, names, passwords, bucket and
 * order are the files' own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseYaml } from '@redocly/openapi-core';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { startProduct } from '../helpers/product.ts';
import { type RgwServer, startRgw } from '../helpers/s3-rgw.ts';

const root = path.resolve(import.meta.dirname, '../..');
const bin = path.join(root, 'bin/apertur.js');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

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
let apiPort: number;
/** What the script wrote, as compose reads it. */
let env: Record<string, string> = {};
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(memoryFolder(), 'apertur-compose-'));
  cpSync(path.join(root, 'deploy'), path.join(folder, 'deploy'), { recursive: true });
  rmSync(path.join(folder, 'deploy/compose.env'), { force: true });
  apiPort = await freePort();
  store = await startRgw();
});

afterAll(async () => {
  for (const step of undo.reverse()) await step();
  await store?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function readEnv(): Record<string, string> {
  const file = path.join(folder, 'deploy/compose.env');
  expect(statSync(file).mode & 0o077).toBe(0);
  return Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

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

async function startService(name: 'api' | 'worker'): Promise<void> {
  const product = await startProduct({
    command: services[name]!.command![0] as 'api' | 'worker',
    databaseUrl: settingsOf(name, '').DATABASE_URL!,
    settings: { ...settingsOf(name, path.join(folder, name)), PORT: name === 'api' ? String(apiPort) : '0' },
  });
  undo.push(() => product.remove());
}

const storeUser = () => ({ accessKeyId: env.S3_KEY!, secretAccessKey: env.S3_SECRET! });

async function keysOf(bucket: string): Promise<string[]> {
  const answer = await store.call('GET', `/${bucket}`, { user: storeUser(), query: 'list-type=2' });
  return [...answer.body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => match[1]!);
}

/** What the README asks of `docker compose`, and what it says then. */
async function playCompose(args: string): Promise<{ code: number; out: string }> {
  const [, asked] = /^compose --env-file deploy\/compose\.env (.+)$/.exec(args) ?? [];
  if (asked === 'up --detach --build') {
    env = readEnv();
    await prepareServers();
    const first = await run('migrate', services.migrate!.command!);
    expect(first.out).toContain('Made the bucket.');
    await startService('api');
    await startService('worker');
    return first;
  }
  if (asked === 'exec --no-TTY s3 ls -R /data/photos')
    return { code: 0, out: (await keysOf('photos')).join('\n') };
  const [, command] = /^run --rm --no-TTY api (.+)$/.exec(asked ?? '') ?? [];
  if (command === undefined) throw new Error(`The README asks for something new: ${args}`);
  return await run('api', command.split(' '));
}

/** Runs the shell block of a chapter of the README in a folder of its own, with the addresses of this test. */
async function follow(chapter: string): Promise<{ code: number; out: string }> {
  const [, block] =
    new RegExp(`\\n## ${chapter}\\n[\\s\\S]*?\\n\`\`\`sh\\n([\\s\\S]*?)\\n\`\`\``).exec(readme) ?? [];
  const asked = createServer(async (request, response) => {
    const answer = await playCompose(await text(request)).catch((error: Error) => ({
      code: 1,
      out: error.message,
    }));
    response.writeHead(answer.code === 0 ? 200 : 500).end(answer.out);
  });
  await once(asked.listen(0, '127.0.0.1'), 'listening');
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const address = `http://127.0.0.1:${(asked.address() as AddressInfo).port}`;
  const docker = `#!/bin/sh\nexec curl --silent --fail-with-body --data-binary "$*" ${address}\n`;
  writeFileSync(path.join(bin, 'docker'), docker, { mode: 0o755 });
  const here = block!
    .replaceAll('localhost:3000', `127.0.0.1:${apiPort}`)
    .replaceAll('s3:9000', `127.0.0.1:${store.port}`)
    .replaceAll('172.16.0.0/12', '127.0.0.1/32');
  const child = spawn('sh', ['-euc', here], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder },
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk;
    });
  }
  const [code] = await once(child, 'close');
  asked.close();
  return { code: code as number, out };
}

test('a newcomer who types the lines of the README has a photo in the bucket', async () => {
  const photo = await makeJpeg();
  writeFileSync(path.join(folder, 'photo.jpg'), photo);
  const { code, out } = await follow('A photo in a bucket of your own');
  expect(code, out).toBe(0);
  expect(out).toContain('Made the bucket photos.');

  const [key] = await keysOf('photos');
  expect(out.trimEnd().endsWith(`${key}`)).toBe(true);
  const user = storeUser();
  expect((await store.call('GET', `/photos/${key}`, { user })).body.equals(photo)).toBe(true);
  const image = /"id":"(img_\w+)"/.exec(out)![1]!;
  expect((await keysOf('apertur')).some((stored) => stored.endsWith(image))).toBe(true);
});

test('migrating and making the bucket again change nothing', async () => {
  const again = await run('migrate', services.migrate!.command!);
  expect(again, again.out).toMatchObject({ code: 0 });
  expect(again.out).not.toContain('Made');
  expect(await run('api', ['bucket', 'create', 'photos'])).toEqual({
    code: 0,
    out: 'There is a bucket photos already.\n',
  });
  expect(await run('api', ['bucket', 'create', '../x'])).toMatchObject({ code: 1 });
});

test('secrets are long, differ, and are never made anew', () => {
  const made = ['APERTUR_SECRET_KEY', 'POSTGRES_PASSWORD', 'S3_SECRET'].map((name) => env[name]!);
  expect(new Set(made).size).toBe(3);
  for (const secret of made) expect(secret).toMatch(/^[0-9a-f]{48,64}$/);
  const again = () => execFileSync('sh', ['deploy/make-compose-env.sh'], { cwd: folder, stdio: 'pipe' });
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
