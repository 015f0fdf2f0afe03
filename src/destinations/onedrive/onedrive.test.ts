import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  appFolderScope,
  filesScope,
  type GraphServer,
  startGraphServer,
} from '../../../test/helpers/graph-server.ts';
import { type OAuthServer, startOAuthServer } from '../../../test/helpers/oauth-server.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness, until } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { accountWith, endpointsAt, splitTemplate } from '../oauth-drive.fixture.ts';
import { readSettings } from '../settings.ts';
import { explainSignIn } from './answers.ts';
import { oneDrive } from './index.ts';
import { QuickXorHash } from './quick-xor-hash.ts';

let oauth: OAuthServer;
let server: GraphServer;
let token = '';
beforeAll(async () => {
  oauth = await startOAuthServer({ scopes: [filesScope, appFolderScope] });
  server = await startGraphServer(oauth);
  token = (await oauth.connect([filesScope])).access_token;
});
afterAll(async () => {
  await server?.close();
  await oauth?.close();
});

describeDestination('onedrive', {
  start: startHarness,
  verifiedBy: 'hash',
  missingFolder: { fate: 'retry', says: /does not know/ },
  wrongCredentials: { fate: 'reconnect', says: /connect/i },
  maxConnections: 8,
  renames: 'a name may not begin with ~$ in OneDrive',
});

