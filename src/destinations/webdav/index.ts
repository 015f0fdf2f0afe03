/** WebDAV: photos as files at Nextcloud, ownCloud or any other server. Contract §6.3; guide in docs/destinations/webdav.md. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import type { OutboundRequest } from '../../lib/outbound.ts';
import { type Conflict, conflictField } from '../conflict.ts';
import type { Connection, ConnectionServices, DestinationKind } from '../destination.ts';
import { createFileConnection } from '../file-server.ts';
import {
  checkPathTemplate,
  checkRemoteDir,
  defaultTemplate,
  maxConnectionsField,
  remoteDirField,
  templateField,
} from '../file-server-fields.ts';
import { type Patience, usualPatience } from '../file-session.ts';
import { caField, certificateField, checkTrust, trustOf } from '../trust.ts';
import { createDavOpener } from './open.ts';

const config = Type.Object(
  {
    url: Type.String({
      title: 'Server address',
      description: 'WebDAV address of the server, beginning with https://.',
      examples: ['https://cloud.example.com/remote.php/dav/files/anna/'],
      aliases: ['server_url', 'webdav_url', 'endpoint'],
      minLength: 1,
      maxLength: 2_048,
    }),
    username: Type.String({
      title: 'User name',
      description: 'Account on the server.',
      examples: ['anna'],
      aliases: ['user'],
      minLength: 1,
      maxLength: 255,
    }),
    remote_dir: remoteDirField('It must be there already; only folders of the file path are made in it.'),
    path_template: templateField,
    conflict: conflictField,
    ca: caField,
    certificate_sha256: certificateField,
    max_connections: maxConnectionsField,
  },
  { additionalProperties: false },
);

const credentials = Type.Object(
  {
    password: Type.String({
      title: 'Password',
      description: 'Password of the account. Nextcloud and ownCloud: an app password.',
      examples: ['••••••••'],
      minLength: 1,
      maxLength: 1_024,
    }),
  },
  { additionalProperties: false },
);

export interface DavSettings {
  /** The folder of the destination; ends with a slash. */
  base: URL;
  username: string;
  password: string;
  template: string;
  conflict: Conflict;
  tls: OutboundRequest['tls'];
  maxConnections: number;
}

interface Stored {
  config: Record<string, unknown>;
  credentials: Record<string, unknown>;
}

/** Stored settings passed the schema; what was left out gets its default here. */
export function readSettings({ config: given, credentials: secrets }: Stored): DavSettings {
  const text = (name: string): string | undefined => given[name] as string | undefined;
  return {
    base: baseOf(text('url')!, text('remote_dir') ?? ''),
    username: text('username')!,
    password: (secrets.password as string | undefined) ?? '',
    template: text('path_template') ?? defaultTemplate,
    conflict: (given.conflict as Conflict | undefined) ?? 'overwrite',
    tls: trustOf(given),
    maxConnections: (given.max_connections as number | undefined) ?? 4,
  };
}

function baseOf(url: string, folder: string): URL {
  const parts = folder.split('/').filter((part) => part !== '' && part !== '.');
  const base = new URL(url);
  const slash = base.pathname.endsWith('/') ? '' : '/';
  base.pathname += slash + parts.map((part) => `${encodeURIComponent(part)}/`).join('');
  return base;
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text)) {
    throw invalid('url must be a complete address that begins with https://');
  }
  if (url.username || url.password) {
    throw invalid('url must not hold a user name or password. Give them as username and password');
  }
  if (url.search || url.hash)
    throw invalid('url must not hold a ? or #. Give the address of the folder alone');
}

export const webdav = {
  kind: 'webdav',
  aliases: ['nextcloud', 'owncloud'],
  label: 'WebDAV',
  category: 'file servers',
  carried: true,
  config,
  credentials,
  prepare(stored) {
    const { url, username, remote_dir, path_template, ca, certificate_sha256 } = stored.config as Record<
      string,
      string | undefined
    >;
    checkUrl(url!);
    if (/[\p{Cc}:]/u.test(username!)) throw invalid('username holds a colon or a control character');
    checkRemoteDir(remote_dir ?? '');
    checkPathTemplate(path_template ?? defaultTemplate);
    const pin = checkTrust(ca, certificate_sha256);
    return {
      config: { ...stored.config, ...(pin ? { certificate_sha256: pin } : {}) },
      credentials: stored.credentials,
    };
  },
  describe(stored) {
    const { base, template } = readSettings({ config: stored, credentials: {} });
    return `${base.origin}${base.pathname}${template}`;
  },
  connect(settings, services) {
    return connectDav(readSettings(settings), services);
  },
} satisfies DestinationKind;

/** A connection with other times than the usual ones. */
export function connectDav(
  settings: DavSettings,
  services: ConnectionServices,
  times: Partial<Patience> = {},
): Connection {
  const all = { ...usualPatience, ...times };
  return createFileConnection(
    {
      open: createDavOpener(settings, services, all),
      template: settings.template,
      conflict: settings.conflict,
      maxSessions: settings.maxConnections,
      idleMs: all.idleMs,
    },
    services,
  );
}
