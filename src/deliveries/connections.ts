/**
 * Open connections to destinations, reused between images. A destination that was changed gets a fresh one; an idle one
 * is closed.
 */
import type { Connection, ConnectionServices } from '../destinations/destination.ts';
import type { Account } from '../destinations/oauth.ts';
import { isOAuthKind, type OAuthKind } from '../destinations/oauth-apps.ts';
import { findKind } from '../destinations/registry.ts';
import type { Settings } from '../destinations/settings.ts';

export interface Target {
  id: string;
  projectId: string;
  type: string;
  updatedAt: number;
  settings(): Settings;
  webhookSecret(): string;
}

export interface Connections {
  /** The connection of a destination; `release` it after use. */
  acquire(target: Target): { connection: Connection; release(): void };
  close(): Promise<void>;
}

interface Entry {
  updatedAt: number;
  connection: Connection;
  users: number;
  idleSince: number;
  retired: boolean;
}

const idleMs = 60_000;

export interface ConnectionsOptions
  extends Omit<ConnectionServices, 'projectWebhookSecret' | 'account' | 'remember'> {
  /** Stores what a connection learnt about its destination. */
  remember(target: Pick<Target, 'id' | 'projectId'>, config: Record<string, unknown>): Promise<void>;
  /** The account that a destination was connected to. */
  accountOf(target: { id: string; projectId: string; kind: OAuthKind }): Account;
}

export function createConnections({ accountOf, remember, ...services }: ConnectionsOptions): Connections {
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
    const connection = kind.connect(target.settings(), {
      ...services,
      projectWebhookSecret: target.webhookSecret(),
      remember: (config) => remember(target, config),
      ...(isOAuthKind(kind)
        ? { account: accountOf({ id: target.id, projectId: target.projectId, kind }) }
        : {}),
    });
    const entry = {
      updatedAt: target.updatedAt,
      connection,
      users: 0,
      idleSince: services.now(),
      retired: false,
    };
    entries.set(target.id, entry);
    return entry;
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
    },
  };
}
