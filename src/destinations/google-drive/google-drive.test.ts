import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DriveServer, driveScope, startDriveServer } from '../../../test/helpers/drive-server.ts';
import { type OAuthServer, startOAuthServer } from '../../../test/helpers/oauth-server.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness, until } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { accountWith, endpointsAt, splitTemplate } from '../oauth-drive.fixture.ts';
import { readSettings } from '../settings.ts';
import { googleDrive } from './index.ts';

let oauth: OAuthServer;
let server: DriveServer;
let token = '';
beforeAll(async () => {
  oauth = await startOAuthServer({ scopes: [driveScope] });
  server = await startDriveServer(oauth);
  token = (await oauth.connect([driveScope])).access_token;
});
afterAll(async () => {
  await server?.close();
  await oauth?.close();
});

describeDestination('google_drive', {
  start: startHarness,
  verifiedBy: 'hash',
  missingFolder: { fate: 'retry', says: /does not show us the folder nowhere/ },
  wrongCredentials: { fate: 'reconnect', says: /connect/i },
  maxConnections: 8,
});

async function startHarness(): Promise<Harness> {
  return {
    kind: googleDrive,
    server,
    account: ({ at, wrong }) =>
      accountWith(endpointsAt(server.endpoints, at), wrong === 'credentials' ? 'ya29.not-a-token' : token),
    settings: ({ template, conflict, wrong }) => ({
      ...(wrong === 'folder' ? { folder_id: 'nowhere' } : { folder_path: 'Claims/Photos' }),
      ...splitTemplate(template),
      conflict,
      access_token: wrong === 'credentials' ? 'ya29.not-a-token' : token,
    }),
    list: async (folder) => server.list(`Claims/Photos/${folder}`).map((file) => `${folder}/${file}`),
    read: (place) =>
      server.read(typeof place === 'string' ? { path: `Claims/Photos/${place}` } : { id: place.remoteId! }),
    put: (path, bytes) => server.put(`Claims/Photos/${path}`, bytes),
    close: async () => undefined,
  };
}

function open(
  settings: Record<string, unknown> = {},
  account = accountWith(server.endpoints, token),
): Connection {
  return openKind(googleDrive, settings, { account });
}

const isUpload = ({ url }: { url: URL }): boolean => url.pathname.startsWith('/upload/');

