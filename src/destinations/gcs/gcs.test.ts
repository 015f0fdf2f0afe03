/** Against a strict server written from Google's published descriptions; see its head for the sources. */
import { createPrivateKey, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type GcsServer, startGcs } from '../../../test/helpers/gcs-server.ts';
import { localOutbound, serveRaw } from '../../lib/outbound/servers.fixture.ts';
import { createFaultProxy, type FaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness, until } from '../contract.ts';
import type { Connection, ConnectionServices } from '../destination.ts';
import { gcs } from './index.ts';
import { readServiceAccount } from './settings.ts';
import { createTokens } from './token.ts';

const bucket = 'photos';
let google: GcsServer;
let key: string;
beforeAll(async () => {
  google = await startGcs();
  google.createBucket(bucket);
  key = google.createAccount('photos', ['create', 'delete', 'get', 'list']);
});
afterAll(() => google?.stop());

describeDestination('gcs', {
  start: async () => harness(),
  verifiedBy: 'hash',
  missingFolder: { fate: 'retry', says: /no bucket nowhere.*Create it/ },
  wrongCredentials: { fate: 'reconnect', says: /did not accept the service account.*new key/ },
  maxConnections: 8,
});

function harness(): Harness {
  const stranger = JSON.parse(google.createAccount('stranger', [])) as { private_key: string };
  return {
    kind: gcs,
    server: google,
    settings: ({ at, template, conflict, wrong }) => ({
      bucket: wrong === 'folder' ? 'nowhere' : bucket,
      endpoint: `http://${at.host}:${at.port}`,
      object_template: template,
      conflict,
      credentials_json: changed(key, {
        ...(at === google ? {} : { token_uri: `http://${at.host}:${at.port}/token` }),
        ...(wrong === 'credentials' ? { private_key: stranger.private_key } : {}),
      }),
    }),
    list: async (folder) => google.list(bucket, `${folder}/`),
    read: (place) => google.read(bucket, typeof place === 'string' ? place : (place.remotePath ?? '')),
    put: (path, bytes) => google.put(bucket, path, bytes),
    close: async () => undefined,
  };
}

const changed = (file: string, members: Record<string, unknown>): string =>
  JSON.stringify({ ...JSON.parse(file), ...members });

function open(wish: Record<string, unknown> = {}, services?: Partial<ConnectionServices>): Connection {
  const endpoint = `http://127.0.0.1:${google.port}`;
  return openKind(gcs, { bucket, endpoint, credentials_json: key, ...wish }, services);
}

describe('an account that may only create and replace', () => {
  const object_template = 'writer/{filename}';
  let writer: string;
  beforeAll(() => {
    writer = google.createAccount('writer', ['create', 'delete']);
  });

  test.each([20_000, 20_000_000])('delivers %d bytes, verified by hash', async (size) => {
    const photo = makePhoto({ size });
    const receipt = await open({ credentials_json: writer, object_template }).deliver(photo, never());
    expect(receipt.verifiedBy).toBe('hash');
    expect((await google.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
    expect(google.metadata(bucket, receipt.remotePath!)).toMatchObject({
      contentType: 'image/jpeg',
      metadata: { sha256: photo.sha256 },
    });
  });

  test.each(['skip', 'rename', 'fail'] as const)(
    'cannot look, and still never overwrites: %s',
    async (conflict) => {
      for (const size of [4_000, 9_000_000]) {
        const name = `meet-${conflict}-${size}.jpg`;
        const theirs = Buffer.from('theirs');
        await google.put(bucket, `writer/${name}`, theirs);
        const connection = open({ credentials_json: writer, object_template, conflict });
        const photo = makePhoto({ filename: name, size });
        if (conflict === 'fail') {
          expect((await failure(connection.deliver(photo, never()))).fate).toBe('give-up');
        } else {
          const receipt = await connection.deliver(photo, never());
          expect((await connection.deliver(photo, never())).remotePath).toBe(receipt.remotePath);
        }
        expect(await google.read(bucket, `writer/${name}`)).toEqual(theirs);
      }
    },
  );
});

describe('permissions that are missing', () => {
  test('to create: the role is named', async () => {
    const credentials_json = google.createAccount('reader', ['get', 'list']);
    const error = await failure(open({ credentials_json }).deliver(makePhoto(), never()));
    expect(error).toMatchObject({ fate: 'retry', status: 403 });
    expect(error.message).toMatch(/Give reader@acme.* the role Storage Object User/);
    const { steps } = await open({ credentials_json }).check(never());
    expect(steps.at(-1)).toMatchObject({ step: 'write', outcome: 'failed' });
  });

  test('to delete: the first delivery works, a second of the same photo does not, and nothing is lost', async () => {
    const credentials_json = google.createAccount('creator', ['create']);
    const connection = open({ credentials_json, object_template: 'creator/{filename}' });
    const photo = makePhoto();
    await connection.deliver(photo, never());
    expect(await failure(connection.deliver(photo, never()))).toMatchObject({ fate: 'retry', status: 403 });
    const { success, steps } = await connection.check(never());
    expect(success).toBe(true);
    expect(steps.at(-1)).toMatchObject({ step: 'clean up', outcome: 'noted' });
  });
});

describe('tokens', () => {
  test('one serves many deliveries at once', async () => {
    const before = google.tokens;
    const connection = open();
    await Promise.all(Array.from({ length: 12 }, () => connection.deliver(makePhoto(), never())));
    expect(google.tokens - before).toBe(1);
  });

  test('one that was revoked is replaced without a failure', async () => {
    const connection = open();
    await connection.deliver(makePhoto(), never());
    google.revokeTokens();
    expect((await connection.deliver(makePhoto({ size: 9_000_000 }), never())).verifiedBy).toBe('hash');
  });

  test('one that is about to end is replaced beforehand', async () => {
    let now = Date.now();
    const connection = open({}, { now: () => now });
    await connection.deliver(makePhoto(), never());
    now += 3_600_000 - 240_000;
    // The server does not take a claim from the future: its refusal shows that a new token was asked for.
    const error = await failure(connection.deliver(makePhoto(), never()));
    expect(error).toMatchObject({ fate: 'reconnect', message: expect.stringMatching(/Set the clock/) });
  });

  test('a server of tokens that says nothing costs an attempt, as any failure does', async () => {
    const token_uri = await serveRaw((socket) => socket.resume());
    const account = readServiceAccount(changed(key, { token_uri }));
    const tokens = createTokens(account, { outbound: localOutbound(), now: Date.now }, 200);
    const error = await failure(tokens.take(never()));
    expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/did not answer within/) });
  });

  test('an account that is gone', async () => {
    const credentials_json = changed(key, { client_email: 'gone@acme.iam.gserviceaccount.com' });
    const error = await failure(open({ credentials_json }).deliver(makePhoto(), never()));
    expect(error).toMatchObject({
      fate: 'reconnect',
      status: 400,
      excerpt: expect.stringMatching(/account not found/),
    });
    const { steps } = await open({ credentials_json }).check(never());
    expect(steps.at(-1)).toMatchObject({ step: 'sign in', outcome: 'failed' });
  });
});

