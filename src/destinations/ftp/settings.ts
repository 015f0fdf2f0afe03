/** Settings of FTP, FTPS and SFTP: one kind, because one word (`protocol`) tells them apart. Contract §6.2, §6.3. */
import ssh2 from 'ssh2';
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import type { OutboundRequest } from '../../lib/outbound.ts';
import { type Conflict, conflictField } from '../conflict.ts';
import {
  checkPathTemplate,
  checkRemoteDir,
  defaultTemplate,
  maxConnectionsField,
  remoteDirField,
  templateField,
} from '../file-server-fields.ts';
import { caField, certificateField, checkTrust, trustOf } from '../trust.ts';
import { readHostKeys } from './host-key.ts';

export type Protocol = 'ftp' | 'ftps' | 'sftp';

export const config = Type.Object(
  {
    protocol: Type.Optional(
      Type.Enum(['ftp', 'ftps', 'sftp'], {
        title: 'Protocol',
        description:
          'SFTP (over SSH) is recommended. FTPS is FTP over TLS. Plain FTP sends the password and the photos in clear text.',
        examples: ['sftp'],
      }),
    ),
    host: Type.String({
      title: 'Host',
      description: 'Name or address of the server.',
      examples: ['files.example.com'],
      aliases: ['hostname', 'server'],
      minLength: 1,
      maxLength: 253,
    }),
    port: Type.Optional(
      Type.Integer({
        title: 'Port',
        description: 'Default 22 for SFTP, 21 for FTP and FTPS. FTPS on port 990 begins with TLS at once.',
        examples: [22],
        minimum: 1,
        maximum: 65_535,
      }),
    ),
    username: Type.String({
      title: 'User name',
      description: 'Account on the server.',
      examples: ['photos'],
      aliases: ['user'],
      minLength: 1,
      maxLength: 255,
    }),
    remote_dir: remoteDirField('From / or from where the account lands. It is made when it is missing.'),
    path_template: templateField,
    conflict: conflictField,
    tls_mode: Type.Optional(
      Type.Enum(['explicit', 'implicit'], {
        title: 'TLS begins',
        description: 'FTPS only. explicit asks for TLS (AUTH TLS), implicit begins with it. Default by port.',
        examples: ['explicit'],
      }),
    ),
    ca: caField,
    certificate_sha256: certificateField,
    host_key: Type.Optional(
      Type.String({
        title: 'Host key',
        description:
          'SFTP only. Fingerprint (SHA256:…) or public key of the server; several are separated by spaces. Empty: the key seen first is kept, and another one is refused.',
        examples: ['SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDrMUg…'],
        aliases: ['fingerprint'],
        maxLength: 4_096,
      }),
    ),
    max_connections: maxConnectionsField,
  },
  { additionalProperties: false },
);

export const credentials = Type.Object(
  {
    password: Type.Optional(
      Type.String({
        title: 'Password',
        description: 'Password of the account. SFTP may use a private key instead.',
        examples: ['••••••••'],
        maxLength: 1_024,
      }),
    ),
    private_key: Type.Optional(
      Type.String({
        title: 'Private key',
        description: 'SFTP only. OpenSSH or PEM private key whose public half the server knows.',
        examples: ['-----BEGIN OPENSSH PRIVATE KEY-----\n…\n-----END OPENSSH PRIVATE KEY-----'],
        aliases: ['ssh_key', 'key'],
        maxLength: 32_768,
      }),
    ),
    passphrase: Type.Optional(
      Type.String({
        title: 'Passphrase',
        description: 'SFTP only. Opens the private key when it is encrypted.',
        examples: ['••••••••'],
        aliases: ['private_key_passphrase'],
        maxLength: 1_024,
      }),
    ),
  },
  { additionalProperties: false },
);

export interface FtpSettings {
  protocol: Protocol;
  host: string;
  port: number;
  username: string;
  remoteDir: string;
  template: string;
  conflict: Conflict;
  implicitTls: boolean;
  tls: OutboundRequest['tls'];
  /** Fingerprints `SHA256:…`; empty when none was pinned yet. */
  hostKeys: string[];
  maxConnections: number;
  password: string | undefined;
  privateKey: string | undefined;
  passphrase: string | undefined;
}

interface Stored {
  config: Record<string, unknown>;
  credentials: Record<string, unknown>;
}

