/** End-to-end encryption (contract §2.3, §3.2; docs/encryption.md): what only the project can open. */
import { createHash, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { decryptCommand } from '../../src/commands/decrypt.ts';
import { type Answer, eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import { seal } from '../helpers/encrypt.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const algorithm = 'RSA-OAEP+AES-256-GCM';
const type = 'application/vnd.apertur.e2e+json';

function makePair(modulusLength = 2048) {
  return generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

const pair = makePair();
const other = makePair(3072);
const keyId = createHash('sha256')
  .update(createPublicKey(pair.publicKey).export({ type: 'spki', format: 'der' }))
  .digest('hex');

/** What the phone page does, with the tools of a browser: the steps of docs/encryption.md. */
async function sealInBrowser(
  photo: Buffer,
  pem: string,
  members: Record<string, string> = {},
): Promise<string> {
  const { subtle } = webcrypto;
  const der = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, '')), (unit) => unit.charCodeAt(0));
  const hash = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const publicKey = await subtle.importKey('spki', der, hash, false, ['wrapKey']);
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const iv = webcrypto.getRandomValues(new Uint8Array(12));
  const encryptedData = await subtle.encrypt({ name: 'AES-GCM', iv }, key, photo);
  const encryptedKey = await subtle.wrapKey('raw', key, publicKey, 'RSA-OAEP');
  const base64 = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as ArrayBuffer).toString('base64');
  const id = createHash('sha256').update(der).digest('hex');
  return JSON.stringify({
    algorithm,
    keyId: id,
    encryptedKey: base64(encryptedKey),
    iv: base64(iv),
    ...members,
    encryptedData: base64(encryptedData),
  });
}

const put = (app: TestApp, body: unknown) => app.call('PUT', `/projects/${app.project.id}/e2e-key`, { body });

const session = async (app: TestApp, body: unknown = {}): Promise<string> =>
  (await app.call('POST', '/upload-sessions', { body })).body.id;

const view = async (app: TestApp, id: string) => {
  const { e2eEnabled, e2ePublicKey, e2eDowngraded, e2eRequired } = (
    await app.call('GET', `/upload/${id}/session`, { key: null })
  ).body;
  return { e2eEnabled, e2ePublicKey, e2eDowngraded, e2eRequired };
};

const sendJson = (app: TestApp, id: string, document: string) =>
  app.call('POST', `/upload/${id}/images`, {
    key: null,
    body: document,
    headers: { 'content-type': 'application/json', 'X-Aptr-Encrypted': 'e2e' },
  });

const sendForm = (app: TestApp, id: string, document: string, fields = {}) =>
  app.call('POST', `/upload/${id}/images`, {
    key: null,
    body: photoForm(Buffer.from(document), { type: 'application/octet-stream', ...fields }),
    headers: { 'X-Aptr-Encrypted': 'E2E' },
  });

const outcome = ({ status, body }: Answer): [number, string | undefined] => [status, body?.code];

