/** Which certificates a destination trusts beside those of public authorities: settings with one name and one meaning. */
import { X509Certificate } from 'node:crypto';
import { Type } from 'typebox';
import { invalid } from '../errors.ts';
import type { OutboundRequest } from '../lib/outbound.ts';

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

/** The settings with their trust as it is stored: no empty member, the pin as plain hex. Throws AppError 400. */
export function prepareTrust(config: Record<string, unknown>): Record<string, unknown> {
  const { ca, certificate_sha256: given, ...rest } = config as Record<string, string | undefined>;
  const pin = checkTrust(ca, given);
  return { ...rest, ...(ca ? { ca } : {}), ...(pin ? { certificate_sha256: pin } : {}) };
}
