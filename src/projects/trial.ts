/**
 * Trial mode: what a newcomer needs to see a first photo arrive without asking for anything. A project, a live and a
 * test key (shown once), an inbox folder as a destination, and a session that is ready.
 */
import path from 'node:path';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { createDestination, listDestinations } from '../destinations/destinations.ts';
import type { Clock } from '../lib/clock.ts';
import type { Sealer } from '../lib/sealed.ts';
import { createSession } from '../sessions/create.ts';
import { findSession } from '../sessions/find.ts';
import { createKey } from './keys.ts';
import { createProject, findFirstProjectId, findProject, type Project } from './projects.ts';

export interface Trial {
  project: Project;
  /** Only at the first start: keys can never be read again. */
  keys: { live: string; test: string } | undefined;
  sessionId: string;
  shortCode: string;
  /** Absolute. */
  inbox: string;
}

interface TrialServices {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  config: Config;
}

const inboxName = 'Inbox';

export async function prepareTrial(services: TrialServices): Promise<Trial> {
  const { db, sealer, config } = services;
  const known = await findFirstProjectId(db.read);
  const made = known === undefined ? await makeProject(services) : undefined;
  const project = (await findProject(db.read, sealer, known ?? made!.projectId))!;
  const inbox = path.join(config.dataDir, 'inbox');
  const destinationId = await ensureInbox(services, project.id, inbox);
  const sessionId = await ensureSession(services, project, destinationId);
  const { shortCode } = (await findSession(db.read, project.id, sessionId))!;
  return { project, keys: made?.keys, sessionId, shortCode, inbox };
}

async function makeProject({ db, sealer, clock }: TrialServices) {
  return db.write(async (tx) => {
    const now = clock.now();
    const projectId = await createProject(tx, sealer, 'My project', now);
    const live = await createKey(tx, { projectId, env: 'live', label: 'first live key', now });
    const test = await createKey(tx, { projectId, env: 'test', label: 'first test key', now });
    return { projectId, keys: { live: live.clearKey, test: test.clearKey } };
  });
}

async function ensureInbox(services: TrialServices, projectId: string, inbox: string): Promise<string> {
  const { db, sealer, clock, config } = services;
  const known = (await listDestinations(db.read, sealer, projectId)).find(
    (item) => item.type === 'local' && item.name === inboxName && item.isActive,
  );
  if (known) return known.id;
  return db.write((tx) =>
    createDestination(
      tx,
      { projectId, type: 'local', name: inboxName, config: { path: inbox } },
      { sealer, env: 'live', localRoots: config.localRoots, now: clock.now() },
    ),
  );
}

/** The session of an earlier start serves again while it is open, has room and lives for another hour. */
async function ensureSession(
  services: TrialServices,
  project: Project,
  destinationId: string,
): Promise<string> {
  const { db, sealer, clock, config } = services;
  const now = clock.now();
  const open = await db.read
    .selectFrom('sessions')
    .select('id')
    .where('project_id', '=', project.id)
    .where('label', '=', inboxName)
    .where('completed_at', 'is', null)
    .where('expires_at', '>', now + 3_600_000)
    .whereRef('images_count', '<', 'max_images')
    .executeTakeFirst();
  if (open) return open.id;
  return createSession(
    {
      destinationIds: [destinationId],
      label: inboxName,
      expiresInHours: 168,
      maxImages: project.plan.imagesPerSession,
    },
    { projectId: project.id, env: 'live', plan: project.plan, key: undefined },
    { db, sealer, localRoots: config.localRoots, now },
  );
}
