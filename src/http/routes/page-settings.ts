/** The phone page of a project: its brand, and what is done with photos; and the logo as the page shows it. */
import { type Static, Type } from 'typebox';
import { notFound } from '../../errors.ts';
import {
  findPageSettings,
  type PageSettings,
  readLogo,
  setPageSettings,
} from '../../projects/page-settings.ts';
import { findProject } from '../../projects/projects.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape } from '../schemas.ts';
import type { Services } from '../services.ts';
import { requireSessionByLink } from './sessions.ts';

const PageSettingsShape = shape('PageSettings', {
  brand: Type.Optional(
    Type.Object({
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
      color: Type.Optional(Type.String({ maxLength: 7, description: '#rrggbb' })),
      logo: Type.Optional(
        Type.String({ maxLength: 90_000, description: 'PNG, JPEG or WebP of at most 64 KB, as base64.' }),
      ),
      thank_you: Type.Optional(Type.String({ maxLength: 300 })),
      redirect_url: Type.Optional(Type.String({ maxLength: 2_048 })),
    }),
  ),
  photos: Type.Optional(
    Type.Object({
      gps: Type.Optional(Type.Union([Type.Literal('keep'), Type.Literal('strip'), Type.Literal('coarse')])),
      image_format: Type.Optional(Type.Union([Type.Literal('original'), Type.Literal('jpeg')])),
      downscale: Type.Optional(Type.Boolean()),
    }),
  ),
  retention_days: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 1,
        maximum: 36_500,
        description:
          'Days that photos are kept here once they are delivered; null is as long as the install keeps them.',
      }),
    ),
  ),
});

const FoundSettings = shape('FoundPageSettings', {
  ...PageSettingsShape.properties,
  install_retention_days: nullable(
    Type.Integer({ description: 'Days that the install keeps photos at most; null is for ever.' }),
  ),
});

export function addPageSettingsRoutes(add: AddRoute, services: Services): void {
  const { db, sealer, clock, config } = services;
  const show = (settings: PageSettings): Static<typeof FoundSettings> => ({
    ...showSettings(settings),
    install_retention_days: config.retentionDays === 0 ? null : config.retentionDays,
  });
  const route = { paths: ['/projects/:project/page'], tag: 'Projects', access: 'key' } as const;
  add({
    ...route,
    method: 'GET',
    id: 'getPageSettings',
    summary: 'The brand of the phone page, and what is done with photos unless a session says otherwise',
    scope: 'project:read',
    response: { 200: FoundSettings },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return show(await findPageSettings(db.read, caller.projectId));
    },
  });
  add({
    ...route,
    method: 'PUT',
    id: 'setPageSettings',
    summary: 'Replace the brand of the phone page and the treatment of photos',
    errors: [403],
    scope: 'project:settings',
    body: PageSettingsShape,
    response: { 200: FoundSettings },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const project = await findProject(db.read, sealer, caller.projectId);
      if (!project) throw notFound('project');
      const settings = read(request.body);
      await setPageSettings(db, {
        projectId: caller.projectId,
        plan: project.plan,
        settings,
        longestRetentionDays: config.retentionDays,
        now: clock.now(),
      });
      return show(settings);
    },
  });
  add({
    method: 'GET',
    paths: ['/upload/:session/logo'],
    id: 'getSessionLogo',
    summary: 'The logo of the project whose photos a session takes',
    produces: ['image/png', 'image/jpeg', 'image/webp'],
    tag: 'Sessions',
    access: 'public',
    async handler(request, reply) {
      const session = await requireSessionByLink(db, request.params.session!);
      const { brand } = await findPageSettings(db.read, session.projectId);
      const logo = session.plan.branding && brand?.logo ? readLogo(brand.logo) : undefined;
      if (!logo) throw notFound('logo');
      return reply
        .type(logo.mimeType)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Content-Security-Policy', "default-src 'none'; sandbox")
        .header('Cache-Control', 'public, max-age=3600')
        .send(logo.bytes);
    },
  });
}

function read({ brand, photos, retention_days: days }: Static<typeof PageSettingsShape>): PageSettings {
  const { thank_you: thankYou, redirect_url: redirectUrl, ...rest } = brand ?? {};
  const { image_format: format, ...treatment } = photos ?? {};
  return {
    brand: {
      ...rest,
      ...(thankYou === undefined ? {} : { thankYou }),
      ...(redirectUrl === undefined ? {} : { redirectUrl }),
    },
    photos: { ...treatment, ...(format === undefined ? {} : { format }) },
    ...(days == null ? {} : { retentionDays: days }),
  };
}

function showSettings({
  brand = {},
  photos = {},
  retentionDays,
}: PageSettings): Static<typeof PageSettingsShape> {
  const { thankYou, redirectUrl, ...rest } = brand;
  const { format, ...treatment } = photos;
  return {
    brand: {
      ...rest,
      ...(thankYou === undefined ? {} : { thank_you: thankYou }),
      ...(redirectUrl === undefined ? {} : { redirect_url: redirectUrl }),
    },
    photos: { ...treatment, ...(format === undefined ? {} : { image_format: format }) },
    retention_days: retentionDays ?? null,
  };
}
