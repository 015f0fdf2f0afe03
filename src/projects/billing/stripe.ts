/**
 * Paying for a plan through Stripe: a link to check out, a link to manage, and the signed events that say what was paid.
 * Written against Stripe's published API (checkout sessions, billing portal, webhook signatures); the events alone move
 * a project to its plan, so a browser that never comes back changes nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { StripeSettings } from '../../config.ts';
import type { Database, Tx } from '../../db/database.ts';
import { AppError, invalid } from '../../errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Outbound } from '../../lib/outbound.ts';
import { changePlan } from '../change-plan.ts';

export interface Billing {
  /** Ids of the plans that can be bought. */
  readonly plans: readonly string[];
  /** Whether somebody paid for the project once, and so has something to manage. */
  hasCustomer(projectId: string): Promise<boolean>;
  /** The page where a person pays for the plan. Throws AppError 400 for a plan without a price, 503 when Stripe does not answer. */
  checkoutUrl(projectId: string, planId: string, returnUrl: string): Promise<string>;
  /** The page where a paying person changes or ends it. Throws AppError 409 when nothing was paid yet. */
  portalUrl(projectId: string, returnUrl: string): Promise<string>;
  /** Takes an event. Throws AppError 400 for a signature that is not right or too old. */
  takeEvent(body: Buffer, signature: string | undefined): Promise<void>;
}

export interface BillingServices {
  db: Database;
  outbound: Outbound;
  clock: Clock;
}

/** Where a project goes when its subscription ends. */
const planWithoutPayment = 'free';

/** Seconds; Stripe's own libraries use the same. */
const tolerance = 300;

export function createStripe(settings: StripeSettings, services: BillingServices): Billing {
  return {
    plans: [...settings.prices.keys()],
    hasCustomer: async (projectId) => (await customerOf(services.db, projectId)) !== null,
    async checkoutUrl(projectId, planId, returnUrl) {
      const price = settings.prices.get(planId);
      if (price === undefined) {
        throw invalid(
          `The plan "${planId.slice(0, 40)}" cannot be bought here. There are ${[...settings.prices.keys()].join(', ')}.`,
        );
      }
      const customer = await customerOf(services.db, projectId);
      const session = await post(settings, services, '/v1/checkout/sessions', {
        mode: 'subscription',
        'line_items[0][price]': price,
        'line_items[0][quantity]': '1',
        client_reference_id: projectId,
        'subscription_data[metadata][project]': projectId,
        success_url: returnUrl,
        cancel_url: returnUrl,
        ...(customer === null ? {} : { customer }),
      });
      return session.url;
    },
    async portalUrl(projectId, returnUrl) {
      const customer = await customerOf(services.db, projectId);
      if (customer === null)
        throw new AppError(409, 'CONFLICT', 'This project has not paid for a plan yet. Check out first.');
      return (
        await post(settings, services, '/v1/billing_portal/sessions', { customer, return_url: returnUrl })
      ).url;
    },
    async takeEvent(body, signature) {
      verify(settings.webhookSecret, body, signature, services.clock.now());
      await take(settings, services, JSON.parse(body.toString()) as StripeEvent);
    },
  };
}

async function customerOf(db: Database, projectId: string): Promise<string | null> {
  const row = await db.read
    .selectFrom('projects')
    .select('billing_customer')
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row?.billing_customer ?? null;
}

