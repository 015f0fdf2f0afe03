/** Host keys of SSH servers: how they are written, and which ones are taken. */
import { createHash } from 'node:crypto';

/** As `ssh-keygen -l` writes it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Fingerprints out of a setting that holds fingerprints or public keys, with or without the rest of their line. */
export function readHostKeys(text: string): string[] {
  const found = text.split(/[\s,]+/).flatMap((word) => readFingerprint(word) ?? readPublicKey(word) ?? []);
  return [...new Set(found)];
}

function readFingerprint(word: string): string | undefined {
  const match = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(word);
  return match ? `SHA256:${match[1]}` : undefined;
}

/** The base64 part of `ssh-ed25519 AAAA… comment`: it begins with the length of an algorithm's name. */
function readPublicKey(word: string): string | undefined {
  if (!/^AAAA[A-Za-z0-9+/]{40,}={0,2}$/.test(word)) return undefined;
  return fingerprintOf(Buffer.from(word, 'base64'));
}
