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
