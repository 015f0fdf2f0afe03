/** Event webhooks of a project: who wants to hear of what, and how it is sent there (contract §8.1, §8.2). */
import { randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { SignatureMethod, WebhookTable } from '../db/schema.ts';
import { type Found, holdsEveryWord, type Part, readPart } from '../db/search.ts';
import { AppError, invalid, notFound } from '../errors.ts';
import { checkCustomHeaders } from '../lib/custom-headers.ts';
import { createId } from '../lib/ids.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { Secrets } from './signing.ts';
import { topics, unknownPatterns } from './topics.ts';

export interface Webhook {
  id: string;
  projectId: string;
  url: string;
  signatureMethod: SignatureMethod;
  /** As the owner typed them. */
  topics: string[];
  isActive: boolean;
  maxRetries: number;
  /** Seconds, as the owner gave them. */
  retryIntervals: number[];
  disableAfterFailures: number;
  consecutiveFailures: number;
  disabledAt: number | null;
  disabledReason: string | null;
  maxInFlight: number | null;
  rateLimit: number | null;
  ordered: boolean;
  /** Until when the secret before the last rotation signs too. */
  previousSecretUntil: number | null;
  createdAt: number;
  updatedAt: number;
  customHeaders(): Record<string, string>;
  /** The secret: 64 lower-case hex characters. */
  secret(): string;
  /** What signs at this moment; `other` swaps the two of a rotation. */
  secrets(now: number, other?: boolean): Secrets;
}

export const limits = {
  webhooks: 100,
  url: 2_048,
  topics: 50,
  retries: 100,
  /** Seven days. */
  retryInterval: 604_800,
  disableAfterFailures: 1_000_000,
  inFlight: 128,
  rate: 10_000,
  overlapDays: 7,
} as const;

export const defaults = {
  maxRetries: 5,
  retryIntervals: [30, 60, 300, 900, 3_600],
  disableAfterFailures: 10,
} as const;

const dayMs = 86_400_000;

const contextOf = (id: string, what: string): string => `webhook:${id}:${what}`;

/** Opens a row; its secrets are opened when they are asked for. */
export function toWebhook(row: Selectable<WebhookTable>, sealer: Sealer): Webhook {
  const secret = (): string => sealer.open(row.secret, contextOf(row.id, 'secret'));
  return {
    id: row.id,
    projectId: row.project_id,
    url: row.url,
    signatureMethod: row.signature_method,
    topics: JSON.parse(row.topics),
    isActive: row.is_active === 1,
    maxRetries: row.max_retries,
    retryIntervals: JSON.parse(row.retry_intervals),
    disableAfterFailures: row.disable_after_failures,
    consecutiveFailures: row.consecutive_failures,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
    maxInFlight: row.max_in_flight,
    rateLimit: row.rate_limit,
    ordered: row.is_ordered === 1,
    previousSecretUntil: row.previous_until,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    customHeaders: () => JSON.parse(sealer.open(row.custom_headers, contextOf(row.id, 'headers'))),
    secret,
    secrets(now, other = false) {
      const both = row.previous_secret !== null && row.previous_until !== null && now < row.previous_until;
      return {
        method: row.signature_method,
        current: secret(),
        previous: both
          ? sealer.open(row.previous_secret as string, contextOf(row.id, 'previous-secret'))
          : undefined,
        primary: (row.signs_previous === 1) !== other ? 'previous' : 'current',
      };
    },
  };
}

/** The webhooks of a project, newest first. */
export async function listWebhooks(q: Queries, sealer: Sealer, projectId: string): Promise<Webhook[]> {
  const rows = await webhooksOf(q, projectId).execute();
  return rows.map((row) => toWebhook(row, sealer));
}

/** A part of them; found by address or id. */
export async function searchWebhooks(
  q: Queries,
  sealer: Sealer,
  projectId: string,
  part: Part,
): Promise<Found<Webhook>> {
  const columns = [sql.ref('url'), sql.ref('id')];
  const query = webhooksOf(q, projectId).where(holdsEveryWord(columns, part.search));
  const { rows, total } = await readPart(query, part);
  return { rows: rows.map((row) => toWebhook(row, sealer)), total };
}

const webhooksOf = (q: Queries, projectId: string) =>
  q
    .selectFrom('webhooks')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');

/** A webhook of a project. Throws AppError 404, and 403 when it belongs to another project. */
export async function requireWebhook(
  q: Queries,
  sealer: Sealer,
  projectId: string,
  id: string,
): Promise<Webhook> {
  const row = await q
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw notFound('webhook');
  if (row.project_id !== projectId) {
    throw new AppError(403, 'FORBIDDEN', 'This webhook belongs to another project.');
  }
  return toWebhook(row, sealer);
}

export interface WebhookSettings {
  url: string;
  topics: string[];
  maxRetries: number;
  retryIntervals: number[];
  disableAfterFailures: number;
  customHeaders: Record<string, string>;
  maxInFlight: number | null;
  rateLimit: number | null;
  ordered: boolean;
}

export type NewWebhook = Partial<WebhookSettings> &
  Pick<WebhookSettings, 'url' | 'topics'> & { projectId: string; signatureMethod?: SignatureMethod };

export interface WriteContext {
  sealer: Sealer;
  now: number;
}

/** Makes a webhook with a fresh secret. Returns its id. Throws AppError 400 for settings that cannot be. */
export async function createWebhook(
  tx: Tx,
  { projectId, signatureMethod = 'hmac_sha256', ...given }: NewWebhook,
  { sealer, now }: WriteContext,
): Promise<string> {
  check(given);
  const { count } = await tx.q
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(count) >= limits.webhooks) {
    throw invalid(`A project has at most ${limits.webhooks} webhooks. Delete one first.`);
  }
  const id = createId('wh');
  const headers = checkCustomHeaders(given.customHeaders ?? {}, 'customHeaders');
  await tx.q
    .insertInto('webhooks')
    .values({
      id,
      project_id: projectId,
      url: given.url,
      secret: sealer.seal(newSecret(), contextOf(id, 'secret')),
      previous_secret: null,
      previous_until: null,
      signs_previous: 0,
      signature_method: signatureMethod,
      topics: JSON.stringify(given.topics),
      max_retries: given.maxRetries ?? defaults.maxRetries,
      retry_intervals: JSON.stringify(given.retryIntervals ?? defaults.retryIntervals),
      disable_after_failures: given.disableAfterFailures ?? defaults.disableAfterFailures,
      consecutive_failures: 0,
      custom_headers: sealer.seal(JSON.stringify(headers), contextOf(id, 'headers')),
      is_active: 1,
      disabled_at: null,
      disabled_reason: null,
      max_in_flight: given.maxInFlight ?? null,
      rate_limit: given.rateLimit ?? null,
      next_free_at: 0,
      is_ordered: given.ordered ? 1 : 0,
      deleted_at: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return id;
}

export type WebhookChange = Partial<WebhookSettings> & { isActive?: boolean };

/** Changes what is given. Switching it on forgets its failures (contract §8.2). Throws AppError 400. */
export async function updateWebhook(
  tx: Tx,
  webhook: Webhook,
  change: WebhookChange,
  { sealer, now }: WriteContext,
): Promise<void> {
  check(change);
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : value ? 1 : 0);
  const headers = change.customHeaders && checkCustomHeaders(change.customHeaders, 'customHeaders');
  const set = {
    url: change.url,
    topics: change.topics && JSON.stringify(change.topics),
    max_retries: change.maxRetries,
    retry_intervals: change.retryIntervals && JSON.stringify(change.retryIntervals),
    disable_after_failures: change.disableAfterFailures,
    custom_headers: headers && sealer.seal(JSON.stringify(headers), contextOf(webhook.id, 'headers')),
    max_in_flight: change.maxInFlight,
    rate_limit: change.rateLimit,
    is_ordered: flag(change.ordered) as 0 | 1 | undefined,
    is_active: flag(change.isActive) as 0 | 1 | undefined,
    ...(change.isActive ? { consecutive_failures: 0, disabled_at: null, disabled_reason: null } : {}),
  };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  await tx.q
    .updateTable('webhooks')
    .set((eb) => ({ ...given, updated_at: later(eb.ref('updated_at'), now) }))
    .where('id', '=', webhook.id)
    .where('project_id', '=', webhook.projectId)
    .execute();
}

/**
 * Gives the webhook a new secret. The old one goes on signing beside it for `overlapDays` (0: it ends at once). The header of
 * one signature bears the old one until the receiver is seen to accept the new one (signing.ts).
 */
export async function rotateSecret(
  tx: Tx,
  webhook: Webhook,
  overlapDays: number,
  { sealer, now }: WriteContext,
): Promise<void> {
  const overlap = overlapDays > 0;
  await tx.q
    .updateTable('webhooks')
    .set((eb) => ({
      secret: sealer.seal(newSecret(), contextOf(webhook.id, 'secret')),
      previous_secret: overlap
        ? sealer.seal(webhook.secret(), contextOf(webhook.id, 'previous-secret'))
        : null,
      previous_until: overlap ? now + Math.round(overlapDays * dayMs) : null,
      signs_previous: overlap ? 1 : 0,
      updated_at: later(eb.ref('updated_at'), now),
    }))
    .where('id', '=', webhook.id)
    .where('project_id', '=', webhook.projectId)
    .execute();
}

/** Takes a webhook away. Its secrets go at once; its deliveries stay to be seen until their retention ends. */
export async function removeWebhook(tx: Tx, webhook: Webhook, now: number): Promise<void> {
  await tx.q
    .updateTable('webhooks')
    .set((eb) => ({
      deleted_at: now,
      secret: '',
      previous_secret: null,
      custom_headers: '',
      updated_at: later(eb.ref('updated_at'), now),
    }))
    .where('id', '=', webhook.id)
    .where('project_id', '=', webhook.projectId)
    .execute();
}

const newSecret = (): string => randomBytes(32).toString('hex');

function check(given: Partial<WebhookSettings>): void {
  if (given.url !== undefined) checkUrl(given.url);
  if (given.topics === undefined) return;
  const [unknown] = unknownPatterns(given.topics);
  if (unknown !== undefined) {
    throw invalid(
      `The topic "${unknown.slice(0, 80)}" is unknown. Known are ${topics.join(', ')}, and stems of them with .* at the end.`,
    );
  }
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw invalid('url must be a complete address that begins with https:// or http://.');
  }
  if (url.username || url.password) {
    throw invalid(
      'url carries a user name or password. Send them as an Authorization header in customHeaders.',
    );
  }
}

/** Where a webhook leads, without what may be a token in its path. */
export function describeUrl(text: string): string {
  const { origin, pathname, search } = new URL(text);
  return pathname + search === '/' ? origin : `${origin}/…`;
}

/** `updated_at` never stands still: what was opened from the row is kept by it. */
const later = <T>(column: T, now: number) =>
  sql<number>`case when ${column} >= ${now} then ${column} + 1 else ${now} end`;
