/** What an OAuth token may do (contract §1.5). An API key may do all of it within its project. */
export const scopes = [
  'plan:read',
  'upload:create',
  'upload:read',
  'project:read',
  'project:settings',
] as const;

export type Scope = (typeof scopes)[number];

/** What each allows, for people. */
export const scopeWords: Record<Scope, string> = {
  'plan:read': 'Read the plan, its limits and the usage.',
  'upload:create': 'Create and change sessions, share them, draw their QR codes.',
  'upload:read': 'Read sessions, uploads and deliveries; fetch and acknowledge photos.',
  'project:read': 'List destinations, keys without their secrets, webhooks and statistics.',
  'project:settings': 'Create, change, delete and test destinations, keys and webhooks.',
};

/** Other names for scopes (contract §1.5). */
const aliases = new Map<string, Scope>([
  ['sessions:write', 'upload:create'],
  ['sessions:read', 'upload:read'],
  ['destinations:read', 'project:read'],
  ['destinations:write', 'project:settings'],
]);

/**
 * The scopes of a space-separated list, canonical, in their order and once each; `plan:read` is always among them.
 * Undefined when one is unknown.
 */
export function readScopes(text: string): Scope[] | undefined {
  const asked = new Set<Scope>(['plan:read']);
  for (const name of text.split(' ').filter((part) => part !== '')) {
    const scope = scopes.find((known) => known === name) ?? aliases.get(name);
    if (scope === undefined) return undefined;
    asked.add(scope);
  }
  return scopes.filter((scope) => asked.has(scope));
}
