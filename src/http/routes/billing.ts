/** Paying for a plan. Without the provider's keys these routes say that billing is off. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../../errors.ts';
import type { Billing } from '../../projects/billing/stripe.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute, KnownPaths } from '../route.ts';
import { shape } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Plans';
const Link = shape('BillingLink', { url: Type.String() });

function requireBilling(services: Services): Billing {
  if (services.billing) return services.billing;
  throw new AppError(
    404,
    'NOT_FOUND',
    'Billing is off on this install: it has no Stripe keys. PUT /api/v1/projects/{project}/plan changes the plan.',
  );
}

const State = shape('Billing', {
  enabled: Type.Boolean({ description: 'Whether plans are paid for here: the install has Stripe keys.' }),
  /** Somebody paid once: the portal opens. */
  hasCustomer: Type.Boolean(),
  plans: Type.Array(Type.String(), { description: 'Ids of the plans that can be bought.' }),
});

/** People come back to where they left. */
const planScreen = (services: Services, request: FastifyRequest): string => {
  const { projectId, env } = callerOf(request);
  return `${services.originOf(request)}/p/${projectId}/${env}/settings/plan`;
};

export function addBillingRoutes(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/projects/:project/billing'],
    id: 'getBilling',
    summary: 'Whether plans are paid for here, and which can be bought',
    tag,
    access: 'key',
    scope: 'plan:read',
    response: { 200: State },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { billing } = services;
      return {
        enabled: billing !== undefined,
        hasCustomer: (await billing?.hasCustomer(caller.projectId)) ?? false,
        plans: [...(billing?.plans ?? [])],
      };
    },
  });
  add({
    method: 'POST',
    paths: ['/projects/:project/billing/checkout'],
    id: 'createCheckout',
    summary: 'A link to pay for a plan',
    errors: [404],
    tag,
    access: 'key',
    scope: 'project:settings',
    right: 'billing',
    body: Type.Object({ plan: Type.String({ maxLength: 40 }) }),
    response: { 200: Link },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const billing = requireBilling(services);
      const back = planScreen(services, request);
      return { url: await billing.checkoutUrl(caller.projectId, request.body.plan, back) };
    },
  });
  add({
    method: 'POST',
    paths: ['/projects/:project/billing/portal'],
    id: 'createBillingPortal',
    summary: 'A link to manage or end the subscription',
    errors: [404],
    tag,
    access: 'key',
    scope: 'project:settings',
    right: 'billing',
    response: { 200: Link },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const billing = requireBilling(services);
      return { url: await billing.portalUrl(caller.projectId, planScreen(services, request)) };
    },
  });
}

/** The provider signs the exact bytes, so this route alone reads its body as they came. */
export async function addBillingWebhook(
  app: FastifyInstance,
  services: Services,
  known: KnownPaths,
): Promise<void> {
  await app.register(async (raw) => {
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 1024 * 1024 }, (_request, body, done) =>
      done(null, body),
    );
    for (const url of ['/api/v1/billing/stripe/webhook', '/v1/billing/stripe/webhook']) {
      known.add('POST', url);
      raw.post(url, { schema: { hide: true } }, async (request) => {
        const signature = request.headers['stripe-signature'];
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        await requireBilling(services).takeEvent(body, Array.isArray(signature) ? signature[0] : signature);
        return { received: true };
      });
    }
  });
}
