/**
 * Writes every change through the API into the audit log, in the transaction of the change: the first write that a route
 * makes for a request carries the entry along, so that no route can forget it and none has to know of it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Actor, recordAudit } from '../accounts/audit.ts';
import type { Database, Tx } from '../db/database.ts';
import { tellProject } from '../events/project-live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Caller } from './auth.ts';
import type { Operation } from './route.ts';

interface Pending {
  request: FastifyRequest;
  action: string;
  /** The id in the path that is changed. */
  targetId: string | null;
  written: boolean;
}

const pending = new AsyncLocalStorage<Pending>();

/** Whether a call of this route is a change that belongs into the log. What keys do all day (sessions, polls) does not. */
export function isAudited(operation: Pick<Operation, 'method' | 'access' | 'scope' | 'right'>): boolean {
  if (operation.method === 'GET' || operation.access === 'public') return false;
  return (
    operation.access === 'person' || operation.right !== undefined || operation.scope === 'project:settings'
  );
}

const verbs: Record<string, string> = { POST: 'create', PATCH: 'update', PUT: 'update', DELETE: 'delete' };

/** The nouns of a path and what is done: `DELETE /projects/:project/keys/:key` is `keys.delete`. */
export function actionOf(method: string, path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] === 'projects' && parts.length > 2) parts.splice(0, 2);
  const nouns = parts.filter((part) => !part.startsWith(':'));
  const last = parts.at(-1)!;
  // A word after an id is a verb of its own, when something is posted to it: `destinations.test`.
  const isVerb = method === 'POST' && !last.startsWith(':') && parts.at(-2)?.startsWith(':');
  return isVerb ? nouns.join('.') : [...nouns, verbs[method] ?? method.toLowerCase()].join('.');
}

/** A handler whose first write carries an entry of the log. */
export function audited(
  operation: Operation,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
) {
  const action = actionOf(operation.method, operation.paths[0]);
  const always = isAudited(operation);
  const changes = operation.method !== 'GET' && operation.access !== 'public';
  if (!changes) return handler;
  return (request: FastifyRequest, reply: FastifyReply): unknown => {
    // A key makes sessions at any pace; a person or an app does so rarely, and is answerable for it.
    if (!always && request.caller?.kind === 'key') return handler(request, reply);
    const targetId = targetOf(request);
    return pending.run({ request, action, targetId, written: false }, () => handler(request, reply));
  };
}

function targetOf(request: FastifyRequest): string | null {
  const params = Object.entries(request.params as Record<string, string>);
  return params.filter(([name]) => name !== 'project').at(-1)?.[1] ?? null;
}

/** The database for routes: a write within a request writes the entry of that request too, once. */
export function auditedDatabase(db: Database, clock: Clock): Database {
  return {
    engine: db.engine,
    read: db.read,
    write(fn, options) {
      const entry = pending.getStore();
      if (entry === undefined || entry.written) return db.write(fn, options);
      entry.written = true;
      const run = async (tx: Tx) => {
        const result = await fn(tx);
        await record(tx, entry, result, clock.now());
        return result;
      };
      return db.write(run, options).catch((error: unknown) => {
        entry.written = false;
        throw error;
      });
    },
    lockRows: (tx, table, ids) => db.lockRows(tx, table, ids),
    listen: (channel, handler) => db.listen(channel, handler),
    ping: () => db.ping(),
    close: () => db.close(),
  };
}

/** More about the change of this request, or another project that it is about. Call it before the write. */
export function noteAudit(note: {
  detail?: Record<string, unknown>;
  projectId?: string;
  targetId?: string;
}): void {
  const entry = pending.getStore();
  if (entry) notes.set(entry, { ...notes.get(entry), ...note });
}

const notes = new WeakMap<
  Pending,
  { detail?: Record<string, unknown>; projectId?: string; targetId?: string }
>();

async function record(tx: Tx, entry: Pending, result: unknown, now: number): Promise<void> {
  const { request, action, targetId } = entry;
  const actor = actorOf(request);
  if (actor === undefined) return;
  const note = notes.get(entry);
  const projectId = note?.projectId ?? request.caller?.projectId ?? null;
  if (projectId !== null) tellProject(tx, projectId, 'settings');
  await recordAudit(tx, {
    projectId,
    env: request.caller?.env ?? null,
    actor,
    action,
    targetId: note?.targetId ?? targetId ?? madeId(result),
    detail: note?.detail ?? shownMembers(request.body),
    // A connection that is gone already has none.
    address: request.ip ?? null,
    now,
  });
}

/** Which members were given, by name: their values may be secrets. */
function shownMembers(body: unknown): Record<string, unknown> | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || Buffer.isBuffer(body))
    return undefined;
  const members = Object.keys(body).slice(0, 50);
  const { name, label } = body as { name?: unknown; label?: unknown };
  const called = [name, label].find((value) => typeof value === 'string');
  if (members.length === 0) return undefined;
  return { members, ...(typeof called === 'string' ? { name: called.slice(0, 200) } : {}) };
}

const idPattern = /^[a-z]{2,6}_[0-9A-HJKMNP-TV-Z]{26}$/;

/** The id of what was made, where the write says it. */
function madeId(result: unknown): string | null {
  const id = typeof result === 'object' && result !== null ? (result as { id?: unknown }).id : result;
  return typeof id === 'string' && idPattern.test(id) ? id : null;
}

function actorOf(request: FastifyRequest): Actor | undefined {
  if (request.caller) return actorOfCaller(request.caller);
  const { person } = request.signedIn ?? {};
  return person && { kind: 'person', id: person.id, name: person.name };
}

export function actorOfCaller(caller: Caller): Actor {
  if (caller.kind === 'key') return { kind: 'key', id: caller.key.id, name: caller.key.label };
  if (caller.kind === 'app') return { kind: 'app', id: caller.appId, name: caller.appName };
  return { kind: 'person', id: caller.person.id, name: caller.person.name };
}
