/** The commands as a person runs them: real processes, their words and their exit codes. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { photoForm, until } from './helpers/app.ts';
import { createTestDatabase } from './helpers/database.ts';
import { makeJpeg } from './helpers/pictures.ts';
import { type Product, startProduct } from './helpers/product.ts';

const root = path.resolve(import.meta.dirname, '..');
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'apertur-command-'));
  undo.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

function apertur(args: string[], settings: Record<string, string>): Promise<Run> {
  const env = {
    PATH: process.env.PATH,
    ...Object.fromEntries(Object.entries(settings).map(([k, v]) => [`APERTUR_${k}`, v])),
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/apertur.js', ...args], { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

async function started(settings: Record<string, string> = {}): Promise<Product> {
  const product = await startProduct({ settings });
  undo.push(() => product.remove());
  return product;
}

test('a first start shows all that a newcomer needs, and its session lands photos in the inbox', async () => {
  const product = await started({ PUBLIC_URL: '' });
  const screen = await until(() => /Trial mode lets/.test(product.output) && product.output);
  for (const wanted of [
    /Here {8}http:\/\//,
    /proj_\w+/,
    /aptr_live_\S+/,
    /aptr_test_\S+/,
    /receive --secret [0-9a-f]{64}/,
  ]) {
    expect(screen).toMatch(wanted);
  }
  const session = /\/u\/(sess_\w+)/.exec(screen)![1]!;
  const photo = await makeJpeg({ bytes: 200_000 });
  const sent = await fetch(`${product.url}/api/v1/upload/${session}/images`, {
    method: 'POST',
    body: photoForm(photo),
  });
  expect(sent.status).toBe(201);
  const inbox = path.join(product.dataDir, 'inbox');
  const file = await until(async () => {
    const files = await readdir(inbox, { recursive: true }).catch(() => []);
    return files.find((name) => name.endsWith('.jpg'));
  }, 'the photo in the inbox');
  expect((await readFile(path.join(inbox, file))).equals(photo)).toBe(true);
  expect((await stat(path.join(product.dataDir, 'secret.key'))).mode & 0o777).toBe(0o600);

  // The curl of the screen, as it stands there.
  const [, key] = /Bearer (aptr_live_[\w-]+)/.exec(screen)!;
  const body = /-d '(\{.*\})'/.exec(screen)![1]!;
  const made = await fetch(`${product.url}/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
  expect(made.status).toBe(201);

  // Keys are shown once; the session of the first start serves on.
  await product.stop();
  await product.start();
  const second = await until(
    () => product.output.split('Apertur · trial mode').length === 3 && product.output,
  );
  expect(second.split('Apertur · trial mode')[2]).not.toContain('aptr_live_');
  expect(second.split('Apertur · trial mode')[2]).toContain(session);
});

test('key create works beside a running server', async () => {
  const product = await started();
  // One line says where it listens, not one of the framework's beside it.
  const told = product.log.filter((line) => JSON.stringify(line).includes(`:${new URL(product.url).port}`));
  expect(told.map((line) => line.msg)).toEqual(['Apertur is ready']);
  const live = await product.createKey();
  const answer = await fetch(`${product.url}/api/v1/sessions`, {
    headers: { authorization: `Bearer ${live.key}` },
  });
  expect(answer.status).toBe(200);
  const run = await apertur(['key', 'create', '--env', 'test', '--json'], { DATA_DIR: product.dataDir });
  expect(JSON.parse(run.stdout)).toEqual({
    projectId: live.projectId,
    keyId: expect.stringMatching(/^key_/),
    key: expect.stringMatching(/^aptr_test_/),
    env: 'test',
  });
  const unknown = await apertur(['key', 'create', '--project', 'proj_none'], { DATA_DIR: product.dataDir });
  expect([unknown.code, unknown.stderr.trim()]).toEqual([1, 'There is no project proj_none.']);
});

test('doctor says what is well and what is not', async () => {
  const good = await apertur(['doctor'], { DATA_DIR: await folder() });
  expect([good.code, good.stdout.match(/^ok/gm)?.length ?? 0]).toEqual([0, expect.any(Number)]);
  for (const what of ['database', 'storage', 'secrets', 'clock', 'outbound'])
    expect(good.stdout).toContain(what);
  const bad = await apertur(['doctor'], {
    DATA_DIR: await folder(),
    DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/none',
  });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/BAD {2,}database/);
  expect(bad.stdout + bad.stderr).not.toContain('hidden');
});

test('a server on an old PostgreSQL schema says so and stops; migrate brings it forward', async () => {
  const place = await createTestDatabase('postgres');
  undo.push(() => place.cleanup());
  const settings = { DATABASE_URL: place.url!, DATA_DIR: await folder(), PORT: '0', HOST: '127.0.0.1' };
  const refused = await apertur(['serve'], settings);
  expect(refused.code).toBe(1);
  expect(refused.stderr.trim()).toMatch(/Run `apertur migrate`/);
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  expect((await apertur(['migrate'], settings)).stdout).toMatch(/Migrated from schema 0 to \d+/);
  expect((await apertur(['migrate'], settings)).stdout).toMatch(/up to date/);
});

test('wrong words and wrong settings end in one sentence', async () => {
  const unknown = await apertur(['dance'], {});
  expect([unknown.code, unknown.stderr.split('\n')[0]]).toEqual([2, 'There is no command "dance".']);
  const setting = await apertur(['serve'], { PORT: 'eighty' });
  expect([setting.code, setting.stderr.trim()]).toEqual([
    1,
    expect.stringMatching(/^APERTUR_PORT: "eighty" is not a whole number/),
  ]);
  expect((await apertur(['help'], {})).stdout).toContain('apertur serve');
});

test('on an old Node there is one clear sentence', async () => {
  // The real file, on this Node, told that it is an older one: no old Node can be fetched for a test.
  const text = await readFile(path.join(root, 'bin/apertur.js'), 'utf8');
  const dir = await folder();
  await writeFile(
    path.join(dir, 'old.mjs'),
    `Object.defineProperty(process.versions, 'node', { value: '20.19.0' });\n${text.replace('#!/usr/bin/env node', '')}`,
  );
  const run = await new Promise<Run>((resolve) => {
    execFile(process.execPath, [path.join(dir, 'old.mjs')], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
  expect(run.code).toBe(1);
  expect(run.stderr.trim().split('\n')).toEqual([expect.stringContaining('this is Node 20.19.0')]);
});
