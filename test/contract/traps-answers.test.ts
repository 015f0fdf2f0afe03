/** What the published clients read that a server easily gets wrong: contract §17.27 to §17.49. See `traps.test.ts`. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { signSvix, signTimestamped } from '../../src/lib/signatures.ts';
import { longestHoldMs } from '../../src/sessions/delivery-status.ts';
import { type Answer, eachProject, photoForm, until } from '../helpers/app.ts';
import { receiveEvents } from '../helpers/event-receiver.ts';
import { readDocument, type Schema } from '../helpers/openapi.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What typed clients decode, member by member: `?` may be null. */
const typed: Record<string, string> = {
  CreatedSession:
    'uuid:string upload_url:string qr_url:string qr_specs:object destinations:array long_polling:boolean expires_at:string password_protected:boolean env:string',
  Session:
    'id:string status:string expiresAt:string tags:array? imagesPerSession:integer effectiveMaxImages:integer effectiveAllowedMimeTypes:array effectiveMaxImageDimension:integer? password_protected:boolean serverPublicKey:string e2eEnabled:boolean e2ePublicKey:string? e2eDowngraded:boolean',
  SessionRow:
    'id:string createdAt:string expiresAt:string status:string projectId:string projectName:string imagesCount:integer imagesDelivered:integer imagesFailed:integer destinationsCount:integer tags:array? longPollingEnabled:boolean label:string? env:string',
  UploadResult: 'id:string filename:string size_bytes:integer destinations:integer long_polling:boolean',
  Upload:
    'id:string filename:string sizeBytes:integer mimeType:string source:string isEncrypted:boolean env:string createdAt:string sessionId:string projectId:string projectName:string destinationsTotal:integer destinationsDelivered:integer destinationsFailed:integer destinationsBreakdown:array status:string',
  WaitingImage:
    'id:string filename:string size_bytes:integer mime_type:string source:string created_at:string',
  Destination:
    'id:string type:string name:string config:object isActive:boolean createdAt:string updatedAt:string',
  ApiKey:
    'id:string prefix:string label:string env:string isActive:boolean lastUsedAt:string? maxImages:integer? allowedMimeTypes:array maxImageDimension:integer? longPollingEnabled:boolean defaultDestinations:array allowedIps:array allowedDomains:array totpEnabled:boolean clientCertEnabled:boolean clientCertFingerprint:string? createdAt:string',
  Webhook:
    'id:string projectId:string url:string secret:string signatureMethod:string topics:array isActive:boolean maxRetries:integer retryIntervals:array disableAfterFailures:integer consecutiveFailures:integer customHeaders:object disabledAt:string? createdAt:string updatedAt:string',
  WebhookDelivery:
    'id:string eventLogId:string topic:string status:string attempts:integer responseCode:integer? responseBody:string? durationMs:integer lastError:string? nextRetryAt:string? createdAt:string updatedAt:string',
  Stats:
    'sessionsThisMonth:integer sessionsTotal:integer imagesUploaded:integer imagesDelivered:integer deliverySuccessRate:number totalProjects:integer activeKeys:integer topProjects:array',
};

/** `integer?` for a schema of an integer or null. */
function typeOf(schema: Schema): string {
  if (schema.$ref) return 'object';
  const all: string[] = (schema.anyOf ?? [schema]).map(
    (one: Schema) => one.type ?? (one.$ref ? 'object' : 'string'),
  );
  return [...new Set(all.filter((one) => one !== 'null'))].join('|') + (all.includes('null') ? '?' : '');
}

