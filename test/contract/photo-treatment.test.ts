/** What a session asks to be done with its photos: their place, HEIC as JPEG, smaller ones. */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { eachApp, photoForm, type TestApp } from '../helpers/app.ts';
import { makeHeic, makeJpeg } from '../helpers/pictures.ts';
import { encodeHeic } from '../helpers/real-heic.ts';

const paris = {
  IFD0: { Make: 'Phone', Model: 'Seven' },
  IFD3: {
    GPSLatitudeRef: 'N',
    GPSLatitude: '48/1 51/1 2953/100',
    GPSLongitudeRef: 'E',
    GPSLongitude: '2/1 17/1 4012/100',
    GPSAltitude: '35/1',
  },
};
const xmp =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51.4921N"/></rdf:RDF></x:xmpmeta>';

const picture = (width = 1200, height = 800) =>
  sharp({ create: { width, height, channels: 3, background: '#2266aa' } }).withExif(paris);

/** GPS of a TIFF structure, read by its published form: degrees, and which tags there are. */
function readGps(
  exif: Buffer | undefined,
): { tags: number[]; latitude?: number; longitude?: number } | undefined {
  if (exif === undefined) return undefined;
  const tiff = exif.subarray(exif.toString('latin1', 0, 4) === 'Exif' ? 6 : 0);
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const entries = (at: number) => Array.from({ length: u16(at) }, (_, n) => at + 2 + n * 12);
  const pointer = entries(u32(4)).find((at) => u16(at) === 0x8825);
  if (pointer === undefined) return undefined;
  const gps = entries(u32(pointer + 8));
  const degrees = (tag: number): number | undefined => {
    const at = gps.find((entry) => u16(entry) === tag);
    if (at === undefined) return undefined;
    const part = (n: number) => u32(u32(at + 8) + n * 8) / u32(u32(at + 8) + n * 8 + 4);
    return part(0) + part(1) / 60 + part(2) / 3600;
  };
  return { tags: gps.map(u16), latitude: degrees(2)!, longitude: degrees(4)! };
}

async function stored(app: TestApp, photo: Buffer, wishes: object, filename = 'photo.jpg') {
  const { body: session } = await app.call('POST', '/upload-sessions', { body: wishes });
  const sent = await app.call('POST', `/upload/${session.id}/images`, {
    key: null,
    body: photoForm(photo, { filename }),
  });
  if (sent.status !== 201) return { status: sent.status, code: sent.body.code };
  const { body: row } = await app.call('GET', `/uploads/${sent.body.id}`);
  const { bytes } = await app.call('GET', `/uploads/${sent.body.id}/download`);
  expect([row.sizeBytes, sent.body.size_bytes]).toEqual([bytes.length, bytes.length]);
  return { status: 201, bytes, row, metadata: await sharp(bytes).metadata(), session };
}

