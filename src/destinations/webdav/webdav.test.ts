/** What WebDAV servers refuse and cannot do: Apache made to do each of it, and the two clouds' own ways. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ApacheDav, type ApacheDavOptions, startApacheDav } from '../../../test/helpers/apache-dav.ts';
import { createFaultProxy } from '../../../test/helpers/fault-proxy.ts';
import { silentLogger } from '../../lib/logger.ts';
import { createOutbound } from '../../lib/outbound/client.ts';
import { createGuard } from '../../lib/outbound/guard.ts';
import { localOutbound } from '../../lib/outbound/servers.fixture.ts';
import { makePhoto, never, openKind } from '../contract.fixture.ts';
import { failure, until } from '../contract.ts';
import type { Connection, ConnectionServices } from '../destination.ts';
import { readSettings as readStored } from '../settings.ts';
import { startCloud } from './cloud.fixture.ts';
import { connectDav, readSettings, webdav } from './index.ts';

async function start(options: ApacheDavOptions = {}): Promise<ApacheDav> {
  const server = await startApacheDav(options);
  onTestFinished(() => server.stop());
  return server;
}

const settingsOf = (server: ApacheDav, more: Record<string, unknown> = {}) => ({
  url: `http://127.0.0.1:${server.port}/basic/`,
  username: server.user.name,
  password: server.user.password,
  path_template: '{filename}',
  ...more,
});

const open = (
  server: ApacheDav,
  more: Record<string, unknown> = {},
  services: Partial<ConnectionServices> = {},
) => openKind(webdav, settingsOf(server, more), services);

const failed = async (connection: Connection) => await failure(connection.deliver(makePhoto(), never()));

describe('signing in', () => {
  test('the way is learnt before a photo is sent, so that each photo is sent once', async () => {
    const server = await start();
    const proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
    onTestFinished(() => proxy.close());
    for (const way of ['basic', 'digest']) {
      proxy.set();
      const connection = open(server, { url: `http://${proxy.host}:${proxy.port}/${way}` });
      await connection.deliver(makePhoto({ size: 500_000 }), never());
      expect(proxy.bytesUp).toBeLessThan(510_000);
    }
  });

  test('a nonce that is good for one request only', async () => {
    const server = await start({ inDigest: 'AuthDigestNonceLifetime 0' });
    const connection = open(server, { url: `http://127.0.0.1:${server.port}/digest` });
    for (let turn = 0; turn < 3; turn++) await connection.deliver(makePhoto(), never());
    expect(readdirSync(server.data)).toHaveLength(3);
  });

  test('the wrong password, by both ways', async () => {
    const server = await start();
    for (const way of ['basic', 'digest']) {
      const url = `http://127.0.0.1:${server.port}/${way}`;
      const error = await failed(open(server, { url, password: 'wrong-password' }));
      expect(error).toMatchObject({ fate: 'reconnect', status: 401 });
    }
    expect(readdirSync(server.data)).toEqual([]);
  });

  test('a way that is not known', async () => {
    const server = await start({
      extra:
        '<Location /other>\nRequire all denied\nErrorDocument 403 default\n</Location>\nRewriteEngine On\nRewriteRule ^/other - [R=401,L]\nHeader always set WWW-Authenticate "Negotiate" "expr=%{REQUEST_URI} =~ m#^/other#"',
    });
    const error = await failed(open(server, { url: `http://127.0.0.1:${server.port}/other/` }));
    expect(error.fate).toBe('reconnect');
    expect(error.message).toMatch(/way of signing in that is not known here \(401, Negotiate\)/);
  });
});

describe('what the server refuses', () => {
  test('more than its disk holds', async () => {
    const server = await start({ diskBytes: 4_000_000 });
    const error = await failure(open(server).deliver(makePhoto({ size: 8_000_000 }), never()));
    expect(error).toMatchObject({ fate: 'retry', status: 507 });
    expect(error.message).toMatch(/The disk or the quota of the server is full \(507\).*Free some space/);
    expect(readdirSync(`/proc/${server.pid}/root${server.data}`)).toEqual([]);
  });

  test('writing', async () => {
    const server = await start({ refuses: ['PUT'] });
    const connection = open(server);
    const error = await failed(connection);
    expect(error).toMatchObject({ fate: 'retry', status: 403 });
    expect(error.message).toMatch(/does not let this account write there \(403\)\. Give it the right/);
    const { steps } = await connection.check(never());
    expect(steps.at(-1)).toMatchObject({ step: 'write', outcome: 'failed', advice: expect.any(String) });
  });

  test('a photo that is too large for it', async () => {
    const server = await start({ extra: 'LimitRequestBody 100000' });
    const error = await failure(open(server).deliver(makePhoto({ size: 3_000_000 }), never()));
    expect(error).toMatchObject({ fate: 'retry', status: 413 });
  });

  test('what is locked', async () => {
    const server = await start();
    writeFileSync(path.join(server.data, 'roof.jpg'), 'old');
    await lock(server, 'roof.jpg');
    const error = await failure(open(server).deliver(makePhoto({ filename: 'roof.jpg' }), never()));
    expect(error).toMatchObject({ fate: 'retry', status: 423 });
    expect(error.message).toMatch(/locked \(423\)\. It is tried again/);
    expect(readdirSync(server.data)).toEqual(['roof.jpg']);
  });

  test('to be used before it is ready again, and says when', async () => {
    const server = await start({
      extra:
        'RewriteEngine On\nRewriteCond %{REQUEST_METHOD} PUT\nRewriteRule ^ - [R=503,L]\nHeader always set Retry-After 17 "expr=%{REQUEST_METHOD} == \'PUT\'"',
    });
    const error = await failed(open(server));
    expect(error).toMatchObject({ fate: 'retry', status: 503, retryAfter: 17 });
  });

  test('a folder that is not there, which is not made', async () => {
    const server = await start();
    const connection = open(server, { remote_dir: 'claims', path_template: 'a/{filename}' });
    const error = await failed(connection);
    expect(error).toMatchObject({ fate: 'retry', status: 404 });
    expect(error.message).toMatch(/The folder is not there \(404\)\. Make it at the server/);
    expect(readdirSync(server.data)).toEqual([]);
    mkdirSync(path.join(server.data, 'claims'));
    server.give('claims');
    const photo = makePhoto();
    await connection.deliver(photo, never());
    expect(readdirSync(path.join(server.data, 'claims/a'))).toEqual([photo.filename]);
  });

  test('an address that is no WebDAV', async () => {
    const server = await start({
      extra: `Alias /plain ${'/usr/share'}\n<Location /plain>\nRequire all granted\n</Location>`,
    });
    const error = await failed(open(server, { url: `http://127.0.0.1:${server.port}/plain/` }));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/Check that url is the WebDAV address/);
  });
});

async function lock(server: ApacheDav, name: string): Promise<void> {
  const { user, port } = server;
  const authorization = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
  const answer = await localOutbound().request({
    method: 'LOCK',
    url: `http://127.0.0.1:${port}/basic/${name}`,
    headers: { authorization, 'content-type': 'application/xml', timeout: 'Second-60' },
    body: '<?xml version="1.0"?><d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>',
  });
  expect(answer.status).toBe(200);
}

describe('what the server cannot do', () => {
  test('make folders: the names are flat, and stay a function of the photo', async () => {
    const server = await start({ refuses: ['MKCOL'] });
    const connection = open(server, { path_template: '{session_id}/a/{filename}' });
    const photo = makePhoto();
    const receipt = await connection.deliver(photo, never());
    expect(receipt.excerpt).toMatch(/the name is flat/);
    await connection.deliver(photo, never());
    const name = `${photo.sessionId}_a_${photo.filename}`;
    expect(readdirSync(server.data)).toEqual([name]);
    expect(readFileSync(path.join(server.data, name)).equals(photo.bytes())).toBe(true);
    const { steps } = await connection.check(never());
    expect(steps).toContainEqual(expect.objectContaining({ step: 'make folder', outcome: 'noted' }));
  });

  test('make folders, but the one that is needed is there', async () => {
    const server = await start({ refuses: ['MKCOL'] });
    mkdirSync(path.join(server.data, 'a'));
    server.give('a');
    const photo = makePhoto();
    await open(server, { path_template: 'a/{filename}' }).deliver(photo, never());
    expect(readdirSync(path.join(server.data, 'a'))).toEqual([photo.filename]);
  });

  test('move: the photo is written straight under its name, and the conflict rules are kept', async () => {
    const server = await start({ refuses: ['MOVE'] });
    const photo = makePhoto({ filename: 'roof.jpg' });
    const receipt = await open(server).deliver(photo, never());
    expect(receipt).toMatchObject({ verifiedBy: 'size', excerpt: expect.stringMatching(/does not rename/) });
    expect(readdirSync(server.data)).toEqual(['roof.jpg']);
    const other = makePhoto({ filename: 'roof.jpg', size: 7_000 });
    expect((await failure(open(server, { conflict: 'fail' }).deliver(other, never()))).fate).toBe('give-up');
    await open(server, { conflict: 'rename' }).deliver(other, never());
    expect(readdirSync(server.data).toSorted()).toEqual(['roof (2).jpg', 'roof.jpg']);
  });

  test('say what it holds or delete: the photo arrives, and the receipt claims nothing', async () => {
    const server = await start({ refuses: ['GET', 'PROPFIND', 'DELETE'] });
    const connection = open(server);
    const photo = makePhoto();
    expect((await connection.deliver(photo, never())).verifiedBy).toBe('none');
    expect(readFileSync(path.join(server.data, photo.filename)).equals(photo.bytes())).toBe(true);
    const { success, steps } = await connection.check(never());
    expect(success).toBe(true);
    expect(steps).toContainEqual(expect.objectContaining({ step: 'verify', outcome: 'noted' }));
    expect(steps).toContainEqual(expect.objectContaining({ step: 'clean up', outcome: 'noted' }));
  });

  test('know the address by which it is reached: another spelling of it is named', async () => {
    // As behind a proxy that speaks the other of http and https to the world.
    const server = await start({
      extra: 'RequestHeader edit Destination ^http: x:\nRequestHeader edit Destination ^https: http:',
    });
    const photo = makePhoto();
    await open(server).deliver(photo, never());
    expect(readdirSync(server.data)).toEqual([photo.filename]);
  });
});

describe('where it goes', () => {
  test.each([
    [
      'another host',
      'http://elsewhere.example',
      /to another host \(302, http:\/\/elsewhere\.example\/basic\/\)/,
    ],
    ['another path', '', /leads on \(302, http:\/\/127\.0\.0\.1:\d+\/basic\/\)/],
  ])('a redirect to %s is not followed', async (_, host, says) => {
    const server = await start({ extra: `Redirect 302 /old ${host || 'http://127.0.0.1:PORT'}/basic` });
    const error = await failed(open(server, { url: `http://127.0.0.1:${server.port}/old/` }));
    expect(error).toMatchObject({ fate: 'retry', status: 302 });
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/into url/);
    expect(readdirSync(server.data)).toEqual([]);
  });

  test('nowhere where the guard says no', async () => {
    const server = await start();
    const outbound = createOutbound({ guard: createGuard({ allow: [] }) });
    onTestFinished(() => outbound.close());
    const connection = open(server, {}, { outbound });
    expect((await failed(connection)).message).toMatch(/loopback address/);
    const { steps } = await connection.check(never());
    expect(steps.at(-1)).toMatchObject({ step: 'resolve', outcome: 'failed' });
  });

  test('TLS: an unknown authority is refused, the own one and a pin are trusted', async () => {
    const server = await start();
    const url = `https://127.0.0.1:${server.tlsPort}/basic/`;
    const refused = open(server, { url });
    expect((await failed(refused)).message).toMatch(/certificate/);
    const { steps } = await refused.check(never());
    expect(steps.at(-1)).toMatchObject({ step: 'tls', outcome: 'failed', advice: expect.any(String) });
    for (const more of [{ ca: server.ca }, { certificate_sha256: server.pin }]) {
      const receipt = await open(server, { url, ...more }).deliver(makePhoto(), never());
      expect(receipt.phases?.tls).toBeGreaterThan(0);
    }
    expect((await failed(open(server, { url, certificate_sha256: 'ab'.repeat(32) }))).message).toMatch(
      /pinned/,
    );
  });

  test('plain http carries its warning in the connection test', async () => {
    const server = await start();
    const { success, steps } = await open(server).check(never());
    expect(success).toBe(true);
    expect(steps).toContainEqual(expect.objectContaining({ step: 'tls', outcome: 'noted' }));
  });
});

describe('while it goes wrong', () => {
  test('the server is killed in mid-upload: tried again, nothing half under its name', async () => {
    const server = await start();
    const proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
    onTestFinished(() => proxy.close());
    proxy.set({ bytesPerSecond: 2_000_000 });
    const photo = makePhoto({ size: 10_000_000 });
    const connection = open(server, { url: `http://${proxy.host}:${proxy.port}/basic` });
    const delivered = failure(connection.deliver(photo, never()));
    await until(() => proxy.bytesUp > 500_000);
    await server.kill();
    expect((await delivered).fate).toBe('retry');
    expect(readdirSync(server.data)).not.toContain(photo.filename);
  });

  test('a server that takes nothing more is not waited for without end', async () => {
    const server = await start();
    const proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
    onTestFinished(() => proxy.close());
    proxy.set({ stallAfter: 300_000 });
    const given = settingsOf(server, { url: `http://${proxy.host}:${proxy.port}/basic` });
    const settings = readSettings(readStored(webdav, given, { env: 'live', localRoots: [] }));
    const services = {
      outbound: localOutbound(),
      logger: silentLogger,
      projectSecrets: { current: '' },
      localRoots: [],
      downloadUrl: () => '',
      now: Date.now,
    };
    const connection = connectDav(settings, services, { stallMs: 1_000, answerMs: 1_000 });
    onTestFinished(() => connection.close());
    const error = await failure(connection.deliver(makePhoto({ size: 30_000_000 }), never()));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/took no data for 1 s|did not answer within 1 s/);
  });
});

describe('Nextcloud and ownCloud', () => {
  const openCloud = (url: string) =>
    openKind(webdav, { url, username: 'anna', password: 'app-password', path_template: 'in/{filename}' });

  test.each(['nextcloud', 'owncloud'] as const)(
    '%s proves by a hash of its own what it holds',
    async (brand) => {
      const cloud = await startCloud({ brand });
      const photo = makePhoto({ filename: 'roof.jpg' });
      const receipt = await openCloud(cloud.url).deliver(photo, never());
      expect(receipt.verifiedBy).toBe('hash');
      expect([...cloud.files.keys()]).toEqual(['/remote.php/dav/files/anna/in/roof.jpg']);
      expect(cloud.requests.filter((request) => request.startsWith('PUT'))).toEqual(['PUT 201']);
    },
  );

  test.each([
    ['nextcloud', /other bytes than were sent \(sha256 differs\)/],
    ['owncloud', /\(400 The computed checksum does not match/],
  ] as const)('%s that damages a photo is found out, and nothing stays there', async (brand, says) => {
    const cloud = await startCloud({ brand, damages: true });
    const error = await failed(openCloud(cloud.url));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(says);
    expect([...cloud.files.keys()]).toEqual([]);
  });
});
