/** Settings that file servers share, so that each has one name and one meaning. Contract §6.3. */
import { X509Certificate } from 'node:crypto';
import { Type } from 'typebox';
import { invalid } from '../errors.ts';
import type { OutboundRequest } from '../lib/outbound.ts';
import { checkTemplate } from './templates.ts';

export const defaultTemplate = '{session_id}/{image_index}.{ext}';

export const templateField = Type.Optional(
  Type.String({
    title: 'File path',
    description: 'Path of each photo inside the folder; folders are made as needed.',
    examples: [defaultTemplate, '{date}/{image_id}.{ext}'],
    aliases: ['template'],
    template: { names: 'file' },
    maxLength: 1_024,
    default: defaultTemplate,
  }),
);

/** `about` says whether the folder is made when it is missing. */
export const remoteDirField = (about: string) =>
  Type.Optional(
    Type.String({
      title: 'Folder',
      description: `Folder on the server. ${about}`,
      examples: ['claims', '/srv/photos'],
      aliases: ['directory', 'path', 'remote_path'],
      maxLength: 1_024,
      default: '',
    }),
  );

export const caField = Type.Optional(
  Type.String({
    title: 'Own certificate authority',
    description:
      'PEM of the authority that issued the certificate of the server, when it is not a public one.',
    examples: ['-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----'],
    aliases: ['ca_certificate'],
    maxLength: 100_000,
  }),
);

export const certificateField = Type.Optional(
  Type.String({
    title: 'Pinned certificate',
    description: 'SHA-256 fingerprint of the one certificate to trust, whoever issued it.',
    examples: ['B4:7C:…:09 (32 pairs of hex digits)'],
    aliases: ['pinned_certificate', 'certificate_fingerprint', 'pinned_sha256'],
    maxLength: 200,
  }),
);

export const maxConnectionsField = Type.Optional(
  Type.Integer({
    title: 'Connections at once',
    description: 'How many photos are sent at the same time. Lower it when the server allows fewer.',
    examples: [4],
    minimum: 1,
    maximum: 16,
    default: 4,
  }),
);

/** Refuses a folder that no server would take, or that means another one than it says. Throws AppError 400. */
export function checkRemoteDir(folder: string): void {
  if (/\p{Cc}/u.test(folder) || !folder.isWellFormed()) throw invalid('remote_dir holds a control character');
  if (folder.includes('\\')) throw invalid('remote_dir holds a backslash. Folders are separated by /');
  if (folder.split('/').includes('..')) throw invalid('remote_dir holds "..". Write the folder itself');
}

/** The template of a path on a server. Throws AppError 400. */
export function checkPathTemplate(template: string): void {
  checkTemplate(template, { field: 'path_template' });
}

/** Throws AppError 400 when an own CA or a pinned certificate cannot be read; returns the pin as plain hex. */
export function checkTrust(ca: string | undefined, pin: string | undefined): string | undefined {
  if (ca && pin) throw invalid('Give ca or certificate_sha256, not both');
  if (ca) {
    try {
      new X509Certificate(ca);
    } catch {
      throw invalid('ca is not a certificate. Give it as PEM, beginning with -----BEGIN CERTIFICATE-----');
    }
  }
  if (!pin) return undefined;
  const hex = pin
    .replace(/^sha-?256[:=]/i, '')
    .replaceAll(/[:\s]/g, '')
    .toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw invalid('certificate_sha256 is not a SHA-256 fingerprint: 64 hex digits, colons allowed');
  }
  return hex;
}

/** What a TLS connection trusts. */
export function trustOf(config: Record<string, unknown>): OutboundRequest['tls'] {
  const { ca, certificate_sha256: pinnedSha256 } = config as Record<string, string | undefined>;
  return { ...(ca ? { ca } : {}), ...(pinnedSha256 ? { pinnedSha256 } : {}) };
}
