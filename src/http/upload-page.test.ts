import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseLanguage, registerUploadPage } from './upload-page.ts';

const script = `console.log(${JSON.stringify('x'.repeat(2_000))})`;
const shell = (language: string): string =>
  `<html lang="${language}" data-color-scheme="{{scheme}}"><meta content="{{session}}"><meta content="{{link}}">`;

let folder: string;
let app: FastifyInstance;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'apertur-page-'));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'assets', 'main-1a2b.js'), script);
  for (const language of ['en', 'fr', 'es']) {
    writeFileSync(path.join(folder, `shell.${language}.html`), shell(language));
  }
  app = Fastify();
  await registerUploadPage(app, {
    assetsDir: folder,
    async findSessionId(idOrCode) {
      if (idOrCode === 'broken') throw new Error('The database is away');
      return { sess_1: 'sess_1', '7Gk2p': 'sess_1' }[idOrCode];
    },
  });
});

afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

describe('the shell', () => {
  test('knows its session, by id and by short code', async () => {
    for (const url of ['/u/sess_1', '/s/7Gk2p']) {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain('<meta content="sess_1"><meta content="known">');
    }
  });

  test('has the session asked for beside its script, where there is one', async () => {
    const asked = async (url: string) => (await app.inject(url)).headers.link;
    const session = '</api/v1/upload/sess_1/session>; rel=preload; as=fetch; crossorigin=anonymous';
    expect(await asked('/u/sess_1')).toBe(session);
    expect(await asked('/s/7Gk2p')).toBe(session);
    expect(await asked('/u/sess_2')).toBeUndefined();
  });

  test('forbids everything that it does not need, and may be embedded', async () => {
    const { headers } = await app.inject('/u/sess_1');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
        "form-action 'none'; base-uri 'none'; frame-ancestors *",
    );
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
    });
    expect(headers['permissions-policy']).toContain('camera=(self)');
    expect(headers['x-frame-options']).toBeUndefined();
  });

  test.each(['/u/sess_2', '/s/nope', '/u/%3Cscript%3E', `/u/${'a'.repeat(65)}`])(
    '%s is not found',
    async (url) => {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.body).toContain('<meta content=""><meta content="unknown">');
      expect(answer.body).not.toContain('script');
    },
  );

  test('a session that cannot be looked up right now gets a page that tries again', async () => {
    const answer = await app.inject('/u/broken');
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('<meta content="unavailable">');
    expect(answer.body).not.toContain('database');
  });

  test.each([
    ['colorScheme=dark', 'dark'],
    ['colorScheme=light', 'light'],
    ['colorScheme=%22%3E%3Cscript%3E', 'auto'],
    ['colorScheme=dark&colorScheme=light', 'auto'],
    ['', 'auto'],
  ])('?%s paints %s', async (query, scheme) => {
    const { body } = await app.inject(`/u/sess_1?${query}`);
    expect(body).toContain(`data-color-scheme="${scheme}"`);
    expect(body).not.toContain('<script');
  });

  test('speaks the language of the query, else of the browser', async () => {
    const asked = await app.inject({ url: '/u/sess_1?lang=es', headers: { 'accept-language': 'fr' } });
    expect(asked.body).toContain('lang="es"');
    const browser = await app.inject({ url: '/u/sess_1', headers: { 'accept-language': 'fr-CA,en;q=0.5' } });
    expect(browser.body).toContain('lang="fr"');
    expect(browser.headers['content-language']).toBe('fr');
  });
});

describe('assets', () => {
  test('are kept for ever and come compressed', async () => {
    const answer = await app.inject({
      url: '/u/assets/main-1a2b.js',
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    });
    expect(gunzipSync(answer.rawPayload).toString()).toBe(script);
    expect((await app.inject('/u/assets/main-1a2b.js')).body).toBe(script);
  });

  test.each(['/u/assets/other.js', '/u/assets/..%2Fshell.en.html', '/u/assets/__proto__'])(
    '%s is not one',
    async (url) => {
      expect((await app.inject(url)).statusCode).toBe(404);
    },
  );
});

test('the service worker may stand for short links too, and fetches from here alone', async () => {
  writeFileSync(path.join(folder, 'worker.js'), script);
  const server = Fastify();
  await registerUploadPage(server, { assetsDir: folder, findSessionId: async () => undefined });
  const { statusCode, headers, body } = await server.inject('/u/worker.js');
  await server.close();
  expect([statusCode, body]).toEqual([200, script]);
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-security-policy': "default-src 'none'; connect-src 'self'",
    'service-worker-allowed': '/',
    'cache-control': 'no-cache',
  });
});

test('a page that was never built is said at the start', async () => {
  const empty = path.join(folder, 'nowhere');
  await expect(
    registerUploadPage(Fastify(), { assetsDir: empty, findSessionId: async () => undefined }),
  ).rejects.toThrow('npm run build:web');
});

test.each<[unknown, string | undefined, string]>([
  ['fr', undefined, 'fr'],
  ['FR-ca', undefined, 'fr'],
  ['de', 'es', 'es'],
  ['de', undefined, 'en'],
  [['fr', 'es'], 'es', 'es'],
  [undefined, 'de-DE,de;q=0.9,es;q=0.4,fr;q=0.8', 'fr'],
  [undefined, 'fr;q=0, es;q=0.1', 'es'],
  [undefined, '*', 'en'],
  [undefined, ';;,,q=', 'en'],
  ['__proto__', undefined, 'en'],
])('lang=%j and Accept-Language: %s make %s', (asked, accepted, expected) => {
  expect(chooseLanguage(asked, accepted, ['en', 'es', 'fr'])).toBe(expected);
});