async function folder(): Promise<string> {
  const place = await mkdtemp(path.join(tmpdir(), 'apertur-e2e-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  return place;
}

eachApp('end-to-end encryption', (start) => {
  test('a project registers its public key, and the session tells the truth about it', async () => {
    const app = await start();
    const id = await session(app);
    const where = `/projects/${app.project.id}/e2e-key`;
    const off = { e2eEnabled: false, e2ePublicKey: null, e2eDowngraded: false, e2eRequired: false };
    expect(await view(app, id)).toEqual(off);
    expect(outcome(await app.call('GET', where))).toEqual([404, 'NOT_FOUND']);
    const set = await put(app, { publicKey: pair.publicKey });
    expect([set.status, set.body]).toEqual([
      200,
      { publicKey: pair.publicKey, keyId, required: true, enabled: true },
    ]);
    expect((await app.call('GET', where)).body).toEqual(set.body);
    expect(await view(app, id)).toEqual({
      e2eEnabled: true,
      e2ePublicKey: pair.publicKey,
      e2eDowngraded: false,
      e2eRequired: true,
    });
    expect((await put(app, { public_key: pair.publicKey, required: false })).body.required).toBe(false);
    expect((await view(app, id)).e2eRequired).toBe(false);

    // A plan without it: the wish stands, and the session says that it is not met.
    await put(app, { publicKey: pair.publicKey });
    await app.call('PUT', `/projects/${app.project.id}/plan`, { body: { plan: 'pro' } });
    expect(await view(app, id)).toEqual({ ...off, e2eDowngraded: true });
    expect((await app.call('GET', where)).body).toMatchObject({ required: true, enabled: false });
    const plain = await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) });
    expect(plain.status).toBe(201);
    await app.call('PUT', `/projects/${app.project.id}/plan`, { body: { plan: 'business' } });
    expect((await view(app, id)).e2eEnabled).toBe(true);

    expect((await app.call('DELETE', where)).status).toBe(204);
    expect(await view(app, id)).toEqual(off);
    const foreign = (await app.addProject('Other')).live;
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { publicKey: pair.publicKey } : undefined;
      expect(outcome(await app.call(method, where, { key: foreign, body }))).toEqual([403, 'FORBIDDEN']);
    }
  });

  test('a key that would not do is refused', async () => {
    const app = await start();
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    for (const [publicKey, word] of [
      [pair.privateKey, 'private'],
      [makePair(1024).publicKey, '2048'],
      [elliptic.export({ type: 'spki', format: 'pem' }).toString(), '2048'],
      ['nonsense', 'PEM'],
      ['', 'PEM'],
    ] as const) {
      const answer = await put(app, { publicKey });
      expect(outcome(answer)).toEqual([400, 'VALIDATION_ERROR']);
      expect(answer.body.message).toContain(word);
      expect(answer.body.message).not.toContain('BEGIN PRIVATE');
    }
    expect(outcome(await put(app, {}))).toEqual([400, 'VALIDATION_ERROR']);
    const rows = await app.db.read.selectFrom('projects').select('e2e_public_key').execute();
    expect(rows.every((row) => row.e2e_public_key === null)).toBe(true);
  });

  test('what is stored and delivered is the envelope as it came, and nothing else', async () => {
    const place = await folder();
    const app = await start({ settings: { LOCAL_ROOTS: place } });
    await put(app, { publicKey: pair.publicKey });
    const { body: destination } = await app.call('POST', `/projects/${app.project.id}/destinations`, {
      body: { type: 'local', name: 'here', config: { path: place, filename: '{image_index}.{ext}' } },
    });
    const id = await session(app, { destination_ids: [destination.id], long_polling: true });
    const photo = await makeJpeg({ bytes: 150_000 });
    const documents = [
      await sealInBrowser(photo, pair.publicKey, { filename: 'Dach.jpg', source: 'gallery' }),
      await sealInBrowser(photo, pair.publicKey),
      JSON.stringify({ ...seal(photo, pair.publicKey), algorithm }, null, 2),
    ];
    const answers = [
      await sendJson(app, id, documents[0]!),
      await sendForm(app, id, documents[1]!, { filename: 'Süd.jpg.enc', source: 'camera' }),
      await sendJson(app, id, documents[2]!),
    ];
    const names = ['Dach.jpg.enc', 'Süd.jpg.enc', 'image.jpg.enc'];
    for (const [index, answer] of answers.entries()) {
      const document = Buffer.from(documents[index]!);
      expect([answer.status, answer.body.filename, answer.body.size_bytes]).toEqual([
        201,
        names[index],
        document.length,
      ]);
      const download = await app.call('GET', `/uploads/${answer.body.id}/download`);
      expect(download.bytes.equals(document)).toBe(true);
      expect(download.headers.get('content-type')).toContain(type);
      const { body: row } = await app.call('GET', `/uploads/${answer.body.id}`);
      expect(row).toMatchObject({ isEncrypted: true, mimeType: type, sizeBytes: document.length });
      const stored = await app.db.read
        .selectFrom('images')
        .selectAll()
        .where('id', '=', answer.body.id)
        .executeTakeFirstOrThrow();
      expect(stored.sha256).toBe(createHash('sha256').update(document).digest('hex'));
    }
    const delivered = await until(async () => {
      const found = (await readdir(place, { recursive: true })).filter((name) => name.endsWith('.enc'));
      return found.length === 3 && found;
    }, 'three envelopes');
    const contents = await Promise.all(delivered.map((name) => readFile(path.join(place, name), 'utf8')));
    expect(contents.sort()).toEqual([...documents].sort());
    const { body: polled } = await app.call('GET', `/upload-sessions/${id}/poll`);
    expect(polled.images.map((image: { mime_type: string }) => image.mime_type)).toEqual([type, type, type]);
  });

  test('photos that we could read are refused where the project says so', async () => {
    const app = await start();
    const id = await session(app);
    const photo = await makeJpeg();
    const serverKey = (await app.call('GET', '/encryption/server-key')).body.publicKey;
    const plain = () => app.call('POST', `/upload/${id}/images`, { key: null, body: photoForm(photo) });
    const forServer = () =>
      app.call('POST', `/upload/${id}/images`, {
        key: null,
        body: { ...seal(photo, serverKey), algorithm },
        headers: { 'X-Aptr-Encrypted': 'default' },
      });
    const sealed = await sealInBrowser(photo, pair.publicKey);
    expect(outcome(await sendJson(app, id, sealed))).toEqual([400, 'VALIDATION_ERROR']);
    await put(app, { publicKey: pair.publicKey });
    expect(outcome(await plain())).toEqual([400, 'E2E_REQUIRED']);
    expect(outcome(await forServer())).toEqual([400, 'E2E_REQUIRED']);
    expect((await sendJson(app, id, sealed)).status).toBe(201);
    await put(app, { publicKey: pair.publicKey, required: false });
    for (const answer of [await plain(), await forServer(), await sendJson(app, id, sealed)]) {
      expect(answer.status).toBe(201);
    }
  });

  test('an envelope that could never be opened is refused while the phone has the photo', async () => {
    const app = await start();
    await put(app, { publicKey: pair.publicKey });
    const id = await session(app, { max_image_size_mb: 1 });
    const good = JSON.parse(await sealInBrowser(await makeJpeg(), pair.publicKey));
    for (const [change, word] of [
      [{ encryptedKey: undefined }, 'encryptedKey'],
      [{ encryptedKey: 'AAAA' }, 'encryptedKey'],
      [{ encryptedKey: '#' }, 'encryptedKey'],
      [{ iv: undefined }, 'iv'],
      [{ iv: 'AAAA' }, 'iv'],
      [{ encryptedData: undefined }, 'encryptedData'],
      [{ encryptedData: '' }, 'encryptedData'],
      [{ encryptedData: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'encryptedData'],
      [{ algorithm: 'none' }, 'algorithm'],
      [{ keyId: 'mine' }, 'keyId'],
    ] as const) {
      const answer = await sendJson(app, id, JSON.stringify({ ...good, ...change }));
      expect([change, ...outcome(answer)]).toEqual([change, 400, 'VALIDATION_ERROR']);
      expect(answer.body.message).toContain(word);
    }
    expect(outcome(await sendJson(app, id, JSON.stringify(good).slice(0, -1)))).toEqual([
      400,
      'INVALID_JSON',
    ]);
    expect(outcome(await sendForm(app, id, 'not json'))).toEqual([400, 'INVALID_JSON']);
    const limit = 1024 * 1024;
    const exact = await sealInBrowser(await makeJpeg({ bytes: limit }), pair.publicKey);
    const over = await sealInBrowser(await makeJpeg({ bytes: limit + 1 }), pair.publicKey);
    expect(outcome(await sendJson(app, id, over))).toEqual([413, 'FILE_TOO_LARGE']);
    expect((await sendJson(app, id, exact)).status).toBe(201);
    expect((await app.call('GET', `/sessions/${id}`)).body.imagesUploaded).toBe(1);
  });

  test('in test mode there is no mark, because nobody can draw it', async () => {
    const app = await start();
    await put(app, { publicKey: pair.publicKey });
    const { body } = await app.call('POST', '/upload-sessions', { key: app.project.test });
    const document = await sealInBrowser(await makeJpeg(), pair.publicKey);
    const sent = await sendJson(app, body.id, document);
    expect([sent.status, sent.body]).toEqual([201, expect.anything()]);
    const download = await app.call('GET', `/uploads/${sent.body.id}/download`, { key: app.project.test });
    expect(download.bytes.toString()).toBe(document);
  });
});

