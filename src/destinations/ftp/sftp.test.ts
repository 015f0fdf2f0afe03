/** What SFTP servers refuse and cannot do, and how their identity is kept: OpenSSH made to do each of it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFaultProxy } from '../../../test/helpers/fault-proxy.ts';
import { startProftpd } from '../../../test/helpers/proftpd.ts';
import { type Sshd, type SshdOptions, startSshd } from '../../../test/helpers/sshd.ts';
import { silentLogger } from '../../lib/logger.ts';
import { createOutbound } from '../../lib/outbound/client.ts';
import { createGuard } from '../../lib/outbound/guard.ts';
import { localOutbound } from '../../lib/outbound/servers.fixture.ts';
import { makePhoto, never, openKind } from '../contract.fixture.ts';
import { failure, until } from '../contract.ts';
import type { Connection, ConnectionServices } from '../destination.ts';
import type { Patience } from '../file-session.ts';
import { readSettings as readStored } from '../settings.ts';
import { connectFtp, ftp } from './index.ts';
import { readSettings } from './settings.ts';

async function start(options: SshdOptions = {}): Promise<Sshd> {
  const server = await startSshd(options);
  onTestFinished(() => server.stop());
  return server;
}

const settingsOf = (server: Sshd, more: Record<string, unknown> = {}) => ({
  protocol: 'sftp',
  host: '127.0.0.1',
  port: server.port,
  username: server.username,
  private_key: server.privateKey,
  path_template: '{filename}',
  ...more,
});

const open = (server: Sshd, more: Record<string, unknown> = {}, services: Partial<ConnectionServices> = {}) =>
  openKind(ftp, settingsOf(server, more), services);

const failed = async (connection: Connection) => await failure(connection.deliver(makePhoto(), never()));

const stepOf = async (connection: Connection, step: string) =>
  (await connection.check(never())).steps.find((one) => one.step === step);

/** What `remember` was given. */
function memory() {
  const remembered: Record<string, unknown>[] = [];
  return {
    remembered,
    remember: async (config: Record<string, unknown>) => {
      remembered.push(config);
    },
  };
}

describe('the host key', () => {
  test('is kept when it is seen first, once, and shown', async () => {
    const server = await start();
    const { remembered, remember } = memory();
    const connection = open(server, { max_connections: 3 }, { remember });
    await Promise.all([1, 2, 3].map(() => connection.deliver(makePhoto(), never())));
    expect(remembered).toEqual([{ host_key: server.fingerprint }]);
    const step = await stepOf(connection, 'sign in');
    expect(step).toMatchObject({ outcome: 'ok', message: expect.stringContaining(server.fingerprint) });
  });

  test('that was kept is not kept again', async () => {
    const server = await start();
    const { remembered, remember } = memory();
    for (const host_key of [server.fingerprint, server.publicHostKey]) {
      await open(server, { host_key }, { remember }).deliver(makePhoto(), never());
    }
    expect(remembered).toEqual([]);
  });

  test('that changed is refused before anybody signs in, also within one connection', async () => {
    const server = await start();
    const proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
    onTestFinished(() => proxy.close());
    const { remembered, remember } = memory();
    const connection = open(server, { port: proxy.port }, { remember });
    await connection.deliver(makePhoto(), never());
    await server.stop();
    const other = await start({ replace: { port: server.port } });
    proxy.cut();
    const error = await failed(connection);
    expect(error.fate).toBe('reconnect');
    expect(error.message).toContain(
      `another host key than before: ${other.fingerprint} in place of ${server.fingerprint}`,
    );
    expect(error.message).toMatch(/put the new key into host_key, or empty it/);
    expect(remembered).toHaveLength(1);
    const step = await stepOf(open(other, { host_key: server.fingerprint }), 'sign in');
    expect(step).toMatchObject({ outcome: 'failed', advice: expect.stringMatching(/host_key/) });
    expect(readdirSync(other.home)).toEqual([]);
  });

  test('is not kept when the sign-in was refused', async () => {
    const server = await start();
    const { remembered, remember } = memory();
    await failed(open(server, { private_key: server.strangerKey }, { remember }));
    expect(remembered).toEqual([]);
  });
});

