/** FTP, FTPS and SFTP pass the suite for all kinds, against ProFTPD and OpenSSH. */
import { createFtpRoad } from '../../../test/helpers/ftp-road.ts';
import { type Proftpd, startProftpd } from '../../../test/helpers/proftpd.ts';
import { startSshd } from '../../../test/helpers/sshd.ts';
import { describeDestination, type Harness, type Wish } from '../contract.ts';
import { filesBehind } from '../files.fixture.ts';
import { ftp } from './index.ts';

const common = { maxConnections: 4, missingFolder: 'made' } as const;
const passwordRefused = { fate: 'reconnect', says: /refused the user name or the password/ } as const;

/** A missing folder is made, wherever it lies. */
const folderOf = (wish: Wish, base: string): string => (wish.wrong === 'folder' ? `${base}/not/there` : base);

function proftpdHarness(server: Proftpd, port: number, more: Record<string, unknown>): Harness {
  return {
    kind: ftp,
    server: { host: '127.0.0.1', port },
    settings: ({ at, template, conflict, ...wish }) => ({
      ...more,
      host: at.host,
      port: at.port,
      username: server.user.name,
      password: wish.wrong === 'credentials' ? 'not-the-password' : server.user.password,
      remote_dir: folderOf({ at, template, ...wish }, 'photos'),
      path_template: template,
      ...(conflict ? { conflict } : {}),
    }),
    ...filesBehind(`${server.home}/photos`, (remotePath) => server.home + remotePath),
    ...(more.protocol === 'sftp' ? {} : { openRoad: () => createFtpRoad(server, port) }),
    close: () => server.stop(),
  };
}

describeDestination('ftp (ProFTPD)', {
  ...common,
  start: async () => {
    const server = await startProftpd();
    return proftpdHarness(server, server.port, { protocol: 'ftp' });
  },
  verifiedBy: 'size',
  wrongCredentials: passwordRefused,
});

describeDestination('ftps, explicit, own CA, with hashes (ProFTPD)', {
  ...common,
  start: async () => {
    const server = await startProftpd({ hashes: true });
    // The other address of this machine is not on the certificate; the pin stands for it.
    return proftpdHarness(server, server.port, { protocol: 'ftps', certificate_sha256: server.pin });
  },
  verifiedBy: 'hash',
  wrongCredentials: passwordRefused,
});

describeDestination('ftps, implicit (ProFTPD)', {
  ...common,
  start: async () => {
    const server = await startProftpd();
    const more = { protocol: 'ftps', tls_mode: 'implicit', certificate_sha256: server.pin };
    return proftpdHarness(server, server.implicitPort, more);
  },
  verifiedBy: 'size',
  wrongCredentials: passwordRefused,
});

describeDestination('sftp with a password (ProFTPD)', {
  ...common,
  start: async () => {
    const server = await startProftpd();
    return proftpdHarness(server, server.sftpPort, { protocol: 'sftp' });
  },
  verifiedBy: 'size',
  wrongCredentials: passwordRefused,
});

describeDestination('sftp with a key (OpenSSH)', {
  ...common,
  start: async () => {
    const server = await startSshd();
    return {
      kind: ftp,
      server: { host: '127.0.0.1', port: server.port },
      settings: ({ at, template, conflict, ...wish }) => ({
        protocol: 'sftp',
        host: at.host,
        port: at.port,
        username: server.username,
        private_key: wish.wrong === 'credentials' ? server.strangerKey : server.encryptedKey.privateKey,
        ...(wish.wrong === 'credentials' ? {} : { passphrase: server.encryptedKey.passphrase }),
        host_key: server.fingerprint,
        remote_dir: folderOf({ at, template, ...wish }, 'photos'),
        path_template: template,
        ...(conflict ? { conflict } : {}),
      }),
      ...filesBehind(`${server.home}/photos`, (remotePath) => remotePath),
      close: () => server.stop(),
    };
  },
  verifiedBy: 'size',
  wrongCredentials: { fate: 'reconnect', says: /refused the user name or the key/ },
});
