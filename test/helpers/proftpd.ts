/**
 * ProFTPD for tests: FTP with explicit TLS, FTP with implicit TLS, and SFTP with passwords, from one process, with
 * users of its own and no account of this machine.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caCertificate, serverCertificate, serverKey } from '../../src/lib/outbound/certificates.fixture.ts';
import { type ChildServer, findProgram, freePorts, isRoot, makeFolder, startChild } from './child-server.ts';

export interface ProftpdOptions {
  /** Bytes that the user `full` may upload. */
  quotaBytes?: number;
  /** Sessions of one user at once. Default 40. */
  maxClientsPerUser?: number;
  /** The home is a disk of so many bytes. */
  diskBytes?: number;
  /** HASH and its relatives are offered. */
  hashes?: boolean;
  /** More lines for the FTP servers, e.g. `AllowOverwrite off` or a `<Limit>`. */
  extra?: string;
  /** Lines in place of the usual ones of TLS, e.g. `TLSRequired on`, or `none`. */
  tls?: string;
  certificate?: { cert: string; key: string };
}

export interface Proftpd extends ChildServer {
  readonly port: number;
  readonly implicitPort: number;
  readonly sftpPort: number;
  readonly passivePorts: { first: number; last: number };
  /** PEM of the authority of the certificate. */
  readonly ca: string;
  /** SHA-256 of the certificate as hex with colons. */
  readonly pin: string;
  readonly user: { name: string; password: string };
  /** With a quota of `quotaBytes`. */
  readonly fullUser: { name: string; password: string };
  /** The root that the users see; on this machine's disk, unless `diskBytes` was given. */
  readonly home: string;
  /** Every command that it was given, a line each. */
  commands(): string;
}

const password = 'ftpSecret-1';

export async function startProftpd(options: ProftpdOptions = {}): Promise<Proftpd> {
  const folder = makeFolder('proftpd');
  const home = join(folder, 'home');
  const owner = isRoot ? { uid: 65_534, gid: 65_534 } : { uid: process.getuid!(), gid: process.getgid!() };
  mkdirSync(home);
  chownSync(home, owner.uid, owner.gid);
  const { cert = serverCertificate, key = serverKey } = options.certificate ?? {};
  writeFileSync(join(folder, 'server.crt'), cert);
  writeFileSync(join(folder, 'server.key'), key, { mode: 0o600 });
  writeUsers(folder, home, owner);
  makeHostKey(folder);
  if (options.quotaBytes !== undefined) makeQuota(folder, options.quotaBytes);
  const [port = 0, implicitPort = 0, sftpPort = 0] = await freePorts(3);
  const passivePorts = takeRange();
  const places = { folder, home, port, implicitPort, sftpPort, passivePorts };
  writeFileSync(join(folder, 'proftpd.conf'), configuration(places, options));
  const child = await startChild({
    program: 'proftpd',
    args: ['--nodaemon', '--config', join(folder, 'proftpd.conf')],
    folder,
    ports: [port, implicitPort, sftpPort],
    ...(options.diskBytes === undefined ? {} : { smallDisk: { at: home, bytes: options.diskBytes } }),
  });
  const commands = join(folder, 'commands.log');
  return {
    ...child,
    ...places,
    ca: caCertificate,
    pin: fingerprint(cert),
    user: { name: 'photo', password },
    fullUser: { name: 'full', password },
    // The file comes with the first connection.
    commands: () => (existsSync(commands) ? readFileSync(commands, 'utf8').trim() : ''),
  };
}

function fingerprint(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return createHash('sha256').update(der).digest('hex').match(/../g)!.join(':');
}

/** Between the ports that the system gives out (from 32768) and those of well-known services; one range a server. */
let nextRange = 20_000 + (process.pid % 200) * 60;
function takeRange(): { first: number; last: number } {
  const first = nextRange;
  nextRange += 60;
  return { first, last: first + 39 };
}

