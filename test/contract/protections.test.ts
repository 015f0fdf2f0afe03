/** Contract §1.6 and §1.7: what a key may ask for beyond its secret, and §17.23: what a signature covers. */
import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateSync } from 'otplib';
import decodeQR from 'qr/decode.js';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  selfSignedCertificate,
  selfSignedKey,
  serverCertificate,
  serverKey,
} from '../../src/lib/outbound/certificates.fixture.ts';
import { type Answer, eachApp, photoForm, type TestApp } from '../helpers/app.ts';
import {
  clientCa,
  clientCertificate,
  clientKey,
  expiredCertificate,
  expiredKey,
} from '../helpers/client-certificates.ts';
import { makeJpeg } from '../helpers/pictures.ts';

interface MadeKey {
  id: string;
  secret: string;
  stem: string;
}

async function makeKey(app: TestApp, change: Record<string, unknown> = {}): Promise<MadeKey> {
  const { call, project } = app;
  const { body } = await call('POST', `/projects/${project.id}/keys`, { body: { label: 'guarded' } });
  const stem = `/projects/${project.id}/keys/${body.id}`;
  const changed = await call('PATCH', stem, { body: change });
  expect(changed.status).toBe(200);
  return { id: body.id, secret: body.plainTextKey, stem };
}

const outcome = ({ status, body }: Answer): [number, string | undefined] => [status, body?.code];

function handClock(start: number) {
  let time = start;
  return {
    now: () => time,
    set: (ms: number) => {
      time = ms;
    },
  };
}