/** Stored settings passed the schema; what was left out gets its default here. */
export function readSettings({ config: given, credentials: secrets }: Stored): FtpSettings {
  const { protocol, port, tlsMode } = readProtocol(given);
  const text = (name: string): string | undefined => given[name] as string | undefined;
  const secret = (name: string): string | undefined => (secrets[name] as string | undefined) || undefined;
  return {
    protocol,
    host: text('host')!.replace(/^\[(.*)\]$/, '$1'),
    port,
    username: text('username')!,
    remoteDir: text('remote_dir') ?? '',
    template: text('path_template') ?? defaultTemplate,
    conflict: (given.conflict as Conflict | undefined) ?? 'overwrite',
    implicitTls: tlsMode === 'implicit',
    tls: trustOf(given),
    hostKeys: readHostKeys(text('host_key') ?? ''),
    maxConnections: (given.max_connections as number | undefined) ?? 4,
    password: secret('password'),
    privateKey: secret('private_key'),
    passphrase: secret('passphrase'),
  };
}

/** Port 22 means SFTP, any other FTP (contract §6.3); port 990 begins with TLS (IANA). */
function readProtocol(given: Record<string, unknown>): {
  protocol: Protocol;
  port: number;
  tlsMode: unknown;
} {
  const implied = given.port === 22 ? 'sftp' : given.port === 990 ? 'ftps' : 'ftp';
  const protocol = (given.protocol as Protocol | undefined) ?? implied;
  const tlsMode = given.tls_mode ?? (given.port === 990 ? 'implicit' : 'explicit');
  const standard = protocol === 'sftp' ? 22 : protocol === 'ftps' && tlsMode === 'implicit' ? 990 : 21;
  return { protocol, port: (given.port as number | undefined) ?? standard, tlsMode };
}

/** What a schema cannot say. Returns the settings to store, with the protocol spelled out; throws AppError 400. */
export function prepare(stored: Stored): Stored {
  const { protocol } = readProtocol(stored.config);
  const { host, username, remote_dir, path_template, ca, certificate_sha256, host_key } =
    stored.config as Record<string, string | undefined>;
  checkHost(host!);
  if (/\p{Cc}/u.test(username!)) throw invalid('username holds a control character');
  checkRemoteDir(remote_dir ?? '');
  checkPathTemplate(path_template ?? defaultTemplate);
  const pin = checkTrust(ca, certificate_sha256);
  const hostKeys = readHostKeys(host_key ?? '');
  if (host_key?.trim() && hostKeys.length === 0) {
    throw invalid('host_key is not a fingerprint like SHA256:… and not a public key like ssh-ed25519 AAAA…');
  }
  checkCredentials(protocol, stored.credentials as Record<string, string | undefined>);
  return {
    config: {
      ...stored.config,
      protocol,
      ...(pin ? { certificate_sha256: pin } : {}),
      ...(host_key === undefined ? {} : { host_key: hostKeys.join(' ') }),
    },
    credentials: stored.credentials,
  };
}

function checkHost(host: string): void {
  if (/[\s/@?#\\]/.test(host) || /\p{Cc}/u.test(host)) {
    throw invalid('host must be a name or address alone, like files.example.com, without ftp:// and path');
  }
}

function checkCredentials(protocol: Protocol, secrets: Record<string, string | undefined>): void {
  const { password, private_key: privateKey, passphrase } = secrets;
  if (/\p{Cc}/u.test(password ?? '')) throw invalid('password holds a control character');
  if (protocol !== 'sftp') {
    if (!password) throw invalid(`The FTP destination: password is missing.`);
    return;
  }
  if (!password && !privateKey) throw invalid('The SFTP destination: password or private_key is missing.');
  if (privateKey) checkPrivateKey(privateKey, passphrase);
}

function checkPrivateKey(key: string, passphrase: string | undefined): void {
  const parsed = ssh2.utils.parseKey(key, passphrase);
  if (!(parsed instanceof Error)) {
    if (!parsed.isPrivateKey()) throw invalid('private_key is a public key. Give the private half');
    return;
  }
  if (!passphrase && /encrypted|passphrase/i.test(parsed.message)) {
    throw invalid('private_key is encrypted. Give its passphrase');
  }
  throw invalid(
    passphrase
      ? 'private_key cannot be opened. Check the passphrase, and that the whole key was copied'
      : 'private_key cannot be read. Give an OpenSSH or PEM private key, whole, with its first and last line',
  );
}
