/** Small pictures: `GET /uploads/{i}/thumbnail`, and what the lists say about them. */
import { generateKeyPairSync } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type Answer, eachApp, photoForm, type TestApp } from '../helpers/app.ts';
import { seal } from '../helpers/encrypt.ts';
import { makeHeic, makeJpeg, makePng, makeWebp } from '../helpers/pictures.ts';
import { encodeHeic } from '../helpers/real-heic.ts';

/** Left half red, right half blue; GPS and orientation as a phone writes them. */
function twoColours(width: number, height: number) {
  const half = { create: { width: width / 2, height, channels: 3 as const, background: 'red' } };
  return sharp({ create: { width, height, channels: 3, background: 'blue' } }).composite([
    { input: half, left: 0, top: 0 },
  ]);
}

async function receive(app: TestApp, photo: Buffer, key = app.project.live): Promise<string> {
  const { body: session } = await app.call('POST', '/upload-sessions', { key });
  const sent = await app.call('POST', `/upload/${session.id}/images`, { key: null, body: photoForm(photo) });
  expect(sent.status, JSON.stringify(sent.body)).toBe(201);
  return sent.body.id;
}

const outcome = ({ status, body }: Answer): [number, string] => [status, body?.code];

async function sizeOf(answer: Answer): Promise<[string, number, number]> {
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const { format, width, height } = await sharp(answer.bytes).metadata();
  expect(answer.headers.get('content-type')).toBe(`image/${format}`);
  return [format!, width!, height!];
}

/** What lies in the storage and is no photo. */
async function smallFiles(app: TestApp): Promise<string[]> {
  const all = await readdir(app.config.dataDir, { recursive: true });
  return all.filter((name) => /small-.*\/\d+\.(webp|jpeg)$/.test(name)).map((name) => path.basename(name));
}

