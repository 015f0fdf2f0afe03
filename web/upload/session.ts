/** The session as the server tells it (contract §2.3), and the password check (§2.8). */
import type { Place } from './places.ts';
import { parseRetryAfter } from './retry.ts';

export interface Session {
  id: string;
  status: 'pending' | 'active' | 'completed' | 'expired';
  expiresAt: string;
  effectiveMaxImages: number;
  effectiveAllowedMimeTypes: string[];
  effectiveMaxImageDimension: number | null;
  password_protected: boolean;
  /** Photos leave the phone encrypted for the project alone, with this key (PEM). */
  e2eEnabled?: boolean;
  e2ePublicKey?: string | null;
  /** How the project shows itself, where its plan has that. */
  branding?: {
    name: string | null;
    color: string | null;
    /** On this server. */
    logoUrl: string | null;
    thankYou: string | null;
    redirectUrl: string | null;
  } | null;
  /** What the server does with the photos. */
  photos?: { gps: 'keep' | 'strip' | 'coarse'; imageFormat: 'original' | 'jpeg'; downscale: boolean };
  imagesUploaded: number;
  /** Bytes. */
  maxImageSizeBytes?: number;
  projectName?: string | null;
  env?: 'live' | 'test';
}

export type SessionAnswer =
  | { kind: 'session'; session: Session }
  | { kind: 'not-found' }
  | { kind: 'unreachable'; answered: boolean };

export type PasswordAnswer =
  | { kind: 'valid' }
  | { kind: 'wrong' }
  | { kind: 'wait'; seconds: number }
  | { kind: 'not-found' }
  | { kind: 'unreachable' };

/** Whether this session's photos leave the phone encrypted, for its project alone. */
export const isEndToEnd = (session: Session | undefined): boolean =>
  session?.e2eEnabled === true && typeof session.e2ePublicKey === 'string';

/** HEIC is taken too where the server makes JPEG of it, which it cannot of what it cannot read. */
export function takenTypes(session: Session | undefined): string[] {
  const types = session?.effectiveAllowedMimeTypes ?? [];
  const becomesJpeg =
    session?.photos?.imageFormat === 'jpeg' && types.includes('image/jpeg') && !isEndToEnd(session);
  return becomesJpeg ? [...new Set([...types, 'image/heic'])] : types;
}

const PATIENCE = 15_000;

export function uploadPath(
  sessionId: string,
  noun: 'session' | 'deliveries' | 'images' | 'resumable' | 'events' | 'verify-password',
): string {
  return `/api/v1/upload/${encodeURIComponent(sessionId)}/${noun}`;
}

/** `first`: the page has just come, and its server had the browser ask for the session beside it. */
export async function loadSession(id: string, { first = false } = {}): Promise<SessionAnswer> {
  try {
    const answer = await ask(uploadPath(id, 'session'), first ? {} : { cache: 'no-store' });
    if (answer.status === 404) return { kind: 'not-found' };
    if (!answer.ok) return { kind: 'unreachable', answered: true };
    const session: unknown = await answer.json();
    // A café's sign-in page also answers 200: only what has the shape of a session is one.
    return isSession(session) ? { kind: 'session', session } : { kind: 'unreachable', answered: true };
  } catch {
    return { kind: 'unreachable', answered: false };
  }
}

/** Where images of this session are; undefined when no answer can be had. */
export async function loadPlaces(
  id: string,
  images: readonly string[],
): Promise<{ imageId: string; places: Place[] }[] | undefined> {
  try {
    const answer = await ask(`${uploadPath(id, 'deliveries')}?images=${images.join(',')}`, {
      cache: 'no-store',
    });
    return answer.ok ? (await answer.json()).images : undefined;
  } catch {
    return undefined;
  }
}

export async function verifyPassword(id: string, password: string): Promise<PasswordAnswer> {
  try {
    const answer = await ask(uploadPath(id, 'verify-password'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    });
    if (answer.status === 404) return { kind: 'not-found' };
    if (answer.status === 429) {
      const wait = parseRetryAfter(answer.headers.get('retry-after'), Date.now()) ?? 30_000;
      return { kind: 'wait', seconds: Math.ceil(wait / 1_000) };
    }
    // A password too short or too long to be one is refused as bad input: to the person it is simply wrong.
    if (answer.status === 400) return { kind: 'wrong' };
    if (!answer.ok) return { kind: 'unreachable' };
    const body = (await answer.json()) as { valid?: unknown };
    return { kind: body.valid === true ? 'valid' : 'wrong' };
  } catch {
    return { kind: 'unreachable' };
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), PATIENCE);
  try {
    return await fetch(path, { ...init, signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}

function isSession(value: unknown): value is Session {
  const session = value as Partial<Session> | null;
  return (
    typeof session === 'object' &&
    session !== null &&
    typeof session.status === 'string' &&
    typeof session.expiresAt === 'string' &&
    typeof session.effectiveMaxImages === 'number' &&
    Array.isArray(session.effectiveAllowedMimeTypes)
  );
}
