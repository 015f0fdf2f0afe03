/** Against Azurite, Microsoft's emulator: it checks tokens, permissions, conditions and checksums. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../test/helpers/azurite.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { azureBlob } from './index.ts';

const container = 'photos';
let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
  await azurite.createContainer(container);
  await azurite.createContainer('others');
});
afterAll(() => azurite?.stop());

describeDestination('azure_blob', {
  start: async () =>
    harness(({ wrong }) => ({
      sas_token:
        wrong === 'credentials'
          ? azurite.sas(container, 'rcwd').replace(/sig=.*/, 'sig=bm90IHRoZSBzaWduYXR1cmU%3D')
          : azurite.sas(wrong === 'folder' ? 'nowhere' : container, 'rcwd'),
    })),
  verifiedBy: 'hash',
  missingFolder: { fate: 'retry', says: /no container nowhere.*Create it/ },
  wrongCredentials: { fate: 'reconnect', says: /did not accept the credentials/ },
  maxConnections: 8,
});

const connectionString = (key: string): string =>
  `DefaultEndpointsProtocol=https;AccountName=${azurite.account};AccountKey=${key};EndpointSuffix=core.windows.net`;

function harness(access: (wish: { wrong?: string }) => Record<string, unknown>): Harness {
  return {
    kind: azureBlob,
    server: azurite,
    settings: (wish) => ({
      account_name: azurite.account,
      container_name: wish.wrong === 'folder' ? 'nowhere' : container,
      endpoint: `http://${wish.at.host}:${wish.at.port}/${azurite.account}`,
      blob_template: wish.template,
      conflict: wish.conflict,
      ...access(wish),
    }),
    list: (folder) => azurite.list(container, `${folder}/`),
    read: (place) => azurite.read(container, typeof place === 'string' ? place : (place.remotePath ?? '')),
    put: (path, body) => put(path, body),
    close: async () => undefined,
  };
}

async function put(name: string, body: Buffer): Promise<void> {
  await azurite.call('PUT', `/${container}/${name}`, { body, headers: { 'x-ms-blob-type': 'BlockBlob' } });
}

function open(wish: Record<string, unknown>): Connection {
  const endpoint = `http://127.0.0.1:${azurite.port}`;
  const settings = { account_name: azurite.account, container_name: container, endpoint, ...wish };
  return openKind(azureBlob, settings);
}

