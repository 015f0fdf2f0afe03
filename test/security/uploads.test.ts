/** What a hostile phone may send: files that are something else, names that want to be paths or headers. */
import { readdirSync, readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { photoForm, startApp, type TestApp, until } from '../helpers/app.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeJpeg } from '../helpers/pictures.ts';

let app: TestApp;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('sqlite', { migrated: true });
  const engine = { name: 'sqlite' as const, open: async () => app.db, place: async () => database };
  app = await startApp(engine);
});

afterAll(async () => {
  await app?.stop();
  await database?.cleanup();
});

const newSession = async (body: Record<string, unknown> = {}): Promise<string> =>
  (await app.call('POST', '/upload-sessions', { body: { max_images: 50, ...body } })).body.uuid;

const send = (session: string, bytes: Buffer, fields: { filename?: string; type?: string } = {}) =>
  app.call('POST', `/upload/${session}/images`, { key: null, body: photoForm(bytes, fields) });

const script = '<script>fetch("/api/v1/keys")</script>';
const zip = Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\0\0'), Buffer.from(script)]);

const impostors: Record<string, Buffer> = {
  'an SVG with a script': Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`),
  'an SVG behind a byte order mark': Buffer.from(`\ufeff<?xml version="1.0"?><svg onload="alert(1)"/>`),
  'a page': Buffer.from(`<!doctype html>${script}`),
  'a script': Buffer.from('alert(1)'),
  'a zip': zip,
  'a PDF': Buffer.from('%PDF-1.7\n1 0 obj'),
  'a program': Buffer.from('MZ\x90\0\x03\0'),
  'another program': Buffer.from('\x7fELF\x02\x01\x01\0'),
  'a GIF that is a script': Buffer.from('GIF89a/*\0\0\0\0*/=1;alert(1)'),
  'a JPEG by its first bytes only': Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
    Buffer.from(script),
  ]),
  'a PNG by its first bytes only': Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    Buffer.from(script),
  ]),
  'a WebP by its first bytes only': Buffer.from(`RIFF\xff\0\0\0WEBP${script}`, 'latin1'),
};

test.each(Object.entries(impostors))('%s is refused, whatever it is called', async (_name, bytes) => {
  const session = await newSession();
  for (const [filename, type] of [
    ['photo.jpg', 'image/jpeg'],
    ['photo.svg', 'image/svg+xml'],
    ['photo.jpg.html', 'text/html'],
  ] as const) {
    const { status, body } = await send(session, bytes, { filename, type });
    expect([400, 415]).toContain(status);
    expect(['UNSUPPORTED_MEDIA_TYPE', 'IMAGE_UNREADABLE']).toContain(body.code);
  }
});

test('a photo with a zip or a page behind it stays a photo: its type comes from its bytes, and no browser runs it', async () => {
  const session = await newSession();
  const photo = await makeJpeg();
  // Behind the picture, and in a comment within it (a segment that every reader of JPEG skips).
  const comment = (text: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 255]), text]);
  const within = (text: Buffer): Buffer =>
    Buffer.concat([photo.subarray(0, 2), comment(text), photo.subarray(2)]);
  const both = (text: Buffer): Buffer[] => [Buffer.concat([photo, text]), within(text)];
  for (const bytes of [zip, Buffer.from(script)].flatMap(both)) {
    const sent = await send(session, bytes, { filename: 'x.html', type: 'text/html' });
    expect(sent.status).toBe(201);
    const got = await app.call('GET', `/uploads/${sent.body.id}/download`);
    const answer = got.status === 302 ? await fetch(new URL(got.headers.get('location')!, app.origin)) : got;
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(answer.headers.get('content-disposition') ?? '').not.toMatch(/[\r\n]/);
  }
});

const names = [
  '../../../../etc/cron.d/x', '..\\..\\windows\\x.jpg', '/etc/passwd', 'C:\\x.jpg', '....//....//x.jpg', '%2e%2e%2fx.jpg',
  '..', '.', '', 'a/../../b.jpg', 'x\0.jpg', '\u202egpj.exe', 'CON', 'nul.jpg', '-rf', '~/.ssh/authorized_keys', 'x'.repeat(400),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the name of such an attack begins like one
  'a\r\nX-Evil: 1.jpg', 'a\nX-Evil: 1', 'a"; filename="b.jpg', '<img src=x onerror=alert(1)>.jpg', '{session_id}.jpg', '${jndi}.jpg',
]; // biome-ignore format: a list to read at a glance

test('names that want to be paths stay inside the folder, and every photo arrives', async () => {
  const folder = path.join(app.config.dataDir, 'inbox');
  const made = await app.call('POST', `/projects/${app.project.id}/destinations`, {
    body: {
      type: 'local',
      name: 'inbox',
      config: { folder, path_template: '{tag.place}/{image_index}-{filename}' },
    },
  });
  expect(made.status, made.bytes.toString()).toBe(201);
  const session = await newSession({
    destination_ids: [made.body.id],
    tags: { place: '../../outside\r\nX-Evil: 1' },
  });
  let sent = 0;
  for (const [seed, filename] of names.entries()) {
    const { status } = await send(session, await makeJpeg({ seed: seed + 10 }), { filename });
    if (status === 201) sent += 1;
    else expect(status).toBe(400);
  }
  expect(sent).toBeGreaterThan(15);
  const settled = async (): Promise<boolean> => {
    const rows = await app.db.read
      .selectFrom('deliveries')
      .select('status')
      .where('destination_id', '=', made.body.id)
      .execute();
    return rows.length === sent && rows.every((row) => row.status === 'sent');
  };
  await until(settled, 'all photos');
  const arrived = filesBelow(app.config.dataDir).filter((file) => file.startsWith(folder));
  expect(arrived).toHaveLength(sent);
  for (const file of arrived) {
    expect(path.relative(folder, file).split(path.sep)).not.toContain('..');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these
    expect(path.relative(folder, file)).not.toMatch(/[\x00-\x1f\\:*?"<>|]/);
    expect(readFileSync(file).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  }
});

test('names and tags put no header of their own into a delivery', async () => {
  const heard: IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    heard.push(request.headers);
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const session = await newSession({
    delivery_mode: 'webhook',
    webhook_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    webhook_format: 'binary',
    tags: { 'a\r\nX-Evil': 'b\r\nX-Evil: 1', 'ü\u2028': '\u0000\u001b[2J' },
  });
  let sent = 0;
  for (const [seed, filename] of names.entries()) {
    const { status } = await send(session, await makeJpeg({ seed: seed + 60 }), { filename });
    if (status === 201) sent += 1;
  }
  await until(() => heard.length >= sent, 'all deliveries');
  for (const headers of heard) {
    expect(headers['x-evil']).toBeUndefined();
    for (const value of Object.values(headers).flat()) expect(value).toMatch(/^[\x20-\x7e]*$/);
  }
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