describe('apertur decrypt', () => {
  async function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
    const out = vi.spyOn(console, 'log').mockImplementation(() => {});
    const err = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      const code = await decryptCommand(args);
      const text = (spy: typeof out) => spy.mock.calls.map((call) => String(call[0])).join('\n');
      return { code, out: text(out), err: text(err as typeof out) };
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  }

  async function prepared() {
    const place = await folder();
    const file = (name: string) => path.join(place, name);
    await writeFile(file('private.pem'), pair.privateKey);
    await writeFile(file('other.pem'), other.privateKey);
    const photo = await makeJpeg({ bytes: 400_000 });
    return { file, photo, place };
  }

  test('opens what was delivered, under the name of the photo', async () => {
    const { file, photo } = await prepared();
    await writeFile(
      file('0.enc'),
      await sealInBrowser(photo, pair.publicKey, { filename: '../Dach über.jpg' }),
    );
    // Its key comes last.
    const { encryptedKey, iv, encryptedData } = seal(photo, pair.publicKey);
    await writeFile(file('image.jpg.enc'), JSON.stringify({ encryptedData, iv, encryptedKey }, null, 1));
    const done = await run([
      '--key',
      file('private.pem'),
      '--out',
      file('open'),
      file('0.enc'),
      file('image.jpg.enc'),
    ]);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect((await readdir(file('open'))).sort()).toEqual(['Dach über.jpg', 'image.jpg']);
    for (const name of ['Dach über.jpg', 'image.jpg']) {
      expect((await readFile(path.join(file('open'), name))).equals(photo)).toBe(true);
    }
  });

  test('tries every key, also one with a passphrase', async () => {
    const { file, photo } = await prepared();
    const locked = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' },
    });
    await writeFile(file('locked.pem'), locked.privateKey);
    await writeFile(file('word'), 'open sesame\n');
    await writeFile(file('a.enc'), await sealInBrowser(photo, locked.publicKey));
    const keys = ['--key', file('other.pem'), '--key', file('locked.pem'), '--out', file('open')];
    expect(await run([...keys, '--passphrase-file', file('word'), file('a.enc')])).toMatchObject({ code: 0 });
    expect((await readFile(path.join(file('open'), 'a'))).equals(photo)).toBe(true);
    await expect(run([...keys, file('a.enc')])).rejects.toThrow('passphrase');
  });

  test('says what could not be opened, and leaves nothing half-written', async () => {
    const { file, photo } = await prepared();
    const good = await sealInBrowser(photo, pair.publicKey, { filename: 'roof.jpg' });
    await writeFile(file('foreign.enc'), await sealInBrowser(photo, other.publicKey, { filename: 'x.jpg' }));
    await writeFile(file('damaged.enc'), good.replace(/"encryptedData":"..../, '"encryptedData":"AAAA'));
    await writeFile(file('cut.enc'), good.slice(0, 100_000));
    await writeFile(file('photo.jpg'), photo);
    await writeFile(file('good.enc'), good);
    const names = ['foreign.enc', 'damaged.enc', 'cut.enc', 'photo.jpg', 'missing.enc', 'good.enc'];
    const args = ['--key', file('private.pem'), '--out', file('open'), ...names.map(file)];
    const done = await run(args);
    expect(done.code).toBe(1);
    expect(done.err.split('\n')).toHaveLength(5);
    expect(done.err).toContain('foreign.enc: cannot be opened');
    expect(await readdir(file('open'))).toEqual(['roof.jpg']);
    // What is there is not replaced, unless that is said.
    const again = await run(['--key', file('private.pem'), '--out', file('open'), file('good.enc')]);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('--force')]);
    const force = ['--key', file('private.pem'), '--out', file('open'), '--force', file('good.enc')];
    expect((await run(force)).code).toBe(0);
    expect(await readdir(file('open'))).toEqual(['roof.jpg']);
    expect((await run([file('good.enc')])).code).toBe(2);
    expect((await run(['--key', file('private.pem')])).code).toBe(2);
    await expect(run(['--key', file('photo.jpg'), file('good.enc')])).rejects.toThrow('private key');
  });
});
