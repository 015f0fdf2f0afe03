/** The secret that signs photos for destinations without one of their own (contract §9, appendix B). */
import { Type } from 'typebox';
import { rotateWebhookSecret } from '../../projects/projects.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';

export function addWebhookSecretRoutes(add: AddRoute, { db, sealer, clock }: Services): void {
  add({
    method: 'POST',
    paths: ['/projects/:project/webhook-secret/rotate'],
    id: 'rotateProjectSecret',
    summary: 'Give the project a new webhook secret, shown only here; the old one stops at once',
    tag: 'Projects',
    access: 'key',
    scope: 'project:settings',
    response: { 201: Type.Object({ webhookSecret: Type.String() }) },
    async handler(request, reply) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      const webhookSecret = await db.write((tx) => rotateWebhookSecret(tx, sealer, projectId, clock.now()));
      reply.code(201).header('Cache-Control', 'no-store');
      return { webhookSecret };
    },
  });
}