describe('signing in', () => {
  test('with an encrypted key', async () => {
    const server = await start();
    const { privateKey, passphrase } = server.encryptedKey;
    const receipt = await open(server, { private_key: privateKey, passphrase }).deliver(makePhoto(), never());
    expect(receipt.verifiedBy).toBe('size');
  });

  test('with a key that the server does not know, or another name', async () => {
    const server = await start();
    for (const more of [{ private_key: server.strangerKey }, { username: 'nobody-here' }]) {
      const error = await failed(open(server, more));
      expect(error.fate).toBe('reconnect');
      expect(error.message).toMatch(/refused the user name or the key.*authorized_keys/);
    }
  });

  test('with a password where the server asks for it as a question', async () => {
    const { port, asked } = await startAskingServer('correct horse');
    const given = { protocol: 'sftp', host: '127.0.0.1', port, username: 'photo' };
    const right = openKind(ftp, { ...given, password: 'correct horse' });
    // It has no SFTP to offer, which is found out after the sign-in.
    expect((await failed(right)).message).toMatch(/opens no SFTP/);
    const wrong = await failed(openKind(ftp, { ...given, password: 'wrong' }));
    expect(wrong).toMatchObject({ fate: 'reconnect' });
    expect(asked).toEqual(['correct horse', 'wrong']);
  });

  test('where the account may have no more connections: those that there are share the work', async () => {
    const server = await startProftpd({ maxClientsPerUser: 2 });
    onTestFinished(() => server.stop());
    const { name: username, password } = server.user;
    const given = { protocol: 'sftp', host: '127.0.0.1', port: server.sftpPort, username, password };
    const connection = openKind(ftp, { ...given, max_connections: 5, path_template: '{filename}' });
    const photos = Array.from({ length: 8 }, () => makePhoto({ size: 200_000 }));
    await Promise.all(photos.map((photo) => connection.deliver(photo, never())));
    expect(readdirSync(server.home)).toHaveLength(8);
  });
});

test('keys are exchanged anew in the middle of a photo, and between two', async () => {
  const server = await start({ extra: 'MaxStartups 100\nRekeyLimit 1M' });
  const connection = open(server);
  for (const size of [12_000_000, 3_000_000]) {
    const photo = makePhoto({ size });
    await connection.deliver(photo, never());
    expect(readFileSync(path.join(server.home, photo.filename)).equals(photo.bytes())).toBe(true);
  }
});

/** A server that knows keyboard-interactive alone. */
async function startAskingServer(password: string): Promise<{ port: number; asked: string[] }> {
  const { private: hostKey } = ssh2.utils.generateKeyPairSync('ed25519');
  const asked: string[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client
      .on('error', () => {})
      .on('authentication', (attempt) => {
        if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
        attempt.prompt([{ prompt: 'Password: ', echo: false }], ([answer = '']) => {
          asked.push(answer);
          if (answer === password) attempt.accept();
          else attempt.reject(['keyboard-interactive']);
        });
      })
      .on('session', (_accept, reject) => void reject());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}

describe('what the server refuses', () => {
  test('writing', async () => {
    const server = await start({ sftpArgs: '-R' });
    const connection = open(server);
    const error = await failed(connection);
    expect(error).toMatchObject({ fate: 'retry', status: 3 });
    expect(error.message).toMatch(/does not let this account write .*Give it the right/);
    expect(await stepOf(connection, 'write')).toMatchObject({ outcome: 'failed' });
  });

  test('making folders', async () => {
    const server = await start({ sftpArgs: '-P mkdir' });
    const error = await failed(open(server, { path_template: 'a/b/{filename}' }));
    expect(error.message).toMatch(/does not let this account make the folder .*\/a /);
  });

  test('more than its disk holds', async () => {
    const server = await start({ diskBytes: 4_000_000 });
    const error = await failure(open(server).deliver(makePhoto({ size: 8_000_000 }), never()));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/The disk or the quota of the server is full .*Free some space/);
    expect(readdirSync(`/proc/${server.pid}/root${server.home}`)).toEqual([]);
  });

  test('a name that is a folder', async () => {
    const server = await start();
    mkdirSync(path.join(server.home, 'roof.jpg/inside'), { recursive: true });
    const error = await failure(open(server).deliver(makePhoto({ filename: 'roof.jpg' }), never()));
    expect(error.fate).toBe('retry');
    expect(error.message.length).toBeGreaterThan(20);
    expect(readdirSync(server.home)).toEqual(['roof.jpg']);
  });

  test('SFTP', async () => {
    const server = await start({ extra: 'MaxSessions 0' });
    const error = await failed(open(server));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/opens no SFTP .*Turn on the sftp subsystem/);
  });
});

