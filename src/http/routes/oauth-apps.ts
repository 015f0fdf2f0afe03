/** OAuth apps of a project, and what people let apps do (contract §12). */
import { type Static, Type } from 'typebox';
import {
  createOAuthApp,
  type OAuthApp,
  removeOAuthApp,
  requireOAuthApp,
  rotateSecret,
  searchOAuthApps,
  updateOAuthApp,
} from '../../accounts/oauth-apps.ts';
import {
  type Grant,
  listGrantsOfPerson,
  listGrantsOfProject,
  revokeGrant,
} from '../../accounts/oauth-grants.ts';
import { invalid, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { callerOf, requireProject } from '../auth.ts';
import { PartQuery, partOf, rowsOf } from '../list-part.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { signedInOf } from '../sessions-of-people.ts';

const tag = 'OAuth';
const stem = '/projects/:project/oauth-apps';

const appMembers = {
  id: Type.String(),
  name: Type.String(),
  clientId: Type.String(),
  secretPrefix: nullable(Type.String()),
  isPublic: Type.Boolean(),
  publicKey: Type.String(),
  redirectUris: Type.Array(Type.String()),
  allowedDomains: Type.Array(Type.String()),
  homepage: nullable(Type.String()),
  isActive: Type.Boolean(),
  createdAt: Timestamp,
};

const AppShape = shape('OAuthApp', appMembers);
const MadeApp = shape('MadeOAuthApp', { ...appMembers, clientSecret: nullable(Type.String()) });

const show = ({ projectId: _project, ...app }: OAuthApp): Static<typeof AppShape> => ({
  ...app,
  createdAt: toIso(app.createdAt),
});

const Uris = Type.Array(Type.String({ maxLength: 2_048 }), { maxItems: 20 });
const settings = {
  allowedDomains: Type.Optional(Type.Array(Type.String({ maxLength: 253 }), { maxItems: 50 })),
  homepage: Type.Optional(nullable(Type.String({ maxLength: 2_048 }))),
};
const AppName = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' });

/** Shown as a link on the consent page. */
function checkHomepage(text: string | null | undefined): string | null | undefined {
  if (text === undefined || text === null || text === '') return text === '' ? null : text;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw invalid('homepage is not a web address.');
}

export function addOAuthAppRoutes(add: AddRoute, services: Services): void {
  addReads(add, services);
  addCreate(add, services);
  addChanges(add, services);
  addGrants(add, services);
}

const common = { tag, access: 'key', right: 'apps' } as const;

function addReads(add: AddRoute, { db }: Services): void {
  add({
    ...common,
    method: 'GET',
    paths: [stem],
    id: 'listOAuthApps',
    summary: 'List the OAuth apps of a project',
    scope: 'project:read',
    query: PartQuery,
    response: { 200: Type.Array(AppShape) },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const found = await searchOAuthApps(db.read, caller.projectId, partOf(request.query));
      return rowsOf(found, reply).map(show);
    },
  });
  add({
    ...common,
    method: 'GET',
    paths: [`${stem}/:app`],
    id: 'getOAuthApp',
    summary: 'Read an OAuth app',
    scope: 'project:read',
    response: { 200: AppShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return show(await requireOAuthApp(db.read, caller.projectId, request.params.app!));
    },
  });
}

function addCreate(add: AddRoute, { db, clock }: Services): void {
  add({
    ...common,
    method: 'POST',
    paths: [stem],
    id: 'createOAuthApp',
    summary: 'Register an OAuth app; its secret is shown only here',
    scope: 'project:settings',
    body: Type.Object({
      name: AppName,
      redirectUris: Uris,
      ...settings,
      isPublic: Type.Optional(Type.Boolean()),
    }),
    response: { 201: MadeApp },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { isPublic = false, ...body } = request.body;
      const homepage = checkHomepage(body.homepage);
      const made = await db.write((tx) =>
        createOAuthApp(tx, { ...body, homepage, isPublic, projectId: caller.projectId, now: clock.now() }),
      );
      reply.code(201);
      const app = show(await requireOAuthApp(db.read, caller.projectId, made.id));
      return { ...app, clientSecret: made.clientSecret };
    },
  });
}

