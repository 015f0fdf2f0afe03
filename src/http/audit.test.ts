import { expect, test } from 'vitest';
import { actionOf, isAudited } from './audit.ts';

test.each([
  ['POST', '/projects/:project/keys', 'keys.create'],
  ['PATCH', '/projects/:project/keys/:key', 'keys.update'],
  ['DELETE', '/projects/:project/keys/:key', 'keys.delete'],
  ['PUT', '/keys/:key/destinations', 'keys.destinations.update'],
  ['POST', '/projects/:project/destinations/:destination/test', 'destinations.test'],
  ['POST', '/projects', 'projects.create'],
  ['PATCH', '/projects/:project', 'projects.update'],
  ['DELETE', '/projects/:project', 'projects.delete'],
  ['PUT', '/projects/:project/plan', 'plan.update'],
  ['DELETE', '/me/sessions/:signIn', 'me.sessions.delete'],
])('%s %s is %s', (method, path, action) => {
  expect(actionOf(method, path)).toBe(action);
});

test('what changes a project is in the log, what keys do all day is not', () => {
  const key = { access: 'key' } as const;
  expect(isAudited({ ...key, method: 'POST', scope: 'project:settings' })).toBe(true);
  expect(isAudited({ ...key, method: 'POST', right: 'billing' })).toBe(true);
  expect(isAudited({ access: 'person', method: 'DELETE' })).toBe(true);
  expect(isAudited({ ...key, method: 'POST', scope: 'upload:create' })).toBe(false);
  expect(isAudited({ ...key, method: 'GET', scope: 'project:settings' })).toBe(false);
  expect(isAudited({ access: 'public', method: 'POST' })).toBe(false);
});