describe('what the server cannot do', () => {
  test('rename: the photo is written straight under its name', async () => {
    const server = await start({ sftpArgs: '-P rename,posix-rename' });
    const connection = open(server);
    const photos = [makePhoto(), makePhoto()];
    for (const photo of photos) {
      const receipt = await connection.deliver(photo, never());
      expect(receipt).toMatchObject({
        verifiedBy: 'size',
        excerpt: expect.stringMatching(/does not rename/),
      });
      expect(readFileSync(receipt.remotePath!).equals(photo.bytes())).toBe(true);
    }
    expect(readdirSync(server.home)).toHaveLength(2);
    expect(await stepOf(connection, 'write')).toMatchObject({ outcome: 'noted' });
  });

  test('replace a file by renaming: that is removed first', async () => {
    const server = await start({ sftpArgs: '-P posix-rename' });
    writeFileSync(path.join(server.home, 'roof.jpg'), 'old');
    const photo = makePhoto({ filename: 'roof.jpg' });
    await open(server).deliver(photo, never());
    expect(readFileSync(path.join(server.home, 'roof.jpg')).equals(photo.bytes())).toBe(true);
    expect(readdirSync(server.home)).toEqual(['roof.jpg']);
  });

  test('say what it holds, sync or remove: the photo arrives, and the receipt claims nothing', async () => {
    const server = await start({ sftpArgs: '-P stat,lstat,fstat,fsync,remove,read,readdir,opendir,statvfs' });
    const connection = open(server);
    const photo = makePhoto();
    const receipt = await connection.deliver(photo, never());
    expect(receipt.verifiedBy).toBe('none');
    expect(readFileSync(path.join(server.home, photo.filename)).equals(photo.bytes())).toBe(true);
    const check = await connection.check(never());
    expect(check.success).toBe(true);
    expect(check.steps.filter(({ outcome }) => outcome === 'noted').map(({ step }) => step)).toEqual([
      'settings',
      'verify',
      'clean up',
    ]);
  });

  test('show what is there: another photo of that name gets one of its own', async () => {
    const server = await start({ sftpArgs: '-P stat,lstat,read' });
    writeFileSync(path.join(server.home, 'roof.jpg'), 'theirs');
    const photo = makePhoto({ filename: 'roof.jpg' });
    const receipt = await open(server, { conflict: 'rename' }).deliver(photo, never());
    expect(readFileSync(receipt.remotePath!).equals(photo.bytes())).toBe(true);
    expect(readFileSync(path.join(server.home, 'roof.jpg'), 'utf8')).toBe('theirs');
  });
});

describe('while it goes wrong', () => {
  test('the server is killed in mid-upload: tried again, nothing half under its name', async () => {
    const server = await start();
    const proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
    onTestFinished(() => proxy.close());
    proxy.set({ bytesPerSecond: 2_000_000 });
    const photo = makePhoto({ size: 10_000_000 });
    const delivered = failure(open(server, { port: proxy.port }).deliver(photo, never()));
    await until(() => proxy.bytesUp > 500_000);
    await server.kill();
    expect((await delivered).fate).toBe('retry');
    expect(existsSync(path.join(server.home, photo.filename))).toBe(false);
  });

  test.each([
    ['takes nothing more', { stallAfter: 300_000 }, { stallMs: 1_500 }, /gave no answer for \d s/],
    ['says nothing at all', { stallAfter: 0 }, { openMs: 500 }, /did not let us in within/],
  ])('a server that %s is not waited for without end', async (_, faults, times, says) => {
    const server = await start();
    const proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
    onTestFinished(() => proxy.close());
    proxy.set(faults);
    const connection = openHasty(settingsOf(server, { port: proxy.port }), times);
    const error = await failure(connection.deliver(makePhoto({ size: 30_000_000 }), never()));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(says);
  });

  test('a folder that was removed between two photos is made again by the next attempt', async () => {
    const server = await start();
    const connection = open(server, { path_template: 'a/{filename}' });
    await connection.deliver(makePhoto(), never());
    rmSync(path.join(server.home, 'a'), { recursive: true });
    const photo = makePhoto();
    const error = await failure(connection.deliver(photo, never()));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/The folder is not there/);
    await connection.deliver(photo, never());
    expect(readdirSync(path.join(server.home, 'a'))).toEqual([photo.filename]);
  });

  test('what a killed attempt left is replaced, not added to', async () => {
    const server = await start();
    const photo = makePhoto();
    writeFileSync(path.join(server.home, `.apertur-${photo.deliveryId}.tmp`), 'half a photo');
    await open(server).deliver(photo, never());
    expect(readdirSync(server.home)).toEqual([photo.filename]);
  });
});

/** With little patience. */
function openHasty(given: Record<string, unknown>, times: Partial<Patience>): Connection {
  const settings = readSettings(readStored(ftp, given, { env: 'live', localRoots: [] }));
  const services = {
    outbound: localOutbound(),
    logger: silentLogger,
    projectSecrets: { current: '' },
    localRoots: [],
    downloadUrl: () => '',
    now: Date.now,
  };
  const connection = connectFtp(settings, services, times);
  onTestFinished(() => connection.close());
  return connection;
}

test('no connection is made where the guard says no', async () => {
  const server = await start();
  const outbound = createOutbound({ guard: createGuard({ allow: [] }) });
  onTestFinished(() => outbound.close());
  for (const host of ['127.0.0.1', 'localhost', '0x7f000001']) {
    const error = await failed(open(server, { host }, { outbound }));
    expect(error.message).toMatch(/loopback address/);
  }
});
