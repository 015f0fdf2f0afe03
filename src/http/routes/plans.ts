/** Plans, usage, and changing the plan (contract §14, appendix B). */
import { type Static, Type } from 'typebox';
import { AppError, notFound } from '../../errors.ts';
import { changePlan } from '../../projects/change-plan.ts';
import { listPlans, type Plan } from '../../projects/plans.ts';
import { findProject } from '../../projects/projects.ts';
import { monthOf, readUsage } from '../../projects/usage.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Plans';

const PlanShape = shape('Plan', {
  id: Type.String(),
  name: Type.String(),
  sessionsPerMonth: nullable(Type.Integer()),
  imagesPerSession: Type.Integer(),
  imageMegabytes: Type.Integer(),
  imageDimension: Type.Integer(),
  imageMegapixels: Type.Integer(),
  longestExpiryHours: Type.Integer(),
  activeDestinations: nullable(Type.Integer()),
  password: Type.Boolean(),
  branding: Type.Boolean(),
  endToEnd: Type.Boolean(),
});

const show = (plan: Plan): Static<typeof PlanShape> => plan;

const UsageShape = shape('Usage', {
  month: Type.String(),
  plan: PlanShape,
  sessions: Type.Integer(),
  images: Type.Integer(),
  imageBytes: Type.Integer(),
  activeDestinations: Type.Integer(),
});

export function addPlanRoutes(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'GET',
    paths: ['/plans'],
    id: 'listPlans',
    summary: 'Every plan with its limits',
    tag,
    access: 'key',
    scope: 'plan:read',
    response: { 200: Type.Array(PlanShape) },
    async handler() {
      return (await listPlans(db.read)).map(show);
    },
  });
  const usageOf = async (projectId: string, month = monthOf(clock.now())) => {
    const project = await findProject(db.read, sealer, projectId);
    if (!project) throw notFound('project');
    return { ...(await readUsage(db.read, projectId, month)), plan: show(project.plan) };
  };
  add({
    method: 'GET',
    paths: ['/projects/:project/usage'],
    id: 'getUsage',
    summary: 'What the project used in a month; test mode is never counted',
    tag,
    access: 'key',
    scope: 'plan:read',
    query: Type.Object({
      month: Type.Optional(
        Type.String({
          pattern: '^2\\d{3}-(0[1-9]|1[0-2])$',
          description: 'As 2026-11, UTC. Default: this one.',
        }),
      ),
    }),
    response: { 200: UsageShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return usageOf(caller.projectId, request.query.month);
    },
  });
  add({
    method: 'PUT',
    paths: ['/projects/:project/plan'],
    id: 'changePlan',
    summary: 'Change the plan',
    tag,
    access: 'key',
    scope: 'project:settings',
    right: 'billing',
    body: Type.Object({ plan: Type.String({ maxLength: 40 }) }),
    response: { 200: UsageShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      if (services.billing) {
        throw new AppError(
          403,
          'FORBIDDEN',
          'Here a plan changes by paying for it: POST …/billing/checkout gives the link.',
        );
      }
      await db.write((tx) => changePlan(tx, caller.projectId, request.body.plan, clock.now()));
      return usageOf(caller.projectId);
    },
  });
}