describe('Google Drive', () => {
  test.each([
    [403, 'userRateLimitExceeded', { 'retry-after': '7' }, { fate: 'retry', retryAfter: 7 }, /slow down/],
    [429, 'rateLimitExceeded', { 'retry-after': '9' }, { fate: 'retry', retryAfter: 9 }, /slow down/],
    [403, 'sharingRateLimitExceeded', {}, { fate: 'retry' }, /slow down/],
    [403, 'dailyLimitExceeded', {}, { fate: 'retry' }, /raises the quota/],
    [403, 'storageQuotaExceeded', {}, { fate: 'retry' }, /is full/],
    [403, 'teamDriveFileLimitExceeded', {}, { fate: 'retry' }, /shared drive/],
    [403, 'numChildrenInNonRootLimitExceeded', {}, { fate: 'retry' }, /subfolder template/],
    [403, 'parentNotAFolder', {}, { fate: 'retry' }, /a file and no folder/],
    [403, 'appNotAuthorizedToFile', {}, { fate: 'retry' }, /only what it made itself/],
    [403, 'insufficientFilePermissions', {}, { fate: 'retry' }, /right to edit/],
    [403, 'insufficientParentPermissions', {}, { fate: 'retry' }, /right to edit/],
    [403, 'cannotAddParent', {}, { fate: 'retry' }, /right to edit/],
    [403, 'insufficientPermissions', {}, { fate: 'reconnect' }, /did not allow/],
    [403, 'insufficientScopes', {}, { fate: 'reconnect' }, /did not allow/],
    [403, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', {}, { fate: 'reconnect' }, /did not allow/],
    [403, 'accessNotConfigured', {}, { fate: 'retry' }, /enables it/],
    [403, 'domainPolicy', {}, { fate: 'retry' }, /administrator/],
    [503, 'backendError', {}, { fate: 'retry' }, /fault of its own/],
    [413, 'uploadTooLarge', {}, { fate: 'give-up' }, /larger than/],
  ])('%i %s', async (status, reason, headers, expected, says) => {
    const body = { error: { code: status, message: 'because', errors: [{ reason, message: 'because' }] } };
    server.answerNext(isUpload, { status, body, headers: headers as Record<string, string> });
    const error = await failure(open().deliver(makePhoto(), never()));
    expect(error).toMatchObject({ ...expected, status });
    expect(error.message).toMatch(says);
    expect(error.excerpt).toBe(`${reason}: because`);
  });

  test('a full drive says so, before and after 5 MB', async () => {
    server.quotaBytes = 0;
    for (const size of [1_000, 6_000_000]) {
      const error = await failure(open().deliver(makePhoto({ size }), never()));
      expect(error).toMatchObject({ fate: 'retry', status: 403 });
      expect(error.message).toMatch(/is full/);
    }
    server.quotaBytes = Number.POSITIVE_INFINITY;
  });

  test('a token without the permission for files asks to sign in again', async () => {
    const bare = await startOAuthServer({ scopes: [driveScope, 'email'] });
    onTestFinished(() => bare.close());
    const strict = await startDriveServer(bare);
    onTestFinished(() => strict.close());
    const { access_token } = await bare.connect(['email']);
    const error = await failure(
      open({}, accountWith(strict.endpoints, access_token)).deliver(makePhoto(), never()),
    );
    expect(error).toMatchObject({ fate: 'reconnect', status: 403 });
  });

  test('a token that ends between two photos, and between two ranges, is renewed', async () => {
    const account = accountWith(server.endpoints, token, async () => {
      token = (await oauth.connect([driveScope])).access_token;
      return token;
    });
    const connection = open({ folder_path: 'Ends' }, account);
    await connection.deliver(makePhoto(), never());
    oauth.endAccessTokens();
    await connection.deliver(makePhoto(), never());
    let pieces = 0;
    const photo = makePhoto({
      size: 20_000_000,
      // The photo is read once for its hash first.
      onPiece: () => {
        if (++pieces === 306 + 200) oauth.endAccessTokens();
      },
    });
    const receipt = await connection.deliver(photo, never());
    expect((await server.read({ id: receipt.remoteId! }))!.equals(photo.bytes())).toBe(true);
  });

  test('a range that breaks off goes on where the service has it, within the attempt', async () => {
    const road = await createFaultProxy(server);
    onTestFinished(() => road.close());
    const account = accountWith(endpointsAt(server.endpoints, road), token);
    const connection = open({ folder_path: 'Resumed' }, account);
    await connection.deliver(makePhoto(), never());
    road.set({ resetAfter: 7_000_000 });
    const photo = makePhoto({ size: 12_000_000 });
    const before = server.log.length;
    const delivered = connection.deliver(photo, never());
    await until(() => road.bytesUp > 7_000_000);
    road.set();
    const receipt = await delivered;
    expect((await server.read({ id: receipt.remoteId! }))!.equals(photo.bytes())).toBe(true);
    const begun = server.log.slice(before).filter((line) => /^POST \/upload/.test(line));
    expect(begun).toHaveLength(1);
    expect(receipt.verifiedBy).toBe('hash');
  });

  test('processes that make the same folder at the same moment end with one', async () => {
    const photos = Array.from({ length: 12 }, () => makePhoto({ size: 500 }));
    const receipts = await Promise.all(
      photos.map((photo) =>
        open({ folder_path: 'Race/Inner', file_template: '{image_id}.{ext}' }).deliver(photo, never()),
      ),
    );
    expect([server.countFolders('Race'), server.countFolders('Inner')]).toEqual([1, 1]);
    expect(server.list('Race')).toHaveLength(12);
    expect(new Set(receipts.map(({ remoteId }) => remoteId)).size).toBe(12);
  });

  test('the same photo a second time is not sent again', async () => {
    const photo = makePhoto({ size: 300_000 });
    const first = await open({ folder_path: 'Twice' }).deliver(photo, never());
    const before = server.log.length;
    const second = await open({ folder_path: 'Twice' }).deliver(photo, never());
    expect(second).toMatchObject({ remoteId: first.remoteId, verifiedBy: 'hash' });
    expect(server.log.slice(before).filter((line) => line.includes('/upload/'))).toEqual([]);
  });

  test('a folder that was thrown away meanwhile is made again', async () => {
    const connection = open({ folder_path: 'Gone' });
    const photos = [makePhoto(), makePhoto()];
    await connection.deliver(photos[0]!, never());
    const session = photos[0]!.sessionId;
    await fetch(`${server.endpoints.api}/files/${server.folderId(`Gone/${session}`)}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    const receipt = await connection.deliver(photos[1]!, never());
    expect(receipt.remotePath).toBe(`Gone/${session}/${photos[1]!.index}.jpg`);
    expect(server.list('Gone')).toEqual([`${session}/${photos[1]!.index}.jpg`]);
  });

  test('a folder by its id: ours is taken; the bin, a file and what others made are refused', async () => {
    const connection = open();
    const made = await connection.folders!.create(null, 'Chosen', never());
    expect(await connection.folders!.create(null, 'Chosen', never())).toMatchObject({ id: made.id });
    expect(await connection.folders!.list(null, never())).toContainEqual(made);
    const receipt = await open({ folder_id: made.id, subfolder_template: '' }).deliver(makePhoto(), never());
    expect(server.list('Chosen')).toEqual([receipt.remotePath]);
    const foreign = server.putForeign('Theirs', 'application/vnd.google-apps.folder');
    const refused = await failure(open({ folder_id: foreign }).deliver(makePhoto(), never()));
    expect(refused.message).toMatch(/only what it made itself/);
    const file = await failure(open({ folder_id: receipt.remoteId! }).deliver(makePhoto(), never()));
    expect(file.message).toMatch(/a file and no folder/);
    server.trash(made.id);
    const binned = await failure(open({ folder_id: made.id }).deliver(makePhoto(), never()));
    expect(binned.message).toMatch(/in the bin/);
  });

  test('names that differ in case alone are two', async () => {
    const [small, large] = [makePhoto({ filename: 'roof.jpg' }), makePhoto({ filename: 'ROOF.jpg' })];
    const settings = { folder_path: 'Case', file_template: '{filename}', subfolder_template: '' };
    await open(settings).deliver(small, never());
    await open(settings).deliver(large, never());
    expect(server.list('Case').toSorted()).toEqual(['ROOF.jpg', 'roof.jpg']);
  });

  test.each([
    [{ folder_path: '../up' }, /folder_path/],
    [{ file_template: 'a/{ext}' }, /file_template/],
    [{ subfolder_template: '{nope}' }, /subfolder_template/],
    [{ folder_id: 'https://x/y' }, /folder_id/],
  ])('%j is refused when saved', (settings, says) => {
    const context = { env: 'live', localRoots: [] } as const;
    expect(() => readSettings(googleDrive, settings, context)).toThrow(says);
  });
});
