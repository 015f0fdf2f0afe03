/**
 * Session passwords (contract §2.2, §2.8, §3.1): scrypt with its parameters inside each hash, at most two computed at
 * once, so that a crowd of guesses costs neither more than 64 MiB nor the whole thread pool.
 */
import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError, invalid } from '../errors.ts';

const minCharacters = 4;
const maxCharacters = 128;
/** 2^15 blocks of 8: 32 MiB and some 60 ms for one guess. */
const current = { costLog2: 15, blockSize: 8, parallel: 1 };
const maxMemoryBytes = 64 * 1024 * 1024;
const saltBytes = 16;
const hashBytes = 32;
const atOnce = 2;
const maxWaiting = 256;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs `work` when a place is free. Throws AppError 503 when too many wait already. */
async function withPlace<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (waiting.length >= maxWaiting) {
      throw new AppError(
        503,
        'SERVICE_UNAVAILABLE',
        'Too many passwords are being checked. Try again shortly.',
        {
          retryAfter: 5,
        },
      );
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running++;
  }
  try {
    return await work();
  } finally {
    // The place is handed on rather than freed, so that nobody slips in between.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function derive(password: string, salt: Buffer, parameters: typeof current, length: number): Promise<Buffer> {
  const options: ScryptOptions = {
    N: 2 ** parameters.costLog2,
    r: parameters.blockSize,
    p: parameters.parallel,
    maxmem: maxMemoryBytes,
  };
  return withPlace(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}

/** One spelling for what looks the same on every keyboard. Undefined when it cannot be a password. */
function normalise(password: string): string | undefined {
  // The first limit keeps the work of normalising small; NFC never lengthens a text by more than three times.
  if (password.length > maxCharacters * 4 || !password.isWellFormed()) return undefined;
  const text = password.normalize('NFC');
  const characters = [...text].length;
  return characters >= minCharacters && characters <= maxCharacters ? text : undefined;
}

/**
 * Hashes a new password of 4 to 128 characters; `$scrypt$ln=15,r=8,p=1$salt$hash`. Throws AppError 400 when it is too
 * short or too long, 503 when too many are being computed. Contract §2.2.
 */
export async function hashPassword(password: string): Promise<string> {
  const text = normalise(password);
  if (text === undefined) throw invalid('password must have 4 to 128 characters');
  const salt = randomBytes(saltBytes);
  const hash = await derive(text, salt, current, hashBytes);
  const { costLog2, blockSize, parallel } = current;
  return `$scrypt$ln=${costLog2},r=${blockSize},p=${parallel}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

interface ParsedHash {
  parameters: typeof current;
  salt: Buffer;
  hash: Buffer;
}

function parseHash(text: string): ParsedHash {
  const found = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{16,86})\$([\w-]{43,86})$/.exec(text);
  if (!found) throw new Error('The stored password hash has an unknown form');
  const [, costLog2, blockSize, parallel, salt, hash] = found as unknown as string[];
  return {
    parameters: { costLog2: Number(costLog2), blockSize: Number(blockSize), parallel: Number(parallel) },
    salt: Buffer.from(salt!, 'base64url'),
    hash: Buffer.from(hash!, 'base64url'),
  };
}

/**
 * Proven pairs of password and hash, so that twenty photos of one protected session cost one scrypt and not twenty.
 * Holds only keyed digests under a key that dies with the process; a changed password has another hash.
 */
const proven = new Set<string>();
const provenKey = randomBytes(32);
const maxProven = 2_000;

function remember(digest: string): void {
  if (proven.size >= maxProven) {
    const [oldest] = proven;
    if (oldest !== undefined) proven.delete(oldest);
  }
  proven.add(digest);
}

const digestOf = (text: string, stored: string): string =>
  createHmac('sha256', provenKey).update(`${stored}\n${text}`).digest('base64');

/** Whether one of these was shown to this process before to be the password behind `stored`; computes no scrypt. */
export function isProvenPassword(candidates: readonly string[], stored: string): boolean {
  return candidates.some((candidate) => {
    const text = normalise(candidate);
    return text !== undefined && proven.has(digestOf(text, stored));
  });
}

/**
 * Whether `password` is the one behind `stored`, compared in constant time. An impossible password is just wrong.
 * Throws AppError 503 when too many are being checked, Error when `stored` is not one of our hashes.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const { parameters, salt, hash } = parseHash(stored);
  const text = normalise(password);
  if (text === undefined) return false;
  const digest = digestOf(text, stored);
  if (proven.has(digest)) return true;
  const equal = timingSafeEqual(await derive(text, salt, parameters, hash.length), hash);
  if (equal) remember(digest);
  return equal;
}

/** Whether any of these readings of one header is the password; stops at the first that is. */
export async function verifyAnyPassword(candidates: readonly string[], stored: string): Promise<boolean> {
  for (const candidate of candidates) {
    if (await verifyPassword(candidate, stored)) return true;
  }
  return false;
}

/**
 * The passwords that an `x-session-password` header may mean (contract §3.1), at most three, likeliest first: the value
 * as it stands, its bytes read as UTF-8 (Node hands header bytes over as Latin-1), and its percent-decoded form.
 * Empty when the header is absent or empty.
 */
export function decodePasswordHeader(value: string | readonly string[] | undefined): string[] {
  const raw = typeof value === 'string' ? value : value?.[0];
  if (!raw || raw.length > maxCharacters * 12) return [];
  const utf8 = readAsUtf8(raw) ?? raw;
  const candidates = new Set([raw, utf8]);
  if (utf8.includes('%')) {
    try {
      candidates.add(decodeURIComponent(utf8));
    } catch {
      // A password may hold a bare percent sign: then it was not encoded.
    }
  }
  return [...candidates];
}

function readAsUtf8(latin1: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}