async function startHarness(): Promise<Harness> {
  return {
    kind: oneDrive,
    server,
    account: ({ at, wrong }) =>
      accountWith(endpointsAt(server.endpoints, at), wrong === 'credentials' ? 'EwB.not-a-token' : token),
    settings: ({ template, conflict, wrong }) => ({
      ...(wrong === 'folder' ? { folder_id: '01NOWHERE' } : { folder_path: 'Claims/Photos' }),
      ...splitTemplate(template),
      conflict,
      access_token: wrong === 'credentials' ? 'EwB.not-a-token' : token,
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
): Connection => openKind(oneDrive, { folder_path: 'Photos', ...settings }, { account });

const isUpload = ({ method, url }: { method: string; url: URL }): boolean =>
  method === 'PUT' || url.pathname.endsWith('createUploadSession');

describe('OneDrive', () => {
  test.each([
    [429, 'TooManyRequests', { 'retry-after': '8' }, { fate: 'retry', retryAfter: 8 }, /slow down/],
    [503, 'serviceNotAvailable', { 'retry-after': '20' }, { fate: 'retry', retryAfter: 20 }, /not available/],
    [429, 'activityLimitReached', {}, { fate: 'retry' }, /slow down/],
    [403, 'quotaLimitReached', {}, { fate: 'retry' }, /is full/],
    [403, 'accessDenied', {}, { fate: 'retry' }, /Connect the account again/],
    [403, 'malwareDetected', {}, { fate: 'give-up' }, /malware/],
    [413, 'maxFileSizeExceeded', {}, { fate: 'give-up' }, /larger than/],
    [409, 'nameAlreadyExists', {}, { fate: 'retry' }, /in the way/],
    [400, 'invalidRequest', {}, { fate: 'give-up' }, /file_template/],
    [423, 'resourceLocked', {}, { fate: 'retry' }, /locked/],
    [500, 'generalException', {}, { fate: 'retry' }, /fault of its own/],
    [403, 'notAllowed', {}, { fate: 'retry' }, /read-only/],
  ])('%i %s', async (status, code, headers, expected, says) => {
    const body = { error: { code, message: 'because', innerError: { date: 'now' } } };
    server.answerNext(isUpload, { status, body, headers: headers as Record<string, string> });
    const error = await failure(open().deliver(makePhoto(), never()));
    expect(error).toMatchObject({ ...expected, status, excerpt: `${code}: because` });
    expect(error.message).toMatch(says);
  });

  test('an account without a OneDrive is told so by the connection test', async () => {
    const body = { error: { code: 'ResourceNotFound', message: 'because' } };
    server.answerNext(({ method }) => method === 'GET', { status: 404, body });
    const result = await open().check(never());
    expect([result.success, result.message]).toEqual([false, expect.stringContaining('has no OneDrive')]);
  });

  test('a full OneDrive says so, in one request and in ranges, and nothing is left begun', async () => {
    server.quotaBytes = 0;
    for (const size of [1_000, 5_000_000]) {
      const error = await failure(open().deliver(makePhoto({ size }), never()));
      expect(error).toMatchObject({ fate: 'retry', status: 507 });
      expect(error.message).toMatch(/is full/);
    }
    server.quotaBytes = Number.POSITIVE_INFINITY;
    expect(server.openSessions).toBe(0);
  });

  test('the least permission writes to the folder of the app, and nowhere else', async () => {
    const { access_token } = await oauth.connect([appFolderScope]);
    const account = accountWith(server.endpoints, access_token);
    const photo = makePhoto();
    const own = openKind(oneDrive, {}, { account });
    await own.deliver(photo, never());
    expect(server.list('Apps/Apertur')).toEqual([`${photo.sessionId}/${photo.index}.jpg`]);
    expect((await own.check(never())).success).toBe(true);
    const error = await failure(open({ folder_path: 'Elsewhere' }, account).deliver(makePhoto(), never()));
    expect([error.status, error.message]).toEqual([
      403,
      expect.stringContaining('outside of its own folder'),
    ]);
  });

  test('the scope is the least that the settings need', () => {
    const scopes = (config: Record<string, unknown>): readonly string[] => oneDrive.oauth.scopes(config);
    expect(scopes({})).toContain('Files.ReadWrite.AppFolder');
    expect(scopes({ folder_path: 'Photos' })).toContain('Files.ReadWrite');
    expect(scopes({ folder_id: 'x' })).not.toContain('Files.ReadWrite.AppFolder');
  });

  test.each(['sha1Hash', 'late'] as const)('a service that names %s is verified as well', async (names) => {
    server.names = names;
    onTestFinished(() => {
      server.names = 'quickXorHash';
    });
    expect((await open().deliver(makePhoto(), never())).verifiedBy).toBe('hash');
  });

  test('a range that breaks off goes on where the session has it, within the attempt, without our token', async () => {
    const road = await createFaultProxy(server);
    onTestFinished(() => road.close());
    const connection = open(
      { folder_path: 'Resumed' },
      accountWith(endpointsAt(server.endpoints, road), token),
    );
    await connection.deliver(makePhoto(), never());
    road.set({ resetAfter: 7_000_000 });
    const photo = makePhoto({ size: 12_000_000 });
    const before = server.log.length;
    const delivered = connection.deliver(photo, never());
    await until(() => road.bytesUp > 7_000_000);
    road.set();
    const receipt = await delivered;
    expect((await server.read({ id: receipt.remoteId! }))!.equals(photo.bytes())).toBe(true);
    const begun = server.log.slice(before).filter((line) => line.includes('createUploadSession'));
    expect(begun).toHaveLength(1);
    expect(server.openSessions).toBe(0);
  });

  test('a folder that was deleted meanwhile is made again', async () => {
    const connection = open({ folder_path: 'Gone' });
    await connection.deliver(makePhoto(), never());
    server.remove('Gone');
    const photo = makePhoto();
    await connection.deliver(photo, never());
    expect(server.list('Gone')).toEqual([`${photo.sessionId}/${photo.index}.jpg`]);
  });

  test('folders are listed, made, found again and chosen by id', async () => {
    const { folders } = open();
    const made = await folders!.create(null, 'Chosen', never());
    expect(await folders!.create(null, 'chosen', never())).toEqual(made);
    const inner = await folders!.create(made.id, 'Inner', never());
    expect(await folders!.list(made.id, never())).toEqual([inner]);
    expect(await folders!.list(null, never())).toContainEqual(made);
    await open({ folder_id: inner.id, subfolder_template: '' }).deliver(makePhoto(), never());
    expect(server.list('Chosen')).toHaveLength(1);
  });

  test.each([
    ['~$tilde.jpg', '_$tilde.jpg'],
    ['desktop.ini', '_desktop.ini'],
    ['a_vti_b.jpg', 'a_vti-b.jpg'],
    ['.lock', '_lock'],
  ])('%s is kept as %s', async (filename, kept) => {
    const settings = {
      folder_path: 'Names',
      file_template: '{filename}',
    };
    const receipt = await open(settings).deliver(makePhoto({ filename }), never());
    expect(receipt.remotePath).toMatch(new RegExp(`/${kept.replace('$', '\\$')}$`));
  });

  test.each([
    ['', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    // Published with the libraries libqxh (C) and quickxorhash (Rust).
    ['hello world', 'aCgDG9jwBhDc4Q1yawMZAAAAAAA='],
  ])('known answer of quickXorHash: "%s"', (text, hash) => {
    const sum = new QuickXorHash();
    sum.update(Buffer.from(text));
    expect(sum.digest()).toBe(hash);
  });

  test.each([
    [
      'AADSTS65001: The user or administrator has not consented to use the application',
      /administrator.*AADSTS65001.*approve/,
    ],
    ['AADSTS90094: The grant requires admin permission.', /administrator.*AADSTS90094/],
    ['AADSTS50020: User account does not exist in tenant', /APERTUR_MICROSOFT_TENANT/],
    ['AADSTS90093: Does not have access to consent.', /administrator.*AADSTS90093/],
    ['AADSTS90095: Admin consent workflow is enabled.', /was sent/],
    ['AADSTS65004: User declined to consent.', /not granted/],
    ['AADSTS50105: The signed in user is not assigned.', /not assigned/],
    ['AADSTS700016: Application was not found in the directory.', /APERTUR_MICROSOFT_CLIENT_ID/],
    ['AADSTS7000215: Invalid client secret provided.', /APERTUR_MICROSOFT_CLIENT_SECRET/],
    ['AADSTS7000222: The provided client secret keys are expired.', /has expired/],
    ['AADSTS50173: The provided grant has expired.', /password was changed/],
    ['AADSTS50076: You must use multi-factor authentication.', /second factor/],
    ['AADSTS53003: Blocked by conditional access.', /conditional access/],
    ['AADSTS700082: The refresh token has expired due to inactivity.', /without use/],
  ])('%s', (description, says) => {
    expect(explainSignIn('x', `${description}\r\nTrace ID: 1`)).toMatch(says);
  });

  test.each([
    [{ folder_path: '../up' }, /folder_path/],
    [{ folder_id: 'https://x/y' }, /folder_id/],
    [{ file_template: 'a/{ext}' }, /file_template/],
  ])('%j is refused when saved', (settings, says) => {
    expect(() => readSettings(oneDrive, settings, { env: 'live', localRoots: [] })).toThrow(says);
  });
});
