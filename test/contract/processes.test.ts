/** No process is special: what one hears, another did; and what is to be done once is done once. Two apps on one PostgreSQL and one storage. */
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pruneEvents } from '../../src/events/retention.ts';
import { tellExpired } from '../../src/sessions/expiry.ts';
import { photoForm, startApp, type TestApp, until } from '../helpers/app.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';

describe('two processes', () => {
  let database: TestDatabase;
  let images: string;
  let one: TestApp;
  let two: TestApp;

  beforeAll(async () => {
    database = await createTestDatabase('postgres', { migrated: true });
    images = await mkdtemp(path.join(memoryFolder(), 'apertur-images-'));
    const settings = { STORAGE_URL: `file:${images}`, SECRET_KEY: 'ab'.repeat(32) };
    const engine = { name: 'postgres', place: async () => database } as never;
    one = await startApp(engine, { settings });
    two = await startApp(engine, { settings });
  });
  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await database.cleanup();
    await rm(images, { recursive: true, force: true });
  });

  const newSession = async (body: Record<string, unknown> = {}): Promise<string> =>
    (await one.call('POST', '/upload-sessions', { body })).body.id;
  const send = async (app: TestApp, session: string): Promise<string> =>
    (await app.call('POST', `/upload/${session}/images`, { body: photoForm(await makeJpeg()) })).body.id;

  test('a live page at one hears of a photo that the other received; lost, it goes on at the other', async () => {
    const session = await newSession();
    const page = await listen(two, `/api/v1/upload/${session}/events`);
    await until(() => page.text().includes('connected'));
    const first = await send(one, session);
    await until(() => page.text().includes(first));
    const seen = /id: (\d+)/.exec(page.text())![1]!;
    await page.stop();
    const missed = await send(two, session);
    const again = await listen(one, `/api/v1/upload/${session}/events`, { 'last-event-id': seen });
    await until(() => again.text().includes(missed));
    expect(again.text()).not.toContain(first);
    await again.stop();
  });

  test('a poll that waits at one is answered by a photo that came to the other, and hands it out once', async () => {
    const session = await newSession({ long_polling: true });
    const poll = (app: TestApp) =>
      app.call('GET', `/v1/sessions/${session}/poll?timeout=30`, { key: one.project.live });
    const waiting = [poll(one), poll(two)];
    const image = await send(one, session);
    const first = await Promise.race(waiting);
    expect(first.body.image_id).toBe(image);
    const second = await send(two, session);
    const ids = (await Promise.all(waiting)).map(({ body }) => body.image_id);
    expect(ids.toSorted()).toEqual([image, second].toSorted());
  });

  test('a session that expires is told of once, however many look', async () => {
    const session = await newSession();
    await one.db.write(({ q }) =>
      q
        .updateTable('sessions')
        .set({ expires_at: Date.now() - 1 })
        .where('id', '=', session)
        .execute(),
    );
    await Promise.all([one, two, one, two].map((app) => tellExpired(app.db, Date.now())));
    const rows = await two.db.read
      .selectFrom('events')
      .select('topic')
      .where('session_id', '=', session)
      .where('topic', '=', 'project.session.expired')
      .execute();
    expect(rows).toHaveLength(1);
    const frames = await two.db.read
      .selectFrom('live_events')
      .select('name')
      .where('session_id', '=', session)
      .execute();
    expect(frames).toEqual([{ name: 'session:expired' }]);
  });

  test('photos and events past their retention are removed by both together, and nothing else', async () => {
    const session = await newSession();
    await send(one, session);
    const dayMs = 86_400_000;
    const later = Date.now() + 40 * dayMs;
    const old = await one.db.read.selectFrom('events').select('id').execute();
    expect(old.length).toBeGreaterThan(0);
    for (let left = 1; left > 0; ) {
      const removed = await Promise.all(
        [one, two].map((app) => pruneEvents(app.db, { days: 30, now: later })),
      );
      left = Math.max(...removed);
    }
    expect(await two.db.read.selectFrom('events').select('id').execute()).toEqual([]);
    await one.db.write(({ q }) =>
      q
        .updateTable('images')
        .set({ created_at: Date.now() - 40 * dayMs })
        .where('session_id', '=', session)
        .execute(),
    );
    await Promise.all([one, two].map((app) => app.purge()));
    const rows = await two.db.read.selectFrom('images').select(['session_id', 'purged_at']).execute();
    for (const row of rows) expect(row.purged_at === null).toBe(row.session_id !== session);
  });
});

async function listen(app: TestApp, where: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await fetch(`${app.origin}${where}`, { headers, signal: controller.signal });
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  return {
    text: () => text,
    async stop() {
      controller.abort();
      await reading;
    },
  };
}
