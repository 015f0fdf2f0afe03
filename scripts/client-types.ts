/**
 * Writes the types of the client, `packages/client/src/schema.ts`, from the OpenAPI document of the server. A test keeps
 * the two equal. Run `npm run client:types` after a route or a shape has changed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { renderTypes } from '../packages/client/scripts/render-types.ts';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { silentLogger } from '../src/lib/logger.ts';

export const typesFile = path.resolve(import.meta.dirname, '../packages/client/src/schema.ts');

/** The document of an app that is made in an empty folder and never listens. */
async function readDocument(): Promise<unknown> {
  const folder = mkdtempSync(path.join(tmpdir(), 'apertur-openapi-'));
  try {
    const config = readConfig({ APERTUR_DATA_DIR: folder });
    const app = await buildApp(config, { api: true, worker: false }, { logger: silentLogger });
    const server = app.server as FastifyInstance;
    await server.ready();
    const document = server.swagger();
    await app.stop();
    return document;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) writeFileSync(typesFile, await renderTypes(await readDocument()));
