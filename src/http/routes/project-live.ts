/** That something changed in a project, live, for the people who look at it in the dashboard. */
import { type ProjectPart, projectChanged, readProjectChange } from '../../events/project-live.ts';
import { callerOf, requirePermission } from '../auth.ts';
import { openEventStream } from '../event-stream.ts';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';
import { findPersonCaller } from '../sessions-of-people.ts';

/** A page reads anew after each frame, so a busy project sends no more than these. */
const betweenFramesMs = 500;

const frames = `A frame \`connected\`, then a frame \`changed\` whenever something changed in the project, at most two a second:
\`{"parts":["activity"]}\`. Parts are \`activity\` (sessions, photos, deliveries, events) and \`settings\` (destinations, webhooks,
keys, members and the rest). Nothing is replayed: a page that lost its connection reads anew what it shows. The stream ends when the
person signs out or leaves the project.`;

export function addProjectLiveRoutes(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/projects/:project/live'],
    id: 'streamProjectChanges',
    summary: 'That something changed in a project, live (server-sent events)',
    description: frames,
    produces: ['text/event-stream'],
    tag: 'Live',
    access: 'person',
    scope: 'upload:read',
    async handler(request, reply) {
      const { projectId } = callerOf(request);
      // Whoever is signed out or put out of the project hears nothing more.
      const stillMember = async () =>
        requirePermission(await findPersonCaller(services, request), { scope: 'upload:read' });
      const live = openEventStream(services, request, reply, stillMember);
      if (!live.open) return;
      const teller = createTeller((parts) => live.send('changed', { parts }));
      const stopListening = services.db.listen(projectChanged, (payload) => {
        const part = readProjectChange(payload, projectId);
        if (part !== undefined) teller.tell(part);
      });
      live.onEnd(() => {
        stopListening();
        teller.stop();
      });
      live.send('connected', { projectId });
    },
  });
}

/** Gathers what changes within a moment: the first is told at once, the rest together. */
function createTeller(send: (parts: ProjectPart[]) => void) {
  const waiting = new Set<ProjectPart>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    if (waiting.size === 0) return;
    send([...waiting]);
    waiting.clear();
    timer = setTimeout(flush, betweenFramesMs);
  };
  return {
    tell(part: ProjectPart): void {
      waiting.add(part);
      if (timer === undefined) flush();
    },
    stop: (): void => clearTimeout(timer),
  };
}
