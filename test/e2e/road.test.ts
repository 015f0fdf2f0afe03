/** The whole road: a session made as the first documents show it, a phone, a webhook. */
import { expect, test } from 'vitest';
import { eachApp, until } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { counts, createSession, makePhotos, readPage, says, sha256 } from './stage.ts';

const phones = usePhones();

eachApp('from the phone to the webhook', (start) => {
  test('three photos arrive byte by byte, signed, and the status says sent', async () => {
    const app = await start();
    const receiver = await startReceiver({ secret: app.project.webhookSecret });
    try {
      const session = await createSession(app, {
        delivery_mode: 'webhook',
        webhook_url: receiver.url,
        webhook_format: 'json_base64',
        expires_in: 1800,
        max_images: 5,
        tags: { claim_id: 'CLM-9' },
      });
      const photos = await makePhotos(3, { bytes: 200_000 });
      const { page } = await phones.open();
      await page.goto(session.upload_url);
      const view = readPage(page);
      await says(view.heading, 'Photos for Claims');
      await view.gallery.setInputFiles(photos);
      await says(view.status, 'Received. Your 3 photos are safe.');
      await says(view.heading, '3 of 5 photos');
      await counts(view.stage('delivered'), 3);

      expect(receiver.arrivals.map((arrival) => arrival.sha256).sort()).toEqual(
        photos.map(({ buffer }) => sha256(buffer)).sort(),
      );
      for (const arrival of receiver.arrivals) {
        expect(arrival).toMatchObject({ signatureValid: true, sessionId: session.id, photoBytes: 200_000 });
      }
      const files = await until(async () => {
        const { body } = await app.call('GET', `/upload-sessions/${session.id}/delivery-status`);
        const settled = body.files.every((file: { destinations: { status: string }[] }) =>
          file.destinations.every(({ status }) => status === 'sent'),
        );
        return settled && body.files;
      }, 'every delivery to be sent');
      expect(files.map((file: { filename: string }) => file.filename).sort()).toEqual(
        photos.map(({ name }) => name),
      );
    } finally {
      await receiver.close();
    }
  });

  test('the camera hands over one photo, and the short link opens the same page', async () => {
    const app = await start();
    const session = await createSession(app, { max_images: 1 });
    const { page } = await phones.open();
    await page.goto(session.short_url);
    const view = readPage(page);
    await says(view.heading, 'Photos for Claims');
    expect(await view.camera.getAttribute('capture')).toBe('environment');
    expect(await view.gallery.getAttribute('accept')).toBe('image/jpeg,image/png,image/webp,image/heic');
    await view.camera.setInputFiles(await makePhotos(1));
    await says(view.heading, 'Photo received');
    const row = await app.db.read.selectFrom('images').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ source: 'camera', filename: 'photo-1.jpg' });
  });
});
