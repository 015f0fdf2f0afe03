/** The body of an event as it is sent (contract §8.4): compact JSON, the same bytes at every attempt. */
import { toIso } from '../lib/clock.ts';

export interface LoggedEvent {
  id: string;
  projectId: string;
  topic: string;
  /** JSON text of the members of `data`. */
  data: string;
  createdAt: number;
}

/**
 * `event`, `project_id`, `data` and `timestamp` come first; `id` and `topic` (which the Odoo receiver reads) are ours. The
 * stored text of `data` goes in as it is: it was made by JSON.stringify.
 */
export function envelopeOf({ id, projectId, topic, data, createdAt }: LoggedEvent): string {
  const name = JSON.stringify(topic);
  return (
    `{"event":${name},"project_id":${JSON.stringify(projectId)},"data":${data},` +
    `"timestamp":"${toIso(createdAt)}","id":"${id}","topic":${name}}`
  );
}
