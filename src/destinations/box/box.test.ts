import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type BoxServer, boxScope, startBoxServer } from '../../../test/helpers/box-server.ts';
import { type OAuthServer, startOAuthServer } from '../../../test/helpers/oauth-server.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness, until } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { accountWith, endpointsAt, splitTemplate } from '../oauth-drive.fixture.ts';
import { readSettings } from '../settings.ts';
import { box } from './index.ts';

let oauth: OAuthServer;
let server: BoxServer;
let token = '';
beforeAll(async () => {
  oauth = await startOAuthServer({ scopes: [boxScope, 'item_download'], rotates: true });
  server = await startBoxServer(oauth);
  token = (await oauth.connect([boxScope])).access_token;
});
afterAll(async () => {
  await server?.close();
  await oauth?.close();
});

describeDestination('box', {
  start: startHarness,
  verifiedBy: 'hash',
  missingFolder: { fate: 'retry', says: /does not know/ },
  wrongCredentials: { fate: 'reconnect', says: /connect/i },
  maxConnections: 8,
});

async function startHarness(): Promise<Harness> {
  return {
    kind: box,
    server,
    account: ({ at, wrong }) =>
      accountWith(endpointsAt(server.endpoints, at), wrong === 'credentials' ? 'not-a-token' : token),
    settings: ({ template, conflict, wrong }) => ({
      ...(wrong === 'folder' ? { folder_id: '404404' } : { folder_path: 'Claims/Photos' }),
      ...splitTemplate(template),
      conflict,
      access_token: wrong === 'credentials' ? 'not-a-token' : token,
    }),
    list: async (folder) => server.list(`Claims/Photos/${folder}`).map((file) => `${folder}/${file}`),
    read: (place) =>
      server.read(typeof place === 'string' ? { path: `Claims/Photos/${place}` } : { id: place.remoteId! }),
    put: (path, bytes) => server.put(`Claims/Photos/${path}`, bytes),
    close: async () => undefined,
  };
}

const open = (
  settings: Record<string, unknown> = {},
  account = accountWith(server.endpoints, token),
): Connection => openKind(box, settings, { account });

const isUpload = ({ url }: { url: URL }): boolean => url.pathname.startsWith('/api/2.0/files');

