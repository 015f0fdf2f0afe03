/** Contract §1.8: requests a minute, their headers, and that several processes count together. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, eachApp, photoForm, until } from '../helpers/app.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { startProduct } from '../helpers/product.ts';

/** A clock that stands until it is moved. */
function handClock(start = Date.parse('2026-03-02T08:15:30.250Z')) {
  let time = start;
  return {
    now: () => time,
    move: (ms: number) => {
      time += ms;
    },
  };
}

const numbers = (answer: Answer) => ({
  limit: Number(answer.headers.get('x-ratelimit-limit')),
  remaining: Number(answer.headers.get('x-ratelimit-remaining')),
  reset: Number(answer.headers.get('x-ratelimit-reset')),
});

/** Calls `send` so often, a few at a time; gives the statuses in the order of the answers. */
async function many(count: number, send: (index: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) answers.push(await send(next++));
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  return answers;
}

const statusCounts = (answers: Answer[]): Record<number, number> =>
  Object.fromEntries(
    [...Map.groupBy(answers, (answer) => answer.status)].map(([status, list]) => [status, list.length]),
  );

eachApp('rate limits', (start, engine) => {
  test('every bucket has its limit, whatever the path, and a window ends after a minute', async () => {
    const clock = handClock();
    const { call, project, addProject } = await start({ clock });
    const reset = Math.ceil((clock.now() + 60_000) / 1000);
    const first = await call('GET', '/sessions');
    expect(numbers(first)).toEqual({ limit: 300, remaining: 299, reset });
    const listed = await many(299, (index) => call('GET', index % 2 ? '/sessions' : '/v1/upload-sessions'));
    expect(statusCounts(listed)).toEqual({ 200: 299 });
    expect(Math.min(...listed.map((answer) => numbers(answer).remaining))).toBe(0);
    expect((await call('GET', '/sessions')).status).toBe(429);
    // C57: the limit follows the operation, not the path.
    const paths = ['/upload-sessions', '/sessions', '/v1/sessions', '/v1/upload-sessions'];
    const created = await many(101, (index) => call('POST', paths[index % 4]!));
    expect(statusCounts(created)).toEqual({ 201: 100, 429: 1 });
    const rest = await many(201, (index) =>
      call('GET', index % 2 ? '/stats' : `/projects/${project.id}/keys`),
    );
    expect(statusCounts(rest)).toEqual({ 200: 200, 429: 1 });
    expect(numbers(rest.find((answer) => answer.status === 429)!)).toEqual({
      limit: 200,
      remaining: 0,
      reset,
    });
    // Another key has windows of its own.
    expect((await call('GET', '/stats', { key: project.test })).status).toBe(200);
    expect((await call('GET', '/stats', { key: (await addProject('Other')).live })).status).toBe(200);
    clock.move(59_999);
    expect((await call('GET', '/stats')).status).toBe(429);
    clock.move(1);
    expect(numbers(await call('GET', '/stats'))).toEqual({ limit: 200, remaining: 199, reset: reset + 60 });
  });

  test('§17.6 Retry-After is whole seconds, at least 1, and the same number stands in the body', async () => {
    const clock = handClock();
    const { call } = await start({ clock });
    await many(100, () => call('POST', '/upload-sessions'));
    for (const [moved, seconds] of [
      [0, 60],
      [500, 60],
      [58_600, 1],
      [899, 1],
    ] as const) {
      clock.move(moved);
      const answer = await call('POST', '/upload-sessions');
      expect(answer.headers.get('retry-after')).toBe(String(seconds));
      expect(answer.body).toEqual({
        statusCode: 429,
        error: 'Too Many Requests',
        message: expect.stringContaining('100 requests'),
        code: 'RATE_LIMIT',
        retryAfter: seconds,
      });
    }
  });

  test('routes without a credential count the client address', async () => {
    const app = await start({ clock: handClock(), settings: { TRUST_PROXY: '127.0.0.1' } });
    const { body: session } = await app.call('POST', '/upload-sessions');
    const read = (from: string, where = `/upload/${session.id}/session`) =>
      app.call('GET', where, { key: null, headers: { 'x-forwarded-for': from } });
    expect(statusCounts(await many(1_200, () => read('198.51.100.1')))).toEqual({ 200: 1_200 });
    const over = await read('198.51.100.1', `/upload-sessions/${session.id}/qr`);
    expect([over.status, over.headers.get('retry-after')]).toEqual([429, '60']);
    expect((await read('198.51.100.1', '/encryption/server-key')).status).toBe(429);
    expect((await read('198.51.100.2')).status).toBe(200);
    expect(numbers(await read('2001:db8:1:2::1')).remaining).toBe(1_199);
    // A v6 client has a whole network to itself.
    expect(numbers(await read('2001:db8:1:2:ffff::2')).remaining).toBe(1_198);
  });

  test('guessing a password is slow; knowing it is not', async () => {
    const app = await start({ clock: handClock() });
    const body = { password: 'open sesame', max_images: 50 };
    const { body: session } = await app.call('POST', '/upload-sessions', { body });
    const { body: other } = await app.call('POST', '/upload-sessions', { body });
    const photo = await makeJpeg();
    const send = (password: string, id = session.id) =>
      app.call('POST', `/upload/${id}/images`, {
        key: null,
        body: photoForm(photo),
        headers: { 'x-session-password': password },
      });
    const verify = (password: string) =>
      app.call('POST', `/upload/${session.id}/verify-password`, { key: null, body: { password } });
    // All at once, before anybody has shown that it is the password; and one without any, which is no guess.
    expect(statusCounts(await many(25, () => send('open sesame')))).toEqual({ 201: 25 });
    expect((await many(25, () => verify('open sesame'))).map((answer) => answer.body.valid)).toEqual(
      Array(25).fill(true),
    );
    expect(
      (await app.call('POST', `/upload/${session.id}/images`, { key: null, body: photoForm(photo) })).body
        .code,
    ).toBe('SESSION_PASSWORD_REQUIRED');
    const guesses = await many(25, (index) =>
      index % 2 ? send(`guess ${index}`) : verify(`guess ${index}`),
    );
    expect(statusCounts(guesses)[429]).toBe(5);
    expect((await verify('guess')).status).toBe(429);
    expect((await send('guess', other.id)).status).toBe(401);
    expect((await send('open sesame')).status).toBe(201);
  });

  test('uploads are not counted while they are good; refused ones are', async () => {
    const app = await start({ clock: handClock() });
    const { body: session } = await app.call('POST', '/upload-sessions', { body: { max_images: 3 } });
    const nothing = () =>
      app.call('POST', '/upload/sess_none/images', { key: null, body: photoForm(Buffer.from('x')) });
    expect(statusCounts(await many(1_200, nothing))).toEqual({ 404: 1_200 });
    await until(async () => (await nothing()).status === 429, 'the limit to be known');
    const good = await app.call('POST', `/upload/${session.id}/images`, {
      key: null,
      body: photoForm(await makeJpeg()),
    });
    expect(good.status).toBe(429);
    expect(good.headers.get('retry-after')).toBe('60');
  });

  if (engine.name === 'postgres') {
    test('two apps on one database count together, exactly', async () => {
      const clock = handClock();
      const settings = { SECRET_KEY: '5e'.repeat(32) };
      const one = await start({ clock, settings });
      const two = await start({ clock, settings: { ...settings, DATABASE_URL: one.config.databaseUrl! } });
      const both = [one, two];
      const key = one.project.live;
      const answers = await many(260, (index) => both[index % 2]!.call('GET', '/stats', { key }));
      expect(statusCounts(answers)).toEqual({ 200: 200, 429: 60 });
      const left = answers.filter((answer) => answer.status === 200).map((item) => numbers(item).remaining);
      expect(left.sort((a, b) => b - a)).toEqual(Array.from({ length: 200 }, (_, index) => 199 - index));
      clock.move(60_000);
      const later = await many(40, (index) => both[index % 2]!.call('GET', '/stats', { key }));
      expect(Math.min(...later.map((answer) => numbers(answer).remaining))).toBe(160);

      const { body: session } = await one.call('POST', '/upload-sessions', {
        key,
        body: { password: 'open sesame' },
      });
      const guesses = await many(30, (index) =>
        both[index % 2]!.call('POST', `/upload/${session.id}/verify-password`, {
          key: null,
          body: { password: `guess ${index}` },
        }),
      );
      expect(statusCounts(guesses)).toEqual({ 200: 20, 429: 10 });
    });
  }
});

describe('several processes', () => {
  test('two real API processes together let exactly the limit pass', async () => {
    const database = await createTestDatabase('postgres', { migrated: true });
    onTestFinished(() => database.cleanup());
    const options = { databaseUrl: database.url!, command: 'api' as const };
    const one = await startProduct(options);
    onTestFinished(() => one.remove());
    const two = await startProduct({ ...options, dataDir: one.dataDir });
    onTestFinished(() => two.remove());
    const { key } = await one.createKey();
    const create = async (app: { url: string }): Promise<number> => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(`${app.url}/api/v1/upload-sessions`, { method: 'POST', headers })).status;
    };
    const statuses = (
      await Promise.all(Array.from({ length: 130 }, (_, index) => create(index % 2 ? one : two)))
    ).toSorted();
    expect(statuses).toEqual([...Array(100).fill(201), ...Array(30).fill(429)]);
  });
});