/** The form-encoded way of Stripe's API; its own error sentence is passed on, never our key. */
async function post(
  settings: StripeSettings,
  { outbound }: BillingServices,
  path: string,
  form: Record<string, string>,
): Promise<{ url: string }> {
  const answer = await outbound
    .request({
      method: 'POST',
      url: settings.apiUrl + path,
      headers: {
        authorization: `Bearer ${settings.secretKey}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    })
    .catch((cause: unknown) => {
      throw new AppError(503, 'SERVICE_UNAVAILABLE', 'Stripe does not answer. Try again in a moment.', {
        retryAfter: 10,
        cause,
      });
    });
  const said = JSON.parse(answer.body.toString() || '{}') as { url?: string; error?: { message?: string } };
  if (answer.status === 200 && said.url) return { url: said.url };
  const message = said.error?.message ?? `status ${answer.status}`;
  throw new AppError(503, 'SERVICE_UNAVAILABLE', `Stripe refused: ${message}`, { retryAfter: 60 });
}

/** Stripe's scheme: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, several v1 while a secret is rotated. */
function verify(secret: string, body: Buffer, header: string | undefined, now: number): void {
  const wrong = new AppError(
    400,
    'VALIDATION_ERROR',
    'The Stripe signature is not right. Check the signing secret.',
  );
  const parts = (header ?? '').split(',').map((part) => part.split('=') as [string, string]);
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(time)) throw wrong;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  const given = parts.filter(([name, value]) => name === 'v1' && /^[0-9a-f]{64}$/.test(value ?? ''));
  if (!given.some(([, value]) => timingSafeEqual(expected, Buffer.from(value, 'hex')))) throw wrong;
  if (Math.abs(now / 1000 - Number(time)) > tolerance) {
    throw new AppError(
      400,
      'VALIDATION_ERROR',
      'The Stripe signature is too old. Check the clock of this server.',
    );
  }
}

interface StripeEvent {
  id: string;
  type: string;
  /** Unix seconds. */
  created: number;
  data: { object: StripeObject };
}

interface StripeObject {
  id: string;
  customer?: string;
  subscription?: string;
  client_reference_id?: string;
  status?: string;
  metadata?: { project?: string };
  items?: { data: { price: { id: string } }[] };
}

async function take(
  settings: StripeSettings,
  { db, clock }: BillingServices,
  event: StripeEvent,
): Promise<void> {
  const now = clock.now();
  await db.write(async (tx) => {
    const first = await tx.q
      .insertInto('billing_events')
      .values({ id: event.id, created_at: now })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (Number(first.numInsertedOrUpdatedRows) === 0) return;
    const subject = event.data.object;
    if (event.type === 'checkout.session.completed') await rememberCustomer(tx, subject, now);
    if (event.type.startsWith('customer.subscription.')) await followSubscription(settings, tx, event, now);
  });
}

/** Who pays for the project; the plan follows from the subscription's own event. */
async function rememberCustomer(tx: Tx, checkout: StripeObject, now: number): Promise<void> {
  if (!checkout.client_reference_id) return;
  await tx.q
    .updateTable('projects')
    .set({
      billing_customer: checkout.customer ?? null,
      billing_subscription: checkout.subscription ?? null,
      updated_at: now,
    })
    .where('id', '=', checkout.client_reference_id)
    .execute();
}

/** An event says the whole state of the subscription, so the newest one is right and a late older one is passed over. */
async function followSubscription(
  settings: StripeSettings,
  tx: Tx,
  event: StripeEvent,
  now: number,
): Promise<void> {
  const subscription = event.data.object;
  const project = await tx.q
    .selectFrom('projects')
    .select(['id', 'billing_event_at'])
    .where((eb) =>
      subscription.metadata?.project
        ? eb('id', '=', subscription.metadata.project)
        : eb('billing_customer', '=', subscription.customer ?? ''),
    )
    .executeTakeFirst();
  if (!project || (project.billing_event_at ?? 0) > event.created * 1000) return;
  await tx.q
    .updateTable('projects')
    .set({
      billing_customer: subscription.customer ?? null,
      billing_subscription: subscription.id,
      billing_event_at: event.created * 1000,
    })
    .where('id', '=', project.id)
    .execute();
  const planId = planOf(settings, event.type, subscription);
  if (planId !== undefined) await changePlan(tx, project.id, planId, now);
}

/** Undefined: no change. A payment that is late keeps its plan while Stripe tries again. */
function planOf(settings: StripeSettings, type: string, subscription: StripeObject): string | undefined {
  const ended = ['canceled', 'unpaid', 'incomplete_expired'].includes(subscription.status ?? '');
  if (type === 'customer.subscription.deleted' || ended) return planWithoutPayment;
  if (subscription.status !== 'active' && subscription.status !== 'trialing') return undefined;
  const price = subscription.items?.data[0]?.price.id;
  return [...settings.prices].find(([, id]) => id === price)?.[0];
}
