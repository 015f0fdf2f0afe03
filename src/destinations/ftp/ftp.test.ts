/** What FTP and FTPS servers refuse, and what they do while it goes wrong: ProFTPD made to do each of it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFtpRoad } from '../../../test/helpers/ftp-road.ts';
import { type Proftpd, type ProftpdOptions, startProftpd } from '../../../test/helpers/proftpd.ts';
import { silentLogger } from '../../lib/logger.ts';
import { selfSignedCertificate, selfSignedKey } from '../../lib/outbound/certificates.fixture.ts';
import { createOutbound } from '../../lib/outbound/client.ts';
import { createGuard } from '../../lib/outbound/guard.ts';
import { localOutbound } from '../../lib/outbound/servers.fixture.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { failure, until } from '../contract.ts';
import type { Connection, ConnectionServices } from '../destination.ts';
import type { Patience } from '../file-session.ts';
import { readSettings as readStored } from '../settings.ts';
import { connectFtp, ftp } from './index.ts';
import { readSettings } from './settings.ts';

async function start(options: ProftpdOptions = {}): Promise<Proftpd> {
  const server = await startProftpd(options);
  onTestFinished(() => server.stop());
  return server;
}

const settingsOf = (server: Proftpd, more: Record<string, unknown> = {}) => ({
  protocol: 'ftp',
  host: '127.0.0.1',
  port: server.port,
  username: server.user.name,
  password: server.user.password,
  path_template: '{filename}',
  ...more,
});

const open = (
  server: Proftpd,
  more: Record<string, unknown> = {},
  services: Partial<ConnectionServices> = {},
) => openKind(ftp, settingsOf(server, more), services);

/** With little patience. */
function openHasty(given: Record<string, unknown>, times: Partial<Patience>): Connection {
  const settings = readSettings(readStored(ftp, given, { env: 'live', localRoots: [] }));
  const connection = connectFtp(
    settings,
    {
      outbound: localOutbound(),
      logger: silentLogger,
      projectSecrets: { current: '' },
      localRoots: [],
      downloadUrl: () => '',
      now: Date.now,
    },
    times,
  );
  onTestFinished(() => connection.close());
  return connection;
}

const failed = async (connection: Connection) => await failure(connection.deliver(makePhoto(), never()));

