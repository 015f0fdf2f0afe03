/** The secret that signs photos for destinations without one of their own (contract §9, appendix B). */
import { Type } from 'typebox';
import { notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { findProject, maxOverlapDays, rotateWebhookSecret } from '../../projects/projects.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { nullable, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const stem = '/projects/:project/webhook-secret';
const common = { tag: 'Projects', access: 'key' } as const;

const previousSecretUntil = nullable(Timestamp);

export function addWebhookSecretRoutes(add: AddRoute, { db, sealer, clock }: Services): void {
  add({
    ...common,
    method: 'GET',
    paths: [stem],
    id: 'getProjectSecret',
    summary:
      'Until when the webhook secret before the last rotation signs, too; the secret itself is never shown again',
    scope: 'project:read',
    response: { 200: Type.Object({ previousSecretUntil }) },
    async handler(request) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      const project = await findProject(db.read, sealer, projectId);
      if (!project) throw notFound('project');
      const until = project.previousWebhookUntil;
      return { previousSecretUntil: until !== null && until > clock.now() ? toIso(until) : null };
    },
  });
  add({
    ...common,
    method: 'POST',
    paths: [`${stem}/rotate`],
    id: 'rotateProjectSecret',
    summary:
      'Give the project a new webhook secret, shown only here; the old one may go on signing beside it',
    scope: 'project:settings',
    body: Type.Object({
      overlapDays: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: maxOverlapDays,
          default: 0,
          description: 'So many days both secrets sign. 0: the old one stops at once.',
        }),
      ),
    }),
    response: { 201: Type.Object({ webhookSecret: Type.String(), previousSecretUntil }) },
    async handler(request, reply) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      const rotation = { overlapDays: request.body.overlapDays ?? 0, now: clock.now() };
      const made = await db.write((tx) => rotateWebhookSecret(tx, sealer, projectId, rotation));
      reply.code(201).header('Cache-Control', 'no-store');
      const until = made.previousUntil;
      return { webhookSecret: made.secret, previousSecretUntil: until === null ? null : toIso(until) };
    },
  });
}
