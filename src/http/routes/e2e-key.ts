/** The project's own key for end-to-end encrypted photos (docs/encryption.md). */
import { Type } from 'typebox';
import { notFound } from '../../errors.ts';
import { findE2eKey, removeE2eKey, setE2eKey } from '../../projects/e2e-key.ts';
import { findProject } from '../../projects/projects.ts';
import { requireFeature } from '../../projects/usage.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { shape } from '../schemas.ts';
import type { Services } from '../services.ts';

const E2eKeyShape = shape('E2eKey', {
  publicKey: Type.String(),
  keyId: Type.String({
    description: 'SHA-256 of the key in DER, hex: stands in every envelope made with it.',
  }),
  required: Type.Boolean(),
  enabled: Type.Boolean({
    description: 'false: the plan does not have it, and photos come as without a key.',
  }),
});

const NewE2eKey = shape('NewE2eKey', {
  publicKey: Type.String({ maxLength: 16_384, description: 'RSA, 2048 bits or more, as PEM.' }),
  required: Type.Optional(
    Type.Boolean({ description: 'Refuse photos that are not encrypted with it. Default true.' }),
  ),
});

export function addE2eKeyRoutes(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  const route = { paths: ['/projects/:project/e2e-key'], tag: 'Encryption', access: 'key' } as const;

  async function show(projectId: string) {
    const [key, project] = [
      await findE2eKey(db.read, projectId),
      await findProject(db.read, sealer, projectId),
    ];
    if (!key || !project) throw notFound('end-to-end key');
    return { ...key, enabled: project.plan.endToEnd };
  }

  add({
    ...route,
    method: 'GET',
    id: 'getE2eKey',
    summary: 'The public key for end-to-end encryption',
    errors: [404],
    scope: 'project:read',
    response: { 200: E2eKeyShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return show(caller.projectId);
    },
  });
  add({
    ...route,
    method: 'PUT',
    id: 'setE2eKey',
    summary: 'Register a public key: from now on phones encrypt photos with it, and only you can open them',
    scope: 'project:settings',
    body: NewE2eKey,
    response: { 200: E2eKeyShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { publicKey, required = true } = request.body;
      const project = await findProject(db.read, sealer, caller.projectId);
      if (!project) throw notFound('project');
      requireFeature(project.plan, 'endToEnd');
      await setE2eKey(db, caller.projectId, { publicKey, required, now: clock.now() });
      return show(caller.projectId);
    },
  });
  add({
    ...route,
    method: 'DELETE',
    id: 'deleteE2eKey',
    summary: 'Encrypt end to end no longer',
    scope: 'project:settings',
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      await removeE2eKey(db, caller.projectId, clock.now());
      return reply.code(204).send();
    },
  });
}
