/**
 * Secrets that can be recognised are planted wherever the product takes one; then it works, fails and answers. None may
 * stand in a log line, an answer, an error page, or the files of the database.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { photoForm, startApp, type TestApp, until } from '../helpers/app.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { makeJpeg } from '../helpers/pictures.ts';

let planted = 0;
const secrets: string[] = [];
/** A secret that is found again wherever it went. */
const plant = (): string => {
  planted += 1;
  const secret = `planted${String(planted).padStart(3, '0')}${'q7Zk'.repeat(6)}`;
  secrets.push(secret);
  return secret;
};

/** Of a service account; its private key is a secret by itself. */
const keyFile = (): string => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  secrets.push(pem.split('\n')[5]!);
  const account = {
    type: 'service_account',
    client_email: 'a@b.example',
    token_uri: 'http://127.0.0.1:9/token',
  };
  return JSON.stringify({ ...account, private_key_id: plant(), private_key: pem });
};

const kinds = (): [string, Record<string, unknown>][] => [
  ['webhook', { url: 'http://127.0.0.1:9/hook', format: 'binary', secret: plant(), headers: { Authorization: plant(), 'X-Shop': 'north' } }],
  ['s3', { endpoint: 'http://127.0.0.1:9', bucket: 'photos', region: 'us-east-1', access_key_id: 'AKIA', secret_access_key: plant() }],
  ['webdav', { url: 'http://127.0.0.1:9/dav/', username: 'u', password: plant() }],
  ['ftp', { protocol: 'ftp', host: '127.0.0.1', port: 9, username: 'u', password: plant() }],
  ['sftp', { protocol: 'sftp', host: '127.0.0.1', port: 9, username: 'u', password: plant() }],
  ['azure_blob', { container: 'photos', connection_string: `DefaultEndpointsProtocol=http;AccountName=photos;AccountKey=${Buffer.from(plant()).toString('base64')};BlobEndpoint=http://127.0.0.1:9/photos;` }],
  ['gcs', { bucket: 'photos', endpoint: 'http://127.0.0.1:9', credentials_json: keyFile() }],
  ['odoo', { url: 'http://127.0.0.1:9', secret: plant() }],
]; // biome-ignore format: one line a kind

test('no planted secret is found again: not in logs, answers, error pages or the database', async () => {
  const database = await createTestDatabase('sqlite', { migrated: true });
  const lines: string[] = [];
  const logger = pino(
    { level: 'trace' },
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  let app: TestApp;
  const engine = { name: 'sqlite' as const, open: async () => app.db, place: async () => database };
  app = await startApp(engine, {
    logger,
    settings: {
      RETRY_SCHEDULE: '0.01',
      SMTP_URL: `smtp://u:${plant()}@127.0.0.1:9`,
      MAIL_FROM: 'a@b.example',
    },
  });
  onTestFinished(() => database.cleanup());
  const answers: string[] = [];
  const call: TestApp['call'] = async (...args) => {
    const answer = await app.call(...args);
    answers.push(
      `${answer.status} ${JSON.stringify([...answer.headers])} ${answer.bytes.toString('latin1')}`,
    );
    return answer;
  };
  const stem = `/projects/${app.project.id}`;

  const destinations: string[] = [];
  for (const [type, config] of kinds()) {
    const made = await call('POST', `${stem}/destinations`, { body: { type, name: type, config } });
    expect(made.status, `${type}: ${made.bytes}`).toBe(201);
    destinations.push(made.body.id);
    await call('POST', `${stem}/destinations/${made.body.id}/test`);
    await call('GET', `${stem}/destinations/${made.body.id}`);
    // A change that is refused must not repeat what it was given.
    await call('PATCH', `${stem}/destinations/${made.body.id}`, {
      body: { config: { ...config, password: plant(), unknown: plant() } },
    });
  }
  await call('GET', `${stem}/destinations`);
  const password = plant();
  const { body: session } = await call('POST', '/upload-sessions', {
    body: { destination_ids: destinations, password },
  });
  const photo = photoForm(await makeJpeg());
  await call('POST', `/upload/${session.uuid}/images`, {
    key: null,
    body: photo,
    headers: { 'x-session-password': plant() },
  });
  const good = { key: null, body: photoForm(await makeJpeg()), headers: { 'x-session-password': password } };
  expect((await call('POST', `/upload/${session.uuid}/images`, good)).status).toBe(201);
  await call('POST', `/upload-sessions/${session.uuid}/verify-password`, { body: { password: plant() } });
  const failed = async () => {
    const rows = await app.db.read.selectFrom('deliveries').select('status').execute();
    return rows.length === destinations.length && rows.every((row) => row.status === 'failed');
  };
  await until(failed, 'all deliveries to fail');
  await call('GET', `/upload-sessions/${session.uuid}/delivery-status`);
  await call('GET', `${stem}/deliveries`);

  // Credentials that open nothing, in every place where one may stand; bodies that are no JSON; unknown paths.
  for (const key of [plant(), `aptr_live_${plant()}`]) {
    await call('GET', '/upload-sessions', { key });
    await call('GET', `/upload-sessions/${session.uuid}/events?token=${key}`, { key: null });
  }
  await call('POST', '/upload-sessions', {
    body: `{"password": "${plant()}"`,
    headers: { 'content-type': 'application/json' },
  });
  await call('POST', '/upload-sessions', { body: { password: { nested: plant() }, max_images: plant() } });
  await call('GET', `/nothing/${plant().slice(0, 4)}`, { headers: { cookie: `apertur=${plant()}` } });
  for (const page of [`/u/${session.uuid}`, '/u/unknown', '/openapi.json', '/ready']) {
    answers.push(await (await fetch(`${app.origin}${page}`)).text());
  }
  const ownKeys = [app.project.live, app.project.test, app.project.webhookSecret];
  const files = readdirSync(path.dirname(database.file!), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /apertur\.db/.test(entry.name))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)).toString('latin1'));
  await app.stop();

  expect(lines.length).toBeGreaterThan(5);
  expect(secrets.length).toBeGreaterThan(15);
  expect(files.length).toBeGreaterThan(0);
  const places: Record<string, string[]> = { logs: lines, answers, database: files };
  for (const [place, texts] of Object.entries(places)) {
    const whole = texts.join('\n');
    const forms = [...secrets, ...ownKeys].flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ]);
    expect(
      forms.filter((form) => whole.includes(form)),
      place,
    ).toEqual([]);
  }
});
