/**
 * OpenSSH for tests: the real sshd with SFTP alone, for the user who runs the tests, by key. Passwords would need an
 * account of this machine; ProFTPD checks those.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type ChildServer, findProgram, freePorts, isRoot, makeFolder, startChild } from './child-server.ts';

export interface SshdOptions {
  /** Of the SFTP server (sftp-server(8)): `-R` is read-only, `-P rename` refuses that request. */
  sftpArgs?: string;
  /** The home is a disk of so many bytes. */
  diskBytes?: number;
  /** More lines of sshd_config(5). */
  extra?: string;
  /** Listens there, with this host key, in place of a server that was there before. */
  replace?: { port: number };
}

export interface Sshd extends ChildServer {
  readonly port: number;
  readonly username: string;
  /** Without a passphrase. */
  readonly privateKey: string;
  readonly encryptedKey: { privateKey: string; passphrase: string };
  /** Valid, but unknown to the server. */
  readonly strangerKey: string;
  /** As `ssh-keygen -lf` writes it. */
  readonly fingerprint: string;
  readonly publicHostKey: string;
  /** Where a relative path begins, absolute. */
  readonly home: string;
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = makeFolder('sshd');
  const home = join(folder, 'home');
  mkdirSync(home);
  if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const name of ['host', 'own', 'stranger']) makeKey(folder, name);
  makeKey(folder, 'encrypted', passphrase);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  writeFileSync(join(folder, 'authorized_keys'), read('own.pub') + read('encrypted.pub'), { mode: 0o600 });
  const port = options.replace?.port ?? (await freePorts(1))[0]!;
  writeFileSync(join(folder, 'sshd_config'), configuration(folder, home, port, options));
  const child = await startChild({
    program: 'sshd',
    args: ['-D', '-e', '-f', join(folder, 'sshd_config')],
    folder,
    ports: [port],
    ...(options.diskBytes === undefined ? {} : { smallDisk: { at: home, bytes: options.diskBytes } }),
  });
  return {
    ...child,
    port,
    username: userInfo().username,
    privateKey: read('own'),
    encryptedKey: { privateKey: read('encrypted'), passphrase },
    strangerKey: read('stranger'),
    fingerprint: fingerprintOf(join(folder, 'host.pub')),
    publicHostKey: read('host.pub').trim(),
    home,
  };
}

const passphrase = 'open sesame';

function makeKey(folder: string, name: string, phrase = ''): void {
  execFileSync(findProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', phrase, '-f', join(folder, name)]);
}

function fingerprintOf(file: string): string {
  return execFileSync(findProgram('ssh-keygen'), ['-lf', file], { encoding: 'utf8' }).split(' ')[1]!;
}

function configuration(folder: string, home: string, port: number, options: SshdOptions): string {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${folder}/host
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AuthorizedKeysFile ${folder}/authorized_keys
# The folder stands under one that everybody may write to.
StrictModes no
PermitRootLogin prohibit-password
AllowUsers ${userInfo().username}
UseDNS no
LogLevel VERBOSE
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d ${home} ${options.sftpArgs ?? ''}
AllowTcpForwarding no
X11Forwarding no
${options.extra ?? 'MaxStartups 100'}
`;
}
