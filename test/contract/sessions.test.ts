/** Contract §2: sessions over the wire. */
import { expect, test } from 'vitest';
import { eachProject } from '../helpers/app.ts';

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A minute that does not pass, however slow the machine is. */
const standing = () => {
  const now = Date.now();
  return { now: () => now };
};

eachProject('sessions', (start) => {
  test('every way to say "all defaults" makes a session (§1.13)', async () => {
    const { call } = await start();
    const json = { 'content-type': 'application/json' };
    for (const options of [
      {},
      { body: {} },
      { body: [] },
      { body: '', headers: json },
      { body: 'null', headers: json },
    ]) {
      for (const path of [
        '/api/v1/upload-sessions',
        '/v1/sessions',
        '/api/v1/sessions',
        '/v1/upload-sessions',
      ]) {
        const answer = await call('POST', path, options);
        expect(answer.status).toBe(201);
        expect(answer.body).toMatchObject({
          destinations: [],
          long_polling: false,
          password_protected: false,
          env: 'live',
        });
      }
    }
  });

  test('the answer carries every member of §2.2', async () => {
    const { call, project } = await start();
    const before = Date.now();
    const { body } = await call('POST', '/upload-sessions', {
      body: { tags: ['order:456'], password: 'open sesame' },
    });
    expect(body.id).toBe(body.uuid);
    expect(body.id).toMatch(/^sess_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(body.upload_url).toMatch(new RegExp(`/u/${body.id}$`));
    expect(body.qr_url).toMatch(new RegExp(`/api/v1/upload-sessions/${body.id}/qr$`));
    expect(body.qr_specs.formats).toEqual(['png', 'svg', 'jpeg']);
    for (const value of Object.values(body.qr_specs.params)) expect(typeof value).toBe('string');
    expect(body.expires_at).toMatch(iso);
    expect(Math.abs(Date.parse(body.expires_at) - before - 3_600_000)).toBeLessThan(60_000);
    expect(body.password_protected).toBe(true);
    expect((await call('POST', '/upload-sessions', { key: project.test })).body.env).toBe('test');
  });

  test('the legacy body makes an ad-hoc webhook named by its host', async () => {
    const { call, project } = await start();
    const body = {
      delivery_mode: 'webhook',
      webhook_url: 'http://127.0.0.1:4999/hooks/photo',
      webhook_format: 'multipart',
      expires_in: 1800,
      max_images: 1,
      tags: { ticket: 'T-77' },
    };
    const made = await call('POST', '/v1/sessions', { body });
    expect(made.status).toBe(201);
    expect(made.body.destinations).toEqual([
      { id: expect.any(String), type: 'webhook', name: '127.0.0.1:4999' },
    ]);
    const listed = await call('GET', `/projects/${project.id}/destinations`);
    expect(listed.body).toEqual([]);
    const session = await call('GET', `/upload/${made.body.id}/session`, { key: null });
    expect(session.body).toMatchObject({ tags: ['ticket:T-77'], effectiveMaxImages: 1, status: 'pending' });
  });

  test.each([
    [{ expires_in_hours: 0 }, 400, 'VALIDATION_ERROR'],
    [{ expires_in_hours: 169 }, 400, 'VALIDATION_ERROR'],
    [{ expires_in_hours: '3' }, 400, 'VALIDATION_ERROR'],
    [{ expires_in_hours: 1, expires_in: 60 }, 400, 'VALIDATION_ERROR'],
    [{ expires_at: '2001-01-01T00:00:00Z' }, 400, 'VALIDATION_ERROR'],
    [{ expires_at: 'soon' }, 400, 'VALIDATION_ERROR'],
    [{ max_images: 0 }, 400, 'VALIDATION_ERROR'],
    [{ max_images: 1.5 }, 400, 'VALIDATION_ERROR'],
    [{ password: 'abc' }, 400, 'VALIDATION_ERROR'],
    [{ allowed_mime_types: ['image/gif'] }, 400, 'VALIDATION_ERROR'],
    [{ metadata: 'text' }, 400, 'VALIDATION_ERROR'],
    [{ metadata: { big: 'x'.repeat(17_000) } }, 400, 'VALIDATION_ERROR'],
    [{ delivery_mode: 'webhook' }, 400, 'VALIDATION_ERROR'],
    [{ delivery_mode: 'pigeon' }, 400, 'VALIDATION_ERROR'],
    [{ webhook_url: 'not a url' }, 400, 'VALIDATION_ERROR'],
    [{ destination_ids: ['dest_unknown'] }, 404, 'NOT_FOUND'],
  ])('%j is refused with %i', async (body, status, code) => {
    const { call } = await start();
    const answer = await call('POST', '/upload-sessions', { body });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      statusCode: status,
      code,
      error: expect.any(String),
      message: expect.any(String),
    });
    if (status === 404) expect(answer.body.message).toContain('destination');
  });

  test.each([
    [{ maxImages: 3 }, { effectiveMaxImages: 3 }],
    [{ max_images: 100_000 }, { effectiveMaxImages: 200 }],
    [{ max_images: null }, { effectiveMaxImages: 10 }],
    [{ max_images: 3, maxImages: 7 }, { effectiveMaxImages: 3 }],
    [
      { allowedMimeTypes: ['image/jpg', 'image/heif'] },
      { effectiveAllowedMimeTypes: ['image/jpeg', 'image/heic'] },
    ],
    [{ max_image_dimension: 4000 }, { effectiveMaxImageDimension: 4000 }],
    [{ unknown_member: 1 }, { effectiveMaxImages: 10 }],
  ])('%j is understood in either spelling', async (body, shown) => {
    const { call } = await start();
    const made = await call('POST', '/upload-sessions', { body });
    expect(made.status).toBe(201);
    expect((await call('GET', `/sessions/${made.body.id}`, { key: null })).body).toMatchObject(shown);
  });

  test('a credential is needed, and a foreign one is told apart from a missing session', async () => {
    const { call, addProject } = await start();
    const { body } = await call('POST', '/upload-sessions');
    const other = await addProject('Other');
    for (const key of [null, 'nonsense', 'aptr_live_unknown']) {
      const answer = await call('POST', '/upload-sessions', { key });
      expect([answer.status, answer.body.code]).toEqual([401, 'AUTHENTICATION_FAILED']);
    }
    const basic = await call('POST', '/upload-sessions', {
      key: null,
      headers: { authorization: 'Basic YTpi' },
    });
    expect(basic.status).toBe(401);
    const foreign = await call('PATCH', `/upload-sessions/${body.id}`, { key: other.live, body: {} });
    expect(foreign.status).toBe(403);
    const missing = await call('PATCH', '/upload-sessions/sess_none', { body: {} });
    expect([missing.status, missing.body.code]).toEqual([404, 'NOT_FOUND']);
    // A public route ignores a credential that is not valid.
    expect((await call('GET', `/upload/${body.id}/session`, { key: 'aptr_live_unknown' })).status).toBe(200);
  });

  test('PATCH: a password is set, kept and removed in its three ways (§2.4)', async () => {
    const { call } = await start();
    const { body } = await call('POST', '/upload-sessions');
    const patch = async (change: unknown) =>
      (await call('PATCH', `/upload-sessions/${body.id}`, { body: change })).body.password_protected;
    expect(await patch({ password: 'open sesame' })).toBe(true);
    expect(await patch({ label: 'kept' })).toBe(true);
    expect(await patch({ password: null })).toBe(false);
    expect(await patch({ password: 'again' })).toBe(true);
    expect(await patch({ password: '' })).toBe(false);
  });

  test('verify-password answers 200 for right and wrong', async () => {
    const { call } = await start({ clock: standing() });
    const { body } = await call('POST', '/upload-sessions', { body: { password: 'Zürich 8001' } });
    const verify = (sent: unknown) =>
      call('POST', `/upload/${body.id}/verify-password`, { key: null, body: sent });
    expect((await verify({ password: 'Zürich 8001' })).body).toEqual({ valid: true });
    const wrong = await verify({ password: 'zürich 8001' });
    expect([wrong.status, wrong.body]).toEqual([200, { valid: false }]);
    expect((await verify({})).status).toBe(400);
    const guesses = [];
    for (let n = 0; n < 25; n++) guesses.push((await verify({ password: `guess ${n}` })).status);
    expect(guesses).toContain(429);
  });

  test('close ends a session once; a closed or expired one cannot change', async () => {
    const { call } = await start();
    const { body } = await call('POST', '/upload-sessions');
    expect((await call('POST', `/upload-sessions/${body.id}/close`)).body.status).toBe('completed');
    expect((await call('POST', `/upload-sessions/${body.id}/close`)).body.code).toBe('SESSION_COMPLETED');
    expect((await call('PATCH', `/upload-sessions/${body.id}`, { body: { max_images: 2 } })).status).toBe(
      409,
    );
  });

  test('lists are pages and bare arrays, newest first, and clamp what they are given', async () => {
    const { call, project } = await start();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++)
      ids.unshift((await call('POST', '/upload-sessions', { body: { label: `n${n}` } })).body.id);
    await call('POST', '/upload-sessions', { key: project.test });
    const page = await call('GET', '/sessions?page=2&pageSize=2');
    expect(page.body).toMatchObject({ total: 5, page: 2, pageSize: 2, totalPages: 3 });
    expect(page.body.data.map((row: { id: string }) => row.id)).toEqual(ids.slice(2, 4));
    expect(page.body.data[0]).toEqual({
      id: ids[2],
      createdAt: expect.stringMatching(iso),
      expiresAt: expect.stringMatching(iso),
      status: 'pending',
      projectId: project.id,
      projectName: 'Claims',
      imagesCount: 0,
      imagesDelivered: 0,
      imagesFailed: 0,
      destinationsCount: 0,
      tags: null,
      longPollingEnabled: false,
      label: 'n2',
      env: 'live',
    });
    expect((await call('GET', '/upload-sessions?page=0&page_size=1000')).body).toMatchObject({
      page: 1,
      pageSize: 100,
    });
    expect((await call('GET', '/sessions?page=x')).body.page).toBe(1);
    expect((await call('GET', '/sessions/recent?limit=2')).body.map((row: { id: string }) => row.id)).toEqual(
      ids.slice(0, 2),
    );
    expect((await call('GET', '/sessions', { key: project.test })).body.total).toBe(1);
  });

  test('unknown paths, wrong methods and bad bodies answer in the one form (§1.11)', async () => {
    const { call } = await start();
    const cases = [
      await call('GET', '/nothing'),
      await call('DELETE', '/sessions'),
      await call('POST', '/upload-sessions', { body: '{', headers: { 'content-type': 'application/json' } }),
      await call('POST', '/upload-sessions', { body: 'a=1', headers: { 'content-type': 'text/plain' } }),
      await call('POST', '/upload-sessions', {
        body: '"x"',
        headers: { 'content-type': 'application/json' },
      }),
    ];
    expect(cases.map((answer) => answer.status)).toEqual([404, 405, 400, 415, 400]);
    for (const answer of cases) {
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.body).toMatchObject({
        statusCode: answer.status,
        error: expect.any(String),
        message: expect.any(String),
        code: expect.any(String),
      });
    }
  });

  test('the rate limit counts creations a key, with its headers (§1.8)', async () => {
    const { call } = await start({ clock: standing() });
    const first = await call('POST', '/upload-sessions');
    expect(first.headers.get('x-ratelimit-limit')).toBe('100');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('99');
    expect(Number(first.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 - 1);
    let last = first;
    for (let n = 0; n < 100; n++) last = await call('POST', '/v1/sessions');
    expect(last.status).toBe(429);
    expect(last.body.code).toBe('RATE_LIMIT');
    expect(Number(last.headers.get('retry-after'))).toBe(last.body.retryAfter);
    expect(last.body.retryAfter).toBeGreaterThanOrEqual(1);
    expect((await call('GET', '/sessions')).status).toBe(200);
  });
});