describe('what the server refuses', () => {
  test('a used up quota: said so, nothing is left, and the session is not used again', async () => {
    const server = await start({ quotaBytes: 2_000_000 });
    const connection = open(server, { username: server.fullUser.name });
    const error = await failure(connection.deliver(makePhoto({ size: 6_000_000 }), never()));
    expect(error).toMatchObject({ fate: 'retry', status: 552 });
    expect(error.message).toMatch(/The quota of the account is used up \(552 .*Free some space/);
    expect(readdirSync(server.home)).toEqual([]);
    // The next one is not taken for refused by what the server still had to say about this one.
    await connection.deliver(makePhoto({ size: 10 }), never());
  });

  test('a full disk', async () => {
    const server = await start({ diskBytes: 4_000_000 });
    const error = await failure(open(server).deliver(makePhoto({ size: 8_000_000 }), never()));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/failed in the middle \(451 .*Often its disk is full/);
    expect(readdirSync(`/proc/${server.pid}/root${server.home}`)).toEqual([]);
  });

  test('writing', async () => {
    const server = await start({ extra: '<Limit STOR>\n DenyAll\n</Limit>' });
    const connection = open(server);
    const error = await failed(connection);
    expect(error).toMatchObject({ fate: 'retry', status: 550 });
    expect(error.message).toMatch(/refused to write the photo \(550 .*Give the account the right to write/);
    const check = await connection.check(never());
    expect(check).toMatchObject({ success: false, status: 550, error: 'write failed' });
    expect(check.steps.at(-1)).toMatchObject({ step: 'write', outcome: 'failed' });
  });

  test('making folders', async () => {
    const server = await start({ extra: '<Limit MKD XMKD>\n DenyAll\n</Limit>' });
    const error = await failed(open(server, { path_template: 'a/b/{filename}' }));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/The folder could not be made \(550 .*Make it by hand/);
  });

  test('a file name', async () => {
    const server = await start({ extra: 'PathDenyFilter "\\.jpg$"' });
    const error = await failed(open(server));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/550|553/);
    expect(error.message).toMatch(/name/);
    expect(readdirSync(server.home)).toEqual([]);
  });

  test('more connections than the account may have: those that there are share the work', async () => {
    const server = await start({ maxClientsPerUser: 2 });
    const connection = open(server, { max_connections: 6 });
    const photos = Array.from({ length: 10 }, () => makePhoto({ size: 200_000 }));
    await Promise.all(photos.map((photo) => connection.deliver(photo, never())));
    expect(readdirSync(server.home)).toHaveLength(10);
  });

  test('any connection, because others have them all', async () => {
    const server = await start({ maxClientsPerUser: 1 });
    await open(server).deliver(makePhoto(), never());
    const error = await failed(open(server));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/no room for another connection \(530 .*Lower the connections/);
  });

  test('a password in clear text', async () => {
    const server = await start({ tls: 'TLSRequired on' });
    const error = await failed(open(server));
    expect(error.message).toMatch(/wants an encrypted connection.*Set the protocol to ftps/);
  });

  test('TLS, because it has none', async () => {
    const server = await start({ tls: 'none' });
    const connection = open(server, { protocol: 'ftps', ca: server.ca });
    const error = await failed(connection);
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/offers no TLS on this port \(\d{3} .*Use SFTP/);
    const { steps } = await connection.check(never());
    expect(steps.at(-1)).toMatchObject({ step: 'tls', outcome: 'failed' });
    expect(server.commands()).not.toContain('USER photo');
  });
});

describe('what the server cannot do', () => {
  test('rename: the photo is written straight under its name, and the next one only once', async () => {
    const server = await start({ extra: '<Limit RNFR RNTO>\n DenyAll\n</Limit>' });
    const road = await createFtpRoad(server);
    onTestFinished(() => road.close());
    const connection = open(server, { host: road.host, port: road.port });
    const photos = [makePhoto({ size: 300_000 }), makePhoto({ size: 300_000 })] as const;
    const first = await connection.deliver(photos[0], never());
    expect(first).toMatchObject({ verifiedBy: 'size', excerpt: expect.stringMatching(/does not rename/) });
    const before = road.bytesUp;
    await connection.deliver(photos[1], never());
    expect(road.bytesUp - before).toBeLessThan(320_000);
    for (const photo of photos) {
      expect(readFileSync(path.join(server.home, photo.filename)).equals(photo.bytes())).toBe(true);
    }
    expect(readdirSync(server.home)).toHaveLength(2);
    const check = await connection.check(never());
    expect(check.success).toBe(true);
    expect(check.steps).toContainEqual(
      expect.objectContaining({ step: 'write', outcome: 'noted', advice: expect.stringMatching(/rename/) }),
    );
  });

  test('take a temporary name: the photo is written straight under its own', async () => {
    const server = await start({ extra: 'PathAllowFilter "\\.(jpg|txt)$"' });
    const connection = open(server);
    const photos = [makePhoto(), makePhoto()];
    for (const photo of photos) {
      const receipt = await connection.deliver(photo, never());
      expect(receipt.excerpt).toMatch(/takes no temporary names/);
      expect(readFileSync(path.join(server.home, photo.filename)).equals(photo.bytes())).toBe(true);
    }
    const stored = server.commands().match(/^STOR .*/gm);
    expect(stored?.filter((line) => line.includes('.tmp'))).toHaveLength(1);
    const { success, steps } = await connection.check(never());
    expect(success).toBe(true);
    expect(steps).toContainEqual(expect.objectContaining({ step: 'write', outcome: 'noted' }));
  });

  test('rename, and the conflict rules are kept all the same', async () => {
    const server = await start({ extra: '<Limit RNFR RNTO>\n DenyAll\n</Limit>' });
    writeFileSync(path.join(server.home, 'roof.jpg'), 'theirs');
    const photo = makePhoto({ filename: 'roof.jpg' });
    const error = await failure(open(server, { conflict: 'fail' }).deliver(photo, never()));
    expect(error.fate).toBe('give-up');
    const receipt = await open(server, { conflict: 'rename' }).deliver(photo, never());
    expect(receipt.remotePath).toBe('/roof (2).jpg');
    expect(readFileSync(path.join(server.home, 'roof.jpg'), 'utf8')).toBe('theirs');
    expect(readdirSync(server.home).toSorted()).toEqual(['roof (2).jpg', 'roof.jpg']);
  });

  test('rename onto a file: that is removed first', async () => {
    const server = await start({ extra: 'AllowOverwrite off' });
    const connection = open(server);
    const photo = makePhoto({ filename: 'roof.jpg' });
    writeFileSync(path.join(server.home, 'roof.jpg'), 'old');
    await connection.deliver(photo, never());
    expect(readFileSync(path.join(server.home, 'roof.jpg')).equals(photo.bytes())).toBe(true);
    expect(readdirSync(server.home)).toEqual(['roof.jpg']);
  });

  test('say what it holds: the photo arrives, and the receipt claims nothing', async () => {
    const server = await start({
      extra: '<Limit SIZE MDTM MLST RETR LIST NLST MLSD DELE>\n DenyAll\n</Limit>',
    });
    const connection = open(server);
    const photo = makePhoto();
    expect((await connection.deliver(photo, never())).verifiedBy).toBe('none');
    expect(readFileSync(path.join(server.home, photo.filename)).equals(photo.bytes())).toBe(true);
    const check = await connection.check(never());
    expect(check.success, JSON.stringify(check)).toBe(true);
    expect(check.steps).toContainEqual(expect.objectContaining({ step: 'verify', outcome: 'noted' }));
    expect(check.steps).toContainEqual(
      expect.objectContaining({
        step: 'clean up',
        outcome: 'noted',
        message: expect.stringMatching(/Could not remove/),
      }),
    );
  });
});

test('a server that does not say what is there: no conflict rule is broken, and no photo is lost', async () => {
  const server = await start({ extra: '<Limit SIZE MLST>\n DenyAll\n</Limit>' });
  writeFileSync(path.join(server.home, 'roof.jpg'), 'theirs');
  const photo = makePhoto({ filename: 'roof.jpg' });
  for (const conflict of ['skip', 'fail']) {
    const error = await failure(open(server, { conflict }).deliver(photo, never()));
    expect(error.fate).toBe('give-up');
    expect(error.message).toMatch(/does not say whether a file of that name is there/);
  }
  const receipt = await open(server, { conflict: 'rename' }).deliver(photo, never());
  expect(readFileSync(server.home + receipt.remotePath).equals(photo.bytes())).toBe(true);
  expect(readFileSync(path.join(server.home, 'roof.jpg'), 'utf8')).toBe('theirs');
  expect(readdirSync(server.home)).toHaveLength(2);
});

describe('TLS', () => {
  const own = { certificate: { cert: selfSignedCertificate, key: selfSignedKey } };

  test('an unknown authority is refused before the password is sent', async () => {
    const server = await start();
    for (const more of [{}, { port: server.implicitPort, tls_mode: 'implicit' }]) {
      const error = await failed(open(server, { protocol: 'ftps', ...more }));
      expect(error.fate).toBe('retry');
      expect(error.message).toMatch(/certificate/);
    }
    expect(server.commands()).not.toContain('USER photo');
  });

  test('the own authority is trusted, explicit and implicit', async () => {
    const server = await start();
    for (const more of [{}, { port: server.implicitPort, tls_mode: 'implicit' }]) {
      const receipt = await open(server, { protocol: 'ftps', ca: server.ca, ...more }).deliver(
        makePhoto(),
        never(),
      );
      expect(receipt.phases?.tls).toBeGreaterThan(0);
    }
  });

  test('a certificate for another name is refused, and taken when it is pinned', async () => {
    const server = await start(own);
    const error = await failed(open(server, { protocol: 'ftps', ca: selfSignedCertificate }));
    expect(error.message).toMatch(/made out to another name/);
    const pinned = { protocol: 'ftps', certificate_sha256: server.pin };
    await open(server, pinned).deliver(makePhoto({ filename: 'roof.jpg' }), never());
    expect(existsSync(path.join(server.home, 'roof.jpg'))).toBe(true);
  });

  test('another certificate than the pinned one is refused', async () => {
    const server = await start(own);
    const error = await failed(open(server, { protocol: 'ftps', certificate_sha256: 'ab'.repeat(32) }));
    expect(error.message).toMatch(/not the pinned one/);
  });

  test('the data connections resume the session of the control connection, as strict servers want', async () => {
    const server = await start({ tls: 'TLSRequired on\nTLSOptions NoEmptyFragments' });
    const connection = open(server, { protocol: 'ftps', ca: server.ca });
    for (let turn = 0; turn < 4; turn++) await connection.deliver(makePhoto({ size: 100_000 }), never());
    expect(readdirSync(server.home)).toHaveLength(4);
  });
});

describe('where connections go', () => {
  test('not where the guard says no', async () => {
    const server = await start();
    const outbound = createOutbound({ guard: createGuard({ allow: [] }) });
    onTestFinished(() => outbound.close());
    for (const host of ['127.0.0.1', 'localhost']) {
      const connection = open(server, { host }, { outbound });
      const error = await failed(connection);
      expect(error.message).toMatch(/loopback address/);
      const { steps } = await connection.check(never());
      expect(steps.at(-1)).toMatchObject({ step: 'resolve', outcome: 'failed' });
    }
    expect(server.commands()).toBe('');
    // It does write them down.
    await open(server).deliver(makePhoto(), never());
    await expect.poll(() => server.commands(), { timeout: 30_000 }).toContain('USER photo');
  });

  test('the data goes to the address of the control connection, whatever the server names', async () => {
    const server = await start({ extra: 'MasqueradeAddress 10.9.8.7\n<Limit EPSV>\n DenyAll\n</Limit>' });
    const photo = makePhoto();
    await open(server).deliver(photo, never());
    expect(readFileSync(path.join(server.home, photo.filename)).equals(photo.bytes())).toBe(true);
  });

  test('a port for the data that cannot be reached is named, with advice', async () => {
    const server = await start();
    // Like a firewall that lets the control connection through alone.
    const control = await createFaultProxy(
      { host: '127.0.0.1', port: server.port },
      { host: '127.0.0.2', port: 0 },
    );
    onTestFinished(() => control.close());
    const connection = open(server, { host: control.host, port: control.port });
    const error = await failed(connection);
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/named port \d+ for the data, .*Open its passive ports/);
    const { steps } = await connection.check(never());
    expect(steps.at(-1)).toMatchObject({
      step: 'write',
      outcome: 'failed',
      advice: expect.stringContaining('passive'),
    });
  });
});

