/** Resumable uploads into an S3-compatible store: pieces are objects there, and are gone when the photo is whole. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eachApp } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { type RgwServer, startRgw } from '../helpers/s3-rgw.ts';
import { sendByTus, tusCall } from '../helpers/tus.ts';

let rgw: RgwServer;
beforeAll(async () => {
  rgw = await startRgw();
  await rgw.createBucket('photos');
});
afterAll(() => rgw?.stop());

eachApp('resumable uploads on S3', (start, { name }) => {
  test('pieces, the whole, and what is left', async () => {
    const [key, secret] = [rgw.owner.accessKeyId, rgw.owner.secretAccessKey].map(encodeURIComponent);
    const STORAGE_URL = `s3://${key}:${secret}@127.0.0.1:${rgw.port}/photos/${name}?tls=off`;
    const app = await start({ settings: { STORAGE_URL } });
    const objects = async () => rgw.list('photos', `${name}/`);
    const { body: session } = await app.call('POST', '/upload-sessions');
    const place = `/upload/${session.id}/resumable`;
    const photo = await makeJpeg({ bytes: 1_500_000 });
    const sent = await sendByTus(`${app.origin}/api/v1${place}`, photo, {
      chunkSize: 400_000,
      metadata: { id: randomUUID(), filename: 'roof.jpg' },
    });
    expect(sent.answers).toEqual(['POST 201', 'PATCH 204', 'PATCH 204', 'PATCH 204', 'PATCH 204']);
    const { bytes } = await app.call('GET', `/uploads/${sent.imageId}/download`);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      createHash('sha256').update(photo).digest('hex'),
    );
    expect(await objects()).toEqual([expect.stringContaining(sent.imageId!)]);
    const begun = await tusCall(app, 'POST', place, { 'Upload-Length': String(photo.length) });
    const url = begun.headers.get('location')!;
    await tusCall(app, 'PATCH', url, { 'Upload-Offset': '0' }, photo.subarray(0, 300_000));
    expect((await objects()).filter((object) => object.includes('partial-'))).toHaveLength(1);
    expect((await tusCall(app, 'DELETE', url)).status).toBe(204);
    expect(await objects()).toHaveLength(1);
  });
});