eachProject(
  'traps of answers',
  (start, engine) => {
    const open = async () => {
      const app = await start();
      const stem = `/projects/${app.project.id}`;
      const session = async (body: unknown = {}): Promise<string> =>
        (await app.call('POST', '/upload-sessions', { body })).body.id;
      const upload = async (id: string): Promise<Answer> =>
        app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()), key: null });
      return { app, call: app.call, stem, session, upload };
    };

    test('§17.27 bare arrays where clients index them, objects where they read members', async () => {
      const { call, stem } = await open();
      const hook = (
        await call('POST', `${stem}/webhooks`, { body: { url: 'http://127.0.0.1:9/', topics: ['*'] } })
      ).body.id;
      for (const where of [
        `${stem}/destinations`,
        `${stem}/keys`,
        `${stem}/webhooks`,
        '/sessions/recent',
        '/uploads/recent',
      ]) {
        expect([where, Array.isArray((await call('GET', where)).body)]).toEqual([where, true]);
      }
      for (const where of ['/sessions', '/uploads']) {
        const empty = { data: [], total: 0, page: 1, pageSize: 20, totalPages: 0 };
        expect((await call('GET', where)).body).toEqual(empty);
      }
      const page = (await call('GET', `${stem}/webhooks/${hook}/deliveries`)).body;
      expect(page).toEqual({ deliveries: [], data: [], total: 0, page: 1, limit: 20 });
    });

    if (engine.name === 'sqlite') {
      test('§17.28 every member that typed clients decode has its type, and null only where they take it', async () => {
        const { app } = await open();
        const { schemas } = (await readDocument(app.origin)).components;
        const wrong = Object.entries(typed).flatMap(([name, members]) =>
          members.split(' ').flatMap((member) => {
            const [key, wanted] = member.split(':') as [string, string];
            const property = schemas[name]?.properties?.[key];
            const got = property ? typeOf(property) : 'nothing';
            const good = got === wanted && schemas[name].required.includes(key);
            return good ? [] : [`${name}.${key}: ${got} instead of ${wanted}`];
          }),
        );
        expect(wrong).toEqual([]);
      });

      test('§17.32 members are added, never renamed or given another type: the aliases stand beside', async () => {
        const { app, call, stem } = await open();
        const made = (await call('POST', '/upload-sessions')).body;
        expect(made.id).toBe(made.uuid);
        const key = (await call('POST', `${stem}/keys`, { body: { label: 'twin' } })).body;
        expect([key.id, key.plain_text_key]).toEqual([key.key.id, key.plainTextKey]);
        const server = (await call('GET', '/encryption/key')).body;
        expect(server.public_key).toBe(server.publicKey);
        expect((await call('GET', `/sessions/${made.id}`, { key: null })).body.uuid).toBe(made.id);
        expect(app.project.id).toMatch(/^proj_/);
      });

      test('§17.48 the API stands at the root of its host, and so do its links', async () => {
        const { app, call } = await open();
        const made = (await call('POST', '/upload-sessions')).body;
        for (const link of [made.upload_url, made.short_url, made.qr_url])
          expect(link).toMatch(`${app.origin}/`);
        expect((await fetch(made.qr_url)).status).toBe(200);
        expect(() => readConfig({ APERTUR_PUBLIC_URL: 'https://photos.example/under/a/path' })).toThrow(
          'PUBLIC_URL',
        );
      });
    }

    test('§17.29 destinations is a number in an upload, a list in a session, a key and the delivery status', async () => {
      const { call, stem, session, upload } = await open();
      const made = await call('POST', '/upload-sessions');
      const id = await session();
      const key = (await call('POST', `${stem}/keys`, { body: { label: 'list' } })).body.id;
      expect((await upload(id)).body.destinations).toBe(0);
      expect(made.body.destinations).toEqual([]);
      expect((await call('PUT', `/keys/${key}/destinations`, { body: {} })).body.destinations).toEqual([]);
      expect(
        (await call('GET', `/upload-sessions/${id}/delivery-status`)).body.files[0].destinations,
      ).toEqual([]);
    });

    test('§17.30 password_protected amid camelCase, lastChanged amid snake_case', async () => {
      const { call, session } = await open();
      const id = await session({ password: 'open sesame' });
      expect((await call('GET', `/upload/${id}/session`, { key: null })).body).toMatchObject({
        password_protected: true,
        effectiveMaxImages: 10,
      });
      expect((await call('GET', `/upload-sessions/${id}/delivery-status`)).body.lastChanged).toMatch(iso);
    });

    test('§17.31 statistics have sessionsThisMonth and not its twin', async () => {
      const { call } = await open();
      const { body } = await call('GET', '/stats');
      expect(body.sessionsThisMonth).toBe(0);
      expect(body).not.toHaveProperty('sessionsInRange');
      expect(body.deliverySuccessRate).toBe(100);
    });

    test('§17.33 bytes are bytes, whatever is accepted', async () => {
      const { call, session } = await open();
      const id = await session({ long_polling: true });
      const photo = await makeJpeg();
      const image = (await call('POST', `/upload/${id}/images`, { body: photoForm(photo) })).body.id;
      const headers = { accept: 'application/json', 'accept-encoding': 'gzip, br' };
      for (const where of [
        `/upload-sessions/${id}/images/${image}`,
        `/images/${image}/download`,
        `/uploads/${image}/download`,
      ]) {
        const answer = await call('GET', where, { headers });
        expect([
          answer.status,
          answer.headers.get('content-type'),
          answer.headers.get('content-encoding'),
        ]).toEqual([200, 'image/jpeg', null]);
        expect(answer.bytes.equals(photo)).toBe(true);
      }
      const qr = await call('GET', `/upload-sessions/${id}/qr`, { headers });
      expect(qr.headers.get('content-type')).toBe('image/png');
    });

    test('§17.34 what has no value is null and there', async () => {
      const { call, stem, session } = await open();
      await session();
      const hook = (
        await call('POST', `${stem}/webhooks`, { body: { url: 'http://127.0.0.1:9/', topics: ['*'] } })
      ).body;
      const [row] = (await call('GET', '/sessions/recent')).body;
      const [key] = (await call('GET', `${stem}/keys`)).body;
      expect([row.tags, row.label, hook.disabledAt, key.maxImages, key.clientCertFingerprint]).toEqual([
        null,
        null,
        null,
        null,
        null,
      ]);
    });

    test('§17.35 times are UTC with milliseconds and Z', async () => {
      const { call, stem, session, upload } = await open();
      const id = await session({
        long_polling: true,
        expires_at: new Date(Date.now() + 3_600_000).toISOString().replace('Z', '+00:00'),
      });
      await upload(id);
      const times = JSON.stringify([
        (await call('GET', '/sessions')).body,
        (await call('GET', '/uploads')).body,
        (await call('GET', `${stem}/keys`)).body,
        (await call('GET', `/upload-sessions/${id}/poll`)).body,
        (await call('GET', `/upload-sessions/${id}/delivery-status`)).body,
      ]).match(/"\d{4}-\d\d-\d\d[^"]*"/g)!;
      expect(times.length).toBeGreaterThan(6);
      for (const time of times) expect(time.slice(1, -1)).toMatch(iso);
    });

    test('§17.36 a held answer sends nothing before it answers, and is held for 290 s at most', async () => {
      const { call, session, upload } = await open();
      const id = await session();
      const { lastChanged } = (await call('GET', `/upload-sessions/${id}/delivery-status`)).body;
      expect(longestHoldMs).toBeLessThanOrEqual(290_000);
      let answered = false;
      const held = call(
        'GET',
        `/upload-sessions/${id}/delivery-status?pollFrom=${encodeURIComponent(lastChanged)}`,
      ).then((answer) => {
        answered = true;
        return answer;
      });
      // Another request on the same server comes and goes meanwhile.
      expect((await call('GET', '/stats')).status).toBe(200);
      expect(answered).toBe(false);
      await upload(id);
      const answer = await held;
      expect([answer.status, answer.body.files.length]).toEqual([200, 1]);
      expect(answer.body.lastChanged > lastChanged).toBe(true);
    });

    test('§17.37 lastChanged that comes back is the one that is stored', async () => {
      const { call, session, upload } = await open();
      const id = await session({ max_images: 1 });
      await upload(id);
      const read = async (from: string) =>
        (await call('GET', `/upload-sessions/${id}/delivery-status?pollFrom=${encodeURIComponent(from)}`))
          .body.lastChanged;
      const ended = (await until(
        async () => {
          const { body } = await call('GET', `/upload-sessions/${id}/delivery-status`);
          return body.status === 'completed' ? body : undefined;
        },
        'the session to be complete',
        60,
      )) as { lastChanged: string };
      expect(await read(ended.lastChanged)).toBe(ended.lastChanged);
      expect(await read(new Date(Date.parse(ended.lastChanged) - 1).toISOString())).toBe(ended.lastChanged);
    });

    test('§17.38 the list of waiting images answers at once', async () => {
      const { call, session } = await open();
      const answer = await call('GET', `/upload-sessions/${await session({ long_polling: true })}/poll`);
      expect([answer.status, answer.body]).toEqual([200, { images: [] }]);
    });

    test('§17.39 live events: a whole frame a write, LF only, one space, nothing packed', async () => {
      const { app, session } = await open();
      const id = await session();
      const leave = new AbortController();
      const live = await fetch(`${app.origin}/api/v1/upload/${id}/events`, {
        headers: { 'accept-encoding': 'gzip' },
        signal: leave.signal,
      });
      expect(live.headers.get('content-encoding')).toBeNull();
      expect(live.headers.get('x-accel-buffering')).toBe('no');
      const { value } = await live.body!.getReader().read();
      expect(Buffer.from(value!).toString()).toBe(`event: connected\ndata: {"sessionId":"${id}"}\n\n`);
      leave.abort();
    });

    test('§17.40 the list of waiting images is 200 in every state of a session', async () => {
      const { call, session, upload } = await open();
      for (const options of [{}, { long_polling: true }, { long_polling: true, max_images: 1 }]) {
        const id = await session(options);
        const poll = async () => (await call('GET', `/upload-sessions/${id}/poll`)).status;
        expect(await poll()).toBe(200);
        await upload(id);
        expect(await poll()).toBe(200);
        await call('POST', `/upload-sessions/${id}/close`);
        expect(await poll()).toBe(200);
      }
    });

    test('§17.43 the signature is over the very bytes that were sent', async () => {
      const { call, stem, session, upload } = await open();
      const receiver = await receiveEvents();
      const hook = (
        await call('POST', `${stem}/webhooks`, { body: { url: receiver.url, topics: ['project.upload.*'] } })
      ).body;
      await upload(await session({ tags: ['Straße:1 ✓'] }));
      const [event] = await receiver.count(1);
      expect(event!.raw).toContain('Straße:1 ✓');
      const hmac = createHmac('sha256', hook.secret).update(
        `${event!.headers['x-apertur-timestamp']}.${event!.raw}`,
      );
      expect(event!.headers['x-apertur-signature']).toBe(`sha256=${hmac.digest('hex')}`);
    });

    test('§17.44 svix-signature holds one v1, and no list', async () => {
      const { call, stem } = await open();
      const receiver = await receiveEvents();
      const body = { url: receiver.url, topics: ['*'], signatureMethod: 'svix' };
      const hook = (await call('POST', `${stem}/webhooks`, { body })).body;
      await call('POST', `${stem}/webhooks/${hook.id}/test`);
      const [event] = await receiver.count(1);
      expect(event!.headers['svix-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    });

    test('§17.47 recent before an id; upload and uploads; poll by its stem', async () => {
      const { call, session } = await open();
      const id = await session({ long_polling: true });
      for (const where of ['/sessions/recent', '/upload-sessions/recent', '/uploads/recent']) {
        expect(Array.isArray((await call('GET', where)).body)).toBe(true);
      }
      expect((await call('GET', `/upload/${id}/session`)).body.id).toBe(id);
      expect((await call('GET', '/uploads')).body.data).toEqual([]);
      expect((await call('GET', `/upload-sessions/${id}/poll`)).body).toEqual({ images: [] });
      expect((await call('GET', `/sessions/${id}/poll?timeout=0`)).status).toBe(204);
    });

    test('§17.49 a test key works on the same host, and sees what it made', async () => {
      const { app, call } = await open();
      const made = await call('POST', '/upload-sessions', { key: app.project.test });
      expect([made.status, made.body.env]).toEqual([201, 'test']);
      expect((await call('GET', '/sessions', { key: app.project.test })).body.total).toBe(1);
      expect((await call('GET', '/sessions')).body.total).toBe(0);
    });
  },
  { ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8' },
);

/** Contract §8.5: secret, time, id, body and the two answers. */
const secret = '8f1d4c6ba2e93075d1c0fe4b7a695821';
const body =
  '{"event":"project.upload.completed","project_id":"proj_1","data":{"image_id":"img_1"},"timestamp":"2026-01-15T12:00:00.000Z"}';

test('§17.41 the key of an event is the characters of the secret; that of svix its decoded bytes', () => {
  const characters = createHmac('sha256', secret).update(`1800000000.${body}`).digest('hex');
  expect(signTimestamped(secret, 1_800_000_000, body)).toBe(`sha256=${characters}`);
  const decoded = createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(`evt_1.1800000000.${body}`)
    .digest('base64');
  expect(signSvix(secret, 'evt_1', 1_800_000_000, body)).toBe(`v1,${decoded}`);
  expect(decoded).toBe('JPHsuG/cVrbLCuzEWJTcrSnK8zL6YKIq+Zpv3gMJQ+I=');
});

test('§17.42 hex is lower case', () => {
  for (let n = 0; n < 50; n++) expect(signTimestamped(secret, n, body)).toMatch(/^sha256=[0-9a-f]{64}$/);
});

test('§17.45 the prefix sha256= is always there', () => {
  expect(signTimestamped(secret, 1_800_000_000, body)).toBe(
    'sha256=a361f088b9b290bbbb83a1cb9fe04a4d14889d82dcdc6ca8134e6b8157a25ea8',
  );
});
