/**
 * Client certificates (contract §1.6): from our own TLS listener, or from a header in which a trusted proxy hands on what
 * it was shown. The key holds a fingerprint; whoever shows that certificate has proven, in the TLS handshake, to own its
 * private key.
 */
import { timingSafeEqual, X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { fingerprintOf, type KeyProtections, readFingerprint } from '../../projects/protections.ts';
import { isTrustedProxy } from '../client-address.ts';

interface Shown {
  fingerprint: string;
  /** False: signed by nobody that the listener knows, although it was told whom to trust. */
  trusted: boolean;
  /** Milliseconds since 1970; undefined when only the fingerprint is known. */
  from?: number;
  until?: number;
}

type CertificateConfig = Pick<Config, 'trustProxy' | 'clientCertHeader' | 'tls'>;

/** Throws AppError 401 when the key asks for a certificate and the request does not come with that one. */
export function checkClientCertificate(
  config: CertificateConfig,
  request: FastifyRequest,
  { clientCertFingerprint: expected }: KeyProtections,
  now: number,
): void {
  if (expected === null) return;
  const shown = ofSocket(config, request) ?? ofProxy(config, request);
  if (shown === undefined) {
    throw new AppError(401, 'CLIENT_CERT_REQUIRED', 'This API key is used with its client certificate only.');
  }
  const right = timingSafeEqual(Buffer.from(shown.fingerprint, 'hex'), Buffer.from(expected, 'hex'));
  const current = (shown.from ?? now) <= now && now <= (shown.until ?? now);
  if (right && shown.trusted && current) return;
  throw new AppError(
    401,
    'CLIENT_CERT_INVALID',
    right && !current
      ? 'The client certificate has expired, or is not valid yet.'
      : 'The client certificate is not the one of this API key.',
  );
}

function ofSocket({ tls }: CertificateConfig, request: FastifyRequest): Shown | undefined {
  const { socket } = request.raw;
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return { ...read(certificate), trusted: tls?.clientCa === undefined || socket.authorized };
}

/** Believed only from a trusted proxy: from anybody else the header is a claim without a proof. */
function ofProxy(config: CertificateConfig, request: FastifyRequest): Shown | undefined {
  const { clientCertHeader: name, trustProxy } = config;
  const value = name === undefined ? undefined : request.headers[name];
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  if (!isTrustedProxy(trustProxy, request.raw.socket.remoteAddress)) return undefined;
  return readHeader(value.trim());
}

/**
 * What proxies send: the fingerprint (HAProxy, Caddy), `Hash=…` among other members (Envoy), the certificate as
 * percent-encoded PEM (nginx, AWS), or as base64 (Traefik; between colons: RFC 9440). Unreadable is like none.
 */
export function readHeader(value: string): Shown | undefined {
  const fingerprint =
    readFingerprint(value) ?? readFingerprint(/(?:^|;)Hash=([^;,]+)/i.exec(value)?.[1] ?? '');
  if (fingerprint !== undefined) return { fingerprint, trusted: true };
  try {
    const text = value.startsWith('-----') ? decodeURIComponent(value) : value;
    const bytes = text.startsWith('-----') ? text : Buffer.from(value.replace(/^:|:$/g, ''), 'base64');
    return { ...read(new X509Certificate(bytes)), trusted: true };
  } catch {
    return undefined;
  }
}

function read(certificate: X509Certificate): Omit<Shown, 'trusted'> {
  return {
    fingerprint: fingerprintOf(certificate.raw),
    from: certificate.validFromDate.getTime(),
    until: certificate.validToDate.getTime(),
  };
}
