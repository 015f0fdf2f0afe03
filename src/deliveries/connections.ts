/**
 * Open connections to destinations, reused between images. A destination that was changed gets a fresh one; an idle one
 * is closed. Kinds that can be carried are opened in a thread beside the main one.
 */
import type { ConnectionServices, DestinationKind } from '../destinations/destination.ts';
import type { Account } from '../destinations/oauth.ts';
import { isOAuthKind, type OAuthKind } from '../destinations/oauth-apps.ts';
import { findKind } from '../destinations/registry.ts';
import type { Settings } from '../destinations/settings.ts';
import type { SigningSecrets } from '../lib/signatures.ts';
import type { StoredConnection } from './carrier-words.ts';
import type { Carriers } from './carriers.ts';

export interface Target {
  id: string;
  projectId: string;
  type: string;
  updatedAt: number;
  settings(): Settings;
  webhookSecrets(): SigningSecrets;
}

export interface Connections {
  /** The connection of a destination; `release` it after use. */
  acquire(target: Target): { connection: StoredConnection; release(): void };
  close(): Promise<void>;
}

interface Entry {
  updatedAt: number;
  connection: StoredConnection;
  users: number;
  idleSince: number;
  retired: boolean;
}

const idleMs = 60_000;

export interface ConnectionsOptions
  extends Omit<ConnectionServices, 'projectSecrets' | 'account' | 'remember'> {
  /** Stores what a connection learnt about its destination. */
  remember(target: Pick<Target, 'id' | 'projectId'>, config: Record<string, unknown>): Promise<void>;
  /** The account that a destination was connected to. */
  accountOf(target: { id: string; projectId: string; kind: OAuthKind }): Account;
  /** Absent: the main thread does everything. */
  carriers?: Carriers | undefined;
}

export function createConnections({
  accountOf,
  remember,
  carriers,
  ...services
}: ConnectionsOptions): Connections {
  const entries = new Map<string, Entry>();
  const timer = setInterval(closeIdle, idleMs / 2).unref();

  function retire(id: string, entry: Entry): void {
    if (entries.get(id) === entry) entries.delete(id);
    entry.retired = true;
    if (entry.users === 0) void entry.connection.close().catch(() => undefined);
  }

  function closeIdle(): void {
    const now = services.now();
    for (const [id, entry] of entries) {
      if (entry.users === 0 && now - entry.idleSince > idleMs) retire(id, entry);
    }
  }

  function open(target: Target): Entry {
    const known = entries.get(target.id);
    if (known?.updatedAt === target.updatedAt) return known;
    if (known) retire(target.id, known);
    const kind = findKind(target.type);
    if (!kind) throw new Error(`No kind ${target.type}`);
    const entry = {
      updatedAt: target.updatedAt,
      connection: connect(kind, target),
      users: 0,
      idleSince: services.now(),
      retired: false,
    };
    entries.set(target.id, entry);
    return entry;
  }

  function connect(kind: DestinationKind, target: Target): StoredConnection {
    const settings = target.settings();
    const keep = (config: Record<string, unknown>): Promise<void> => remember(target, config);
    if (carriers && kind.carried) return carriers.connect({ kind: kind.kind, settings, remember: keep });
    return kind.connect(settings, {
      ...services,
      projectSecrets: target.webhookSecrets(),
      remember: keep,
      ...(isOAuthKind(kind)
        ? { account: accountOf({ id: target.id, projectId: target.projectId, kind }) }
        : {}),
    });
  }

  return {
    acquire(target) {
      const entry = open(target);
      entry.users += 1;
      return {
        connection: entry.connection,
        release() {
          entry.users -= 1;
          entry.idleSince = services.now();
          if (entry.retired && entry.users === 0) void entry.connection.close().catch(() => undefined);
        },
      };
    },
    async close() {
      clearInterval(timer);
      await Promise.allSettled([...entries.values()].map((entry) => entry.connection.close()));
      entries.clear();
      await carriers?.close();
    },
  };
}
