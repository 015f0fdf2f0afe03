/** The phone page, by session id and by short code; and the dashboard. */
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { findSessionId } from '../../sessions/find.ts';
import { registerDashboard } from '../dashboard-page.ts';
import type { Services } from '../services.ts';
import { registerUploadPage } from '../upload-page.ts';

const built = path.resolve(import.meta.dirname, '../../../dist');

export async function addPageRoutes(app: FastifyInstance, services: Services): Promise<void> {
  await registerUploadPage(app, {
    assetsDir: path.join(built, 'upload'),
    findSessionId: (idOrCode) => findSessionId(services.db.read, idOrCode),
  });
  registerDashboard(app, path.join(built, 'dashboard'));
}
