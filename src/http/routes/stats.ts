/** Statistics (contract §11). */
import { Type } from 'typebox';
import { notFound } from '../../errors.ts';
import { findProject } from '../../projects/projects.ts';
import { readStats } from '../../projects/stats.ts';
import { callerOf } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { shape } from '../schemas.ts';
import type { Services } from '../services.ts';

/** Only `sessionsThisMonth`, never its twin beside it: one client's decoder stops at both (contract §17.31). */
const StatsShape = shape('Stats', {
  sessionsThisMonth: Type.Integer(),
  sessionsTotal: Type.Integer(),
  imagesUploaded: Type.Integer(),
  imagesDelivered: Type.Integer(),
  deliverySuccessRate: Type.Number(),
  totalProjects: Type.Integer(),
  activeKeys: Type.Integer(),
  topProjects: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), sessions: Type.Integer() })),
});

export function addStatsRoutes(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'GET',
    paths: ['/stats'],
    id: 'getStats',
    summary: 'Figures of the project',
    tag: 'Statistics',
    access: 'key',
    scope: 'project:read',
    response: { 200: StatsShape },
    async handler(request) {
      const caller = callerOf(request);
      const project = await findProject(db.read, sealer, caller.projectId);
      if (!project) throw notFound('project');
      const stats = await readStats(db.read, caller, clock.now());
      return {
        ...stats,
        totalProjects: 1,
        topProjects: [{ id: project.id, name: project.name, sessions: stats.sessionsTotal }],
      };
    },
  });
}
