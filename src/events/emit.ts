/**
 * What happens in a project is written down in the transaction that makes it happen: no change without its event, no
 * event without its change. Topics: contract §8.3.
 */
import type { Tx } from '../db/database.ts';
import { createId } from '../lib/ids.ts';

export type Topic =
  | 'project.upload.started'
  | 'project.upload.completed'
  | 'project.upload.failed'
  | 'project.session.created'
  | 'project.session.expired'
  | 'project.session.completed';

export interface NewEvent {
  projectId: string;
  sessionId: string | null;
  topic: Topic;
  data: Record<string, unknown>;
  now: number;
}

/** Adds an event to the log, within the transaction of its cause. Returns its id. */
export async function emit(tx: Tx, event: NewEvent): Promise<string> {
  const id = createId('evt');
  await tx.q
    .insertInto('events')
    .values({
      id,
      project_id: event.projectId,
      session_id: event.sessionId,
      topic: event.topic,
      data: JSON.stringify(event.data),
      created_at: event.now,
    })
    .execute();
  return id;
}