describe('what Google says now and then', () => {
  test.each([
    [429, 'rateLimitExceeded', 'retry', /slow down/],
    [403, 'userRateLimitExceeded', 'retry', /slow down/],
    [403, 'usageLimitsRateLimitExceeded', 'retry', /slow down/],
    [403, 'quotaExceeded', 'retry', /quota/],
    [503, 'backendError', 'retry', /fault of its own/],
    [500, 'internalError', 'retry', /fault of its own/],
    [403, 'forbidden', 'retry', /Storage Object User/],
    [403, 'insufficientPermissions', 'retry', /Storage Object User/],
    [404, 'notFound', 'retry', /no bucket/],
    [403, 'accountDisabled', 'retry', /billing/],
    [403, 'userProjectAccountProblem', 'retry', /billing/],
    [400, 'userProjectMissing', 'retry', /billing/],
    [403, 'retentionPolicyNotMet', 'retry', /cannot be replaced/],
    [403, 'objectUnderActiveHold', 'retry', /cannot be replaced/],
    [413, 'uploadTooLarge', 'give-up', /larger than/],
    [418, 'somethingNew', 'retry', /418 somethingNew/],
  ] as const)('%d %s: %s', async (status, reason, fate, says) => {
    google.refuse(1, /uploadType=multipart/, status, reason, { 'retry-after': '23' });
    const error = await failure(open().deliver(makePhoto(), never()));
    expect(error).toMatchObject({ fate, status, retryAfter: 23 });
    expect(error.message).toMatch(says);
  });

  test('while it gives tokens', async () => {
    google.refuse(1, /POST \/token/, 503, 'backendError');
    const connection = open();
    expect(await failure(connection.deliver(makePhoto(), never()))).toMatchObject({
      fate: 'retry',
      status: 503,
    });
    expect((await connection.deliver(makePhoto(), never())).verifiedBy).toBe('hash');
  });

  test('a name that is too long', async () => {
    const object_template = `long/${'{filename}/'.repeat(6)}x.jpg`;
    const photo = makePhoto({ filename: 'n'.repeat(200) });
    expect(await failure(open({ object_template }).deliver(photo, never()))).toMatchObject({
      fate: 'give-up',
    });
  });
});