eachApp('treatment of photos', (start) => {
  test('nothing is changed unless it is asked for', async () => {
    const app = await start();
    const photo = await picture().withXmp(xmp).jpeg().toBuffer();
    const made = await stored(app, photo, {});
    expect(made.bytes!.equals(photo)).toBe(true);
    const plain = await makeJpeg();
    expect((await stored(app, plain, { gps: 'strip' })).bytes!.equals(plain)).toBe(true);
    const { body } = await app.call('GET', `/upload/${made.session.id}/session`, { key: null });
    expect(body.photos).toEqual({ gps: 'keep', imageFormat: 'original', downscale: false });
  });

  test.each(['jpeg', 'png', 'webp', 'heic'] as const)(
    'the place in a %s is removed or coarse',
    async (format) => {
      const app = await start();
      const jpeg = await picture().jpeg().toBuffer();
      const photo =
        format === 'heic'
          ? await encodeHeic(jpeg)
          : await sharp(jpeg).keepMetadata().withXmp(xmp).toFormat(format).toBuffer();
      const before = readGps((await sharp(photo).metadata()).exif)!;
      expect(before.latitude).toBeCloseTo(48.8582, 3);
      const stripped = await stored(app, photo, { gps: 'strip' });
      expect([stripped.status, stripped.bytes!.length, stripped.row.mimeType]).toEqual([
        201,
        photo.length,
        `image/${format}`,
      ]);
      expect(readGps(stripped.metadata!.exif)).toBeUndefined();
      expect(stripped.bytes!.includes('Seven')).toBe(true);
      expect(stripped.bytes!.includes('GPSLatitude="48')).toBe(false);
      const coarse = await stored(app, photo, { gps: 'coarse' });
      const after = readGps(coarse.metadata!.exif)!;
      expect([after.latitude, after.longitude]).toEqual([48.86, 2.29]);
      expect(after.tags).not.toContain(6);
      expect(coarse.bytes!.includes('GPSLatitude="48')).toBe(false);
      if (format === 'heic') return;
      const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer();
      expect((await pixels(stripped.bytes!)).equals(await pixels(photo))).toBe(true);
    },
  );

  test('a second picture in the file, and a film behind it, tell no place either', async () => {
    const app = await start();
    const photo = await picture(300, 200).jpeg().toBuffer();
    const text = '+48.8582+002.2944/';
    const atom = Buffer.alloc(12 + text.length);
    atom.writeUInt32BE(atom.length, 0);
    atom.write('\xa9xyz', 4, 'latin1');
    atom.write(text, 12, 'latin1');
    const motion = Buffer.concat([photo, photo, Buffer.from('....moov'), atom]);
    const made = await stored(app, motion, { gps: 'strip' });
    expect(made.bytes!.length).toBe(motion.length);
    expect(readGps((await sharp(made.bytes!.subarray(photo.length)).metadata()).exif)).toBeUndefined();
    expect(made.bytes!.includes(text)).toBe(false);
  });

  test('HEIC becomes JPEG where JPEG is wanted: upright, with its description', async () => {
    const app = await start();
    const left = { create: { width: 300, height: 400, channels: 3 as const, background: 'red' } };
    const turned = await sharp({ create: { width: 600, height: 400, channels: 3, background: 'blue' } })
      .composite([{ input: left, left: 0, top: 0 }])
      .withExif(paris)
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    const heic = await encodeHeic(turned);
    const made = await stored(
      app,
      heic,
      { image_format: 'jpeg', allowed_mime_types: ['image/jpeg'], gps: 'coarse' },
      'IMG_0001.HEIC',
    );
    expect([made.status, made.row.mimeType, made.row.filename]).toEqual([201, 'image/jpeg', 'IMG_0001.jpg']);
    expect(made.bytes!.includes('Seven')).toBe(true);
    expect(readGps(made.metadata!.exif)!.latitude).toBe(48.86);
    const upright = await sharp(made.bytes!).autoOrient().toBuffer({ resolveWithObject: true });
    const wanted = await sharp(heic).metadata();
    expect([upright.info.width, upright.info.height]).toEqual([wanted.width, wanted.height]);
    // Without JPEG being wanted it is refused there, and stays HEIC elsewhere.
    expect(await stored(app, heic, { allowed_mime_types: ['image/jpeg'] })).toMatchObject({ status: 415 });
    expect((await stored(app, heic, {})).bytes!.equals(heic)).toBe(true);
    expect(await stored(app, makeHeic(), { image_format: 'jpeg' })).toMatchObject({
      status: 400,
      code: 'IMAGE_UNREADABLE',
    });
  });

  test('what is too large becomes smaller where that is wanted', async () => {
    const app = await start();
    const photo = await picture(1200, 800).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await stored(app, photo, { max_image_dimension: 600 })).toMatchObject({ status: 400 });
    const made = await stored(app, photo, { max_image_dimension: 600, downscale: true, gps: 'strip' });
    expect([made.metadata!.width, made.metadata!.height, made.metadata!.orientation]).toEqual([600, 400, 6]);
    expect(readGps(made.metadata!.exif)).toBeUndefined();
    expect(made.bytes!.includes('Seven')).toBe(true);
    const heic = await encodeHeic(await picture(900, 600).jpeg().toBuffer());
    const small = await stored(app, heic, { max_image_dimension: 300, downscale: true }, 'a.heic');
    expect([small.metadata!.format, small.metadata!.width, small.row.filename]).toEqual([
      'jpeg',
      300,
      'a.jpg',
    ]);
    const fitting = await makeJpeg();
    expect(
      (await stored(app, fitting, { max_image_dimension: 600, downscale: true })).bytes!.equals(fitting),
    ).toBe(true);
  });

  test('is asked for and changed with the session', async () => {
    const app = await start();
    const { body: session } = await app.call('POST', '/upload-sessions', {
      body: { gps: 'coarse', downscale: true },
    });
    const photos = async () =>
      (await app.call('GET', `/upload/${session.id}/session`, { key: null })).body.photos;
    expect(await photos()).toEqual({ gps: 'coarse', imageFormat: 'original', downscale: true });
    const change = { gps: 'strip', imageFormat: 'jpeg' };
    expect((await app.call('PATCH', `/upload-sessions/${session.id}`, { body: change })).status).toBe(200);
    expect(await photos()).toEqual({ gps: 'strip', imageFormat: 'jpeg', downscale: true });
    const wrong = { body: { gps: 'hide' } };
    expect((await app.call('POST', '/upload-sessions', wrong)).status).toBe(400);
  });
});
