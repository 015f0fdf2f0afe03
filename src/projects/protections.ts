/**
 * What an API key may ask for beyond its secret (contract §1.6, §1.7): stored with the key, enrolled here. Checking a
 * request against it stands in `http/protections/`.
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { Selectable } from 'kysely';
import { generateSecret, generateURI, verify } from 'otplib';
import type { Database, Tx } from '../db/database.ts';
import type { KeyTable } from '../db/schema.ts';
import { AppError, invalid } from '../errors.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { KeyRow } from './manage-keys.ts';

export interface KeyProtections {
  /** Addresses and networks; empty: no restriction. */
  allowedIps: string[];
  /** Hosts, or `*.` and a host for everything below it; empty: no restriction. */
  allowedDomains: string[];
  /** Sealed; null unless one-time codes were enrolled and confirmed. */
  totpSecret: string | null;
  /** SHA-256 of the certificate, lower-case hex. */
  clientCertFingerprint: string | null;
  /** Sealed. */
  signingSecret: string | null;
  signatureRequired: boolean;
}

export function protectionsOf(row: Selectable<KeyTable>): KeyProtections {
  return {
    allowedIps: JSON.parse(row.allowed_ips),
    allowedDomains: JSON.parse(row.allowed_domains),
    totpSecret: row.totp_enabled === 1 ? row.totp_secret : null,
    clientCertFingerprint: row.client_cert_fingerprint,
    signingSecret: row.signing_secret,
    signatureRequired: row.signature_required === 1,
  };
}

const totpContext = (keyId: string): string => `key:${keyId}:totp`;
const signingContext = (keyId: string): string => `key:${keyId}:signing`;

/** Seconds a code is good for, and how far clocks may be apart: one step either way (contract §1.6). */
const stepSeconds = 30;

export interface TotpEnrolment {
  /** Base32, for those who cannot scan. */
  secret: string;
  /** `otpauth://totp/…`, what authenticator apps read from a QR code. */
  uri: string;
}

/** Begins an enrolment; it counts once a code confirms it. Throws AppError 409 when codes are asked for already. */
export async function enrolTotp(db: Database, sealer: Sealer, key: KeyRow): Promise<TotpEnrolment> {
  const secret = generateSecret();
  const sealed = sealer.seal(secret, totpContext(key.id));
  await db.write(async (tx) => {
    const begun = await ofKey(tx, key)
      .set({ totp_secret: sealed, totp_last_step: null })
      .where('totp_enabled', '=', 0)
      .executeTakeFirst();
    if (Number(begun.numUpdatedRows) === 0) {
      throw new AppError(409, 'CONFLICT', 'One-time codes are on for this key. Switch them off first.');
    }
  });
  const label = `${key.label.slice(0, 60).toWellFormed()} (${key.prefix})`;
  return { secret, uri: generateURI({ issuer: 'Apertur', label, secret }) };
}

/** Switches one-time codes on when `code` is right. Throws AppError 400 when it is not, 409 when nothing was begun. */
export async function confirmTotp(
  db: Database,
  sealer: Sealer,
  key: KeyRow,
  confirmation: { code: string; now: number },
): Promise<void> {
  if (key.totp_secret === null) {
    throw new AppError(409, 'CONFLICT', 'No enrolment was begun for this key: POST …/totp first.');
  }
  const step = await findTotpStep(sealer, key.id, key.totp_secret, confirmation);
  if (step === undefined) {
    throw new AppError(
      400,
      'TOTP_INVALID',
      'The code is not right. Check the clock of the device, and type the next one.',
    );
  }
  const sealed = key.totp_secret;
  await db.write(async (tx) => {
    const confirmed = await ofKey(tx, key)
      .set({ totp_enabled: 1, totp_last_step: step })
      .where('totp_secret', '=', sealed)
      .executeTakeFirst();
    if (Number(confirmed.numUpdatedRows) === 0) {
      throw new AppError(409, 'CONFLICT', 'Another enrolment was begun meanwhile. Scan the newest code.');
    }
  });
}

export async function removeTotp(tx: Tx, key: KeyRow): Promise<void> {
  await ofKey(tx, key).set({ totp_secret: null, totp_enabled: 0, totp_last_step: null }).execute();
}