eachApp('protections', (start, engine) => {
  describe('addresses (§1.6)', () => {
    test('a key is used from its addresses only, as the trusted proxy saw them', async () => {
      const app = await start({ settings: { TRUST_PROXY: '127.0.0.1' } });
      const key = await makeKey(app, {
        allowedIps: ['203.0.113.0/24', '198.51.100.7', '2001:db8:5::/48', '2001:db8:9::1'],
      });
      const from = async (address: string) =>
        outcome(
          await app.call('GET', '/stats', { key: key.secret, headers: { 'x-forwarded-for': address } }),
        );
      for (const good of [
        '203.0.113.77',
        '198.51.100.7',
        '::ffff:203.0.113.1',
        '2001:db8:5:1::2',
        '2001:DB8:9:0::1',
      ]) {
        expect([good, ...(await from(good))]).toEqual([good, 200, undefined]);
      }
      for (const bad of ['203.0.114.1', '198.51.100.8', '2001:db8:6::1', '2001:db8:9::2', 'nonsense']) {
        expect([bad, ...(await from(bad))]).toEqual([bad, 403, 'IP_NOT_ALLOWED']);
      }
      // Whatever a client writes in front of what the proxy added counts for nothing.
      expect(await from('203.0.113.77, 192.0.2.1')).toEqual([403, 'IP_NOT_ALLOWED']);
      expect(outcome(await app.call('GET', '/stats', { key: key.secret }))).toEqual([403, 'IP_NOT_ALLOWED']);
      await app.call('PATCH', key.stem, { body: { allowedIps: [] } });
      expect(outcome(await app.call('GET', '/stats', { key: key.secret }))).toEqual([200, undefined]);
    });

    test('without a trusted proxy the header is nobody', async () => {
      const app = await start();
      const key = await makeKey(app, { allowedIps: ['203.0.113.0/24'] });
      const claimed = await app.call('GET', '/stats', {
        key: key.secret,
        headers: { 'x-forwarded-for': '203.0.113.1' },
      });
      expect(outcome(claimed)).toEqual([403, 'IP_NOT_ALLOWED']);
      await app.call('PATCH', key.stem, { body: { allowedIps: ['127.0.0.0/8'] } });
      expect((await app.call('GET', '/stats', { key: key.secret })).status).toBe(200);
    });
  });

  test('domains (§1.6): the host of Origin, else of Referer; only when one is sent', async () => {
    const app = await start();
    const key = await makeKey(app, { allowedDomains: ['shop.example', '*.crm.example'] });
    const cases: [Record<string, string>, number][] = [
      [{}, 200],
      [{ origin: 'https://shop.example' }, 200],
      [{ origin: 'http://SHOP.example:8443' }, 200],
      [{ referer: 'https://shop.example/cart?x=1' }, 200],
      [{ origin: 'https://eu.crm.example' }, 200],
      [{ origin: 'https://a.b.crm.example', referer: 'https://evil.example/' }, 200],
      [{ origin: 'https://crm.example' }, 403],
      [{ origin: 'https://www.shop.example' }, 403],
      [{ origin: 'https://shop.example.evil.example' }, 403],
      [{ origin: 'https://evilcrm.example' }, 403],
      [{ origin: 'https://evil.example', referer: 'https://shop.example/' }, 403],
      [{ origin: 'https://shop.example@evil.example' }, 403],
      [{ referer: 'https://evil.example/https://shop.example/' }, 403],
      [{ origin: 'null' }, 403],
      [{ referer: 'nonsense' }, 403],
    ];
    for (const [headers, status] of cases) {
      const answer = await app.call('GET', '/stats', { key: key.secret, headers });
      expect([headers, ...outcome(answer)]).toEqual([
        headers,
        status,
        status === 403 ? 'DOMAIN_NOT_ALLOWED' : undefined,
      ]);
    }
  });

  describe('one-time codes (§1.6)', () => {
    const at = Date.parse('2026-03-02T08:15:40.000Z');
    const codeAt = (secret: string, ms: number): string =>
      generateSync({ secret, epoch: Math.floor(ms / 1000) });

    async function enrolled(app: TestApp): Promise<MadeKey & { totp: string }> {
      const key = await makeKey(app);
      const begun = await app.call('POST', `${key.stem}/totp`);
      expect(begun.status).toBe(201);
      // Begun is not on.
      expect((await app.call('GET', '/stats', { key: key.secret })).status).toBe(200);
      const code = codeAt(begun.body.secret, app.clock.now());
      const confirmed = await app.call('POST', `${key.stem}/totp/verify`, { body: { code } });
      expect([confirmed.status, confirmed.body.totpEnabled]).toEqual([200, true]);
      return { ...key, totp: begun.body.secret };
    }

    const use = (app: TestApp, key: MadeKey, code?: string) =>
      app.call('GET', '/stats', {
        key: key.secret,
        headers: code === undefined ? {} : { 'X-APTR-TOTP': code },
      });

    test('enrol by QR, confirm, use; the secret is sealed and never shown again', async () => {
      const clock = handClock(at);
      const app = await start({ clock });
      const key = await makeKey(app);
      const first = await app.call('POST', `${key.stem}/totp`);
      const begun = await app.call('POST', `${key.stem}/totp`);
      expect(begun.body.secret).toMatch(/^[A-Z2-7]{32}$/);
      expect(begun.headers.get('cache-control')).toBe('no-store');
      expect(first.body.secret).not.toBe(begun.body.secret);
      const uri = new URL(begun.body.otpauthUri);
      expect([
        uri.protocol,
        uri.host,
        uri.searchParams.get('secret'),
        uri.searchParams.get('issuer'),
      ]).toEqual(['otpauth:', 'totp', begun.body.secret, 'Apertur']);
      expect(decodeURIComponent(uri.pathname)).toContain('guarded');
      const png = Buffer.from(begun.body.qr.replace('data:image/png;base64,', ''), 'base64');
      const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      expect(decodeQR({ width: info.width, height: info.height, data })).toBe(begun.body.otpauthUri);

      const verify = (code: string) => app.call('POST', `${key.stem}/totp/verify`, { body: { code } });
      // The secret of the enrolment that was begun first is good no longer.
      expect(outcome(await verify(codeAt(first.body.secret, at)))).toEqual([400, 'TOTP_INVALID']);
      expect(outcome(await verify('12345x'))).toEqual([400, 'TOTP_INVALID']);
      expect((await verify(codeAt(begun.body.secret, at))).body.totpEnabled).toBe(true);
      expect(outcome(await app.call('POST', `${key.stem}/totp`))).toEqual([409, 'CONFLICT']);
      const row = await app.db.read
        .selectFrom('keys')
        .selectAll()
        .where('id', '=', key.id)
        .executeTakeFirstOrThrow();
      expect(JSON.stringify(row)).not.toContain(begun.body.secret);

      expect(outcome(await use(app, key))).toEqual([401, 'TOTP_REQUIRED']);
      clock.set(at + 30_000);
      expect(outcome(await use(app, key, codeAt(begun.body.secret, at + 30_000)))).toEqual([200, undefined]);
      expect((await app.call('DELETE', `${key.stem}/totp`)).status).toBe(204);
      expect(outcome(await use(app, key))).toEqual([200, undefined]);
      expect(outcome(await verify('123456'))).toEqual([409, 'CONFLICT']);
    });

    test('one step of tolerance either way, and no code twice', async () => {
      const clock = handClock(at);
      const app = await start({ clock });
      const key = await enrolled(app);
      const later = at + 10 * 60_000;
      clock.set(later);
      for (const [seconds, good] of [
        [-60, false],
        [60, false],
        [-30, true],
        [0, true],
        [30, true],
      ] as const) {
        const answer = await use(app, key, codeAt(key.totp, later + seconds * 1000));
        expect([seconds, ...outcome(answer)]).toEqual([
          seconds,
          good ? 200 : 401,
          good ? undefined : 'TOTP_INVALID',
        ]);
      }
      for (const seconds of [30, 0, -30]) {
        const again = await use(app, key, codeAt(key.totp, later + seconds * 1000));
        expect([outcome(again), again.body.message]).toEqual([
          [401, 'TOTP_INVALID'],
          expect.stringContaining('used already'),
        ]);
      }
      // The code that confirmed the enrolment was used by that.
      clock.set(at);
      expect(outcome(await use(app, key, codeAt(key.totp, at)))).toEqual([401, 'TOTP_INVALID']);
    });

    test('of two requests with one code at the same moment, one passes', async () => {
      const clock = handClock(at);
      const app = await start({ clock });
      const key = await enrolled(app);
      clock.set(at + 90_000);
      const code = codeAt(key.totp, at + 90_000);
      const answers = await Promise.all([1, 2, 3, 4].map(() => use(app, key, code)));
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401, 401]);
    });

    test('guessing ends after ten codes a minute', async () => {
      const clock = handClock(at);
      const app = await start({ clock });
      const key = await enrolled(app);
      clock.set(at + 90_000);
      const right = codeAt(key.totp, at + 90_000);
      const wrong = right === '000000' ? '000001' : '000000';
      for (let guess = 1; guess <= 10; guess++) expect((await use(app, key, wrong)).status).toBe(401);
      const over = await use(app, key, right);
      expect([over.status, over.body.code, over.headers.get('retry-after')]).toEqual([
        429,
        'RATE_LIMIT',
        '60',
      ]);
      clock.set(at + 150_000);
      expect((await use(app, key, codeAt(key.totp, at + 150_000))).status).toBe(200);
    });

    test('the known answers of RFC 6238', async () => {
      const clock = handClock(59_000);
      const app = await start({ clock });
      const key = await enrolled(app);
      // Base32 of 12345678901234567890, the secret of the appendix.
      const sealed = app.sealer.seal('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', `key:${key.id}:totp`);
      await app.db.write(async (tx) => {
        await tx.q
          .updateTable('keys')
          .set({ totp_secret: sealed, totp_last_step: null })
          .where('id', '=', key.id)
          .execute();
      });
      for (const [seconds, code] of [
        [59, '287082'],
        [1_111_111_109, '081804'],
        [1_111_111_111, '050471'],
        [1_234_567_890, '005924'],
        [2_000_000_000, '279037'],
        [20_000_000_000, '353130'],
      ] as const) {
        clock.set(seconds * 1000);
        expect([seconds, ...outcome(await use(app, key, code))]).toEqual([seconds, 200, undefined]);
      }
    });

    if (engine.name === 'postgres') {
      test('a code that one process took is refused by another', async () => {
        const clock = handClock(at);
        const settings = { SECRET_KEY: '5e'.repeat(32) };
        const one = await start({ clock, settings });
        const two = await start({ clock, settings: { ...settings, DATABASE_URL: one.config.databaseUrl! } });
        const key = await enrolled(one);
        clock.set(at + 90_000);
        const code = codeAt(key.totp, at + 90_000);
        expect((await use(one, key, code)).status).toBe(200);
        expect(outcome(await use(two, key, code))).toEqual([401, 'TOTP_INVALID']);
      });
    }
  });

  describe('client certificates (§1.6)', () => {
    const fingerprint = (pem: string): string =>
      createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

    async function startWithTls(settings: Record<string, string> = {}): Promise<TestApp> {
      const folder = await mkdtemp(path.join(tmpdir(), 'apertur-tls-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const file = (name: string) => path.join(folder, name);
      await writeFile(file('cert.pem'), serverCertificate);
      await writeFile(file('key.pem'), serverKey);
      await writeFile(file('ca.pem'), clientCa);
      return start({
        settings: {
          TLS_CERT: file('cert.pem'),
          TLS_KEY: file('key.pem'),
          TLS_PORT: '0',
          ...(settings.withCa ? { TLS_CLIENT_CA: file('ca.pem') } : {}),
        },
      });
    }

    /** A request over TLS, with or without a certificate. */
    function overTls(
      app: TestApp,
      secret: string,
      client: { cert?: string; key?: string } = {},
      options: { method?: string; where?: string; body?: string } = {},
    ): Promise<[number, string | undefined]> {
      return new Promise((resolve, reject) => {
        const agent = new Agent({ keepAlive: false });
        const sent = httpsRequest(
          {
            host: '127.0.0.1',
            port: app.tls!.port(),
            path: `/api/v1${options.where ?? '/stats'}`,
            method: options.method ?? 'GET',
            headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
            agent,
            rejectUnauthorized: false,
            ...client,
          },
          (response) => {
            response.setEncoding('utf8');
            let text = '';
            response.on('data', (chunk) => {
              text += chunk;
            });
            response.on('end', () => resolve([response.statusCode!, JSON.parse(text).code]));
          },
        );
        sent.on('error', reject);
        sent.end(options.body);
      });
    }

    test('the right certificate opens, another or none does not; over our own listener', async () => {
      const app = await startWithTls();
      const key = await makeKey(app);
      const put = (body: unknown) => app.call('PUT', `${key.stem}/client-cert`, { body });
      const set = await put({ certificate: selfSignedCertificate });
      expect([set.status, set.body.clientCertEnabled, set.body.clientCertFingerprint]).toEqual([
        200,
        true,
        fingerprint(selfSignedCertificate),
      ]);
      const right = { cert: selfSignedCertificate, key: selfSignedKey };
      expect(await overTls(app, key.secret, right)).toEqual([200, undefined]);
      expect(await overTls(app, key.secret, { cert: clientCertificate, key: clientKey })).toEqual([
        401,
        'CLIENT_CERT_INVALID',
      ]);
      expect(await overTls(app, key.secret)).toEqual([401, 'CLIENT_CERT_REQUIRED']);
      expect(outcome(await app.call('GET', '/stats', { key: key.secret }))).toEqual([
        401,
        'CLIENT_CERT_REQUIRED',
      ]);
      // Other keys, bodies and public routes go through that listener like through the first.
      expect(await overTls(app, app.project.live)).toEqual([200, undefined]);
      const options = { method: 'POST', where: '/upload-sessions', body: '{"max_images":2}' };
      expect(await overTls(app, key.secret, right, options)).toEqual([201, undefined]);

      // Colons and upper case are accepted; what is shown is lower-case hex.
      const typed = new X509Certificate(clientCertificate).fingerprint256;
      expect((await put({ fingerprint: typed })).body.clientCertFingerprint).toBe(
        fingerprint(clientCertificate),
      );
      expect(await overTls(app, key.secret, { cert: clientCertificate, key: clientKey })).toEqual([
        200,
        undefined,
      ]);
      for (const bad of [
        {},
        { fingerprint: 'ab' },
        { certificate: 'nonsense' },
        { fingerprint: typed, certificate: clientCertificate },
      ]) {
        expect(outcome(await put(bad))).toEqual([400, 'VALIDATION_ERROR']);
      }
      expect((await app.call('DELETE', `${key.stem}/client-cert`)).status).toBe(204);
      expect((await app.call('GET', '/stats', { key: key.secret })).status).toBe(200);
    });

    test('an expired certificate opens nothing; with a CA, one that it did not sign neither', async () => {
      const app = await startWithTls();
      const key = await makeKey(app);
      await app.call('PUT', `${key.stem}/client-cert`, { body: { certificate: expiredCertificate } });
      expect(await overTls(app, key.secret, { cert: expiredCertificate, key: expiredKey })).toEqual([
        401,
        'CLIENT_CERT_INVALID',
      ]);
      const strict = await startWithTls({ withCa: 'yes' });
      const guarded = await makeKey(strict);
      const use = async (certificate: string, privateKey: string) => {
        await strict.call('PUT', `${guarded.stem}/client-cert`, { body: { certificate } });
        return overTls(strict, guarded.secret, { cert: certificate, key: privateKey });
      };
      expect(await use(clientCertificate, clientKey)).toEqual([200, undefined]);
      expect(await use(selfSignedCertificate, selfSignedKey)).toEqual([401, 'CLIENT_CERT_INVALID']);
    });

    test("a trusted proxy's header, in the forms that proxies send", async () => {
      const settings = { TRUST_PROXY: '127.0.0.1', CLIENT_CERT_HEADER: 'X-Client-Cert' };
      const app = await start({ settings });
      const key = await makeKey(app);
      await app.call('PUT', `${key.stem}/client-cert`, { body: { certificate: clientCertificate } });
      const der = new X509Certificate(clientCertificate).raw.toString('base64');
      const hash = fingerprint(clientCertificate);
      const through = async (value: string, target = app, secret = key.secret) =>
        outcome(await target.call('GET', '/stats', { key: secret, headers: { 'x-client-cert': value } }));
      for (const good of [
        encodeURIComponent(clientCertificate),
        der,
        `:${der}:`,
        hash,
        hash.toUpperCase().replace(/..(?!$)/g, '$&:'),
        `By=spiffe://x;Hash=${hash};Subject="CN=client"`,
      ]) {
        expect([good.slice(0, 20), ...(await through(good))]).toEqual([good.slice(0, 20), 200, undefined]);
      }
      expect(await through(encodeURIComponent(selfSignedCertificate))).toEqual([401, 'CLIENT_CERT_INVALID']);
      expect(await through('0'.repeat(64))).toEqual([401, 'CLIENT_CERT_INVALID']);
      for (const none of ['nonsense', '%%%', '-----BEGIN CERTIFICATE-----%', 'Hash=zz']) {
        expect([none, ...(await through(none))]).toEqual([none, 401, 'CLIENT_CERT_REQUIRED']);
      }
      // From somebody who is no proxy of ours the header is a claim without a proof.
      const open = await start({
        settings: { CLIENT_CERT_HEADER: 'X-Client-Cert', TRUST_PROXY: '10.0.0.1' },
      });
      const other = await makeKey(open);
      await open.call('PUT', `${other.stem}/client-cert`, { body: { certificate: clientCertificate } });
      expect(await through(hash, open, other.secret)).toEqual([401, 'CLIENT_CERT_REQUIRED']);
    });
  });

  describe('signed requests (§1.7)', () => {
    const secret = '0123456789abcdef'.repeat(4);
    const at = 1_800_000_000_000;

    /** A key with the secret of the contract's known answers. */
    async function signingKey(app: TestApp, required = false): Promise<MadeKey> {
      const key = await makeKey(app);
      await app.db.write(async (tx) => {
        await tx.q
          .updateTable('keys')
          .set({
            signing_secret: app.sealer.seal(secret, `key:${key.id}:signing`),
            signature_required: required ? 1 : 0,
          })
          .where('id', '=', key.id)
          .execute();
      });
      return key;
    }

    const sign = (method: string, target: string, body = '', seconds = at / 1000, by = secret) => ({
      'X-Aptr-Timestamp': String(seconds),
      'X-Aptr-Signature': `sha256=${createHmac('sha256', by)
        .update(`${seconds}.${method}.${target}.${createHash('sha256').update(body).digest('hex')}`)
        .digest('hex')}`,
    });

    test('the known answers of the contract pass, and any other digit does not', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await signingKey(app, true);
      const known: [string, string, string | undefined, string, number][] = [
        [
          'POST',
          '/api/v1/upload-sessions',
          '{"a":1}',
          'd5bf88c946aa6cf4397749eacd05cf058e6828878f9b1c84830cb7c07a234d3e',
          201,
        ],
        [
          'GET',
          '/api/v1/uploads/abc',
          undefined,
          'f53cf714f69187170c4fdb22c53e0b53578dcbcb61e63b56948d5e1fd8294a3e',
          404,
        ],
        [
          'GET',
          '/api/v1/sessions?page=2&pageSize=20',
          undefined,
          'ec5430228bf0cb0419b234584e4c8cdf5addd379fa0313a7c4f70f99ef30bf03',
          200,
        ],
        [
          'DELETE',
          '/api/v1/projects/proj_1/webhooks/wh_1',
          undefined,
          '60c80f371b994476e6144d2827801c6e49eadf68ce65afea5b00047d330eb3eb',
          403,
        ],
      ];
      for (const [method, target, body, hex, status] of known) {
        const send = (signature: string) =>
          app.call(method, target, {
            key: key.secret,
            ...(body === undefined ? {} : { body }),
            headers: {
              'content-type': 'application/json',
              'X-Aptr-Timestamp': '1800000000',
              'X-Aptr-Signature': signature,
            },
          });
        expect(`sha256=${hex}`).toBe(sign(method, target, body)['X-Aptr-Signature']);
        const flipped = hex.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
        for (const wrong of [`sha256=${flipped}`, hex, `sha256=${hex.toUpperCase()}`, 'sha256=', 'x']) {
          expect([target, wrong, ...outcome(await send(wrong))]).toEqual([
            target,
            wrong,
            401,
            'SIGNATURE_INVALID',
          ]);
        }
        expect([target, (await send(`sha256=${hex}`)).status]).toEqual([target, status]);
      }
    });

    test('§17.23 the query is covered as it was sent: nothing decoded, nothing put in order', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await signingKey(app, true);
      const send = (sent: string, signed: string) =>
        app.call('GET', sent, { key: key.secret, headers: sign('GET', signed) });
      for (const target of [
        '/v1/sessions?pageSize=20&page=2',
        '/api/v1/sessions?page=%32',
        '/api/v1/sessions?page=2&x=%7E~%2f&x=+',
        '/api/v1/sessions/?',
      ]) {
        expect([target, (await send(target, target)).status]).toEqual([target, 200]);
      }
      for (const [sent, signed] of [
        ['/api/v1/sessions?page=2&pageSize=20', '/api/v1/sessions?pageSize=20&page=2'],
        ['/api/v1/sessions?page=%32', '/api/v1/sessions?page=2'],
        ['/api/v1/sessions?page=2', '/api/v1/sessions'],
        ['/v1/sessions', '/api/v1/sessions'],
      ] as const) {
        expect([sent, ...outcome(await send(sent, signed))]).toEqual([sent, 401, 'SIGNATURE_INVALID']);
      }
    });

    test('the body is covered byte by byte, before anybody looks into it', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await signingKey(app, true);
      const target = '/api/v1/upload-sessions';
      const send = (body: string, signed = body) =>
        app.call('POST', target, {
          key: key.secret,
          body,
          headers: { 'content-type': 'application/json', ...sign('POST', target, signed) },
        });
      const made = await send('{ "max_images" : 3,\n "label":"für" }');
      expect(made.status).toBe(201);
      expect((await app.call('GET', `/sessions/${made.body.id}`)).body.effectiveMaxImages).toBe(3);
      expect(outcome(await send('{"max_images":3}', '{"max_images": 3}'))).toEqual([
        401,
        'SIGNATURE_INVALID',
      ]);
      expect(outcome(await send('{"max_images":', '{}'))).toEqual([401, 'SIGNATURE_INVALID']);
      expect(outcome(await send('{"max_images":'))).toEqual([400, 'INVALID_JSON']);
      expect((await send('')).status).toBe(201);
      const large = JSON.stringify({ label: 'x', filler: 'y'.repeat(900_000) });
      expect((await send(large)).status).toBe(201);
      expect(outcome(await send(`${large}${' '.repeat(200_000)}`))).toEqual([413, 'FILE_TOO_LARGE']);
    });

    test('a signature is good for 300 seconds either way', async () => {
      const clock = handClock(at);
      const app = await start({ clock });
      const key = await signingKey(app);
      const target = '/api/v1/stats';
      for (const [seconds, code] of [
        [-300, undefined],
        [300, undefined],
        [-301, 'SIGNATURE_EXPIRED'],
        [301, 'SIGNATURE_EXPIRED'],
      ] as const) {
        const headers = sign('GET', target, '', at / 1000 + seconds);
        const answer = await app.call('GET', target, { key: key.secret, headers });
        expect([seconds, ...outcome(answer)]).toEqual([seconds, code ? 401 : 200, code]);
      }
      for (const timestamp of ['', 'soon', '-1800000000', '1800000000.5', '1e9', '9'.repeat(30)]) {
        const headers = { ...sign('GET', target), 'X-Aptr-Timestamp': timestamp };
        const answer = await app.call('GET', target, { key: key.secret, headers });
        expect([timestamp, ...outcome(answer)]).toEqual([timestamp, 401, 'SIGNATURE_INVALID']);
      }
    });

    test('signatures are checked when they come, and needed only where the key says so', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await signingKey(app);
      const target = '/api/v1/stats';
      const bad = sign('GET', target, '', at / 1000, 'f'.repeat(64));
      const get = (secretKey: string, headers: Record<string, string> = {}) =>
        app.call('GET', target, { key: secretKey, headers });
      expect((await get(key.secret)).status).toBe(200);
      expect(outcome(await get(key.secret, bad))).toEqual([401, 'SIGNATURE_INVALID']);
      expect(outcome(await get(key.secret, { 'X-Aptr-Timestamp': '1800000000' }))).toEqual([
        401,
        'SIGNATURE_INVALID',
      ]);
      // A key without a secret ignores the headers.
      expect((await get(app.project.live, bad)).status).toBe(200);
      const required = await signingKey(app, true);
      expect(outcome(await get(required.secret))).toEqual([401, 'SIGNATURE_REQUIRED']);
      expect((await get(required.secret, sign('GET', target))).status).toBe(200);
    });

    test('forms are never signed, and no way around a signature', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await signingKey(app, true);
      const { body: session } = await app.call('POST', '/upload-sessions');
      const upload = await app.call('POST', `/upload/${session.id}/images`, {
        key: key.secret,
        body: photoForm(await makeJpeg()),
      });
      expect(upload.status).toBe(201);
      for (const [method, where] of [
        ['POST', '/upload-sessions'],
        ['DELETE', key.stem],
        ['POST', `/upload-sessions/${session.id}/close`],
      ] as const) {
        const answer = await app.call(method, where, {
          key: key.secret,
          headers: { 'content-type': 'multipart/form-data; boundary=x' },
        });
        expect([where, ...outcome(answer)]).toEqual([where, 415, 'UNSUPPORTED_MEDIA_TYPE']);
      }
    });

    test('where signatures are required, a change is taken once; reading may be repeated', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await signingKey(app, true);
      const target = '/api/v1/upload-sessions';
      const create = (who: MadeKey, headers = sign('POST', target, '{}')) =>
        app.call('POST', target, {
          key: who.secret,
          body: '{}',
          headers: { 'content-type': 'application/json', ...headers },
        });
      const answers = await Promise.all([1, 2, 3].map(() => create(key)));
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, 401, 401]);
      expect(outcome(await create(key))).toEqual([401, 'SIGNATURE_REPLAYED']);
      expect((await create(key, sign('POST', target, '{}', at / 1000 + 1))).status).toBe(201);
      const read = () =>
        app.call('GET', '/api/v1/stats', { key: key.secret, headers: sign('GET', '/api/v1/stats') });
      expect([(await read()).status, (await read()).status]).toEqual([200, 200]);
      // Elsewhere a repeated request could as well leave the signature out.
      const optional = await signingKey(app);
      expect([(await create(optional)).status, (await create(optional)).status]).toEqual([201, 201]);
    });

    test('make, require and remove a secret', async () => {
      const app = await start({ clock: handClock(at) });
      const key = await makeKey(app);
      const require = (signatureRequired: boolean) =>
        app.call('PATCH', key.stem, { body: { signatureRequired } });
      expect(outcome(await require(true))).toEqual([400, 'VALIDATION_ERROR']);
      const made = await app.call('POST', `${key.stem}/signing-secret`);
      expect([made.status, made.body]).toEqual([
        201,
        { signingSecret: expect.stringMatching(/^[0-9a-f]{64}$/), signatureRequired: false },
      ]);
      const rows = await app.db.read.selectFrom('keys').selectAll().execute();
      expect(JSON.stringify(rows)).not.toContain(made.body.signingSecret);
      expect((await require(true)).body).toMatchObject({ signingEnabled: true, signatureRequired: true });
      const target = '/api/v1/stats';
      const get = (by: string) =>
        app.call('GET', target, { key: key.secret, headers: sign('GET', target, '', at / 1000, by) });
      expect((await get(made.body.signingSecret)).status).toBe(200);
      const renewed = await app.call('POST', `${key.stem}/signing-secret`);
      expect(renewed.body.signatureRequired).toBe(true);
      expect(outcome(await get(made.body.signingSecret))).toEqual([401, 'SIGNATURE_INVALID']);
      expect((await get(renewed.body.signingSecret)).status).toBe(200);
      expect((await app.call('DELETE', `${key.stem}/signing-secret`)).status).toBe(204);
      expect((await app.call('GET', key.stem)).body).toMatchObject({
        signingEnabled: false,
        signatureRequired: false,
      });
      expect((await app.call('GET', target, { key: key.secret })).status).toBe(200);
    });
  });

  test('all protections of a key must be passed (logical AND), and public routes ask for none', async () => {
    const clock = handClock(Date.parse('2026-03-02T08:15:40.000Z'));
    const app = await start({ clock, settings: { TRUST_PROXY: '127.0.0.1' } });
    const key = await makeKey(app, { allowedIps: ['203.0.113.0/24'], allowedDomains: ['shop.example'] });
    const { body: totp } = await app.call('POST', `${key.stem}/totp`);
    const code = () => generateSync({ secret: totp.secret, epoch: Math.floor(clock.now() / 1000) });
    await app.call('POST', `${key.stem}/totp/verify`, { body: { code: code() } });
    clock.set(clock.now() + 90_000);
    const use = async (headers: Record<string, string>) =>
      outcome(await app.call('GET', '/stats', { key: key.secret, headers }));
    const address = { 'x-forwarded-for': '203.0.113.1' };
    const domain = { origin: 'https://shop.example' };
    expect(await use({ ...domain, 'X-APTR-TOTP': code() })).toEqual([403, 'IP_NOT_ALLOWED']);
    expect(await use({ ...address, origin: 'https://x.example', 'X-APTR-TOTP': code() })).toEqual([
      403,
      'DOMAIN_NOT_ALLOWED',
    ]);
    expect(await use({ ...address, ...domain })).toEqual([401, 'TOTP_REQUIRED']);
    // None of these used the code up.
    expect(await use({ ...address, ...domain, 'X-APTR-TOTP': code() })).toEqual([200, undefined]);
    const { body: session } = await app.call('POST', '/upload-sessions');
    expect((await app.call('GET', `/upload/${session.id}/session`, { key: key.secret })).status).toBe(200);
  });

  test('protections are enrolled by keys of the project only', async () => {
    const app = await start();
    const key = await makeKey(app);
    const other = await app.addProject('Other');
    const routes: [string, string, unknown][] = [
      ['POST', '/totp', undefined],
      ['POST', '/totp/verify', { code: '123456' }],
      ['DELETE', '/totp', undefined],
      ['PUT', '/client-cert', { certificate: clientCertificate }],
      ['DELETE', '/client-cert', undefined],
      ['POST', '/signing-secret', undefined],
      ['DELETE', '/signing-secret', undefined],
    ];
    for (const [method, where, body] of routes) {
      const foreign = await app.call(method, key.stem + where, { key: other.live, body });
      expect([where, ...outcome(foreign)]).toEqual([where, 403, 'FORBIDDEN']);
      const nobody = await app.call(method, key.stem + where, { key: null, body });
      expect([where, ...outcome(nobody)]).toEqual([where, 401, 'AUTHENTICATION_FAILED']);
      const none = await app.call(method, key.stem.replace(key.id, 'key_none') + where, { body });
      expect([where, ...outcome(none)]).toEqual([where, 404, 'NOT_FOUND']);
    }
  });
});
