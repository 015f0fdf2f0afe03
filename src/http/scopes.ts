/** What an OAuth token may do (contract §1.5). An API key may do all of it within its project. */
export const scopes = [
  'plan:read',
  'upload:create',
  'upload:read',
  'project:read',
  'project:settings',
] as const;

export type Scope = (typeof scopes)[number];
