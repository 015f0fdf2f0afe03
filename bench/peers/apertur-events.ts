/** Ourselves: the event engine on a database of its own, without the HTTP API in front. */
import { join } from 'node:path';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { emit } from '../../src/events/emit.ts';
import { createEventEngine } from '../../src/events/engine.ts';
import { createWebhook, requireWebhook } from '../../src/events/webhooks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { createOutbound } from '../../src/lib/outbound/client.ts';
import { createGuard } from '../../src/lib/outbound/guard.ts';
import { loadSealer } from '../../src/lib/sealed.ts';
import { createProject } from '../../src/projects/projects.ts';
import { type Contender, type ContenderOptions, payload } from './contender.ts';

export async function startApertur(
  options: Omit<ContenderOptions, 'secret'>,
): Promise<Contender & { secret: string; db: Database }> {
  const logger = createLogger({ level: 'info', pretty: false });
  const db = await openDatabase({
    url: options.serverUrl,
    file: join(options.folder, 'apertur.db'),
    logger,
  });
  await migrate(db);
  const sealer = await loadSealer({ secretKey: undefined, file: join(options.folder, 'secret.key') });
  const outbound = createOutbound({ guard: createGuard({ allow: ['127.0.0.0/8'] }), logger });
  const now = Date.now();
  const projectId = await db.write((tx) => createProject(tx, sealer, 'Benchmark', now));
  const add = (url: string): Promise<string> =>
    db.write((tx) =>
      createWebhook(tx, { projectId, url, topics: ['*'], disableAfterFailures: 0 }, { sealer, now }),
    );
  const id = await add(options.url);
  if (options.secondUrl) await add(options.secondUrl);
  const secret = (await requireWebhook(db.read, sealer, projectId, id)).secret();
  const engine = createEventEngine({
    db,
    sealer,
    outbound,
    clock: systemClock,
    logger,
    config: { webhookConcurrency: options.concurrency, workerConcurrency: 256 },
    worker: 'wrk_benchmark',
  });
  engine.start();
  return {
    db,
    secret,
    async emit(event) {
      const about = { projectId, sessionId: null, topic: 'project.upload.completed' as const };
      await db.write((tx) => emit(tx, { ...about, data: payload(event), now: Date.now() }));
    },
    async stop() {
      await engine.stop(500);
      await outbound.close();
      await db.close();
    },
  };
}
