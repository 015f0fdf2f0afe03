/** Projects: list, make, rename, delete; and the log of what was changed in one. */
import { Type } from 'typebox';
import { listAudit } from '../../accounts/audit.ts';
import { addMember } from '../../accounts/members.ts';
import { type Right, type Role, roles } from '../../accounts/roles.ts';
import { AppError, invalid, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import {
  listProjects,
  type ProjectSummary,
  removeProject,
  renameProject,
} from '../../projects/manage-projects.ts';
import { createProject, findProject } from '../../projects/projects.ts';
import { noteAudit } from '../audit.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { nullable, pageOf, readPage, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { personOf, signedInOf } from '../sessions-of-people.ts';

const tag = 'Projects';
/** Of one person, where everybody may make projects. */
const mostOwn = 20;

const ProjectShape = shape('Project', {
  id: Type.String(),
  name: Type.String(),
  plan: Type.String(),
  role: Type.String(),
  rights: Type.Array(Type.String()),
  scopes: Type.Array(Type.String()),
  createdAt: Timestamp,
});

const show = (project: ProjectSummary) => ({
  ...project,
  rights: [...roles[project.role].rights] as Right[],
  scopes: [...roles[project.role].scopes],
  createdAt: toIso(project.createdAt),
});

const ProjectName = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' });

export function addProjectRoutes(add: AddRoute, services: Services): void {
  addReads(add, services);
  addCreate(add, services);
  addChanges(add, services);
  addAudit(add, services);
}

async function requireOwn(
  services: Services,
  person: { id: string; isInstallOwner: boolean },
  id: string,
): Promise<ProjectSummary> {
  const project = (await listProjects(services.db.read, person)).find((item) => item.id === id);
  if (!project) throw notFound('project');
  return project;
}

function addReads(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'GET',
    paths: ['/projects'],
    id: 'listProjects',
    summary: 'My projects',
    tag,
    access: 'person',
    response: { 200: Type.Array(ProjectShape) },
    async handler(request) {
      return (await listProjects(db.read, signedInOf(request).person)).map(show);
    },
  });
  add({
    method: 'GET',
    paths: ['/projects/:project'],
    id: 'getProject',
    summary: 'Read a project',
    tag,
    access: 'person',
    response: { 200: ProjectShape },
    async handler(request) {
      return show(await requireOwn(services, signedInOf(request).person, request.params.project!));
    },
  });
}

function addCreate(add: AddRoute, services: Services): void {
  const { db, sealer, clock, config } = services;
  add({
    method: 'POST',
    paths: ['/projects'],
    id: 'createProject',
    summary: 'Make a project; who makes it is its owner',
    tag,
    access: 'person',
    errors: [403],
    body: Type.Object({ name: ProjectName }),
    response: { 201: ProjectShape },
    async handler(request, reply) {
      const { person } = signedInOf(request);
      if (!person.isInstallOwner) {
        if (!config.openRegistration) {
          throw new AppError(
            403,
            'FORBIDDEN',
            'On this install only its owner makes projects. Ask them for one.',
          );
        }
        const own = (await listProjects(db.read, person)).filter(({ role }) => role === 'owner');
        if (own.length >= mostOwn)
          throw invalid(`You own ${mostOwn} projects already, and that is the most.`);
      }
      const id = await db.write(async (tx) => {
        const now = clock.now();
        const made = await createProject(tx, sealer, request.body.name.trim(), now);
        await addMember(tx, { projectId: made, personId: person.id, role: 'owner' as Role, now });
        noteAudit({ projectId: made, targetId: made });
        return made;
      });
      reply.code(201);
      return show(await requireOwn(services, person, id));
    },
  });
}

function addChanges(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'PATCH',
    paths: ['/projects/:project'],
    id: 'updateProject',
    summary: 'Rename a project',
    tag,
    access: 'person',
    right: 'project:rename',
    body: Type.Object({ name: ProjectName }),
    response: { 200: ProjectShape },
    async handler(request) {
      const id = request.params.project!;
      const name = request.body.name.trim();
      noteAudit({ detail: { name }, targetId: id });
      await db.write((tx) => renameProject(tx, id, name, clock.now()));
      return show(await requireOwn(services, signedInOf(request).person, id));
    },
  });
  add({
    method: 'DELETE',
    paths: ['/projects/:project'],
    id: 'deleteProject',
    summary: 'Delete a project: its keys stop at once, its sessions close, nothing is delivered any more',
    description: 'The name has to be repeated. This cannot be undone.',
    tag,
    access: 'person',
    right: 'project:delete',
    errors: [409],
    query: Type.Object({ name: Type.Optional(Type.String({ maxLength: 200 })) }),
    async handler(request, reply) {
      const caller = personOf(callerOf(request));
      const project = await findProject(db.read, sealer, caller.projectId);
      if (!project) throw notFound('project');
      if (request.query.name?.trim() !== project.name) {
        throw invalid(
          `Repeat the name of the project to delete it: ?name=${encodeURIComponent(project.name)}`,
        );
      }
      noteAudit({ detail: { name: project.name }, targetId: project.id });
      await db.write((tx) => removeProject(tx, project.id, clock.now()));
      return reply.code(204).send();
    },
  });
}

const AuditShape = shape('AuditEntry', {
  id: Type.String(),
  env: nullable(Type.String()),
  actor: Type.Object({ kind: Type.String(), id: Type.String(), name: Type.String() }),
  action: Type.String(),
  targetId: nullable(Type.String()),
  detail: nullable(Type.Record(Type.String(), Type.Unknown())),
  address: nullable(Type.String()),
  createdAt: Timestamp,
});

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

const AuditQuery = Type.Object({
  page: text(20),
  pageSize: text(20),
  actorId: text(64),
  actorKind: text(20),
  action: text(100),
  targetId: text(64),
  search: text(200),
  from: Type.Optional(Type.String({ format: 'date-time' })),
  to: Type.Optional(Type.String({ format: 'date-time' })),
});

function addAudit(add: AddRoute, { db }: Services): void {
  add({
    method: 'GET',
    paths: ['/projects/:project/audit'],
    id: 'listAuditEntries',
    summary: 'Who changed what in a project, newest first',
    tag,
    access: 'key',
    scope: 'project:settings',
    bucket: 'list',
    query: AuditQuery,
    response: { 200: pageOf(AuditShape) },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { from, to, page: _page, pageSize: _size, ...filter } = request.query;
      const paging = readPage(request.query);
      const moment = (given: string | undefined) => (given === undefined ? undefined : Date.parse(given));
      const range = { from: moment(from), to: moment(to) };
      const { rows, total } = await listAudit(db.read, caller.projectId, { ...filter, ...range }, paging);
      return {
        data: rows.map((row) => ({ ...row, createdAt: toIso(row.createdAt) })),
        total,
        ...paging,
        totalPages: Math.ceil(total / paging.pageSize),
      };
    },
  });
}
