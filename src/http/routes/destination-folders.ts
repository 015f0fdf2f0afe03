/** Choosing the target folder of a connected account: its folders are listed, and made (contract Appendix B). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { withFolders } from '../../deliveries/folders.ts';
import { type Destination, requireDestination } from '../../destinations/destinations.ts';
import { callerOf, requireProject } from '../auth.ts';
import { disconnected } from '../disconnect.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Destinations';
const stem = '/projects/:project/destinations';

const FolderShape = shape('Folder', {
  id: Type.String(),
  name: Type.String(),
  path: nullable(Type.String()),
});

export function addDestinationFolderRoutes(add: AddRoute, services: Services): void {
  const { db, sealer } = services;
  const target = async (
    request: FastifyRequest<{ Params: Record<string, string> }>,
  ): Promise<Destination> => {
    const caller = callerOf(request);
    requireProject(caller, request.params.project!);
    return await requireDestination(db.read, sealer, caller.projectId, request.params.destination!);
  };
  const signalOf = (reply: FastifyReply): AbortSignal =>
    AbortSignal.any([disconnected(reply), services.stopping, AbortSignal.timeout(30_000)]);
  add({
    method: 'GET',
    paths: [`${stem}/:destination/folders`],
    id: 'listFolders',
    summary: 'List the folders of the connected account that photos may go to',
    errors: [409],
    tag,
    access: 'key',
    scope: 'project:settings',
    query: Type.Object({ parent: Type.Optional(Type.String({ maxLength: 1_024 })) }),
    response: { 200: Type.Object({ parent: nullable(Type.String()), folders: Type.Array(FolderShape) }) },
    async handler(request, reply) {
      const destination = await target(request);
      const parent = request.query.parent || null;
      const folders = await withFolders(services, destination, (chooser) =>
        chooser.list(parent, signalOf(reply)),
      );
      return { parent, folders };
    },
  });
  add({
    method: 'POST',
    paths: [`${stem}/:destination/folders`],
    id: 'createFolder',
    summary: 'Make a folder in the connected account; one of that name is taken as it is',
    errors: [409],
    tag,
    access: 'key',
    scope: 'project:settings',
    body: Type.Object({
      parent: Type.Optional(nullable(Type.String({ maxLength: 1_024 }))),
      name: Type.String({ minLength: 1, maxLength: 255, pattern: '^[^/\\\\\\x00-\\x1f]+$' }),
    }),
    response: { 201: FolderShape },
    async handler(request, reply) {
      const destination = await target(request);
      const { parent, name } = request.body;
      const folder = await withFolders(services, destination, (chooser) =>
        chooser.create(parent || null, name.trim(), signalOf(reply)),
      );
      reply.code(201);
      return folder;
    },
  });
}
