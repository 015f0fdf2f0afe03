/** Making an upload session, in both request styles (contract §2.2). */
import { randomBytes } from 'node:crypto';
import type { Database, Queries, Tx } from '../db/database.ts';
import type { Env } from '../db/schema.ts';
import type { Tags } from '../destinations/destination.ts';
import {
  createDestination,
  type DestinationContext,
  listDestinations,
  requireDestination,
} from '../destinations/destinations.ts';
import { findKind } from '../destinations/registry.ts';
import { invalid } from '../errors.ts';
import { emit } from '../events/emit.ts';
import { toIso } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { ApiKey } from '../projects/keys.ts';
import type { Plan } from '../projects/plans.ts';
import { countSession, requireFeature } from '../projects/usage.ts';
import { chooseTypes, expiryOf, type LimitsInput } from './limits.ts';
import { hashPassword } from './password.ts';
import type { Processing } from './processing.ts';
import { flattenTags } from './session.ts';

export interface NewSession extends LimitsInput {
  destinationIds?: string[] | undefined;
  destinationId?: string | undefined;
  deliveryMode?: string | undefined;
  webhookUrl?: string | undefined;
  webhookFormat?: string | undefined;
  longPolling?: boolean | undefined;
  tags?: Tags;
  /** What is done with its photos, where it is not as the project says. */
  processing?: Partial<Processing> | undefined;
  label?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  password?: string | undefined;
}

/** Who makes it: a project's key, or the dashboard (no key). */
export interface SessionOwner {
  projectId: string;
  env: Env;
  plan: Plan;
  key: ApiKey | undefined;
}

export interface CreateContext {
  db: Database;
  sealer: Sealer;
  localRoots: readonly string[];
  now: number;
}

const defaultMaxImages = 10;

/** Makes a session with its ad-hoc destination, its event and nothing else; returns its id. */
export async function createSession(
  input: NewSession,
  owner: SessionOwner,
  context: CreateContext,
): Promise<string> {
  const { db, now } = context;
  const expiresAt = expiryOf(input, owner.plan, now);
  const types = chooseTypes(input.allowedMimeTypes, owner.key?.allowedMimeTypes ?? []);
  if (input.password !== undefined) requireFeature(owner.plan, 'password');
  const passwordHash = input.password === undefined ? null : await hashPassword(input.password);
  const chosen = await chooseDestinations(db.read, input, owner, context.sealer);
  const id = createId('sess');

  await db.write(async (tx) => {
    if (owner.env === 'live') await countSession(tx, owner.projectId, owner.plan, now);
    await tx.q
      .insertInto('sessions')
      .values({
        id,
        project_id: owner.projectId,
        key_id: owner.key?.id ?? null,
        env: owner.env,
        short_code: randomBytes(6).toString('base64url'),
        label: input.label ?? null,
        tags: input.tags ? JSON.stringify(input.tags) : null,
        metadata: input.metadata ? JSON.stringify(input.metadata) : null,
        expires_at: expiresAt,
        max_images: input.maxImages ?? defaultMaxImages,
        allowed_mime_types: JSON.stringify(types),
        max_image_dimension: input.maxImageDimension ?? null,
        max_image_size_mb: input.maxImageSizeMb ?? null,
        password_hash: passwordHash,
        long_polling: chosen.longPolling ? 1 : 0,
        processing: input.processing ? JSON.stringify(input.processing) : null,
        images_count: 0,
        completed_at: null,
        expired_at: null,
        changed_at: now,
        created_at: now,
      })
      .execute();
    const destinations = await attachDestinations(tx, id, chosen, owner, context);
    await emit(tx, {
      projectId: owner.projectId,
      sessionId: id,
      topic: 'project.session.created',
      data: {
        session_id: id,
        expires_at: toIso(expiresAt),
        max_images: input.maxImages ?? defaultMaxImages,
        destinations,
        tags: flattenTags(input.tags ?? null) ?? [],
      },
      now,
    });
    tx.notify('expiry', '');
  });
  return id;
}

interface Chosen {
  ids: string[];
  adHoc: { url: string; format: string | undefined } | undefined;
  longPolling: boolean;
}

