/** The phone page, by session id and by short code. */
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { findSessionId } from '../../sessions/find.ts';
import type { Services } from '../services.ts';
import { registerUploadPage } from '../upload-page.ts';

const assetsDir = path.resolve(import.meta.dirname, '../../../dist/upload');

export async function addPageRoutes(app: FastifyInstance, services: Services): Promise<void> {
  await registerUploadPage(app, {
    assetsDir,
    findSessionId: (idOrCode) => findSessionId(services.db.read, idOrCode),
  });
}
