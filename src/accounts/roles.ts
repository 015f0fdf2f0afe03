/** What the members of a project may do (contract §1.5, issue of the dashboard): a role is a set of scopes and rights. */
import type { Role } from '../db/schema.ts';

export type { Role };

/** What no scope covers, and so neither a key's reach nor an app's: it is for people in a role that has it. */
export type Right = 'members' | 'billing' | 'apps' | 'project:rename' | 'project:delete';

interface RoleMeaning {
  scopes: readonly string[];
  rights: readonly Right[];
}

const reads = ['plan:read', 'upload:read', 'project:read'] as const;
const work = [...reads, 'upload:create', 'project:settings'] as const;

export const roles: Record<Role, RoleMeaning> = {
  viewer: { scopes: reads, rights: [] },
  developer: { scopes: work, rights: ['apps'] },
  admin: { scopes: work, rights: ['apps', 'members', 'billing', 'project:rename'] },
  owner: { scopes: work, rights: ['apps', 'members', 'billing', 'project:rename', 'project:delete'] },
};

export const roleNames = ['owner', 'admin', 'developer', 'viewer'] as const satisfies readonly Role[];

/** Only an owner makes, changes or removes owners: an admin could otherwise take the project over. */
export const mayGive = (giver: Role, role: Role): boolean => role !== 'owner' || giver === 'owner';
