/** Contract §5.1: server-sent events with the framing that the published parser needs. */
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
