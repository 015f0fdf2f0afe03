/**
 * The session as it was last seen, for a page that opens without a connection: whose it is, how many photos it takes, which
 * kinds. Asked for only while the server cannot be; what it says then goes before.
 */
import type { Session } from '../session.ts';

const prefix = 'apertur:session:';

/** `now` in milliseconds since 1970. What has ended is forgotten, of this link and of others. */
export function rememberSession(id: string, session: Session, now: number): void {
  try {
    const store = localStorage;
    for (const key of Object.keys(store)) {
      if (key.startsWith(prefix) && read(store.getItem(key), now) === undefined) store.removeItem(key);
    }
    if (isOpen(session, now)) store.setItem(prefix + id, JSON.stringify(session));
    else store.removeItem(prefix + id);
  } catch {
    // No place on this phone, or none that this page may use.
  }
}

/** Undefined when this phone has not seen it, or when it is over by now. */
export function recallSession(id: string, now: number): Session | undefined {
  try {
    return read(localStorage.getItem(prefix + id), now);
  } catch {
    return undefined;
  }
}

function read(text: string | null, now: number): Session | undefined {
  const session = JSON.parse(text ?? 'null') as Session | null;
  return session !== null && isOpen(session, now) ? session : undefined;
}

function isOpen({ status, expiresAt }: Session, now: number): boolean {
  return (status === 'pending' || status === 'active') && Date.parse(expiresAt) > now;
}
