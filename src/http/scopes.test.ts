import { expect, test } from 'vitest';
import { readScopes } from './scopes.ts';

test.each([
  ['', ['plan:read']],
  ['upload:read', ['plan:read', 'upload:read']],
  ['sessions:write sessions:read', ['plan:read', 'upload:create', 'upload:read']],
  ['destinations:write destinations:read', ['plan:read', 'project:read', 'project:settings']],
  ['  upload:read   upload:read sessions:read ', ['plan:read', 'upload:read']],
])('"%s" is %j (contract §1.5)', (text, scopes) => {
  expect(readScopes(text)).toEqual(scopes);
});

test.each([
  'everything',
  'upload:read,upload:create',
  'constructor',
  '__proto__',
  'UPLOAD:READ',
  'upload:read\n',
])('"%s" holds an unknown scope', (text) => {
  expect(readScopes(text)).toBeUndefined();
});
