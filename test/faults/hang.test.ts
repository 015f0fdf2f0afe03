/** A client that goes silent in the middle of an upload: cut off, and nothing of it stays. */
import { expect, onTestFinished, test } from 'vitest';
import { eachApp, photoForm } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { readAftermath } from './aftermath.ts';
import { openUpload } from './raw-upload.ts';

eachApp('a client that hangs', (start) => {
  test('is cut off after the idle limit and leaves nothing', async () => {
    const app = await start({ uploadIdleMs: 400 });
    const { body: session } = await app.call('POST', '/upload-sessions', { body: { destination_ids: [] } });
    const photo = await makeJpeg({ bytes: 900_000 });
    // Before the photo, in its middle (bytes are on the disk then), and one byte before the end of the request.
    for (const sent of [0, 500_000, photo.length]) {
      const sending = await openUpload(app.origin, session.uuid, photo.length);
      onTestFinished(() => void sending.socket.destroy());
      sending.send(sending.head);
      sending.send(photo.subarray(0, sent));
      if (sent === photo.length) sending.send(sending.tail.subarray(0, -1));
      await sending.closed();
      expect(sending.answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(sending.answer).toContain('"REQUEST_TIMEOUT"');
    }
    const after = await readAftermath({ dataDir: app.config.dataDir, databaseUrl: app.config.databaseUrl });
    expect(after).toMatchObject({ images: [], temporary: [] });
    expect(after.files.size).toBe(0);

    const again = await app.call('POST', `/upload/${session.uuid}/images`, {
      key: null,
      body: photoForm(photo),
    });
    expect(again.status).toBe(201);
  });
});