/** Which destinations a request means: by id, by mode, ad hoc, or the key's own. */
async function chooseDestinations(
  q: Queries,
  input: NewSession,
  owner: SessionOwner,
  sealer: Sealer,
): Promise<Chosen> {
  const mode = input.deliveryMode?.toLowerCase();
  const named =
    input.destinationIds ?? (input.destinationId === undefined ? undefined : [input.destinationId]);
  const longPolling = input.longPolling ?? (mode === 'long_polling' || (owner.key?.longPolling ?? false));
  const adHoc =
    input.webhookUrl !== undefined && (mode === undefined || mode === 'webhook')
      ? { url: input.webhookUrl, format: input.webhookFormat }
      : undefined;
  if (named) return { ids: await checkNamed(q, [...new Set(named)], owner, sealer), adHoc, longPolling };
  if (adHoc) return { ids: [], adHoc, longPolling };
  if (mode === 'none' || mode === 'long_polling') return { ids: [], adHoc, longPolling };
  if (mode === undefined) return { ids: await activeDefaults(q, owner, sealer), adHoc, longPolling };
  return { ids: [await onlyOfType(q, mode, owner, sealer)], adHoc, longPolling };
}

async function checkNamed(q: Queries, ids: string[], owner: SessionOwner, sealer: Sealer): Promise<string[]> {
  if (ids.length > 50) throw invalid('A session has at most 50 destinations.');
  for (const id of ids) {
    const destination = await requireDestination(q, sealer, owner.projectId, id);
    if (!destination.isActive)
      throw invalid(`The destination ${id} is switched off. Switch it on or name another.`);
  }
  return ids;
}

async function activeDefaults(q: Queries, owner: SessionOwner, sealer: Sealer): Promise<string[]> {
  const wanted = owner.key?.defaultDestinations ?? [];
  if (wanted.length === 0) return [];
  const active = (await listDestinations(q, sealer, owner.projectId)).filter((item) => item.isActive);
  return wanted.filter((id) => active.some((item) => item.id === id));
}

async function onlyOfType(q: Queries, mode: string, owner: SessionOwner, sealer: Sealer): Promise<string> {
  const kind = findKind(mode);
  if (!kind) throw invalid(`delivery_mode "${mode.slice(0, 40)}" is not known.`);
  const all = await listDestinations(q, sealer, owner.projectId);
  const fitting = all.filter((item) => item.isActive && item.type === kind.kind);
  if (fitting.length === 1) return fitting[0]!.id;
  if (kind.kind === 'webhook') throw invalid('webhook_url is required when delivery_mode is "webhook".');
  throw invalid(
    fitting.length === 0
      ? `This project has no active ${kind.label} destination. Create one, or name one with destination_ids.`
      : `This project has several ${kind.label} destinations. Name one with destination_ids.`,
  );
}

async function attachDestinations(
  tx: Tx,
  sessionId: string,
  chosen: Chosen,
  owner: SessionOwner,
  context: CreateContext,
): Promise<string[]> {
  const ids = [...chosen.ids];
  if (chosen.adHoc) ids.push(await createAdHoc(tx, sessionId, chosen.adHoc, owner, context));
  for (const [position, id] of ids.entries()) {
    await tx.q
      .insertInto('session_destinations')
      .values({ session_id: sessionId, destination_id: id, position })
      .execute();
  }
  return ids;
}

/** The webhook that a legacy request names: it lives with this session only and is called by its host. */
async function createAdHoc(
  tx: Tx,
  sessionId: string,
  adHoc: { url: string; format: string | undefined },
  owner: SessionOwner,
  context: CreateContext,
): Promise<string> {
  if (!URL.canParse(adHoc.url))
    throw invalid('webhook_url is not a URL such as https://shop.example/hooks/photo.');
  const destinationContext: DestinationContext = { ...context, env: owner.env };
  return createDestination(
    tx,
    {
      projectId: owner.projectId,
      sessionId,
      type: 'webhook',
      name: new URL(adHoc.url).host,
      config: { url: adHoc.url, ...(adHoc.format === undefined ? {} : { format: adHoc.format }) },
    },
    destinationContext,
  );
}
