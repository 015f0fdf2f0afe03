import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type DropboxServer,
  dropboxScopes,
  startDropboxServer,
} from '../../../test/helpers/dropbox-server.ts';
import { type OAuthServer, startOAuthServer } from '../../../test/helpers/oauth-server.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness, until } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { accountWith, endpointsAt, splitTemplate } from '../oauth-drive.fixture.ts';
import { readSettings } from '../settings.ts';
import { ContentHash } from './content-hash.ts';
import { inHeader } from './drive.ts';
import { dropbox } from './index.ts';

let oauth: OAuthServer;
let server: DropboxServer;
let token = '';
beforeAll(async () => {
  oauth = await startOAuthServer({ scopes: dropboxScopes });
  server = await startDropboxServer(oauth);
  token = (await oauth.connect(dropboxScopes)).access_token;
});
afterAll(async () => {
  await server?.close();
  await oauth?.close();
});

describeDestination('dropbox', {
  start: startHarness,
  verifiedBy: 'hash',
  missingFolder: 'made',
  wrongCredentials: { fate: 'reconnect', says: /connect/i },
  maxConnections: 8,
});

async function startHarness(): Promise<Harness> {
  return {
    kind: dropbox,
    server,
    account: ({ at, wrong }) =>
      accountWith(endpointsAt(server.endpoints, at), wrong === 'credentials' ? 'sl.not-a-token' : token),
    settings: ({ template, conflict, wrong }) => ({
      folder: wrong === 'folder' ? 'Nowhere yet' : 'Claims/Photos',
      ...splitTemplate(template),
      conflict,
      access_token: wrong === 'credentials' ? 'sl.not-a-token' : token,
    }),
    list: async (folder) => server.list(`Claims/Photos/${folder}`).map((file) => `${folder}/${file}`),
    read: (place) => server.read(typeof place === 'string' ? `Claims/Photos/${place}` : place.remoteId!),
    put: (path, bytes) => server.put(`Claims/Photos/${path}`, bytes),
    close: async () => undefined,
  };
}

const open = (
  settings: Record<string, unknown> = {},
  account = accountWith(server.endpoints, token),
): Connection => openKind(dropbox, settings, { account });

const isUpload = ({ url }: { url: URL }): boolean => url.pathname.startsWith('/2/files/upload');
const summary = (text: string, more = {}) => ({
  error_summary: `${text}/...`,
  error: { '.tag': text, ...more },
});

