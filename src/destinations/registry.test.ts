/** What a new kind must bring besides its folder and its line. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findKind, kinds } from './registry.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const table = readFileSync(join(docs, 'destinations.md'), 'utf8').split('\n');

test.each(kinds.map(({ kind }) => kind))(
  '%s has a row in docs/destinations.md, and the row leads to its page',
  (kind) => {
    const rows = table.filter((line) => line.split('|')[2]?.includes(`\`${kind}\``));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [, page] = /\]\((destinations\/[a-z0-9-]+\.md)\)/.exec(row) ?? [];
      expect(existsSync(join(docs, page!)), row).toBe(true);
      // Kind, type, resumable, verified by, conflict policies, tested against.
      const cells = row.split('|').slice(1, -1);
      expect(cells.filter((cell) => cell.trim() !== '')).toHaveLength(6);
    }
  },
);

test('no name leads to two kinds', () => {
  const names = kinds.flatMap(({ kind, aliases }) => [kind, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const kind of kinds) {
    for (const name of [kind.kind, ...kind.aliases]) expect(findKind(name.toUpperCase())).toBe(kind);
  }
});
