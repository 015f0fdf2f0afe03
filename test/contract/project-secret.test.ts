/** The webhook secret of a project: what signs photos, and how it is changed while photos go on arriving. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyImageDelivery } from '../../packages/client/src/webhooks.ts';
import { serve } from '../../src/lib/outbound/servers.fixture.ts';
import { forgetOldWebhookSecrets } from '../../src/projects/projects.ts';
import { eachSharedApp, photoForm, untilAnswered } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const weekMs = 7 * 86_400_000;

eachSharedApp('the webhook secret of a project', {}, (theApp) => {
  interface Arrived {
    body: Buffer;
    headers: Record<string, string>;
  }

  /** A project whose photos go to one receiver; `good` decides what it answers, 200 or 401. */
  async function stage() {
    const app = theApp();
    const project = await app.addProject('Secrets');
    const call: typeof app.call = (method, path, options) =>
      app.call(method, path, { key: project.live, ...options });
    const arrived: Arrived[] = [];
    const receiver = { good: (_photo: Arrived): boolean => true };
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const photo = { body: Buffer.concat(chunks), headers: request.headers as Record<string, string> };
      arrived.push(photo);
      response.writeHead(receiver.good(photo) ? 200 : 401).end();
    });
    const stem = `/projects/${project.id}`;
    const config = { url, format: 'binary' };
    const made = await call('POST', `${stem}/destinations`, {
      body: { type: 'webhook', name: 'Shop', config },
    });
    const session = await call('POST', '/upload-sessions', { body: { destination_ids: [made.body.id] } });
    let seed = 0;
    return {
      app,
      project,
      call,
      secret: `${stem}/webhook-secret`,
      test: `${stem}/destinations/${made.body.id}/test`,
      receiver,
      arrived,
      /** Sends a photo; resolves when it is there. Returns its requests: the last one was accepted. */
      async deliver(): Promise<Arrived[]> {
        const before = arrived.length;
        const photo = photoForm(await makeJpeg({ seed: ++seed }));
        const sent = await call('POST', `/upload/${session.body.id}/images`, { body: photo });
        await untilAnswered(async () => {
          const { body } = await call('GET', `/upload-sessions/${session.body.id}/delivery-status`);
          const file = body.files.find((one: { record_id: string }) => one.record_id === sent.body.id);
          return file?.destinations[0].status === 'sent';
        }, 'the photo to be delivered');
        return arrived.slice(before);
      },
    };
  }

  const signatureOf = (secret: string, { body }: Arrived): string =>
    `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const knows = (secret: string) => (photo: Arrived) =>
    photo.headers['x-apertur-signature'] === signatureOf(secret, photo);

  test('without an overlap a new one signs from the next photo on', async () => {
    const { project, call, secret, deliver } = await stage();
    const [first] = await deliver();
    expect(knows(project.webhookSecret)(first!)).toBe(true);
    const { status, body } = await call('POST', `${secret}/rotate`);
    expect(status).toBe(201);
    expect(body).toEqual({
      webhookSecret: expect.stringMatching(/^[0-9a-f]{64}$/),
      previousSecretUntil: null,
    });
    const [second] = await deliver();
    expect(second!.headers['x-apertur-signature']).toBe(signatureOf(body.webhookSecret, second!));
    expect(second!.headers['x-aptr-signature']).toBe(signatureOf(body.webhookSecret, second!));
    expect(second!.headers['x-apertur-signatures']).toBeUndefined();
    expect((await call('GET', secret)).body).toEqual({ previousSecretUntil: null });
    const other = theApp().project.live;
    expect((await call('POST', `${secret}/rotate`, { key: other })).status).toBe(403);
    expect((await call('GET', secret, { key: other })).status).toBe(403);
    for (const overlapDays of [-1, 8, 0.5, 'long']) {
      expect((await call('POST', `${secret}/rotate`, { body: { overlapDays } })).status).toBe(400);
    }
  });

  test('with an overlap both sign, and the receiver is followed as it moves', async () => {
    const { app, project, call, secret, receiver, arrived, deliver, test: probe } = await stage();
    const old = project.webhookSecret;
    receiver.good = knows(old);
    const { body } = await call('POST', `${secret}/rotate`, { body: { overlap_days: 7 } });
    expect(Date.parse(body.previousSecretUntil) - Date.now()).toBeGreaterThan(weekMs - 60_000);
    expect((await call('GET', secret)).body).toEqual({ previousSecretUntil: body.previousSecretUntil });

    // A receiver that knows the old secret only goes on as before; one that reads the list could have moved.
    const before = await deliver();
    expect(before).toHaveLength(1);
    const [photo] = before;
    expect(photo!.headers['x-apertur-signatures']).toBe(
      `${signatureOf(body.webhookSecret, photo!)}, ${signatureOf(old, photo!)}`,
    );
    for (const known of [old, body.webhookSecret]) {
      expect(await verifyImageDelivery(photo!.body, photo!.headers, known)).toBe(true);
    }
    expect(await verifyImageDelivery(photo!.body, photo!.headers, '00'.repeat(32))).toBe(false);
    // The connection test tells whether the receiver knows the new one.
    expect((await call('POST', probe)).body).toMatchObject({ success: false, status: 401 });

    // It moves: refuses once, accepts the retry, and is not refused again.
    receiver.good = knows(body.webhookSecret);
    expect(await deliver()).toHaveLength(2);
    expect(await deliver()).toHaveLength(1);
    expect((await call('POST', probe)).body).toMatchObject({ success: true });
    // It was a mistake, and it moves back.
    receiver.good = knows(old);
    expect(await deliver()).toHaveLength(2);
    expect(await deliver()).toHaveLength(1);

    // The overlap ends, also for the connection that is open.
    const end = { previous_webhook_until: app.clock.now() };
    await app.db.write((tx) =>
      tx.q
        .updateTable('projects')
        .set((eb) => ({ ...end, updated_at: eb('updated_at', '+', 1) }))
        .where('id', '=', project.id)
        .execute(),
    );
    receiver.good = () => true;
    await deliver();
    expect(knows(body.webhookSecret)(arrived.at(-1)!)).toBe(true);
    expect(arrived.at(-1)!.headers['x-apertur-signatures']).toBeUndefined();
    expect((await call('GET', secret)).body).toEqual({ previousSecretUntil: null });
    await forgetOldWebhookSecrets(app.db, app.clock.now());
    const row = await app.db.read
      .selectFrom('projects')
      .selectAll()
      .where('id', '=', project.id)
      .executeTakeFirst();
    expect(row).toMatchObject({ previous_webhook_secret: null, previous_webhook_until: null });
  });

  test('a second rotation keeps the secret before it, not the one before that', async () => {
    const { project, call, secret, arrived, deliver } = await stage();
    const rotate = async () =>
      (await call('POST', `${secret}/rotate`, { body: { overlapDays: 1 } })).body.webhookSecret as string;
    const first = await rotate();
    const second = await rotate();
    await deliver();
    const list = arrived.at(-1)!.headers['x-apertur-signatures'];
    expect(list).toBe([second, first].map((one) => signatureOf(one, arrived.at(-1)!)).join(', '));
    expect(list).not.toContain(signatureOf(project.webhookSecret, arrived.at(-1)!));
  });
});
