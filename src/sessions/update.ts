/** Changing and closing a session (contract §2.4, appendix B). */
import type { Database } from '../db/database.ts';
import type { Tags } from '../destinations/destination.ts';
import { AppError, invalid } from '../errors.ts';
import { tellProject } from '../events/project-live.ts';
import { requireFeature } from '../projects/usage.ts';
import { completeSession, touchSession } from './changes.ts';
import { checkExpiry, chooseTypes, type LimitsInput } from './limits.ts';
import { hashPassword } from './password.ts';
import type { Processing } from './processing.ts';
import { type Session, statusOf } from './session.ts';

export interface SessionChange extends Omit<LimitsInput, 'expiresIn' | 'expiresInHours'> {
  /** A string sets, null or '' removes, undefined keeps. */
  password?: string | null | undefined;
  tags?: Tags | undefined;
  /** What is given replaces; the rest stays. */
  processing?: Partial<Processing> | undefined;
  label?: string | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
}

function requireOpen(session: Session, now: number): void {
  const status = statusOf(session, now);
  if (status === 'completed') {
    throw new AppError(409, 'SESSION_COMPLETED', 'This session is completed and can no longer change.');
  }
  if (status === 'expired') {
    throw new AppError(410, 'SESSION_EXPIRED', 'This session has expired. Create a new one.');
  }
}

/** Changes an open session; throws 409 when completed, 410 when expired, 400 for a value that cannot be. */
export async function updateSession(
  db: Database,
  session: Session,
  change: SessionChange,
  now: number,
): Promise<void> {
  requireOpen(session, now);
  const types = change.allowedMimeTypes === undefined ? undefined : chooseTypes(change.allowedMimeTypes, []);
  if (change.expiresAt !== undefined) checkExpiry(change.expiresAt, session.plan, now);
  if (change.password) requireFeature(session.plan, 'password');
  const passwordHash = change.password ? await hashPassword(change.password) : null;

  await db.write(async (tx) => {
    if (change.maxImages !== undefined) {
      const row = await tx.q
        .selectFrom('sessions')
        .select('images_count')
        .where('id', '=', session.id)
        .executeTakeFirstOrThrow();
      if (change.maxImages < row.images_count) {
        throw invalid(
          `max_images cannot be below the ${row.images_count} images that were already received.`,
        );
      }
    }
    const values = {
      ...(change.expiresAt === undefined ? {} : { expires_at: change.expiresAt }),
      ...(change.maxImages === undefined ? {} : { max_images: change.maxImages }),
      ...(types === undefined ? {} : { allowed_mime_types: JSON.stringify(types) }),
      ...(change.maxImageDimension === undefined ? {} : { max_image_dimension: change.maxImageDimension }),
      ...(change.maxImageSizeMb === undefined ? {} : { max_image_size_mb: change.maxImageSizeMb }),
      ...(change.password === undefined ? {} : { password_hash: passwordHash }),
      ...(change.tags === undefined
        ? {}
        : { tags: change.tags === null ? null : JSON.stringify(change.tags) }),
      ...(change.processing === undefined
        ? {}
        : { processing: JSON.stringify({ ...session.processing, ...change.processing }) }),
      ...(change.label === undefined ? {} : { label: change.label }),
      ...(change.metadata === undefined
        ? {}
        : { metadata: change.metadata === null ? null : JSON.stringify(change.metadata) }),
    };
    if (Object.keys(values).length === 0) return;
    await tx.q.updateTable('sessions').set(values).where('id', '=', session.id).execute();
    await touchSession(tx, session.id, now);
    tellProject(tx, session.projectId, 'activity');
    tx.notify('expiry', '');
  });
}

/** Ends a session by its owner's wish; throws 409 when it has ended, 410 when it has expired. */
export async function closeSession(db: Database, session: Session, now: number): Promise<void> {
  requireOpen(session, now);
  await db.write(async (tx) => {
    await completeSession(tx, session, now);
  });
}