describe('Box', () => {
  test.each([
    [429, 'rate_limit_exceeded', { 'retry-after': '11' }, { fate: 'retry', retryAfter: 11 }, /slow down/],
    [403, 'access_denied_insufficient_permissions', {}, { fate: 'retry' }, /editor or uploader/],
    [403, 'insufficient_scope', {}, { fate: 'reconnect' }, /may not write/],
    [403, 'access_denied_item_locked', {}, { fate: 'retry' }, /locked/],
    [400, 'item_name_invalid', {}, { fate: 'give-up' }, /as a name/],
    [400, 'item_name_too_long', {}, { fate: 'give-up' }, /as a name/],
    [409, 'operation_blocked_temporary', {}, { fate: 'retry' }, /busy/],
    [409, 'name_temporarily_reserved', {}, { fate: 'retry' }, /for a moment/],
    [400, 'bad_digest', {}, { fate: 'retry' }, /damaged/],
    [413, 'file_size_limit_exceeded', {}, { fate: 'give-up' }, /larger than/],
    [503, 'unavailable', {}, { fate: 'retry' }, /not available/],
  ])('%i %s', async (status, code, headers, expected, says) => {
    const body = { type: 'error', status, code, message: 'because' };
    server.answerNext(isUpload, { status, body, headers: headers as Record<string, string> });
    const error = await failure(open().deliver(makePhoto(), never()));
    expect(error).toMatchObject({ ...expected, status, excerpt: `${code}: because` });
    expect(error.message).toMatch(says);
  });

  test('a full Box says so, in a form and in parts, and nothing is left begun', async () => {
    const connection = open();
    await connection.deliver(makePhoto(), never());
    server.quotaBytes = 0;
    for (const size of [1_000, 22_000_000]) {
      const error = await failure(connection.deliver(makePhoto({ size }), never()));
      expect(error).toMatchObject({ fate: 'retry', status: 403 });
      expect(error.message).toMatch(/is full/);
    }
    server.quotaBytes = Number.POSITIVE_INFINITY;
    expect(server.openSessions).toBe(0);
  });

  test('a token without the scope to write asks to sign in again', async () => {
    const { access_token } = await oauth.connect(['item_download']);
    const error = await failure(
      open({}, accountWith(server.endpoints, access_token)).deliver(makePhoto(), never()),
    );
    expect(error.fate).toBe('reconnect');
  });

  test.each([1_000, 22_000_000])(
    'what is there gets a new version; the same photo does not (%i bytes)',
    async (size) => {
      const settings = { folder_path: 'Versions', subfolder_template: '', file_template: `${size}.jpg` };
      const [photo, other] = [makePhoto({ size }), makePhoto({ size })];
      const first = await open(settings).deliver(photo, never());
      const again = await open(settings).deliver(photo, never());
      expect(again).toMatchObject({ remoteId: first.remoteId, verifiedBy: 'hash' });
      expect(server.versions(first.remoteId!)).toBe(1);
      const second = await open(settings).deliver(other, never());
      expect(second.remoteId).toBe(first.remoteId);
      expect(server.versions(first.remoteId!)).toBe(2);
      expect((await server.read({ id: first.remoteId! }))!.equals(other.bytes())).toBe(true);
    },
  );

  test('parts that break off are sent again, within the attempt, and Box may take its time', async () => {
    const road = await createFaultProxy(server);
    onTestFinished(() => road.close());
    const connection = open(
      { folder_path: 'Resumed' },
      accountWith(endpointsAt(server.endpoints, road), token),
    );
    await connection.deliver(makePhoto(), never());
    road.set({ resetAfter: 12_000_000 });
    const photo = makePhoto({ size: 25_000_000 });
    const before = server.log.length;
    const delivered = connection.deliver(photo, never());
    await until(() => road.bytesUp > 12_000_000);
    road.set();
    const receipt = await delivered;
    expect((await server.read({ id: receipt.remoteId! }))!.equals(photo.bytes())).toBe(true);
    const log = server.log.slice(before);
    expect(log.filter((line) => /POST .*upload_sessions 201$/.test(line))).toHaveLength(1);
    expect(log.filter((line) => /commit 202$/.test(line))).toHaveLength(1);
    expect(server.openSessions).toBe(0);
  });

  test('a part that Box says it has, and has not, ends the attempt; the next one goes well', async () => {
    const photo = makePhoto({ size: 22_000_000 });
    const body = { type: 'error', status: 409, code: 'range_overlaps_existing_range' };
    server.answerNext(({ method }) => method === 'PUT', { status: 409, body });
    const error = await failure(open({ folder_path: 'Overlap' }).deliver(photo, never()));
    expect(error.fate).toBe('retry');
    expect(server.openSessions).toBe(0);
    const receipt = await open({ folder_path: 'Overlap' }).deliver(photo, never());
    expect(receipt.verifiedBy).toBe('hash');
  });

  test('a folder that was deleted meanwhile is made again', async () => {
    const connection = open({ folder_path: 'Gone' });
    await connection.deliver(makePhoto(), never());
    server.remove('Gone');
    const photo = makePhoto();
    await connection.deliver(photo, never());
    expect(server.list('Gone')).toEqual([`${photo.sessionId}/${photo.index}.jpg`]);
  });

  test('a file where a folder should be is told', async () => {
    await server.put('In the way', Buffer.from('x'));
    const error = await failure(open({ folder_path: 'In the way' }).deliver(makePhoto(), never()));
    expect(error.message).toMatch(/a file and no folder/);
  });

  test('folders are listed, made, found again and chosen by id', async () => {
    const { folders } = open();
    const made = await folders!.create(null, 'Chosen', never());
    expect(await folders!.create(null, 'Chosen', never())).toEqual(made);
    const inner = await folders!.create(made.id, 'Inner', never());
    expect(await folders!.list(made.id, never())).toEqual([inner]);
    expect(await folders!.list(null, never())).toContainEqual(made);
    const receipt = await open({ folder_id: inner.id, subfolder_template: '' }).deliver(makePhoto(), never());
    expect(server.list('Chosen')).toEqual([`Inner/${receipt.remotePath}`]);
  });

  test.each([
    [{ folder_path: '../up' }, /folder_path/],
    [{ folder_id: 'abc' }, /folder_id/],
    [{ file_template: 'a/{ext}' }, /file_template/],
  ])('%j is refused when saved', (settings, says) => {
    expect(() => readSettings(box, settings, { env: 'live', localRoots: [] })).toThrow(says);
  });
});
