/**
 * The contract as tables: request, expected answer, expected events; one table a section. What needs more than one
 * request is in the file of its section.
 */
import { describe, expect, test } from 'vitest';
import { type Answer, type CallOptions, eachSharedApp, photoForm, type TestApp } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

/** A project of its own for each row, and shortcuts for what stands before the request. */
interface Stage {
  app: TestApp;
  project: string;
  /** Calls with the project's live key. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  session(body?: unknown): Promise<string>;
  upload(session: string): Promise<string>;
  make(what: 'keys' | 'webhooks' | 'destinations'): Promise<string>;
}

interface Row {
  what: string;
  /** Method and path, then what else; made when everything before stands. */
  send(stage: Stage): Promise<[string, string, CallOptions?]> | [string, string, CallOptions?];
  status: number;
  /** What the answer holds at least. */
  answer?: unknown;
  headers?: Record<string, RegExp>;
  /** Topics of the events that the request leaves, in any order. Default: none. */
  events?: string[];
}

const json = { 'content-type': 'application/json' };
const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const refused = (status: number, code: string) => ({ statusCode: status, code, message: expect.any(String) });
const webhook = { url: 'http://127.0.0.1:9/', topics: ['project.billing.*'] };
const made = ['project.session.created'];

const sections: Record<string, Row[]> = {
  '§1.8 limits': [
    {
      what: 'an answer to a credential tells of its limit',
      send: () => ['GET', '/stats'],
      status: 200,
      headers: {
        'x-ratelimit-limit': /^200$/,
        'x-ratelimit-remaining': /^199$/,
        'x-ratelimit-reset': /^\d{10}$/,
      },
    },
    {
      what: 'lists have their own',
      send: () => ['GET', '/sessions'],
      status: 200,
      headers: { 'x-ratelimit-limit': /^300$/ },
    },
    {
      what: 'so have new sessions, on every path',
      send: () => ['POST', '/v1/sessions'],
      status: 201,
      headers: { 'x-ratelimit-limit': /^100$/ },
      events: made,
    },
  ],
  '§1.9 times and numbers': [
    {
      what: 'any RFC 3339 offset is taken',
      send: () => [
        'POST',
        '/upload-sessions',
        { body: { expires_at: new Date(Date.now() + 7_200_000).toISOString().replace('Z', '-00:00') } },
      ],
      status: 201,
      answer: { expires_at: iso },
      events: made,
    },
    {
      what: 'unknown members are ignored',
      send: () => ['POST', '/upload-sessions', { body: { colour: 'red' } }],
      status: 201,
      events: made,
    },
    {
      what: 'a fraction is no count',
      send: () => ['POST', '/upload-sessions', { body: { max_images: 1.5 } }],
      status: 400,
      answer: refused(400, 'VALIDATION_ERROR'),
    },
  ],
  '§1.10 letter case': [
    {
      what: 'camelCase where snake_case is canonical',
      send: () => ['POST', '/upload-sessions', { body: { longPolling: true, expiresInHours: 1 } }],
      status: 201,
      answer: { long_polling: true },
      events: made,
    },
    {
      what: 'the canonical one wins',
      send: () => ['POST', '/upload-sessions', { body: { long_polling: true, longPolling: false } }],
      status: 201,
      answer: { long_polling: true },
      events: made,
    },
    {
      what: 'snake_case in a query',
      send: () => ['GET', '/sessions?page_size=3'],
      status: 200,
      answer: { pageSize: 3 },
    },
    {
      what: 'snake_case in a key',
      send: ({ project }) => [
        'POST',
        `/projects/${project}/keys`,
        { body: { label: 'rust', max_images: 4 } },
      ],
      status: 201,
      answer: { key: { maxImages: 4 } },
    },
  ],
  '§1.11 errors': [
    {
      what: 'bad JSON',
      send: () => ['POST', '/upload-sessions', { body: '{', headers: json }],
      status: 400,
      answer: refused(400, 'INVALID_JSON'),
    },
    {
      what: 'no credential',
      send: () => ['GET', '/stats', { key: null }],
      status: 401,
      answer: refused(401, 'AUTHENTICATION_FAILED'),
    },
    {
      what: 'another project',
      send: () => ['GET', '/projects/proj_other/keys'],
      status: 403,
      answer: refused(403, 'FORBIDDEN'),
    },
    {
      what: 'an unknown route',
      send: () => ['GET', '/nothing'],
      status: 404,
      answer: refused(404, 'NOT_FOUND'),
    },
    {
      what: 'another method',
      send: () => ['PATCH', '/stats'],
      status: 405,
      answer: refused(405, 'METHOD_NOT_ALLOWED'),
      headers: { allow: /GET/ },
    },
    {
      what: 'another content type',
      send: () => ['POST', '/upload-sessions', { body: 'a=1', headers: { 'content-type': 'text/plain' } }],
      status: 415,
      answer: refused(415, 'UNSUPPORTED_MEDIA_TYPE'),
    },
    {
      what: 'a session that is full',
      send: async ({ session, upload }) => {
        const id = await session({ max_images: 1 });
        await upload(id);
        return ['POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }];
      },
      status: 422,
      answer: refused(422, 'SESSION_FULL'),
    },
  ],
  '§1.12 pages': [
    {
      what: 'a page',
      send: () => ['GET', '/uploads'],
      status: 200,
      answer: { data: [], total: 0, page: 1, pageSize: 20, totalPages: 0 },
    },
    {
      what: 'out of range',
      send: () => ['GET', '/sessions?page=-1&pageSize=5000'],
      status: 200,
      answer: { page: 1, pageSize: 100 },
    },
    { what: 'recent', send: () => ['GET', '/sessions/recent?limit=1000'], status: 200, answer: [] },
    {
      what: 'deliveries',
      send: async ({ make, project }) => [
        'GET',
        `/projects/${project}/webhooks/${await make('webhooks')}/deliveries?limit=0`,
      ],
      status: 200,
      answer: { deliveries: [], total: 0, page: 1, limit: 1 },
    },
  ],
  '§1.13 bodies that must not be refused': [
    { what: 'none', send: () => ['POST', '/upload-sessions'], status: 201, events: made },
    { what: '[]', send: () => ['POST', '/upload-sessions', { body: [] }], status: 201, events: made },
    {
      what: 'an empty one that says it is JSON',
      send: () => ['POST', '/upload-sessions', { body: '', headers: json }],
      status: 201,
      events: made,
    },
    {
      what: 'DELETE with a content type',
      send: async ({ make, project }) => [
        'DELETE',
        `/projects/${project}/webhooks/${await make('webhooks')}`,
        { headers: json },
      ],
      status: 204,
    },
    {
      what: 'close with {}',
      send: async ({ session }) => ['POST', `/upload-sessions/${await session()}/close`, { body: {} }],
      status: 200,
      events: ['project.session.completed'],
    },
  ],
  '§2 sessions': [
    {
      what: 'made',
      send: () => ['POST', '/upload-sessions'],
      status: 201,
      answer: { env: 'live', destinations: [], expires_at: iso },
      events: made,
    },
    {
      what: 'read by its link alone',
      send: async ({ session }) => ['GET', `/upload/${await session()}/session`, { key: null }],
      status: 200,
      answer: { status: 'pending', effectiveMaxImages: 10, password_protected: false },
    },
    {
      what: 'changed',
      send: async ({ session }) => [
        'PATCH',
        `/upload-sessions/${await session()}`,
        { body: { max_images: 3 } },
      ],
      status: 200,
      answer: { effectiveMaxImages: 3 },
    },
    {
      what: 'two expiries',
      send: () => ['POST', '/upload-sessions', { body: { expires_in: 60, expires_in_hours: 1 } }],
      status: 400,
      answer: refused(400, 'VALIDATION_ERROR'),
    },
    {
      what: 'a QR code',
      send: async ({ session }) => ['GET', `/sessions/${await session()}/qr`, { key: null }],
      status: 200,
      headers: { 'content-type': /^image\/png$/ },
    },
    {
      what: 'a password that is wrong',
      send: async ({ session }) => [
        'POST',
        `/upload/${await session({ password: 'open sesame' })}/verify-password`,
        { body: { password: 'no' } },
      ],
      status: 200,
      answer: { valid: false },
    },
  ],
  '§3 uploads': [
    {
      what: 'a photo without destinations is complete when it is stored',
      send: async ({ session }) => [
        'POST',
        `/upload/${await session()}/images`,
        { body: photoForm(await makeJpeg()), key: null },
      ],
      status: 201,
      answer: { filename: 'image.jpg', destinations: 0, long_polling: false },
      events: ['project.upload.completed', 'project.upload.started'],
    },
    {
      what: 'one that waits to be fetched is not',
      send: async ({ session }) => [
        'POST',
        `/upload/${await session({ long_polling: true })}/images`,
        { body: photoForm(await makeJpeg()) },
      ],
      status: 201,
      answer: { long_polling: true },
      events: ['project.upload.started'],
    },
    {
      what: 'text is no photo',
      send: async ({ session }) => [
        'POST',
        `/upload/${await session()}/images`,
        { body: photoForm(Buffer.from('hello')) },
      ],
      status: 415,
      answer: refused(415, 'UNSUPPORTED_MEDIA_TYPE'),
    },
    {
      what: 'a closed session takes none',
      send: async ({ call, session }) => {
        const id = await session();
        await call('POST', `/upload-sessions/${id}/close`);
        return ['POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }];
      },
      status: 409,
      answer: refused(409, 'SESSION_COMPLETED'),
    },
    {
      what: 'a row',
      send: async ({ session, upload }) => ['GET', `/uploads/${await upload(await session())}`],
      status: 200,
      answer: {
        status: 'stored_only',
        mimeType: 'image/jpeg',
        isEncrypted: false,
        destinationsBreakdown: [],
      },
    },
  ],
  '§4 polling': [
    {
      what: 'the list',
      send: async ({ session }) => ['GET', `/upload-sessions/${await session({ long_polling: true })}/poll`],
      status: 200,
      answer: { images: [] },
    },
    {
      what: 'the waiting form: nothing yet',
      send: async ({ session }) => [
        'GET',
        `/sessions/${await session({ long_polling: true })}/poll?timeout=0`,
      ],
      status: 204,
    },
    {
      what: 'the waiting form without long polling',
      send: async ({ session }) => ['GET', `/sessions/${await session()}/poll`],
      status: 409,
      answer: refused(409, 'CONFLICT'),
    },
    {
      what: 'an acknowledgement completes the photo',
      send: async ({ session, upload }) => {
        const id = await session({ long_polling: true });
        return ['POST', `/upload-sessions/${id}/images/${await upload(id)}/ack`];
      },
      status: 200,
      answer: { status: 'acknowledged' },
      events: ['project.upload.completed'],
    },
    {
      what: 'a second one',
      send: async ({ call, session, upload }) => {
        const image = await upload(await session({ long_polling: true }));
        await call('POST', `/images/${image}/ack`);
        return ['POST', `/images/${image}/ack`];
      },
      status: 409,
      answer: refused(409, 'ALREADY_ACKNOWLEDGED'),
    },
  ],
  '§5 live': [
    {
      what: 'an unknown session',
      send: () => ['GET', '/upload/sess_none/events', { key: null }],
      status: 404,
      answer: refused(404, 'NOT_FOUND'),
    },
    {
      what: 'the project path without a credential',
      send: async ({ session }) => ['GET', `/sessions/${await session()}/events`, { key: null }],
      status: 401,
      answer: refused(401, 'AUTHENTICATION_FAILED'),
    },
    {
      what: 'only its head',
      send: async ({ session }) => ['HEAD', `/upload/${await session()}/events`, { key: null }],
      status: 200,
      headers: { 'content-type': /^text\/event-stream/ },
    },
  ],
  '§6 destinations': [
    {
      what: 'made, with a masked secret',
      send: ({ project }) => [
        'POST',
        `/projects/${project}/destinations`,
        { body: { type: 'webhook', name: 'Shop', config: { url: 'https://shop.example/', secret: 'hush' } } },
      ],
      status: 201,
      answer: { type: 'webhook', name: 'Shop', isActive: true, config: { secret: '••••••••' } },
    },
    {
      what: 'an unknown type',
      send: ({ project }) => [
        'POST',
        `/projects/${project}/destinations`,
        { body: { type: 'pigeon', config: {} } },
      ],
      status: 400,
      answer: refused(400, 'VALIDATION_ERROR'),
    },
    {
      what: 'a test that fails is an answer',
      send: async ({ make, project }) => [
        'POST',
        `/projects/${project}/destinations/${await make('destinations')}/test`,
      ],
      status: 200,
      answer: { success: false },
    },
    {
      what: 'deleted',
      send: async ({ make, project }) => [
        'DELETE',
        `/projects/${project}/destinations/${await make('destinations')}`,
      ],
      status: 204,
    },
  ],
  '§7 keys': [
    {
      what: 'made, shown once',
      send: ({ project }) => ['POST', `/projects/${project}/keys`, { body: { name: 'CI' } }],
      status: 201,
      answer: {
        key: { label: 'CI', env: 'live', isActive: true },
        plainTextKey: expect.stringMatching(/^aptr_live_/),
      },
    },
    {
      what: 'without a label',
      send: ({ project }) => ['POST', `/projects/${project}/keys`, { body: {} }],
      status: 400,
      answer: refused(400, 'VALIDATION_ERROR'),
    },
    {
      what: 'default destinations',
      send: async ({ make }) => [
        'PUT',
        `/keys/${await make('keys')}/destinations`,
        { body: { destination_ids: [], long_polling_enabled: true } },
      ],
      status: 200,
      answer: { destinations: [], longPollingEnabled: true },
    },
    {
      what: 'an unknown destination is named as such',
      send: async ({ make }) => [
        'PUT',
        `/keys/${await make('keys')}/destinations`,
        { body: { destination_ids: ['dest_none'] } },
      ],
      status: 404,
      answer: { message: expect.stringContaining('destination') },
    },
  ],
  '§8 event webhooks': [
    {
      what: 'made, with the defaults',
      send: ({ project }) => ['POST', `/projects/${project}/webhooks`, { body: webhook }],
      status: 201,
      answer: {
        signatureMethod: 'hmac_sha256',
        maxRetries: 5,
        retryIntervals: [30, 60, 300, 900, 3600],
        customHeaders: {},
        disabledAt: null,
      },
    },
    {
      what: 'an unknown topic',
      send: ({ project }) => [
        'POST',
        `/projects/${project}/webhooks`,
        { body: { ...webhook, topics: ['project.nothing'] } },
      ],
      status: 400,
      answer: refused(400, 'VALIDATION_ERROR'),
    },
    {
      what: 'a test',
      send: async ({ make, project }) => [
        'POST',
        `/projects/${project}/webhooks/${await make('webhooks')}/test`,
      ],
      status: 200,
      answer: { message: 'Test event sent' },
      events: ['webhook.test'],
    },
  ],
  '§10 the server key': [
    {
      what: 'without a credential, in both spellings',
      send: () => ['GET', '/encryption/server-key', { key: null }],
      status: 200,
      answer: {
        publicKey: expect.stringContaining('BEGIN PUBLIC KEY'),
        public_key: expect.stringContaining('BEGIN PUBLIC KEY'),
      },
    },
  ],
  '§11 statistics': [
    {
      what: 'of a new project',
      send: () => ['GET', '/stats'],
      status: 200,
      answer: {
        sessionsThisMonth: 0,
        deliverySuccessRate: 100,
        totalProjects: 1,
        activeKeys: expect.any(Number),
      },
    },
  ],
  '§12 OAuth': [
    {
      what: 'a code that nobody gave',
      send: () => [
        'POST',
        '/oauth/token',
        {
          body: {
            grant_type: 'authorization_code',
            client_id: 'app_9',
            client_secret: 's',
            code: 'c',
            redirect_uri: 'https://crm.example/',
          },
        },
      ],
      status: 401,
      answer: { error: 'invalid_client' },
    },
    {
      what: 'a token that nobody gave',
      send: () => ['GET', '/stats', { key: 'aptr_oauth_4tQ9' }],
      status: 401,
      answer: refused(401, 'AUTHENTICATION_FAILED'),
    },
  ],
  '§14 plans and test mode': [
    {
      what: 'the plans',
      send: () => ['GET', '/plans'],
      status: 200,
      answer: expect.arrayContaining([expect.objectContaining({ id: 'free' })]),
    },
    {
      what: 'another plan',
      send: ({ project }) => ['PUT', `/projects/${project}/plan`, { body: { plan: 'pro' } }],
      status: 200,
      answer: { plan: { id: 'pro' } },
      events: ['project.billing.plan_changed'],
    },
    {
      what: 'what the plan does not have',
      send: async ({ call, project }) => {
        await call('PUT', `/projects/${project}/plan`, { body: { plan: 'free' } });
        return ['POST', '/upload-sessions', { body: { expires_in_hours: 100 } }];
      },
      status: 403,
      answer: refused(403, 'PLAN_LIMIT'),
    },
    {
      what: 'usage',
      send: ({ project }) => ['GET', `/projects/${project}/usage`],
      status: 200,
      answer: { sessions: 0, images: 0 },
    },
  ],
};

eachSharedApp('scenarios', {}, (app) => {
  for (const [section, rows] of Object.entries(sections)) {
    describe(section, () => {
      test.each(rows)('$what', async (row) => {
        const stage = await createStage(app());
        const [method, where, options] = await row.send(stage);
        const before = await topics(stage);
        const answer = await stage.call(method, where, options);
        expect(answer.status, answer.bytes.toString().slice(0, 300)).toBe(row.status);
        if (row.answer) expect(answer.body).toMatchObject(row.answer as object);
        for (const [name, pattern] of Object.entries(row.headers ?? {}))
          expect(answer.headers.get(name)).toMatch(pattern);
        const after = await topics(stage);
        expect(after.slice(before.length).sort()).toEqual([...(row.events ?? [])].sort());
      });
    });
  }

  describe('§13 the page', () => {
    test.each([
      ['known', async (stage: Stage) => `/u/${await stage.session()}`, 200],
      ['unknown', async () => '/u/sess_none', 404],
    ] as const)('%s: HTML that may be embedded', async (_name, where, status) => {
      const stage = await createStage(app());
      const answer = await fetch(`${app().origin}${await where(stage)}`);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('x-frame-options')).toBeNull();
      expect(answer.headers.get('content-security-policy')).toContain('frame-ancestors *');
    });
  });
});

async function createStage(app: TestApp): Promise<Stage> {
  const project = await app.addProject('Scenario');
  const call = (method: string, where: string, options: CallOptions = {}): Promise<Answer> =>
    app.call(method, where, { key: project.live, ...options });
  return {
    app,
    project: project.id,
    call,
    session: async (body = {}) => (await call('POST', '/upload-sessions', { body })).body.id,
    upload: async (id) =>
      (await call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) })).body.id,
    make: async (what) => {
      const bodies = {
        keys: { label: 'made' },
        webhooks: webhook,
        destinations: { type: 'webhook', url: 'http://127.0.0.1:9/' },
      };
      return (await call('POST', `/projects/${project.id}/${what}`, { body: bodies[what] })).body.id;
    },
  };
}

/** Of the project's events, oldest first. */
async function topics({ app, project }: Stage): Promise<string[]> {
  const rows = await app.db.read
    .selectFrom('events')
    .select('topic')
    .where('project_id', '=', project)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.topic);
}