describe('while it goes wrong', () => {
  test('the server is killed in mid-upload: tried again, nothing half under its name', async () => {
    const server = await start();
    const road = await createFtpRoad(server);
    onTestFinished(() => road.close());
    road.set({ bytesPerSecond: 2_000_000 });
    const photo = makePhoto({ size: 10_000_000 });
    const delivered = failure(open(server, { host: road.host, port: road.port }).deliver(photo, never()));
    await until(() => road.bytesUp > 500_000);
    await server.kill();
    road.cut();
    expect((await delivered).fate).toBe('retry');
    expect(existsSync(path.join(server.home, photo.filename))).toBe(false);
  });

  test('a server that takes nothing more is not waited for without end', async () => {
    const server = await start();
    const road = await createFtpRoad(server);
    onTestFinished(() => road.close());
    road.set({ stallAfter: 300_000 });
    const given = settingsOf(server, { host: road.host, port: road.port });
    const connection = openHasty(given, { stallMs: 1_500, answerMs: 1_500 });
    const error = await failure(connection.deliver(makePhoto({ size: 30_000_000 }), never()));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/(took no data|gave no answer) for \d s/);
  });

  test('a server that says nothing at all', async () => {
    const server = await start();
    const road = await createFtpRoad(server);
    onTestFinished(() => road.close());
    road.set({ stallAfter: 0 });
    const given = settingsOf(server, { host: road.host, port: road.port });
    const error = await failed(openHasty(given, { openMs: 400, stallMs: 10_000 }));
    expect(error.fate).toBe('retry');
    expect(error.message).toMatch(/did not let us in within/);
  });

  test('a session outlives what opened it: the photo, and the time that opening may take', async () => {
    const server = await start();
    const road = await createFtpRoad(server);
    onTestFinished(() => road.close());
    const connection = open(server, { host: road.host, port: road.port });
    const first = new AbortController();
    await connection.deliver(makePhoto(), first.signal);
    first.abort();
    await connection.deliver(makePhoto(), never());
    expect(road.connections).toBe(1);
  });

  test('a folder that was removed between two photos is made again by the next attempt', async () => {
    const server = await start();
    const connection = open(server, { path_template: 'a/{filename}' });
    await connection.deliver(makePhoto(), never());
    rmSync(path.join(server.home, 'a'), { recursive: true });
    const photo = makePhoto();
    const error = await failure(connection.deliver(photo, never()));
    expect(error.fate).toBe('retry');
    await connection.deliver(photo, never());
    expect(readdirSync(path.join(server.home, 'a'))).toEqual([photo.filename]);
  });

  test('a file in the way of a folder is said', async () => {
    const server = await start();
    mkdirSync(path.join(server.home, 'x'));
    writeFileSync(path.join(server.home, 'x/a'), 'a file');
    const error = await failed(open(server, { path_template: 'x/a/{filename}' }));
    expect(error.message).toMatch(/The folder could not be made/);
  });

  test('sessions that are not used are closed, and opened again when they are', async () => {
    const server = await start();
    const road = await createFtpRoad(server);
    onTestFinished(() => road.close());
    const given = settingsOf(server, { host: road.host, port: road.port });
    const connection = openHasty(given, { idleMs: 30 });
    await connection.deliver(makePhoto(), never());
    await until(() => /^QUIT$/m.test(server.commands()));
    await connection.deliver(makePhoto(), never());
    expect(road.connections).toBe(2);
  });
});

test('the account of the documentation may do enough', async () => {
  const server = await start({
    extra: `<Directory ~>
  <Limit ALL>
    DenyAll
  </Limit>
  <Limit CWD XCWD PWD MKD XMKD STOR RNFR RNTO SIZE EPSV PASV TYPE OPTS FEAT>
    AllowAll
  </Limit>
</Directory>`,
  });
  const connection = open(server, { path_template: '{session_id}/{filename}' });
  const photo = makePhoto();
  const receipt = await connection.deliver(photo, never());
  expect(receipt).toMatchObject({ verifiedBy: 'size', excerpt: null });
  await connection.deliver(photo, never());
  const { success, steps } = await connection.check(never());
  expect(success).toBe(true);
  expect(steps.at(-1)).toMatchObject({ step: 'clean up', outcome: 'noted' });
});

test('plain FTP carries its warning in the connection test', async () => {
  const server = await start();
  const { success, steps } = await open(server).check(never());
  expect(success).toBe(true);
  expect(steps).toContainEqual(
    expect.objectContaining({
      step: 'tls',
      outcome: 'noted',
      advice: expect.stringMatching(/SFTP, or FTPS/),
    }),
  );
});