describe('Dropbox', () => {
  test.each([
    [
      429,
      summary('too_many_requests', { retry_after: 6 }),
      {},
      { fate: 'retry', retryAfter: 6 },
      /slow down/,
    ],
    [
      429,
      summary('too_many_write_operations'),
      { 'retry-after': '3' },
      { fate: 'retry', retryAfter: 3 },
      /slow down/,
    ],
    [409, summary('path/no_write_permission'), {}, { fate: 'retry' }, /right to change/],
    [409, summary('path/disallowed_name'), {}, { fate: 'give-up' }, /as a name/],
    [409, summary('path/malformed_path'), {}, { fate: 'give-up' }, /as a name/],
    [409, summary('path/conflict/file_ancestor'), {}, { fate: 'retry' }, /in the way/],
    [409, summary('path/conflict/folder'), {}, { fate: 'retry' }, /in the way/],
    [409, summary('path/not_found'), {}, { fate: 'retry' }, /does not know/],
    [409, summary('content_hash_mismatch'), {}, { fate: 'retry' }, /damaged/],
    [409, summary('path/team_folder'), {}, { fate: 'retry' }, /takes no files/],
    [403, summary('access_denied'), {}, { fate: 'retry' }, /right to change/],
    [409, summary('email_unverified'), {}, { fate: 'retry' }, /not confirmed/],
    [409, summary('payload_too_large'), {}, { fate: 'give-up' }, /larger than/],
    [500, summary('internal_error'), {}, { fate: 'retry' }, /fault of its own/],
    [400, 'Error in call to API function', {}, { fate: 'retry' }, /did not take/],
  ])('%i %j', async (status, body, headers, expected, says) => {
    server.answerNext(isUpload, { status, body, headers: headers as Record<string, string> });
    const error = await failure(open().deliver(makePhoto(), never()));
    expect(error).toMatchObject({ ...expected, status });
    expect(error.message).toMatch(says);
  });

  test('a full Dropbox says so, in one request and in ranges', async () => {
    server.quotaBytes = 0;
    for (const size of [1_000, 18_000_000]) {
      const error = await failure(open().deliver(makePhoto({ size }), never()));
      expect(error).toMatchObject({ fate: 'retry', status: 409 });
      expect(error.message).toMatch(/is full/);
    }
    server.quotaBytes = Number.POSITIVE_INFINITY;
  });

  test('a token without the scope to write asks to sign in again', async () => {
    const { access_token } = await oauth.connect(['account_info.read']);
    const error = await failure(
      open({}, accountWith(server.endpoints, access_token)).deliver(makePhoto(), never()),
    );
    expect(error.fate).toBe('reconnect');
  });

  test('the path starts with the folder that Dropbox shows', async () => {
    const photo = makePhoto();
    const receipt = await open({ folder: '/Apps/Apertur/Roofs/' }).deliver(photo, never());
    expect(receipt.remotePath).toBe(`/Apps/Apertur/Roofs/${photo.sessionId}/${photo.index}.jpg`);
    expect(server.list('Roofs')).toEqual([`${photo.sessionId}/${photo.index}.jpg`]);
    const plain = await open().deliver(photo, never());
    expect(plain.remotePath).toBe(`/Apps/Apertur/${photo.sessionId}/${photo.index}.jpg`);
  });

  test('a range that breaks off is sent again where the session has it, within the attempt', async () => {
    const road = await createFaultProxy(server);
    onTestFinished(() => road.close());
    const connection = open({ folder: 'Resumed' }, accountWith(endpointsAt(server.endpoints, road), token));
    await connection.deliver(makePhoto(), never());
    road.set({ resetAfter: 12_000_000 });
    const photo = makePhoto({ size: 25_000_000 });
    const before = server.log.length;
    const delivered = connection.deliver(photo, never());
    await until(() => road.bytesUp > 12_000_000);
    road.set();
    const receipt = await delivered;
    expect((await server.read(receipt.remoteId!))!.equals(photo.bytes())).toBe(true);
    expect(server.log.slice(before).filter((line) => line.includes('upload_session/start'))).toHaveLength(1);
  });

  test('a session that has something else goes on where it says', async () => {
    const photo = makePhoto({ size: 25_000_000 });
    const isAppend = ({ url }: { url: URL }): boolean => url.pathname.endsWith('append_v2');
    server.answerNext(isAppend, {
      status: 409,
      body: {
        error_summary: 'incorrect_offset/..',
        error: { '.tag': 'incorrect_offset', correct_offset: 0 },
      },
    });
    const receipt = await open({ folder: 'Offset' }).deliver(photo, never());
    expect((await server.read(receipt.remoteId!))!.equals(photo.bytes())).toBe(true);
  });

  test('folders are listed, made, found again and chosen by path', async () => {
    const { folders } = open();
    const made = await folders!.create(null, 'Büro', never());
    expect(made).toMatchObject({ name: 'Büro', path: 'Büro' });
    expect(await folders!.create(null, 'Büro', never())).toEqual(made);
    const inner = await folders!.create(made.id, 'Inner', never());
    expect(inner.path).toBe('Büro/Inner');
    expect(await folders!.list('Büro', never())).toEqual([inner]);
    expect(await folders!.list(made.id, never())).toEqual([inner]);
    expect(await folders!.list(null, never())).toContainEqual(made);
  });

  test('the argument in the header is plain ASCII', () => {
    const argument = { path: '/屋根 büro 📷\u007f.jpg' };
    expect(inHeader(argument)).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(inHeader(argument))).toEqual(argument);
  });

  test.each([0, 1, 4_194_303, 4_194_304, 4_194_305, 9_000_000])('content hash of %i bytes', (size) => {
    const bytes = Buffer.from(makePhoto({ size: Math.max(1, size) }).bytes()).subarray(0, size);
    const hash = new ContentHash();
    for (let at = 0; at < size; at += 65_521) hash.update(bytes.subarray(at, at + 65_521));
    const sha = (part: Buffer): Buffer => createHash('sha256').update(part).digest();
    const blocks = [];
    for (let at = 0; at < size; at += 4_194_304) blocks.push(sha(bytes.subarray(at, at + 4_194_304)));
    expect(hash.digest()).toBe(sha(Buffer.concat(blocks)).toString('hex'));
  });

  test.each([
    [{ folder: 'a/../b' }, /folder/],
    [{ folder: 'a\\b' }, /folder/],
    [{ subfolder_template: '{nope}' }, /subfolder_template/],
  ])('%j is refused when saved', (settings, says) => {
    expect(() => readSettings(dropbox, settings, { env: 'live', localRoots: [] })).toThrow(says);
  });
});