function writeUsers(folder: string, home: string, { uid, gid }: { uid: number; gid: number }): void {
  for (const name of ['photo', 'full']) {
    const numbers = [`--uid=${uid}`, `--gid=${gid}`];
    const about = [`--home=${home}`, '--shell=/bin/false', `--file=${join(folder, 'users')}`, '--sha256'];
    execFileSync(findProgram('ftpasswd'), ['--passwd', `--name=${name}`, ...numbers, ...about, '--stdin'], {
      input: `${password}\n`,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }
  chmodSync(join(folder, 'users'), 0o600);
}

function makeHostKey(folder: string): void {
  const file = join(folder, 'host_ed25519');
  execFileSync(findProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

function makeQuota(folder: string, bytes: number): void {
  const quota = (...args: string[]): void => {
    execFileSync(findProgram('ftpquota'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const [limit, tally] = [join(folder, 'limit.tab'), join(folder, 'tally.tab')];
  quota('--create-table', '--type=limit', `--table-path=${limit}`);
  quota('--create-table', '--type=tally', `--table-path=${tally}`);
  const record = ['--name=full', '--quota-type=user', `--bytes-upload=${bytes}`, '--limit-type=hard'];
  quota('--add-record', '--type=limit', ...record, `--table-path=${limit}`);
}

interface Places {
  folder: string;
  home: string;
  port: number;
  implicitPort: number;
  sftpPort: number;
  passivePorts: { first: number; last: number };
}

function configuration(places: Places, options: ProftpdOptions): string {
  const { folder, port, implicitPort, sftpPort, passivePorts } = places;
  const common = `
  AuthOrder mod_auth_file.c
  AuthUserFile ${folder}/users
  RequireValidShell off
  ${isRoot ? 'DefaultRoot ~' : ''}
  PassivePorts ${passivePorts.first} ${passivePorts.last}
  AllowOverwrite on
  ExtendedLog ${folder}/commands.log ALL plain
  MaxClientsPerUser ${options.maxClientsPerUser ?? 40} "Too many connections (%m) for this account"
  ${options.extra ?? ''}`;
  const tls = (more: string): string =>
    more === 'none'
      ? ''
      : `
  TLSEngine on
  TLSProtocol TLSv1.2 TLSv1.3
  TLSECCertificateFile ${folder}/server.crt
  TLSECCertificateKeyFile ${folder}/server.key
  TLSVerifyClient off
  ${more}`;
  const identity = isRoot ? 'User nobody\nGroup nogroup' : '';
  const quota = `
LoadModule mod_quotatab.c
LoadModule mod_quotatab_file.c
QuotaEngine on
QuotaLimitTable file:${folder}/limit.tab
QuotaTallyTable file:${folder}/tally.tab`;
  return `ServerType standalone
ServerName "test"
DefaultAddress 127.0.0.1
SocketBindTight on
Port ${port}
UseIPv6 off
UseReverseDNS off
${identity}
Umask 022
PidFile ${folder}/proftpd.pid
ScoreboardFile ${folder}/scoreboard
DelayTable none
SystemLog ${folder}/proftpd.log
LogFormat plain "%r"
TransferLog none
WtmpLog off
MaxInstances 100
TimeoutLogin 30
LoadModule mod_tls.c
LoadModule mod_sftp.c
${options.hashes ? 'LoadModule mod_digest.c' : ''}
${options.quotaBytes === undefined ? '' : quota}
${common}
${tls(options.tls ?? 'TLSRequired off')}
<VirtualHost 127.0.0.1>
  Port ${implicitPort}${common}
  ${tls('TLSRequired on\n  TLSOptions UseImplicitSSL')}
</VirtualHost>
<VirtualHost 127.0.0.1>
  Port ${sftpPort}
  SFTPEngine on
  SFTPLog ${folder}/sftp.log
  SFTPHostKey ${folder}/host_ed25519
  SFTPAuthMethods password${common}
</VirtualHost>
`;
}
