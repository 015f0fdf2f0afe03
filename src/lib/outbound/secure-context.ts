/** What a TLS connection trusts, made once: reading certificates for each connection costs as much as its handshake. */
import tls from 'node:tls';

/** Own authorities that are kept; a few kilobytes each. */
const kept = 100;
const contexts = new Map<string, tls.SecureContext>();

/** `ca` is PEM; without it, the well-known authorities. */
export function secureContextOf(ca = ''): tls.SecureContext {
  const known = contexts.get(ca);
  if (known) return known;
  if (contexts.size >= kept) contexts.clear();
  const made = tls.createSecureContext(ca === '' ? {} : { ca });
  contexts.set(ca, made);
  return made;
}
