/** Contract §3.2 and §10: encrypted uploads, in the form of every published client, and the keys that open them. */
import { generateKeyPairSync } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { forgetPeak, peakBytes, residentBytes } from '../../bench/process-tree.ts';
import { keyCommand } from '../../src/commands/key.ts';
import { rotateServerKey, tendServerKeys } from '../../src/images/server-key.ts';
import { type Answer, eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import { type SdkUpload, type Sealed, sdks, seal } from '../helpers/encrypt.ts';
import { makeBomb, makeHeic, makeJpeg, makePng, makeWebp, noise } from '../helpers/pictures.ts';
import { startProduct } from '../helpers/product.ts';

const algorithm = 'RSA-OAEP+AES-256-GCM';
const stranger = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey;

async function session(app: TestApp, body: unknown = { max_images: 100 }): Promise<string> {
  return (await app.call('POST', '/upload-sessions', { body })).body.id;
}

const serverKey = async (app: TestApp): Promise<string> =>
  (await app.call('GET', '/encryption/server-key', { key: null })).body.publicKey;

function send(
  app: TestApp,
  id: string,
  { contentType, body }: SdkUpload,
  header: string | null = 'default',
): Promise<Answer> {
  return app.call('POST', `/upload/${id}/images`, {
    key: null,
    body,
    headers: { 'content-type': contentType, ...(header === null ? {} : { 'X-Aptr-Encrypted': header }) },
  });
}

const asJson = (members: unknown): SdkUpload => ({
  contentType: 'application/json',
  body: Buffer.from(JSON.stringify(members)),
});

async function stored(app: TestApp, id: string) {
  const row = await app.db.read
    .selectFrom('images')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const bytes = Buffer.concat(await (await app.storage.open(row.storage_key)).toArray());
  return { row, bytes };
}

/** Every file under the storage of the app: nothing half-written and nothing that waited may stay. */
async function files(app: TestApp): Promise<string[]> {
  const all = await readdir(app.config.dataDir, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && !/^(apertur\.db|secret\.key)/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const outcome = ({ status, body }: Answer): [number, string | undefined] => [status, body?.code];

eachApp('encrypted uploads', (start, engine) => {
  test.each(sdks)('§17.17 $name', async (sdk) => {
    const app = await start();
    const id = await session(app);
    const key = await serverKey(app);
    const photos: [Buffer, string][] = [
      [await makeJpeg({ bytes: 300_001 }), 'image/jpeg'],
      [await makePng(), 'image/png'],
      [await makeWebp(), 'image/webp'],
      [makeHeic(), 'image/heic'],
    ];
    for (const [photo, mimeType] of photos) {
      const answer = await send(app, id, sdk.encode(photo, 'Dach über Süd.jpg', key));
      expect([answer.status, answer.body]).toEqual([
        201,
        {
          id: expect.stringMatching(/^img_/),
          filename: sdk.tellsName ? 'Dach über Süd.jpg' : 'image.jpg',
          size_bytes: photo.length,
          destinations: 0,
          long_polling: false,
        },
      ]);
      const { row, bytes } = await stored(app, answer.body.id);
      expect(bytes.equals(photo)).toBe(true);
      expect(row).toMatchObject({ mime_type: mimeType, source: sdk.source, is_encrypted: 1 });
    }
    const { body: list } = await app.call('GET', '/uploads/recent');
    expect(list.map((upload: { isEncrypted: boolean }) => upload.isEncrypted)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('every path takes them, and nothing that waited stays', async () => {
    const app = await start();
    const id = await session(app);
    const key = await serverKey(app);
    const photo = await makeJpeg({ bytes: 200_000 });
    for (const where of [`/v1/upload/${id}/images`, `/api/v1/sessions/${id}/upload`]) {
      for (const sdk of sdks) {
        const { contentType, body } = sdk.encode(photo, 'roof.jpg', key);
        const headers = { 'content-type': contentType, 'X-Aptr-Encrypted': 'default' };
        expect([sdk.name, (await app.call('POST', where, { body, headers })).status]).toEqual([
          sdk.name,
          201,
        ]);
      }
    }
    expect(await files(app)).toHaveLength(2 * sdks.length);
  });

  test('the header: any case, and no value but ours', async () => {
    const app = await start();
    const id = await session(app);
    const upload = asJson({ ...seal(await makeJpeg(), await serverKey(app)), algorithm });
    for (const good of ['default', 'DEFAULT', 'Default', ' default ']) {
      expect([good, (await send(app, id, upload, good)).status]).toEqual([good, 201]);
    }
    for (const bad of ['true', '1', 'aes', 'default, default', 'e2e', 'e2ee', 'none', 'false']) {
      expect([bad, ...outcome(await send(app, id, upload, bad))]).toEqual([bad, 400, 'VALIDATION_ERROR']);
    }
  });

  test('whatever is wrong with the sealed photo, the answer is one and the same', async () => {
    const app = await start();
    const id = await session(app);
    const key = await serverKey(app);
    const photo = await makeJpeg({ bytes: 100_000 });
    const good = seal(photo, key);
    const flip = (text: string, at: number): string => {
      const bytes = Buffer.from(text, 'base64');
      bytes[at < 0 ? bytes.length + at : at]! ^= 1;
      return bytes.toString('base64');
    };
    const other = seal(photo, key);
    const { encryptedKey, iv, encryptedData } = good;
    const wrong: [string, Partial<Sealed>][] = [
      ['a key for somebody else', seal(photo, stranger)],
      ['a damaged key', { ...good, encryptedKey: flip(encryptedKey, 10) }],
      ['a short key', { ...good, encryptedKey: encryptedKey.slice(0, 100) }],
      ['an empty key', { ...good, encryptedKey: '' }],
      ['a key that is no base64', { ...good, encryptedKey: 'ß'.repeat(344) }],
      ['the key of another photo', { ...good, encryptedKey: other.encryptedKey }],
      ['a damaged photo', { ...good, encryptedData: flip(encryptedData, 5_000) }],
      ['a damaged tag', { ...good, encryptedData: flip(encryptedData, -1) }],
      ['a photo that is cut short', { ...good, encryptedData: encryptedData.slice(0, 40_000) }],
      ['less than a tag', { ...good, encryptedData: 'AAAA' }],
      ['nothing', { ...good, encryptedData: '' }],
      ['a photo that is no base64', { ...good, encryptedData: `#${encryptedData}` }],
      ['another vector', { ...good, iv: other.iv }],
      ['a short vector', { ...good, iv: iv.slice(0, 8) }],
      ['a long vector', { ...good, iv: `${iv}AAAA` }],
      ['no vector', { ...good, iv: '' }],
    ];
    const answers: string[] = [];
    for (const [what, members] of wrong) {
      // With the key before the photo, and after it.
      for (const body of [{ ...members, algorithm }, reversed(members)]) {
        const answer = await send(app, id, asJson(body));
        expect([what, ...outcome(answer)]).toEqual([what, 400, 'DECRYPTION_FAILED']);
        answers.push(answer.bytes.toString());
      }
    }
    expect(new Set(answers).size).toBe(1);
    expect((await app.call('GET', `/sessions/${id}`)).body.imagesUploaded).toBe(0);
    expect(await until(async () => (await files(app)).length === 0 && 'clean')).toBe('clean');
  });

  test('what is no envelope is refused by name', async () => {
    const app = await start();
    const id = await session(app);
    const { encryptedKey, iv, encryptedData } = seal(await makeJpeg(), await serverKey(app));
    const whole = { encryptedKey, iv, encryptedData, algorithm };
    const cases: [unknown, number, string, string][] = [
      [{ iv, encryptedData }, 400, 'VALIDATION_ERROR', 'encryptedKey'],
      [{ encryptedKey, encryptedData }, 400, 'VALIDATION_ERROR', 'iv'],
      [{ encryptedKey: null, iv, encryptedData }, 400, 'VALIDATION_ERROR', 'encryptedKey'],
      [{ encryptedKey: 7, iv, encryptedData }, 400, 'VALIDATION_ERROR', 'encryptedKey'],
      [{ encryptedKey, iv }, 400, 'VALIDATION_ERROR', 'encryptedData'],
      [{}, 400, 'VALIDATION_ERROR', 'encryptedData'],
      [
        { encryptedKey, iv, encryptedData, algorithm: 'RSA-OAEP+AES-256-CBC' },
        400,
        'VALIDATION_ERROR',
        'algorithm',
      ],
      [{ algorithm: 'none', encryptedKey, iv, encryptedData }, 400, 'VALIDATION_ERROR', 'algorithm'],
      [{ ...whole, encrypted_data: encryptedData }, 400, 'VALIDATION_ERROR', 'once'],
      [[], 400, 'INVALID_JSON', 'JSON'],
      ['text', 400, 'INVALID_JSON', 'JSON'],
    ];
    for (const [members, status, code, word] of cases) {
      const answer = await send(app, id, asJson(members));
      expect([members, ...outcome(answer)]).toEqual([members, status, code]);
      expect(answer.body.message).toContain(word);
    }
    for (const body of ['', '{', '{"encryptedData":"AAAA', '{"encryptedData":AAAA}', '\u0000', '<xml/>']) {
      const answer = await send(app, id, { contentType: 'application/json', body: Buffer.from(body) });
      expect([body, ...outcome(answer)]).toEqual([body, 400, 'INVALID_JSON']);
    }
    // A photo that is not encrypted, although the header says so.
    const plain = await app.call('POST', `/upload/${id}/images`, {
      key: null,
      body: photoForm(await makeJpeg()),
      headers: { 'X-Aptr-Encrypted': 'default' },
    });
    expect(outcome(plain)).toEqual([400, 'INVALID_JSON']);
    expect((await send(app, id, asJson({ ...whole, algorithm: undefined }))).status).toBe(201);
    expect((await send(app, id, asJson({ ...whole, algorithm: null, extra: [1, { a: '}' }] }))).status).toBe(
      201,
    );
  });

  test('rule 7: JSON without the header is an envelope, or 415; rule 8: an envelope as a plain photo is 415', async () => {
    const app = await start();
    const id = await session(app);
    const upload = asJson({ ...seal(await makeJpeg(), await serverKey(app)), algorithm });
    const answer = await send(app, id, upload, null);
    expect(answer.status).toBe(201);
    expect((await stored(app, answer.body.id)).row.is_encrypted).toBe(1);
    for (const other of [{}, { photo: 'AAAA' }, { encryptedKey: 'AAAA', iv: 'AAAA' }]) {
      expect(outcome(await send(app, id, asJson(other), null))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
    for (const sdk of sdks.filter(({ name }) => /\([CD]\)/.test(name))) {
      const form = sdk.encode(await makeJpeg(), 'roof.jpg', await serverKey(app));
      expect([sdk.name, ...outcome(await send(app, id, form, null))]).toEqual([
        sdk.name,
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ]);
    }
    for (const contentType of ['text/plain', 'application/octet-stream', 'image/jpeg']) {
      const raw = await send(app, id, { contentType, body: await makeJpeg() });
      expect([contentType, ...outcome(raw)]).toEqual([contentType, 415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
  });

  test('§17.18 limits are those of the photo, not of what it travels in', async () => {
    const app = await start();
    const limit = 1024 * 1024;
    const id = await session(app, {
      max_images: 100,
      max_image_size_mb: 1,
      max_image_dimension: 1_000,
      allowed_mime_types: ['image/jpeg'],
    });
    const key = await serverKey(app);
    const [exact, over] = [await makeJpeg({ bytes: limit }), await makeJpeg({ bytes: limit + 1 })];
    const others: [Buffer, number, string][] = [
      [await makePng(), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [noise(5_000), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [Buffer.alloc(0), 400, 'IMAGE_UNREADABLE'],
      [await makeJpeg({ width: 1_001, height: 8 }), 400, 'IMAGE_DIMENSION_EXCEEDED'],
      [exact.subarray(0, 5_000), 400, 'IMAGE_UNREADABLE'],
    ];
    for (const sdk of sdks) {
      const answer = await send(app, id, sdk.encode(exact, 'roof.jpg', key));
      expect([sdk.name, answer.status, answer.body.size_bytes]).toEqual([sdk.name, 201, limit]);
      expect([sdk.name, ...outcome(await send(app, id, sdk.encode(over, 'roof.jpg', key)))]).toEqual([
        sdk.name,
        413,
        'FILE_TOO_LARGE',
      ]);
      for (const [photo, status, code] of others) {
        expect([sdk.name, ...outcome(await send(app, id, sdk.encode(photo, 'x.jpg', key)))]).toEqual([
          sdk.name,
          status,
          code,
        ]);
      }
    }
    // What only fills the document has an end too.
    const filled = `{"filler":${' '.repeat(2 * limit)}1}`;
    const answer = await send(app, id, { contentType: 'application/json', body: Buffer.from(filled) });
    expect(outcome(answer)).toEqual([413, 'FILE_TOO_LARGE']);
    const open = await session(app);
    const bomb = await send(app, open, asJson(seal(makeBomb(), key)));
    expect(outcome(bomb)).toEqual([400, 'IMAGE_DIMENSION_EXCEEDED']);
    const large = await makeJpeg({ bytes: 12_000_000 });
    expect((await send(app, open, asJson(seal(large, key)))).body.size_bytes).toBe(12_000_000);
  });

  describe('the server key (§10)', () => {
    test('one key on both paths, in both spellings, and in the session', async () => {
      const app = await start();
      const id = await session(app);
      const answer = await app.call('GET', '/encryption/server-key', { key: null });
      expect(answer.body.publicKey).toMatch(
        /^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/,
      );
      expect(answer.body).toEqual({ publicKey: answer.body.publicKey, public_key: answer.body.publicKey });
      expect((await app.call('GET', '/v1/encryption/key')).body).toEqual(answer.body);
      expect((await app.call('GET', `/upload/${id}/session`)).body.serverPublicKey).toBe(
        answer.body.publicKey,
      );
      const rows = await app.db.read.selectFrom('server_keys').selectAll().execute();
      expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
    });

    test('after a rotation the new key is shown, and the old one opens for eight days', async () => {
      let time = Date.parse('2026-03-02T08:15:30.250Z');
      const app = await start({ clock: { now: () => time } });
      const body = { max_images: 100, expires_in_hours: 168 };
      const id = await session(app, body);
      const photo = await makeJpeg();
      const first = await serverKey(app);
      time += 1_000;
      const second = await rotateServerKey(app);
      expect(await until(async () => (await serverKey(app)) === second && 'shown')).toBe('shown');
      expect((await app.call('GET', `/sessions/${id}`)).body.serverPublicKey).toBe(second);
      const status = async (key: string, oaepHash: 'sha256' | 'sha1' = 'sha256', to = id) =>
        (await send(app, to, asJson(seal(photo, key, oaepHash)))).status;
      for (const key of [first, second]) {
        expect([await status(key), await status(key, 'sha1')]).toEqual([201, 201]);
      }
      const day = 24 * 3_600_000;
      time += 7 * day - 10_000;
      expect(await tendServerKeys(app, 90 * day)).toBe(0);
      expect(await status(first)).toBe(201);
      time += day + 20_000;
      const later = await session(app, body);
      expect(await tendServerKeys(app, 90 * day)).toBe(1);
      expect(await status(first, 'sha256', later)).toBe(400);
      expect(await status(second, 'sha256', later)).toBe(201);
      // By age: only when the newest is older than that, and never with 0.
      time += 90 * day;
      expect(await tendServerKeys(app, 0)).toBe(0);
      const keys = async () => (await app.db.read.selectFrom('server_keys').selectAll().execute()).length;
      expect(await keys()).toBe(1);
      await tendServerKeys(app, 90 * day);
      await tendServerKeys(app, 90 * day);
      expect(await keys()).toBe(2);
      await until(async () => (await serverKey(app)) !== second, 'the new key to be shown');
      expect(await status(second, 'sha256', await session(app, body))).toBe(201);
    });

    test('apertur key rotate-server works beside a running server', async () => {
      let time = Date.now();
      const app = await start({ clock: { now: () => time } });
      const id = await session(app);
      const before = await serverKey(app);
      time += 1_000;
      expect(await keyCommand(app.config, ['rotate-server'])).toBe(0);
      time += 5_000;
      const after = await until(async () => {
        const key = await serverKey(app);
        return key !== before && key;
      }, 'the new key to be shown');
      const photo = await makeJpeg();
      for (const key of [before, after]) {
        expect((await send(app, id, asJson(seal(photo, key)))).status).toBe(201);
      }
    });

    if (engine.name === 'postgres') {
      test('a key that one process made is opened by another at once', async () => {
        const settings = { SECRET_KEY: '5e'.repeat(32) };
        const one = await start({ settings });
        const two = await start({ settings: { ...settings, DATABASE_URL: one.config.databaseUrl! } });
        const id = await session(one);
        const key = await rotateServerKey(one);
        expect((await send(two, id, asJson(seal(await makeJpeg(), key)))).status).toBe(201);
        expect(await until(async () => (await serverKey(two)) === key && 'shown')).toBe('shown');
      });
    }
  });
});

describe('memory', () => {
  test('six photos of 40 MB at once, whatever the order of their members, do not wait in memory', {
    timeout: 240_000,
  }, async () => {
    const product = await startProduct({ command: 'serve' });
    onTestFinished(() => product.remove());
    const { key } = await product.createKey();
    const api = `${product.url}/api/v1`;
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const made = await fetch(`${api}/upload-sessions`, {
      method: 'POST',
      headers,
      body: '{"max_images":50}',
    });
    const { id } = (await made.json()) as { id: string };
    const { publicKey } = (await (await fetch(`${api}/encryption/server-key`)).json()) as {
      publicKey: string;
    };
    const megabyte = 1024 * 1024;
    const upload = async (document: string): Promise<number> => {
      const answer = await fetch(`${api}/upload/${id}/images`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'X-Aptr-Encrypted': 'default' },
        body: document,
      });
      return answer.status;
    };
    // Once beforehand, so that what every program takes at its first request does not count.
    const small = seal(await makeJpeg(), publicKey);
    expect([await upload(JSON.stringify(small)), await upload(JSON.stringify(reversed(small)))]).toEqual([
      201, 201,
    ]);
    const sealed = seal(await makeJpeg({ bytes: 40 * megabyte }), publicKey);
    for (const document of [JSON.stringify(sealed), JSON.stringify(reversed(sealed))]) {
      const before = residentBytes(product.pid);
      forgetPeak(product.pid);
      const statuses = await Promise.all(Array.from({ length: 6 }, () => upload(document)));
      expect(statuses).toEqual(Array(6).fill(201));
      const grown = Math.round((peakBytes(product.pid) - before) / megabyte);
      // Together they are 320 MB on the line, and 240 MB of photos.
      expect(grown, 'megabytes grown').toBeLessThan(200);
    }
  });
});

/** The same members, the photo first and the key last. */
function reversed(members: Partial<Sealed>): Partial<Sealed> {
  return Object.fromEntries(Object.entries(members).reverse());
}
