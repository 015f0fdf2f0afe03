/** Whether the process lives, and whether it can be sent work. */
import type { FastifyInstance } from 'fastify';
import type { Services } from '../services.ts';

export type ReadinessParts = Pick<Services, 'isReady' | 'db' | 'storage'>;

export function addHealthRoutes(app: FastifyInstance, services: Services): void {
  app.get('/health', { schema: { hide: true } }, async () => ({ status: 'ok' }));
  app.get('/ready', { schema: { hide: true } }, async (_request, reply) => {
    const problems = await findProblems(services);
    if (problems.length === 0) return { status: 'ready' };
    reply.code(503).header('Retry-After', 5);
    return { status: 'not ready', problems };
  });
}

/** What keeps this process from being of use, in words for an operator; empty when nothing does. */
export async function findProblems({ isReady, db, storage }: ReadinessParts): Promise<string[]> {
  const problems: string[] = [];
  if (!isReady()) problems.push('starting or stopping');
  await db.ping().catch(() => problems.push('the database does not answer'));
  await storage.check().catch(() => problems.push('the storage does not take bytes'));
  return problems;
}