/** The time step of a right code, or undefined. RFC 6238: SHA-1, 6 digits, 30 s, one step of tolerance either way. */
export async function findTotpStep(
  sealer: Sealer,
  keyId: string,
  sealed: string,
  { code, now }: { code: string; now: number },
): Promise<number | undefined> {
  const token = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const found = await verify({
    secret: sealer.open(sealed, totpContext(keyId)),
    token,
    epoch: Math.floor(now / 1000),
    epochTolerance: stepSeconds,
    period: stepSeconds,
  });
  return found.valid && 'timeStep' in found ? found.timeStep : undefined;
}

/** Uses up a time step, so that no code is good twice. False when it, or a later one, was used before. */
export async function useTotpStep(db: Database, keyId: string, step: number): Promise<boolean> {
  return db.write(async (tx) => {
    const used = await tx.q
      .updateTable('keys')
      .set({ totp_last_step: step })
      .where('id', '=', keyId)
      .where((eb) => eb.or([eb('totp_last_step', 'is', null), eb('totp_last_step', '<', step)]))
      .executeTakeFirst();
    return Number(used.numUpdatedRows) === 1;
  });
}

/** SHA-256 of a certificate's DER bytes as lower-case hex. */
export const fingerprintOf = (der: Buffer): string => createHash('sha256').update(der).digest('hex');

/** A fingerprint as it may be typed: colons and upper case are accepted. Undefined when it is none. */
export function readFingerprint(text: string): string | undefined {
  const hex = text.trim().replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** The fingerprint of a PEM certificate. Throws AppError 400 when it cannot be read. */
export function fingerprintOfPem(pem: string): string {
  try {
    return fingerprintOf(new X509Certificate(pem).raw);
  } catch {
    throw invalid('certificate must be an X.509 certificate as PEM (-----BEGIN CERTIFICATE-----).');
  }
}

export async function setClientCert(tx: Tx, key: KeyRow, fingerprint: string | null): Promise<void> {
  await ofKey(tx, key).set({ client_cert_fingerprint: fingerprint }).execute();
}

/** Makes a new signing secret (64 hex characters), which is shown only here; an old one is good no longer. */
export async function renewSigningSecret(
  db: Database,
  sealer: Sealer,
  key: KeyRow,
  required: boolean | undefined,
): Promise<string> {
  const secret = randomBytes(32).toString('hex');
  const sealed = sealer.seal(secret, signingContext(key.id));
  await db.write(async (tx) => {
    await ofKey(tx, key)
      .set({
        signing_secret: sealed,
        ...(required === undefined ? {} : { signature_required: required ? (1 as const) : (0 as const) }),
      })
      .execute();
  });
  return secret;
}

/** The secret that a key signs its requests with. */
export const openSigningSecret = (sealer: Sealer, keyId: string, sealed: string): string =>
  sealer.open(sealed, signingContext(keyId));

export async function removeSigningSecret(tx: Tx, key: KeyRow): Promise<void> {
  await ofKey(tx, key).set({ signing_secret: null, signature_required: 0 }).execute();
}

/** Notes a signature until its time is over. False when it was seen before, in any process. */
export async function noteSignature(
  db: Database,
  keyId: string,
  signature: string,
  seenUntil: number,
): Promise<boolean> {
  const hash = createHash('sha256').update(`${keyId}\n${signature}`).digest('hex');
  return db.write(async (tx) => {
    const noted = await tx.q
      .insertInto('seen_signatures')
      .values({ hash, seen_until: seenUntil })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .executeTakeFirst();
    return Number(noted.numInsertedOrUpdatedRows) === 1;
  });
}

/** Forgets signatures whose time is over: they are refused for their age. Returns how many. */
export async function pruneSignatures(db: Database, now: number): Promise<number> {
  return db.write(async (tx) => {
    const old = tx.q.deleteFrom('seen_signatures').where('seen_until', '<', now);
    return Number((await old.executeTakeFirst()).numDeletedRows);
  });
}

function ofKey(tx: Tx, key: KeyRow) {
  return tx.q.updateTable('keys').where('id', '=', key.id).where('project_id', '=', key.project_id);
}
