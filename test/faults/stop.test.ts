/** SIGTERM: what is under way ends well or is given back; nothing is lost and no attempt is used up. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { createFaultProxy } from '../helpers/fault-proxy.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { createDestination, createSession, upload, waitUntil } from '../helpers/product.ts';
import { type Aftermath, findDamage, readAftermath } from './aftermath.ts';
import { openUpload } from './raw-upload.ts';
import { setStage, startAnother } from './stage.ts';

const only = ({ deliveries }: Aftermath) => {
  expect(deliveries).toHaveLength(1);
  return deliveries[0]!;
};

test('a delivery that hangs is given back without using up an attempt', { timeout: 90_000 }, async () => {
  const { product, receiver, session } = await setStage({}, { behave: () => 'hang' });
  expect((await upload(product.url, session, await makeJpeg())).status).toBe(201);
  await waitUntil('the delivery hangs', () => receiver.hanging === 1);

  expect(await product.stop()).toBe(0);
  const given = only(await readAftermath(product));
  expect(given).toMatchObject({ status: 'pending', attempts: 0, leasedBy: null, dueAt: expect.any(Number) });
  expect(given.history).toEqual([{ number: 1, outcome: 'cancelled' }]);

  receiver.behave(() => 'ok');
  await product.start();
  await waitUntil('the photo arrives', () => receiver.arrivals.length === 1);
  await product.stop();
  expect(only(await readAftermath(product))).toMatchObject({ status: 'sent', attempts: 1 });
});

test('a delivery that is nearly done is finished first', { timeout: 90_000 }, async () => {
  const { product, receiver, session } = await setStage({}, { behave: () => 'slow', slowMs: 1_500 });
  await upload(product.url, session, await makeJpeg());
  await waitUntil('the delivery is under way', () => receiver.requests === 1);
  expect(await product.stop()).toBe(0);
  expect(receiver.arrivals).toHaveLength(1);
  expect(only(await readAftermath(product))).toMatchObject({ status: 'sent', attempts: 1, leasedBy: null });
});

test('an upload that is under way is received, and kept for the next start', {
  timeout: 90_000,
}, async () => {
  const { product, receiver, session } = await setStage();
  const photo = await makeJpeg({ bytes: 600_000 });
  const sending = await openUpload(product.url, session, photo.length);
  onTestFinished(() => void sending.socket.destroy());
  sending.send(sending.head);
  sending.send(photo.subarray(0, 400_000));
  await waitUntil('the server reads it', async () => (await readAftermath(product)).temporary.length === 1);
  const stopping = product.stop();
  await waitUntil('the server is stopping', () => product.log.some((line) => line.msg.startsWith('SIGTERM')));
  sending.send(photo.subarray(400_000));
  sending.send(sending.tail);
  expect(await stopping).toBe(0);
  expect(sending.answer).toMatch(/^HTTP\/1\.1 201 /);
  const after = await readAftermath(product);
  expect(findDamage(after)).toEqual([]);
  expect(after.images).toHaveLength(1);
  if (receiver.arrivals.length === 0) await product.start();
  await waitUntil('the photo arrives', () => receiver.arrivals.length === 1);
});

test('a client that hangs does not hold up the stop', { timeout: 90_000 }, async () => {
  const { product, session } = await setStage();
  const sending = await openUpload(product.url, session, 600_000);
  onTestFinished(() => void sending.socket.destroy());
  sending.send(sending.head);
  sending.send(Buffer.concat([(await makeJpeg()).subarray(0, 500), Buffer.alloc(400_000)]));
  await waitUntil('the server reads it', async () => (await readAftermath(product)).temporary.length === 1);
  product.signal('SIGTERM');
  // Sooner than the idle limit of 30 seconds would end it.
  await waitUntil('the product has ended', () => !product.running, { withinMs: 20_000 });
  expect(await product.ended()).toBe(0);
  const after = await readAftermath(product);
  expect(findDamage(after)).toEqual([]);
  expect(after.images).toEqual([]);
});

test('a stop waits for the threads that carry photos', { timeout: 120_000 }, async () => {
  const product = await startAnother({});
  const owner = await product.createKey();
  const config = { path: join(product.dataDir, 'inbox') };
  const inbox = await createDestination(product, owner, { type: 'local', name: 'Inbox', config });
  const session = await createSession(product, owner, { destination_ids: [inbox] });
  await upload(product.url, session, await makeJpeg());
  const settled = async () =>
    (await readAftermath(product)).deliveries.every(({ status }) => status === 'sent');
  await waitUntil('the photo lies in the folder', settled);
  // With nothing else to wait for, the process would end in the middle of its own stop, with 13.
  expect(await product.stop()).toBe(0);
});

test('a database that says nothing any more does not keep the process', { timeout: 120_000 }, async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  onTestFinished(() => database.cleanup());
  const url = new URL(database.url!);
  const road = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
  onTestFinished(() => road.close());
  url.port = String(road.port);
  const { product, receiver, session } = await setStage({ databaseUrl: url.href }, { behave: () => 'hang' });
  await upload(product.url, session, await makeJpeg());
  await waitUntil('the delivery hangs', () => receiver.hanging === 1);
  road.set({ stallAfter: 0 });
  // 1: it gave up waiting. Its lease ends, and another process goes on.
  expect(await product.stop()).toBeOneOf([0, 1]);
});
