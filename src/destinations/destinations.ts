/** The stored destinations of a project: rows with sealed credentials. Contract §6.1. */
import { type Selectable, sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { DestinationTable, Env } from '../db/schema.ts';
import { anyHolds, type Found, type Part, readPart, wordsOf } from '../db/search.ts';
import { AppError, invalid, notFound } from '../errors.ts';
import { createId } from '../lib/ids.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { DestinationKind } from './destination.ts';
import { findKind, kindNames, kindsCalled } from './registry.ts';
import { readSettings, type Settings } from './settings.ts';

export interface Destination {
  id: string;
  projectId: string;
  type: string;
  name: string;
  kind: DestinationKind;
  isActive: boolean;
  createdAt: number;
  updatedAt: number;
  /** For kinds that are connected by signing in. */
  connection: ConnectionState | undefined;
  /** Opened only when asked for. */
  settings(): Settings;
}

/** Whether the account of a destination is connected; while it is not, deliveries are held. */
export interface ConnectionState {
  status: 'connected' | 'reconnect_needed' | 'not_connected';
  accountEmail: string | null;
  /** Why deliveries are held, and since when. */
  reason: string | null;
  since: number | null;
}

export interface DestinationContext {
  sealer: Sealer;
  env: Env;
  localRoots: readonly string[];
  now: number;
}

const credentialsContext = (id: string): string => `destination:${id}:credentials`;

/** The kind behind a type string or one of its aliases; throws AppError 400 naming those that there are. */
export function requireKind(type: string): DestinationKind {
  const kind = findKind(type);
  if (kind) return kind;
  throw invalid(`There is no destination type "${type.slice(0, 40)}". Use one of ${kindNames().join(', ')}.`);
}

/** Opens the sealed credentials of a destination; none is an empty object. */
export function openCredentials(sealer: Sealer, id: string, sealed: string | null): Record<string, unknown> {
  return sealed === null ? {} : JSON.parse(sealer.open(sealed, credentialsContext(id)));
}

/** Seals credentials for their place; none is null. */
export function sealCredentials(
  sealer: Sealer,
  id: string,
  credentials: Record<string, unknown>,
): string | null {
  if (Object.keys(credentials).length === 0) return null;
  return sealer.seal(JSON.stringify(credentials), credentialsContext(id));
}

function connectionOf(row: Selectable<DestinationTable>): ConnectionState {
  const { account_email: email } = JSON.parse(row.config) as { account_email?: string };
  const held = row.credentials === null ? 'not_connected' : 'reconnect_needed';
  return {
    status: row.held_at === null ? 'connected' : held,
    accountEmail: email ?? null,
    reason: row.held_reason,
    since: row.held_at,
  };
}

function toDestination(row: Selectable<DestinationTable>, sealer: Sealer): Destination {
  const kind = requireKind(row.type);
  return {
    id: row.id,
    projectId: row.project_id,
    type: row.type,
    name: row.name,
    kind,
    isActive: row.is_active === 1 && row.deleted_at === null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    connection: kind.oauth ? connectionOf(row) : undefined,
    settings: () => ({
      config: JSON.parse(row.config),
      credentials: openCredentials(sealer, row.id, row.credentials),
    }),
  };
}

function sealSettings(
  id: string,
  settings: Settings,
  sealer: Sealer,
): Pick<DestinationTable, 'config' | 'credentials'> {
  return {
    config: JSON.stringify(settings.config),
    credentials: sealCredentials(sealer, id, settings.credentials),
  };
}

const notConnected = 'Nobody has signed in for this destination yet. Connect the account.';

export interface NewDestination {
  projectId: string;
  /** Set for an ad-hoc webhook that lives only with this session. */
  sessionId?: string;
  type: string;
  name?: string | undefined;
  config: Record<string, unknown>;
}

/** Checks and stores a destination; returns its id. */
export async function createDestination(
  tx: Tx,
  input: NewDestination,
  context: DestinationContext,
): Promise<string> {
  const kind = requireKind(input.type);
  const implied = kind.impliedByAlias?.[input.type.toLowerCase()];
  const settings = readSettings(kind, { ...implied, ...input.config }, context);
  const id = createId('dest');
  await tx.q
    .insertInto('destinations')
    .values({
      id,
      project_id: input.projectId,
      session_id: input.sessionId ?? null,
      type: kind.kind,
      name: input.name?.trim() || kind.label,
      ...sealSettings(id, settings, context.sealer),
      is_active: 1,
      deleted_at: null,
      ...connectionAfter(kind, settings, context.now),
      created_at: context.now,
      updated_at: context.now,
    })
    .execute();
  return id;
}

/** The stored destinations of a project, oldest first. Ad-hoc webhooks of sessions are not among them. */
export async function listDestinations(
  q: Queries,
  sealer: Sealer,
  projectId: string,
): Promise<Destination[]> {
  const rows = await storedOf(q, projectId).execute();
  return rows.map((row) => toDestination(row, sealer));
}

const storedOf = (q: Queries, projectId: string) =>
  q
    .selectFrom('destinations')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('session_id', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id');

/** A part of the stored destinations of a project, oldest first; found by name, kind or id. */
export async function searchDestinations(
  q: Queries,
  sealer: Sealer,
  projectId: string,
  part: Part,
): Promise<Found<Destination>> {
  const columns = [sql.ref('name'), sql.ref('type'), sql.ref('id')];
  let query = storedOf(q, projectId);
  for (const word of wordsOf(part.search)) {
    const kinds = kindsCalled(word);
    query = query.where((eb) =>
      eb.or([
        anyHolds(columns, word),
        // What people call a kind stands in no row.
        ...(kinds.length > 0 ? [eb('type', 'in', kinds)] : []),
      ]),
    );
  }
  const { rows, total } = await readPart(query, part);
  return { rows: rows.map((row) => toDestination(row, sealer)), total };
}

/** A stored destination of a project; throws AppError 403 for another project's, 404 for none. */
export async function requireDestination(
  q: Queries,
  sealer: Sealer,
  projectId: string,
  id: string,
): Promise<Destination> {
  const row = await q
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', id)
    .where('session_id', 'is', null)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw notFound('destination');
  if (row.project_id !== projectId) {
    throw new AppError(403, 'FORBIDDEN', 'This destination belongs to another project.');
  }
  return toDestination(row, sealer);
}

/** A destination for delivering, ad-hoc and deleted ones included; undefined when the row is gone. */
export async function findDestinationForDelivery(
  q: Queries,
  sealer: Sealer,
  projectId: string,
  id: string,
): Promise<Destination | undefined> {
  const row = await q
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row && toDestination(row, sealer);
}

export interface DestinationChange {
  name?: string | undefined;
  config?: Record<string, unknown> | undefined;
  isActive?: boolean | undefined;
}

/** Changes a destination; settings merge member by member. */
export async function updateDestination(
  tx: Tx,
  destination: Destination,
  change: DestinationChange,
  context: DestinationContext,
): Promise<void> {
  const settings = change.config
    ? readSettings(destination.kind, change.config, context, destination.settings())
    : undefined;
  await tx.q
    .updateTable('destinations')
    .set((eb) => ({
      ...(change.name?.trim() ? { name: change.name.trim() } : {}),
      ...(settings ? { config: JSON.stringify(settings.config) } : {}),
      ...(settings && hasOtherCredentials(destination, settings)
        ? {
            credentials: sealCredentials(context.sealer, destination.id, settings.credentials),
            ...connectionAfter(destination.kind, settings, context.now),
            connection_version: eb('connection_version', '+', 1),
          }
        : {}),
      ...(change.isActive === undefined ? {} : { is_active: change.isActive ? 1 : 0 }),
      updated_at: context.now,
    }))
    .where('id', '=', destination.id)
    .where('project_id', '=', destination.projectId)
    .execute();
}

/** What ends the holding of deliveries: nothing is known of the new token yet. */
export const released = { held_at: null, held_reason: null, token_expires_at: null } as const;

/** Credentials that stay are not written again: a token that is renewed meanwhile would be lost. */
function hasOtherCredentials({ settings }: Destination, { credentials }: Settings): boolean {
  return JSON.stringify(credentials) !== JSON.stringify(settings().credentials);
}

/** Deliveries of a kind that is connected by signing in are held until somebody did. */
function connectionAfter(kind: DestinationKind, { credentials }: Settings, now: number) {
  if (!kind.oauth || Object.keys(credentials).length > 0) return released;
  return { ...released, held_at: now, held_reason: notConnected };
}

/**
 * Stores members of the configuration that a connection learnt at the other side. What is set already stays: somebody
 * chose it, or another process was first. The destination counts as unchanged, so open connections go on.
 */
export async function rememberLearnt(
  tx: Tx,
  projectId: string,
  id: string,
  learnt: Record<string, unknown>,
): Promise<void> {
  const row = await tx.q
    .selectFrom('destinations')
    .select('config')
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return;
  const config: Record<string, unknown> = JSON.parse(row.config);
  const fresh = Object.entries(learnt).filter(([name]) => config[name] === undefined || config[name] === '');
  if (fresh.length === 0) return;
  await tx.q
    .updateTable('destinations')
    .set({ config: JSON.stringify({ ...config, ...Object.fromEntries(fresh) }) })
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    // Not when somebody changed it since it was read.
    .where('config', '=', row.config)
    .execute();
}

/** Takes a destination away. What still waits for it is ended by the caller (deliveries), in the same transaction. */
export async function removeDestination(tx: Tx, projectId: string, id: string, now: number): Promise<void> {
  await tx.q
    .updateTable('destinations')
    .set({ deleted_at: now, is_active: 0, credentials: null, updated_at: now })
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .execute();
}
