/** Whether the process lives, and whether it can be sent work. */
import type { FastifyInstance } from 'fastify';
import type { Services } from '../services.ts';

export function addHealthRoutes(app: FastifyInstance, services: Services): void {
  app.get('/health', { schema: { hide: true } }, async () => ({ status: 'ok' }));
  app.get('/ready', { schema: { hide: true } }, async (_request, reply) => {
    const problems: string[] = [];
    if (!services.isReady()) problems.push('starting or stopping');
    await services.db.ping().catch(() => problems.push('the database does not answer'));
    await services.storage.check().catch(() => problems.push('the storage does not take bytes'));
    if (problems.length === 0) return { status: 'ready' };
    reply.code(503).header('Retry-After', 5);
    return { status: 'not ready', problems };
  });
}