eachApp('thumbnails', (start) => {
  test('are drawn in the size and format that was asked for, on every path, once', async () => {
    const app = await start();
    const id = await receive(app, await twoColours(1200, 800).jpeg().toBuffer());
    const get = (query = '', options = {}) => app.call('GET', `/uploads/${id}/thumbnail${query}`, options);
    expect(await sizeOf(await get())).toEqual(['jpeg', 320, 213]);
    expect(await sizeOf(await get('', { headers: { accept: 'image/avif,image/webp,*/*' } }))).toEqual([
      'webp',
      320,
      213,
    ]);
    expect(await sizeOf(await get('?size=100&format=webp'))).toEqual(['webp', 160, 107]);
    expect(await sizeOf(await get('?size=99999&format=jpeg'))).toEqual(['jpeg', 1200, 800]);
    expect(await sizeOf(await app.call('GET', `/v1/images/${id}/thumbnail?size=nonsense`))).toEqual([
      'jpeg',
      320,
      213,
    ]);
    expect((await smallFiles(app)).sort()).toEqual(['1280.jpeg', '160.webp', '320.jpeg', '320.webp']);
    // From the storage, not drawn anew.
    const [file] = (await readdir(app.config.dataDir, { recursive: true })).filter((name) =>
      name.endsWith('160.webp'),
    );
    await writeFile(path.join(app.config.dataDir, file!), 'kept');
    expect((await get('?size=160&format=webp')).bytes.toString()).toBe('kept');
  });

  test('are upright, tell no place, and come from every type of photo', async () => {
    const app = await start();
    const turned = await twoColours(600, 400)
      .withExif({ IFD0: { Orientation: '6' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 29/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const id = await receive(app, turned);
    const small = await app.call('GET', `/uploads/${id}/thumbnail`);
    expect(await sizeOf(small)).toEqual(['jpeg', 213, 320]);
    expect((await sharp(small.bytes).metadata()).exif).toBeUndefined();
    // Turned to the right, what was on the left is on top.
    const { data } = await sharp(small.bytes)
      .resize(1, 2, { fit: 'fill' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(data[0]! > 150 && data[2]! < 100 && data[3]! < 100 && data[5]! > 150).toBe(true);
    const heic = await encodeHeic(await twoColours(640, 400).jpeg().toBuffer());
    for (const photo of [await makePng(), await makeWebp(), heic]) {
      const answer = await app.call('GET', `/uploads/${await receive(app, photo)}/thumbnail?size=160`);
      expect(await sizeOf(answer)).toEqual(['jpeg', photo === heic ? 160 : 64, photo === heic ? 100 : 48]);
    }
  });

  test('open by signed link, and by no other', async () => {
    const app = await start();
    const id = await receive(app, await makeJpeg());
    const { body: row } = await app.call('GET', `/uploads/${id}`);
    expect(row).toMatchObject({ hasThumbnail: true, thumbnailUrl: expect.stringContaining('signature=') });
    const link = row.thumbnailUrl.slice(app.origin.length);
    expect((await app.call('GET', link, { key: null })).status).toBe(200);
    const wrong = [
      link.replace('/thumbnail', '/download'),
      link.replace(/signature=./, 'signature=x'),
      link.replace(/expires=\d/, 'expires=9'),
    ];
    for (const path of wrong) expect((await app.call('GET', path, { key: null })).status).toBe(403);
    const download = app.links.path(id, app.clock.now() + 60_000).replace('/download', '/thumbnail');
    expect((await app.call('GET', download, { key: null })).status).toBe(403);
    expect((await app.call('GET', `/uploads/${id}/thumbnail`, { key: null })).status).toBe(401);
    const other = await app.addProject('Other');
    expect((await app.call('GET', `/uploads/${id}/thumbnail`, { key: other.live })).status).toBe(403);
    expect((await app.call('GET', '/uploads/img_0/thumbnail')).status).toBe(404);
  });

  test('are not promised where there can be none', async () => {
    const app = await start();
    const noise = await receive(app, makeHeic());
    const status = async (id: string) => {
      const row = (await app.call('GET', `/uploads/${id}`)).body;
      const files = (await app.call('GET', `/upload-sessions/${row.sessionId}/delivery-status`)).body.files;
      expect(files[0].has_thumbnail).toBe(row.hasThumbnail);
      return [row.hasThumbnail, row.thumbnailUrl === null];
    };
    expect(outcome(await app.call('GET', `/uploads/${noise}/thumbnail`))).toEqual([
      404,
      'THUMBNAIL_UNAVAILABLE',
    ]);
    expect(await status(noise)).toEqual([false, true]);
    expect(outcome(await app.call('GET', `/uploads/${noise}/thumbnail`))).toEqual([
      404,
      'THUMBNAIL_UNAVAILABLE',
    ]);

    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await app.call('PUT', `/projects/${app.project.id}/e2e-key`, { body: { publicKey: pair.publicKey } });
    const { body: session } = await app.call('POST', '/upload-sessions');
    const sealed = await app.call('POST', `/upload/${session.id}/images`, {
      key: null,
      body: { ...seal(await makeJpeg(), pair.publicKey), algorithm: 'RSA-OAEP+AES-256-GCM' },
      headers: { 'X-Aptr-Encrypted': 'e2e' },
    });
    expect(sealed.status).toBe(201);
    const answer = await app.call('GET', `/uploads/${sealed.body.id}/thumbnail`);
    expect(outcome(answer)).toEqual([404, 'THUMBNAIL_UNAVAILABLE']);
    expect(answer.body.message).toContain('encrypted end to end');
    expect(await status(sealed.body.id)).toEqual([false, true]);
  });

  test('go when their photo goes', async () => {
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
    const app = await start({ clock, settings: { RETENTION_DAYS: '1' } });
    const id = await receive(app, await makeJpeg());
    expect((await app.call('GET', `/uploads/${id}/thumbnail`)).status).toBe(200);
    expect(await smallFiles(app)).toEqual(['320.jpeg']);
    clock.ahead = 25 * 3_600_000;
    expect(await app.purge()).toBe(1);
    expect(await smallFiles(app)).toEqual([]);
    expect(outcome(await app.call('GET', `/uploads/${id}/thumbnail`))).toEqual([410, 'GONE']);
    expect((await app.call('GET', `/uploads/${id}`)).body.hasThumbnail).toBe(false);
  });

  test('fifty at once are drawn, and the same is drawn once', async () => {
    const app = await start();
    const id = await receive(app, await makeJpeg({ width: 2000, height: 1500 }));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        app.call('GET', `/uploads/${id}/thumbnail?size=${[160, 320, 640, 1280][n % 4]}`),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await smallFiles(app)).sort()).toEqual(['1280.jpeg', '160.jpeg', '320.jpeg', '640.jpeg']);
    const row = await app.db.read
      .selectFrom('images')
      .select('thumbnails')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.thumbnails.trim().split(' ').sort()).toEqual([
      '1280.jpeg',
      '160.jpeg',
      '320.jpeg',
      '640.jpeg',
    ]);
  });
});
