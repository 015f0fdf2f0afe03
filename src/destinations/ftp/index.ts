/** FTP, FTPS and SFTP: photos as files on a server. Contract §6.3; guides in docs/destinations/ftp.md and sftp.md. */
import path from 'node:path';
import type { Connection, ConnectionServices, DestinationKind } from '../destination.ts';
import { createFileConnection } from '../file-server.ts';
import { type FileServer, type Patience, usualPatience } from '../file-session.ts';
import { createFtpOpener } from './ftp-open.ts';
import { config, credentials, type FtpSettings, prepare, readSettings } from './settings.ts';
import { createSftpOpener } from './sftp-open.ts';

export const ftp = {
  kind: 'ftp',
  aliases: ['sftp', 'ftps'],
  impliedByAlias: { sftp: { protocol: 'sftp' }, ftps: { protocol: 'ftps' } },
  label: 'FTP, FTPS or SFTP',
  category: 'file servers',
  carried: true,
  config,
  credentials,
  prepare,
  describe(stored) {
    const { protocol, host, port, remoteDir, template } = readSettings({ config: stored, credentials: {} });
    const name = host.includes(':') ? `[${host}]` : host;
    const standard = port === (protocol === 'sftp' ? 22 : 21);
    return `${protocol}://${name}${standard ? '' : `:${port}`}/${path.posix.join('.', remoteDir.replace(/^\/+/, ''), template)}`;
  },
  connect(settings, services) {
    return connectFtp(readSettings(settings), services);
  },
} satisfies DestinationKind;

/** A connection with other times than the usual ones. */
export function connectFtp(
  settings: FtpSettings,
  services: ConnectionServices,
  times: Partial<Patience> = {},
): Connection {
  const all = { ...usualPatience, ...times };
  const open: FileServer['open'] =
    settings.protocol === 'sftp'
      ? createSftpOpener(settings, services, all)
      : createFtpOpener(settings, services, all);
  return createFileConnection(
    {
      open,
      template: settings.template,
      conflict: settings.conflict,
      maxSessions: settings.maxConnections,
      idleMs: all.idleMs,
    },
    services,
  );
}
