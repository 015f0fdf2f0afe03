/**
 * Tells the pages of a project that something changed, so that they read anew what they show. What changed is in the rows:
 * the wake-up names the project and a noun, nothing else, and nothing of it is kept.
 */
import type { Tx } from '../db/database.ts';

/** The channel of wake-ups; its payload is written and read here only. */
export const projectChanged = 'project';

/** `activity`: sessions, photos, deliveries, events. `settings`: what people and keys set up. */
export type ProjectPart = 'activity' | 'settings';

/** Within the transaction of the change; the same payload within one commit is sent once. */
export function tellProject(tx: Pick<Tx, 'notify'>, projectId: string, part: ProjectPart): void {
  tx.notify(projectChanged, `${projectId} ${part}`);
}

/** What a wake-up says of this project; undefined when it is about another one. */
export function readProjectChange(payload: string, projectId: string): ProjectPart | undefined {
  const [id, part] = payload.split(' ');
  if (id !== projectId) return undefined;
  return part === 'activity' || part === 'settings' ? part : undefined;
}