describe('a connection string', () => {
  test.each(["it's a+b & ünï 写 (1)!*.jpg", 'plain.jpg'])('signs requests for %s', async (filename) => {
    const connection = open({
      connection_string: connectionString(azurite.accountKey),
      blob_template: 'signed/{filename}',
      conflict: 'rename',
    });
    for (const size of [500, 34_000_000]) {
      const photo = makePhoto({ size, filename });
      const receipt = await connection.deliver(photo, never());
      expect(receipt.verifiedBy).toBe('hash');
      expect((await azurite.read(container, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
    }
    expect((await connection.check(never())).success).toBe(true);
  });

  test('with a wrong key', async () => {
    const connection_string = connectionString(Buffer.from('not the key').toString('base64'));
    const error = await failure(open({ connection_string }).deliver(makePhoto(), never()));
    expect(error).toMatchObject({ fate: 'reconnect', status: 403 });
  });
});

describe('a SAS token that can only create and write', () => {
  const blob_template = 'writer/{filename}';
  const sas = () => azurite.sas(container, 'cw');

  test.each([20_000, 40_000_000])('delivers %d bytes, verified by hash', async (size) => {
    const photo = makePhoto({ size });
    const receipt = await open({ sas_token: sas(), blob_template }).deliver(photo, never());
    expect(receipt.verifiedBy).toBe('hash');
    expect((await azurite.read(container, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
    expect(receipt.url).not.toMatch(/sig=/);
  });

  test('passes the connection test, which says that it could not clean up and when the token ends', async () => {
    const connection = open({ sas_token: `?${sas()}`, blob_template });
    await connection.check(never());
    const { success, steps } = await connection.check(never());
    expect(success).toBe(true);
    expect(steps[0]).toMatchObject({
      outcome: 'noted',
      message: expect.stringMatching(/The SAS token ends on/),
    });
    expect(steps.at(-1)).toMatchObject({ step: 'clean up', outcome: 'noted' });
    const left = (await azurite.list(container, 'writer/')).filter((name) => name.includes('apertur-test'));
    expect(left).toEqual(['writer/apertur-test.txt']);
  });

  test.each(['skip', 'rename', 'fail'] as const)(
    'cannot look, and still never overwrites: %s',
    async (conflict) => {
      const name = `meet-${conflict}.jpg`;
      const theirs = Buffer.from('theirs');
      await put(`writer/${name}`, theirs);
      const connection = open({ sas_token: sas(), blob_template, conflict });
      const photo = makePhoto({ filename: name });
      if (conflict === 'fail') {
        expect((await failure(connection.deliver(photo, never()))).fate).toBe('give-up');
      } else {
        const receipt = await connection.deliver(photo, never());
        expect((await connection.deliver(photo, never())).remotePath).toBe(receipt.remotePath);
      }
      expect(await azurite.read(container, `writer/${name}`)).toEqual(theirs);
    },
  );

  test('a large one that meets another is not committed over it', async () => {
    const theirs = Buffer.from('theirs');
    await put('writer/large.jpg', theirs);
    const photo = makePhoto({ size: 34_000_000, filename: 'large.jpg' });
    const connection = open({ sas_token: sas(), blob_template, conflict: 'skip' });
    expect((await connection.deliver(photo, never())).verifiedBy).toBe('none');
    expect(await azurite.read(container, 'writer/large.jpg')).toEqual(theirs);
  });
});

describe('tokens that do not fit', () => {
  test.each([
    ['create only, over an existing blob', 'c', container, undefined, /may lack Write/],
    ['another container', 'cw', 'others', undefined, /did not accept the credentials/],
    ['ended', 'cw', container, Date.UTC(2026, 0, 5, 12), /ended on 2026-01-05 12:00 UTC/],
  ])('%s', async (_, permissions, place, ends, says) => {
    await put('tokens/taken.jpg', Buffer.from('x'));
    const sas_token = azurite.sas(place, permissions, ends);
    const connection = open({ sas_token, blob_template: 'tokens/{filename}' });
    const error = await failure(connection.deliver(makePhoto({ filename: 'taken.jpg' }), never()));
    expect(error.message).toMatch(says);
    expect(error.fate).toBe(permissions === 'c' ? 'retry' : 'reconnect');
    expect(error.status).toBe(403);
  });
});

test('a lease on the blob', async () => {
  await put('leased/x.jpg', Buffer.from('x'));
  const headers = { 'x-ms-lease-action': 'acquire', 'x-ms-lease-duration': '-1' };
  await azurite.call('PUT', `/${container}/leased/x.jpg`, { query: { comp: 'lease' }, headers });
  const connection = open({ sas_token: azurite.sas(container, 'cw'), blob_template: 'leased/x.jpg' });
  const error = await failure(connection.deliver(makePhoto(), never()));
  expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/cannot be replaced.*lease/) });
});

test('a large photo goes on after a cut: only the block that was hit is sent again', async () => {
  const road = await createFaultProxy(azurite);
  onTestFinished(() => road.close());
  road.set({ resetAfter: 12_000_000 });
  const onPiece = (): void => {
    if (road.connections > 1) road.set();
  };
  const photo = makePhoto({ size: 40_000_000, onPiece });
  const endpoint = `http://127.0.0.1:${road.port}`;
  const receipt = await open({ endpoint, sas_token: azurite.sas(container, 'cw') }).deliver(photo, never());
  expect(road.connections).toBe(2);
  expect((await azurite.read(container, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
});

test('what is stored says what it is', async () => {
  for (const size of [1_000, 34_000_000]) {
    const photo = makePhoto({ size });
    const connection = open({ connection_string: connectionString(azurite.accountKey) });
    const { remotePath } = await connection.deliver(photo, never());
    const { headers } = await azurite.call('HEAD', `/${container}/${remotePath}`);
    expect(headers.get('content-type')).toBe('image/jpeg');
    expect(headers.get('x-ms-meta-sha256')).toBe(photo.sha256);
    expect(headers.get('content-md5')).toMatch(/^.{24}$/);
  }
});

test('a photo that was damaged in storage never arrives', async () => {
  const connection = open({ sas_token: azurite.sas(container, 'cw'), blob_template: 'damaged/{filename}' });
  for (const size of [50_000, 34_000_000]) {
    const error = await failure(
      connection.deliver({ ...makePhoto({ size }), sha256: '0'.repeat(64) }, never()),
    );
    expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/check the storage/) });
  }
  expect(await azurite.list(container, 'damaged/')).toEqual([]);
});
