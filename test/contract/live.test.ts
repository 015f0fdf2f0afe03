/** Contract §5.1: server-sent events with the framing that the published parser needs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

/** Reads a stream as the Node client does: chunk by chunk, and every chunk must hold whole frames. */
async function listen(app: TestApp, path: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await fetch(`${app.origin}${path}`, { headers, signal: controller.signal });
  const chunks: string[] = [];
  const reading = (async () => {
    for await (const chunk of response.body!) chunks.push(Buffer.from(chunk).toString());
  })().catch(() => undefined);
  return {
    response,
    chunks,
    frames: () => chunks.join('').split('\n\n').filter(Boolean),
    async stop() {
      controller.abort();
      await reading;
    },
  };
}

const names = (frames: string[]): string[] => frames.map((frame) => /event: (\S+)/.exec(frame)![1]!);

eachApp('live events', (start, engine) => {
  test('connected at once, then image:ready, in frames of one chunk', async () => {
    const app = await start();
    const { id } = (await app.call('POST', '/upload-sessions')).body;
    const live = await listen(app, `/api/v1/upload/${id}/events`);
    expect(live.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(live.response.headers.get('cache-control')).toContain('no-cache');
    expect(live.response.headers.get('x-accel-buffering')).toBe('no');
    await until(() => live.chunks.length > 0);
    expect(live.chunks[0]).toBe(`event: connected\ndata: {"sessionId":"${id}"}\n\n`);
    const image = (await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }))
      .body;
    await until(() => live.frames().length > 1);
    expect(live.frames()[1]).toMatch(
      new RegExp(
        `^id: \\d+\nevent: image:ready\ndata: \\{"imageId":"${image.id}","filename":"image.jpg","sizeBytes":\\d+\\}$`,
      ),
    );
    for (const chunk of live.chunks) expect(chunk.endsWith('\n\n')).toBe(true);
    await live.stop();
  });

  test('Last-Event-ID replays what was missed, and an unknown one is no error', async () => {
    const app = await start();
    const { id } = (await app.call('POST', '/upload-sessions', { body: { max_images: 2 } })).body;
    const photo = await makeJpeg();
    await app.call('POST', `/upload/${id}/images`, { body: photoForm(photo) });
    const all = await listen(app, `/api/v1/upload/${id}/events?lastEventId=0`);
    await until(() => all.frames().length === 2);
    const seen = /id: (\d+)/.exec(all.frames()[1]!)![1]!;
    await all.stop();
    await app.call('POST', `/upload/${id}/images`, { body: photoForm(photo) });
    const rest = await listen(app, `/api/v1/upload/${id}/events`, { 'last-event-id': seen });
    await until(() => rest.frames().length === 3);
    expect(names(rest.frames())).toEqual(['connected', 'image:ready', 'session:completed']);
    await rest.stop();
    const odd = await listen(app, `/api/v1/upload/${id}/events?lastEventId=nonsense`);
    await until(() => odd.frames().length === 4);
    await odd.stop();
  });

  test('the project path needs a credential, in the header or as ?token=', async () => {
    const app = await start();
    const { id } = (await app.call('POST', '/upload-sessions')).body;
    const path = `/api/v1/sessions/${id}/events`;
    const refused = await app.call('GET', path, { key: null });
    expect([refused.status, refused.body.code]).toEqual([401, 'AUTHENTICATION_FAILED']);
    const foreign = await app.call('GET', path, { key: (await app.addProject('Other')).live });
    expect(foreign.status).toBe(403);
    expect((await app.call('GET', '/upload/sess_none/events', { key: null })).status).toBe(404);
    const byToken = await listen(app, `${path}?token=${app.project.live}`);
    expect(byToken.response.status).toBe(200);
    // As every answer to a credential (§1.8).
    expect(byToken.response.headers.get('x-ratelimit-limit')).toBe('200');
    expect(byToken.response.headers.get('x-ratelimit-remaining')).toMatch(/^19\d$/);
    await byToken.stop();
  });

  test('a comment every 15 seconds keeps the stream alive', async () => {
    const app = await start();
    const { id } = (await app.call('POST', '/upload-sessions')).body;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const live = await listen(app, `/api/v1/upload/${id}/events`);
    await until(() => live.chunks.length === 1, 'the first frame');
    for (let beats = 1; beats <= 2; beats++) {
      vi.advanceTimersByTime(14_999);
      vi.advanceTimersByTime(1);
      await until(() => live.chunks.length === 1 + beats, 'a heartbeat');
    }
    expect(live.chunks.slice(1)).toEqual([': heartbeat\n\n', ': heartbeat\n\n']);
    await live.stop();
  });

  test('five minutes long, what was missed is told again; then it is gone', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const { id } = (await app.call('POST', '/upload-sessions')).body;
    await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) });
    const path = `/api/v1/upload/${id}/events?lastEventId=0`;
    now += 5 * 60_000;
    const kept = await listen(app, path);
    await until(() => kept.frames().length === 2, 'the frame that is kept');
    await kept.stop();
    now += 1;
    const gone = await listen(app, path);
    await app.call('POST', `/upload-sessions/${id}/close`);
    await until(() => gone.frames().length === 2, 'what comes now');
    expect(names(gone.frames())).toEqual(['connected', 'session:completed']);
    await gone.stop();
  });

  test('deliveries name their destination and how the copy was checked, live and an hour later', async () => {
    const inbox = await mkdtemp(path.join(tmpdir(), 'apertur-live-'));
    onTestFinished(() => rm(inbox, { recursive: true, force: true }));
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead };
    const app = await start({ clock, settings: { LOCAL_ROOTS: inbox } });
    const destination = async (body: unknown): Promise<string> =>
      (await app.call('POST', `/projects/${app.project.id}/destinations`, { body })).body.id;
    const folder = await destination({ type: 'local', name: 'Claims bucket', config: { path: inbox } });
    const refused = { url: 'http://127.0.0.1:9/secret-path', headers: { 'x-token': 'hidden' } };
    const hook = await destination({ type: 'webhook', name: 'Archive', config: refused });
    const { id } = (await app.call('POST', '/upload-sessions', { body: { destination_ids: [folder, hook] } }))
      .body;
    const live = await listen(app, `/api/v1/upload/${id}/events?lastEventId=0`);
    const image = (await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }))
      .body;
    const told = () =>
      live
        .frames()
        .filter((frame) => frame.includes('event: image:deliver'))
        .map((frame) => ({ name: names([frame])[0], ...JSON.parse(/data: (.*)/.exec(frame)![1]!) }));
    await until(
      () => told().some(({ verifiedBy }) => verifiedBy) && told().some(({ nextAttemptAt }) => nextAttemptAt),
      'the one delivered, the other delayed',
    );
    await live.stop();
    const [there, notYet] = [folder, hook].map((to) => told().filter((event) => event.destinationId === to));
    const claims = { imageId: image.id, destinationId: folder, destinationName: 'Claims bucket' };
    expect(there).toEqual([
      { name: 'image:delivering', ...claims },
      { name: 'image:delivered', ...claims, verifiedBy: expect.stringMatching(/^(hash|size)$/) },
    ]);
    const archive = { imageId: image.id, destinationId: hook, destinationName: 'Archive' };
    // On a slow machine the next attempt begins before the stream has ended.
    expect(notYet!.slice(0, 2)).toEqual([
      { name: 'image:delivering', ...archive },
      { name: 'image:delivering', ...archive, nextAttemptAt: expect.stringMatching(/Z$/) },
    ]);

    ahead = 3_600_000;
    const where = `/upload/${id}/deliveries?images=${image.id},img_of_somebody_else`;
    const { body, status } = await app.call('GET', where, { key: null });
    expect(status).toBe(200);
    const [{ name: _, imageId: __, ...delivered }] = there!.slice(1);
    expect(body.images).toHaveLength(1);
    expect(body.images[0].imageId).toBe(image.id);
    expect(body.images[0].places).toContainEqual({
      ...delivered,
      state: 'delivered',
      nextAttemptAt: null,
      held: false,
    });
    expect(body.images[0].places).toContainEqual(
      expect.objectContaining({ destinationName: 'Archive', verifiedBy: null }),
    );
    expect(JSON.stringify([told(), body])).not.toMatch(/secret-path|hidden|127\.0\.0\.1|apertur-live-/);
  });

  test('where photos are is told to the link of their session alone, and no host instead of a name', async () => {
    const app = await start();
    const hook = { delivery_mode: 'webhook', webhook_url: 'http://127.0.0.1:9/hook' };
    const { id } = (await app.call('POST', '/upload-sessions', { body: hook })).body;
    const other = (await app.call('POST', '/upload-sessions')).body.id;
    const image = (await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }))
      .body;
    const ask = (session: string, images: string) =>
      app.call('GET', `/upload/${session}/deliveries?images=${images}`, { key: null });
    const own = await ask(id, image.id);
    expect(own.body.images[0].places).toMatchObject([{ destinationName: null }]);
    expect(JSON.stringify(own.body)).not.toContain('127.0.0.1');
    expect((await ask(other, image.id)).body).toEqual({ images: [] });
    expect((await ask(id, '')).body).toEqual({ images: [] });
    expect((await ask('sess_none', image.id)).status).toBe(404);
    expect((await ask(id, Array(51).fill(image.id).join())).status).toBe(400);
  });

  if (engine.name === 'postgres') {
    test('what one process does is told by another at once, and replayed by it', async () => {
      const settings = { SECRET_KEY: '5e'.repeat(32) };
      const one = await start({ settings });
      const two = await start({ settings: { ...settings, DATABASE_URL: one.config.databaseUrl! } });
      const { id } = (await one.call('POST', '/upload-sessions')).body;
      const path = `/api/v1/upload/${id}/events`;
      const live = await listen(two, path);
      await until(() => live.frames().length === 1, 'the first frame');
      await one.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) });
      await until(() => live.frames().length === 2, 'what the other process did');
      const seen = /id: (\d+)/.exec(live.frames()[1]!)![1]!;
      await live.stop();
      await one.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) });
      await one.call('POST', `/upload-sessions/${id}/close`);
      const rest = await listen(two, path, { 'last-event-id': seen });
      await until(() => rest.frames().length === 3, 'what was missed');
      expect(names(rest.frames())).toEqual(['connected', 'image:ready', 'session:completed']);
      await rest.stop();
    });
  }
});