describe('resumable uploads', () => {
  async function openRoad(): Promise<{ road: FaultProxy; connection: Connection }> {
    const road = await createFaultProxy(google);
    onTestFinished(() => road.close());
    return { road, connection: open({ endpoint: `http://127.0.0.1:${road.port}` }) };
  }

  test('go on where they were cut', async () => {
    const { road, connection } = await openRoad();
    road.set({ resetAfter: 12_000_000 });
    // The first cut hits a connection that was used before: the client tries a fresh one by itself. The second is ours.
    const onPiece = (): void => {
      if (road.connections > 2) road.set();
    };
    const photo = makePhoto({ size: 30_000_000, onPiece });
    const before = google.requests.length;
    const receipt = await connection.deliver(photo, never());
    expect(receipt.verifiedBy).toBe('hash');
    expect((await google.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
    expect(road.bytesUp).toBeLessThan(20_000_000);
    // Begun, sent, sent again, asked, sent the rest.
    const uploads = google.requests.slice(before).filter((line) => line.includes('/upload/'));
    expect(uploads.map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT', 'PUT', 'PUT', 'PUT']);
  });

  test('whose last answer was lost are found finished', async () => {
    const { road, connection } = await openRoad();
    let pieces = 0;
    const lastPiece = Math.ceil(9_000_000 / 65_536);
    const onPiece = (): void => {
      if (++pieces === lastPiece) road.set({ loseAnswers: true });
    };
    const photo = makePhoto({ size: 9_000_000, onPiece });
    const delivered = connection.deliver(photo, never());
    await until(() => road.connections >= 3);
    road.set();
    const receipt = await delivered;
    expect(receipt.verifiedBy).toBe('hash');
    expect((await google.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
  });

  test('that Google forgot are begun anew by the next attempt', async () => {
    google.refuse(1, /PUT .*upload_id=/, 410, 'gone');
    const connection = open();
    const photo = makePhoto({ size: 9_000_000 });
    expect(await failure(connection.deliver(photo, never()))).toMatchObject({ fate: 'retry', status: 410 });
    expect((await connection.deliver(photo, never())).verifiedBy).toBe('hash');
  });

  test('that meet 503 are tried again within the attempt', async () => {
    google.refuse(2, /PUT .*upload_id=/, 503, 'backendError');
    expect((await open().deliver(makePhoto({ size: 9_000_000 }), never())).verifiedBy).toBe('hash');
  });
});

test('a photo that was damaged in storage never arrives', async () => {
  for (const size of [50_000, 20_000_000]) {
    const photo = { ...makePhoto({ size }), sha256: '0'.repeat(64) };
    const error = await failure(open({ object_template: 'damaged/{filename}' }).deliver(photo, never()));
    expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/check the storage/) });
  }
  expect(google.list(bucket, 'damaged/')).toEqual([]);
});

describe('the stand-in refuses what Google refuses', () => {
  const origin = () => `http://127.0.0.1:${google.port}`;

  async function token(claims: Record<string, unknown>): Promise<Response> {
    const { client_email, private_key, token_uri } = JSON.parse(key) as Record<string, string>;
    const now = Math.floor(Date.now() / 1_000);
    const all = { iss: client_email, aud: token_uri, iat: now, exp: now + 3_600, ...claims };
    const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(all)}`;
    const signature = sign('RSA-SHA256', Buffer.from(text), createPrivateKey(private_key!)).toString(
      'base64url',
    );
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const body = new URLSearchParams({ grant_type, assertion: `${text}.${signature}` });
    return await fetch(`${origin()}/token`, { method: 'POST', body });
  }

  const write = 'https://www.googleapis.com/auth/devstorage.read_write';

  test.each([
    [
      'a scope that cannot write',
      { scope: 'https://www.googleapis.com/auth/devstorage.read_only' },
      'invalid_scope',
    ],
    ['a claim of two hours', { scope: write, exp: Math.floor(Date.now() / 1_000) + 7_200 }, 'invalid_grant'],
    ['another audience', { scope: write, aud: 'https://elsewhere.example/token' }, 'invalid_grant'],
  ])('%s', async (_, claims, error) => {
    const answer = await token(claims);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error });
  });

  test('chunks that are no multiple of 256 KiB, wrong ranges, missing tokens', async () => {
    const { access_token } = (await (await token({ scope: write })).json()) as { access_token: string };
    const url = `${origin()}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=strict.bin`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(401);
    const headers = { authorization: `Bearer ${access_token}`, 'x-upload-content-length': '1000000' };
    const session = (await fetch(url, { method: 'POST', headers })).headers.get('location')!;
    const chunk = (range: string, length: number) =>
      fetch(session, { method: 'PUT', headers: { 'content-range': range }, body: new Uint8Array(length) });
    expect((await chunk('bytes 0-99999/1000000', 100_000)).status).toBe(400);
    expect((await chunk('bytes 0-262143/999', 262_144)).status).toBe(400);
    const kept = await chunk('bytes 0-262143/1000000', 262_144);
    expect([kept.status, kept.headers.get('range')]).toEqual([308, 'bytes=0-262143']);
    expect((await chunk('bytes 524288-786431/1000000', 262_144)).status).toBe(503);
    expect(google.list(bucket, 'strict')).toEqual([]);
  });
});