function addChanges(add: AddRoute, { db, clock }: Services): void {
  add({
    ...common,
    method: 'PATCH',
    paths: [`${stem}/:app`],
    id: 'updateOAuthApp',
    summary: 'Change an OAuth app',
    scope: 'project:settings',
    body: Type.Object({
      name: Type.Optional(AppName),
      redirectUris: Type.Optional(Uris),
      ...settings,
      isActive: Type.Optional(Type.Boolean()),
    }),
    response: { 200: AppShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const app = await requireOAuthApp(db.read, caller.projectId, request.params.app!);
      const change = { ...request.body, homepage: checkHomepage(request.body.homepage) };
      await db.write((tx) => updateOAuthApp(tx, app, change, clock.now()));
      return show(await requireOAuthApp(db.read, caller.projectId, app.id));
    },
  });
  add({
    ...common,
    method: 'DELETE',
    paths: [`${stem}/:app`],
    id: 'deleteOAuthApp',
    summary: 'Delete an OAuth app; its tokens stop at once',
    scope: 'project:settings',
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const app = await requireOAuthApp(db.read, caller.projectId, request.params.app!);
      await db.write((tx) => removeOAuthApp(tx, app, clock.now()));
      return reply.code(204).send();
    },
  });
  add({
    ...common,
    method: 'POST',
    paths: [`${stem}/:app/rotate-secret`],
    id: 'rotateOAuthAppSecret',
    summary: 'Make a new secret for an OAuth app; the old one is refused at once',
    scope: 'project:settings',
    response: { 200: MadeApp },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const app = await requireOAuthApp(db.read, caller.projectId, request.params.app!);
      const clientSecret = await db.write((tx) => rotateSecret(tx, app, clock.now()));
      return { ...show(await requireOAuthApp(db.read, caller.projectId, app.id)), clientSecret };
    },
  });
}

const GrantShape = shape('OAuthGrant', {
  id: Type.String(),
  appId: Type.String(),
  appName: Type.String(),
  homepage: nullable(Type.String()),
  projectId: Type.String(),
  projectName: Type.String(),
  personId: Type.String(),
  personName: Type.String(),
  scopes: Type.Array(Type.String()),
  createdAt: Timestamp,
  lastUsedAt: nullable(Timestamp),
});

const showGrant = (grant: Grant): Static<typeof GrantShape> => ({
  ...grant,
  createdAt: toIso(grant.createdAt),
  lastUsedAt: grant.lastUsedAt === null ? null : toIso(grant.lastUsedAt),
});

function addGrants(add: AddRoute, { db, clock }: Services): void {
  add({
    method: 'GET',
    paths: ['/me/grants'],
    id: 'listMyGrants',
    summary: 'The apps that I let act for me',
    tag,
    access: 'person',
    response: { 200: Type.Array(GrantShape) },
    async handler(request) {
      return (await listGrantsOfPerson(db.read, signedInOf(request).person.id)).map(showGrant);
    },
  });
  add({
    method: 'DELETE',
    paths: ['/me/grants/:grant'],
    id: 'revokeMyGrant',
    summary: 'Take back what I let an app do; its tokens stop at once',
    tag,
    access: 'person',
    async handler(request, reply) {
      const owner = { personId: signedInOf(request).person.id };
      const id = request.params.grant!;
      const done = await db.write((tx) => revokeGrant(tx, owner, id, 'taken back', clock.now()));
      if (!done) throw notFound('grant');
      return reply.code(204).send();
    },
  });
  add({
    ...common,
    method: 'GET',
    paths: ['/projects/:project/oauth-grants'],
    id: 'listProjectGrants',
    summary: 'The apps that may act in a project, and who let them in',
    scope: 'project:read',
    response: { 200: Type.Array(GrantShape) },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return (await listGrantsOfProject(db.read, caller.projectId)).map(showGrant);
    },
  });
  add({
    ...common,
    method: 'DELETE',
    paths: ['/projects/:project/oauth-grants/:grant'],
    id: 'revokeProjectGrant',
    summary: 'Shut an app out of a project; its tokens stop at once',
    scope: 'project:settings',
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const owner = { projectId: caller.projectId };
      const id = request.params.grant!;
      const done = await db.write((tx) => revokeGrant(tx, owner, id, 'taken back', clock.now()));
      if (!done) throw notFound('grant');
      return reply.code(204).send();
    },
  });
}
