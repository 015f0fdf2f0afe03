/** The threat model names tests; each must exist, or the page promises what nobody checks. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/security.md'), 'utf8');

test('every test that the threat model names exists', () => {
  const named = [...page.matchAll(/`([\w./-]+\.test\.ts)` › (.+?)(?=; `| \|)/g)];
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter(([, file, name]) => {
    const where = path.join(root, file!);
    return !existsSync(where) || !readFileSync(where, 'utf8').includes(name!);
  });
  expect(missing.map(([, file, name]) => `${file} › ${name}`)).toEqual([]);
});

test('every file of security tests stands in the threat model', () => {
  for (const file of ['guard', 'uploads', 'secrets', 'headers', 'sources', 'dependencies']) {
    expect(page).toContain(`test/security/${file}.test.ts`);
  }
});
