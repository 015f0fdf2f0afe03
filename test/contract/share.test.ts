/** Contract §2.10: the link of a session by mail and by text message, to real servers. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import decodeQr from 'qr/decode.js';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  caCertificate as ca,
  serverCertificate,
  serverKey,
} from '../../src/lib/outbound/certificates.fixture.ts';
import { type Answer, eachApp, type TestApp, until } from '../helpers/app.ts';
import { type MailPart, readHeaders, readParts, startSmtp } from '../helpers/smtp-server.ts';

const outcome = ({ status, body }: Answer): [number, string] => [status, body?.code];

interface Session {
  id: string;
  short_url: string;
}

async function makeSession(app: TestApp, body: unknown = {}): Promise<Session> {
  return (await app.call('POST', '/upload-sessions', { body })).body;
}

const share = (app: TestApp, session: Session, body: unknown, options: object = {}) =>
  app.call('POST', `/upload-sessions/${session.id}/share`, { body, ...options });

const mailSettings = (port: number, sign = '', scheme = 'smtp', query = '') => ({
  SMTP_URL: `${scheme}://${sign}127.0.0.1:${port}${query}`,
  MAIL_FROM: 'Photos <photos@shop.example>',
});

const part = (raw: string, type: string): MailPart =>
  readParts(raw).find(({ headers }) => headers['content-type']?.startsWith(type))!;

interface Gateway {
  url: string;
  requests: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
  status: number;
}

async function startGateway(): Promise<Gateway> {
  const gateway: Gateway = { url: '', requests: [], status: 200 };
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    gateway.requests.push({ method, url, headers, body: await readText(request) });
    response.writeHead(gateway.status).end('{"secret":"shall not be repeated"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  gateway.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return gateway;
}

const sms = { channel: 'sms', recipient: '+1 (514) 555-0123', sms_consent: true };

eachApp('sharing a link', (start) => {
  test('a mail carries the link as text, as a button and as a code that phones read', async () => {
    const { port, taken } = await startSmtp();
    const app = await start({ settings: mailSettings(port) });
    const session = await makeSession(app, { password: 'open sesame' });
    const note = 'Bitte <b>zwei</b> Fotos & "nah".\nDanke';
    const answer = await share(app, session, { channel: 'email', recipient: ' Sam@Example.org ', note });
    expect([answer.status, answer.body]).toEqual([
      200,
      { ok: true, channel: 'email', recipient: 'Sam@Example.org', short_url: session.short_url },
    ]);
    expect(taken).toHaveLength(1);
    const [mail] = taken;
    expect([mail!.from, mail!.to]).toEqual(['photos@shop.example', ['Sam@example.org']]);
    expect(readHeaders(mail!.raw.split('\r\n\r\n')[0]!).subject).toBe('Send photos to Claims');
    const plain = part(mail!.raw, 'text/plain').body.toString();
    expect(plain).toContain(session.short_url);
    expect(plain).toMatch(/^> Danke/m);
    expect(plain).toMatch(/The link is open until .* UTC\./);
    expect(plain).toContain('asks for a password');
    expect(mail!.raw).not.toContain('open sesame');
    const html = part(mail!.raw, 'text/html').body.toString();
    expect(html).toContain(`href="${session.short_url}"`);
    expect(html).toContain('cid:qr');
    expect(html).not.toContain('<b>');
    expect(html).not.toMatch(/src="http/);
    const picture = part(mail!.raw, 'image/png');
    expect(picture.headers).toMatchObject({ 'content-id': '<qr>' });
    const { data, info } = await sharp(picture.body)
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const whole = { effort: Number.POSITIVE_INFINITY, timeLimit: Number.POSITIVE_INFINITY };
    expect(decodeQr({ width: info.width, height: info.height, data: new Uint8Array(data) }, whole)).toBe(
      session.short_url,
    );
  });

  test('the mail speaks the language that was asked for', async () => {
    const { port, taken } = await startSmtp();
    const app = await start({ settings: mailSettings(port) });
    const session = await makeSession(app);
    const mail = { channel: 'email', recipient: 'sam@example.org' };
    await share(app, session, { ...mail, lang: 'fr-CA' });
    await share(app, session, mail, { headers: { 'accept-language': 'de, es;q=0.8, fr;q=0.5' } });
    await share(app, session, { ...mail, lang: 'ja' });
    expect(taken.map(({ raw }) => readHeaders(raw.split('\r\n\r\n')[0]!).subject)).toEqual([
      'Envoyer des photos à Claims',
      'Enviar fotos a Claims',
      'Send photos to Claims',
    ]);
  });

  test('what cannot be sent is refused with a sentence, and nothing leaves', async () => {
    const { port, taken } = await startSmtp();
    const gateway = await startGateway();
    const app = await start({ settings: { ...mailSettings(port), SMS_URL: gateway.url } });
    const session = await makeSession(app);
    const mail = { channel: 'email', recipient: 'sam@example.org' };
    for (const body of [
      {},
      { ...mail, channel: 'fax' },
      { ...mail, recipient: 'sam' },
      { ...mail, recipient: 'a@example.org, b@example.org' },
      { ...mail, recipient: 'Sam <sam@example.org>' },
      { ...mail, recipient: 'sam@example.org\r\nBcc: eve@example.org' },
      { ...mail, recipient: `${'x'.repeat(300)}@example.org` },
      { ...mail, note: 'x'.repeat(501) },
      { ...sms, sms_consent: undefined },
      { ...sms, sms_consent: false },
      { ...sms, recipient: '514 555 0123' },
      { ...sms, recipient: '+1' },
      { ...sms, note: 'not here' },
    ]) {
      expect([body, ...outcome(await share(app, session, body))]).toEqual([body, 400, 'VALIDATION_ERROR']);
    }
    expect((await share(app, session, mail, { key: null })).status).toBe(401);
    const other = await app.addProject('Other');
    expect((await share(app, session, mail, { key: other.live })).status).toBe(403);
    expect((await share(app, { ...session, id: 'sess_0' }, mail)).status).toBe(404);
    await app.call('POST', `/upload-sessions/${session.id}/close`);
    expect(outcome(await share(app, session, mail))).toEqual([409, 'SESSION_COMPLETED']);
    expect([taken, gateway.requests]).toEqual([[], []]);
  });

  test('an expired session is not shared', async () => {
    const { port } = await startSmtp();
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
    const app = await start({ clock, settings: mailSettings(port) });
    const session = await makeSession(app);
    clock.ahead = 3_700_000;
    const answer = await share(app, session, { channel: 'email', recipient: 'sam@example.org' });
    expect(outcome(answer)).toEqual([410, 'SESSION_EXPIRED']);
  });

  test('an install without mail or text messages says what its operator has to set', async () => {
    const app = await start();
    const session = await makeSession(app);
    const mail = await share(app, session, { channel: 'email', recipient: 'sam@example.org' });
    expect(outcome(mail)).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(mail.body.message).toContain('APERTUR_SMTP_URL');
    const message = await share(app, session, sms);
    expect(outcome(message)).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(message.body.message).toContain('APERTUR_SMS_URL');
  });

  test('nobody is flooded: five a day to one address, also when they come at once', async () => {
    const { port, taken } = await startSmtp();
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
    const app = await start({ clock, settings: mailSettings(port) });
    const sessions = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(() => makeSession(app, { expires_in: 604_800 })),
    );
    const answers = await Promise.all(
      sessions.map((session, n) =>
        share(app, session, { channel: 'email', recipient: n % 2 ? 'sam@example.org' : 'SAM@example.org' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(taken).toHaveLength(5);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.body.code).toBe('RATE_LIMIT');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(80_000);
    const other = await share(app, sessions[0]!, { channel: 'email', recipient: 'ann@example.org' });
    expect(other.status).toBe(200);
    clock.ahead = 24 * 3_600_000;
    const later = await share(app, sessions[0]!, { channel: 'email', recipient: 'sam@example.org' });
    expect(later.status).toBe(200);
  });

  test('a text message goes through the gateway as its templates say, through the guard', async () => {
    const gateway = await startGateway();
    const app = await start({ settings: { SMS_URL: gateway.url, SMS_SECRET: 'gate-key' } });
    await app.db.write((tx) => tx.q.updateTable('projects').set({ name: 'Ann "&" Co' }).execute());
    const session = await makeSession(app);
    const answer = await share(app, session, sms);
    expect([answer.status, answer.body.recipient]).toEqual([200, '+15145550123']);
    const [request] = gateway.requests;
    expect([request!.method, request!.headers.authorization]).toEqual(['POST', 'Bearer gate-key']);
    const body = JSON.parse(request!.body);
    expect(body.to).toBe('+15145550123');
    expect(body.text).toContain(`Ann "&" Co asks you for photos: ${session.short_url} (open until`);

    const form = await start({
      settings: {
        SMS_URL: `${gateway.url}/accounts/{to}`,
        SMS_METHOD: 'put',
        SMS_HEADERS:
          '{"content-type":"application/x-www-form-urlencoded","authorization":"Basic {secret_base64}"}',
        SMS_BODY: 'To={to}&Body={text}',
        SMS_SECRET: 'id:key',
      },
    });
    expect((await share(form, await makeSession(form), sms)).status).toBe(200);
    const last = gateway.requests.at(-1)!;
    expect([last.method, last.url]).toEqual(['PUT', '/accounts/%2B15145550123']);
    expect(last.headers.authorization).toBe(`Basic ${Buffer.from('id:key').toString('base64')}`);
    expect(new URLSearchParams(last.body).get('To')).toBe('+15145550123');
    expect(new URLSearchParams(last.body).get('Body')).toContain('Claims asks you for photos: http');
  });

  test('what the gateway answers is told without its words', async () => {
    const gateway = await startGateway();
    const app = await start({ settings: { SMS_URL: gateway.url, SMS_SECRET: 'gate-key' } });
    const session = await makeSession(app);
    for (const [status, expected] of [
      [422, 400],
      [401, 503],
      [429, 503],
      [500, 503],
      [302, 503],
    ] as const) {
      gateway.status = status;
      const answer = await share(app, session, sms);
      expect([status, answer.status]).toEqual([status, expected]);
      expect(answer.body.message).toContain(String(status));
      expect(JSON.stringify(answer.body)).not.toMatch(/shall not|gate-key|5145550123/);
    }
    // Only what the gateway refused for good was counted.
    const rows = await app.db.read.selectFrom('shares').selectAll().execute();
    expect(rows).toHaveLength(1);
    const guarded = await start({
      settings: { SMS_URL: gateway.url, PUBLIC_URL: 'https://photos.example', HOST: '127.0.0.1' },
    });
    const before = gateway.requests.length;
    const refused = await share(guarded, await makeSession(guarded), sms);
    expect(outcome(refused)).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(gateway.requests.length).toBe(before);
  });
});

eachApp('mail servers', (start) => {
  const mail = { channel: 'email', recipient: 'sam@example.org' };

  describe.each([
    ['upgrade', 'smtp'],
    ['start', 'smtps'],
  ] as const)('TLS: %s', (tls, scheme) => {
    test('with sign-in', async () => {
      const leaf = { key: serverKey, cert: serverCertificate };
      const credentials = { user: 'photos', password: 'p@ss:word' };
      const { port, taken } = await startSmtp({ tls, certificate: leaf, credentials });
      const trust = `?tls.ca=${encodeURIComponent(ca)}&tls.servername=receiver.example`;
      const sign = `${credentials.user}:${encodeURIComponent(credentials.password)}@`;
      const app = await start({ settings: mailSettings(port, sign, scheme, trust) });
      expect((await share(app, await makeSession(app), mail)).status).toBe(200);
      await until(() => taken.length === 1);
      expect(taken[0]).toMatchObject({ secure: true, user: 'photos' });

      // A certificate that nobody vouches for, a wrong password: nothing is sent, and the password is not told.
      const distrustful = await start({ settings: mailSettings(port, sign, scheme) });
      const wrong = await start({ settings: mailSettings(port, 'photos:secret-word@', scheme, trust) });
      for (const other of [distrustful, wrong]) {
        const answer = await share(other, await makeSession(other), mail);
        expect(outcome(answer)).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(answer.headers.get('retry-after')).toBe('60');
        expect(JSON.stringify(answer.body)).not.toMatch(/secret-word|p@ss/);
      }
      expect(taken).toHaveLength(1);
    });
  });

  test('what they refuse is told, and what they cannot take now may be tried again', async () => {
    for (const [refusal, status] of [
      [{ refuseRecipient: 550 }, 400],
      [{ refuseRecipient: 451 }, 503],
      [{ refuseMail: 554 }, 400],
      [{ refuseMail: 452 }, 503],
    ] as const) {
      const { port } = await startSmtp(refusal);
      const app = await start({ settings: mailSettings(port) });
      const answer = await share(app, await makeSession(app), mail);
      expect([refusal, answer.status]).toEqual([refusal, status]);
      const rows = await app.db.read.selectFrom('shares').selectAll().execute();
      expect(rows).toHaveLength(status === 400 ? 1 : 0);
    }
    const nobody = await start({ settings: mailSettings(1) });
    expect(outcome(await share(nobody, await makeSession(nobody), mail))).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
    ]);
  });
});
