/** The verifiers of the client: the known answers of contract §8.5, and what must not pass; and the built package. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  readEvent,
  SignatureError,
  verifyEvent,
  verifyImageDelivery,
} from '../../packages/client/src/webhooks.ts';

const run = promisify(execFile);
const client = path.resolve(import.meta.dirname, '../../packages/client');

const secret = '8f1d4c6ba2e93075d1c0fe4b7a695821';
const body =
  '{"event":"project.upload.completed","project_id":"proj_1","data":{"image_id":"img_1"},"timestamp":"2026-01-15T12:00:00.000Z"}';
const now = 1_800_000_000_000;
const hmac = 'sha256=a361f088b9b290bbbb83a1cb9fe04a4d14889d82dcdc6ca8134e6b8157a25ea8';
const svix = 'v1,JPHsuG/cVrbLCuzEWJTcrSnK8zL6YKIq+Zpv3gMJQ+I=';
const image = 'sha256=b0957f039fb4e7aea222e96a0fd2fe377874490de83c867d0f1a5d09e088e55f';
const other = `sha256=${'0'.repeat(64)}`;

const signed = { 'X-Apertur-Signature': hmac, 'X-Apertur-Timestamp': '1800000000' };
const svixSigned = { 'svix-id': 'evt_1', 'svix-timestamp': '1800000000', 'svix-signature': svix };

describe('image deliveries (§9.3)', () => {
  test('the known answer, as text and as bytes, under both names', async () => {
    expect(await verifyImageDelivery(body, { 'X-Apertur-Signature': image }, secret)).toBe(true);
    expect(await verifyImageDelivery(Buffer.from(body), { 'x-aptr-signature': image }, secret)).toBe(true);
    expect(await verifyImageDelivery(body, new Headers({ 'X-Apertur-Signature': image }), secret)).toBe(true);
  });

  test.each([
    ['another byte', `${body} `, image, secret],
    ['another secret', body, image, `${secret}0`],
    ['no secret', body, image, ''],
    ['another signature', body, other, secret],
    ['no prefix', body, image.slice(7), secret],
    ['upper case', body, image.toUpperCase(), secret],
    ['cut short', body, image.slice(0, -1), secret],
    ['nothing', body, '', secret],
  ])('%s does not pass', async (_name, given, signature, key) => {
    expect(await verifyImageDelivery(given, { 'X-Apertur-Signature': signature }, key)).toBe(false);
  });

  test('while a secret is rotated, either of the two passes', async () => {
    const headers = { 'X-Apertur-Signature': other, 'X-Apertur-Signatures': `${other}, ${image}` };
    expect(await verifyImageDelivery(body, headers, secret)).toBe(true);
    expect(await verifyImageDelivery(body, { 'X-Apertur-Signatures': image }, secret)).toBe(true);
    expect(await verifyImageDelivery(body, headers, '11'.repeat(32))).toBe(false);
  });

  test('a missing header and one that comes twice do not pass', async () => {
    expect(await verifyImageDelivery(body, {}, secret)).toBe(false);
    expect(await verifyImageDelivery(body, { 'x-apertur-signature': [image, image] }, secret)).toBe(false);
  });
});

describe('events (§8.5)', () => {
  test('the known answers of both methods', async () => {
    expect(await verifyEvent(body, signed, secret, { now })).toBe(true);
    expect(await verifyEvent(Buffer.from(body), svixSigned, secret, { now, method: 'svix' })).toBe(true);
    const standard = { 'webhook-id': 'evt_1', 'webhook-timestamp': '1800000000', 'webhook-signature': svix };
    expect(await verifyEvent(body, standard, secret, { now, method: 'svix' })).toBe(true);
  });

  test('an event is read, or refused', async () => {
    const event = await readEvent(body, signed, secret, { now });
    expect(event.event === 'project.upload.completed' && event.data.image_id).toBe('img_1');
    await expect(readEvent(`${body} `, signed, secret, { now })).rejects.toBeInstanceOf(SignatureError);
  });

  test('five minutes either way, and no further', async () => {
    for (const [seconds, good] of [
      [300, true],
      [-300, true],
      [301, false],
      [-301, false],
    ] as const) {
      const at = { now: now + seconds * 1000 };
      expect(await verifyEvent(body, signed, secret, at)).toBe(good);
      expect(await verifyEvent(body, svixSigned, secret, { ...at, method: 'svix' })).toBe(good);
    }
    expect(await verifyEvent(body, signed, secret, { now: now + 301_000, tolerance: 400 })).toBe(true);
  });

  test('while a secret is rotated, the list beside the header counts, too', async () => {
    const headers = { ...signed, 'X-Apertur-Signature': other, 'X-Apertur-Signatures': `${other}, ${hmac}` };
    expect(await verifyEvent(body, headers, secret, { now })).toBe(true);
    const both = {
      ...svixSigned,
      'svix-signature': `v1,${'A'.repeat(43)}=`,
      'webhook-signature': `v1,${'A'.repeat(43)}= ${svix}`,
    };
    expect(await verifyEvent(body, both, secret, { now, method: 'svix' })).toBe(true);
  });

  test.each([
    ['one method for the other', signed, { method: 'svix' as const }],
    ['the other for the one', svixSigned, {}],
    ['a time that is none', { ...signed, 'X-Apertur-Timestamp': 'soon' }, {}],
    ['another time', { ...signed, 'X-Apertur-Timestamp': '1800000001' }, {}],
    ['another id', { ...svixSigned, 'svix-id': 'evt_2' }, { method: 'svix' as const }],
    ['an image signature', { ...signed, 'X-Apertur-Signature': image }, {}],
  ])('%s does not pass', async (_name, headers, options) => {
    expect(await verifyEvent(body, headers, secret, { now, ...options })).toBe(false);
  });

  test('a secret that is not hex opens no svix', async () => {
    expect(await verifyEvent(body, svixSigned, 'whsec_abc', { now, method: 'svix' })).toBe(false);
  });
});

test('the package builds, and what it exports works from its built files', async () => {
  const out = await mkdtemp(path.join(tmpdir(), 'apertur-client-'));
  onTestFinished(() => rm(out, { recursive: true, force: true }));
  await run(process.execPath, [
    path.join(client, 'node_modules/typescript/bin/tsc'),
    '-p',
    client,
    '--outDir',
    path.join(out, 'dist'),
  ]);
  // Its one dependency is found as it is when installed.
  await symlink(path.resolve(client, '../../node_modules'), path.join(out, 'node_modules'));
  const script = `
    import { createApertur, AperturError, verifyEvent } from '${path.join(out, 'dist/index.js')}';
    import * as webhooks from '${path.join(out, 'dist/webhooks.js')}';
    const apertur = createApertur({ apiKey: 'aptr_test_x', fetch: async (request) => new Response(JSON.stringify({ url: request.url, key: request.headers.get('authorization') }), { headers: { 'content-type': 'application/json' } }) });
    console.log(JSON.stringify([await apertur.stats(), typeof AperturError, webhooks.verifyEvent === verifyEvent]));
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  expect(JSON.parse(stdout)).toEqual([
    { url: 'https://sandbox.api.aptr.ca/api/v1/stats', key: 'Bearer aptr_test_x' },
    'function',
    true,
  ]);
});
