/**
 * Simulates cells of 50 to 1,000 photos a second with the measured costs (docs/scale-costs.json) and prints the tables of docs/scale.md:
 * `node scripts/simulate-scale.ts [--seed 1] [--write]`. The same seed gives the same tables; `--write` puts them into the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readCosts } from './scale/costs.ts';
import { renderAssumptions, renderTables } from './scale/tables.ts';

const page = path.resolve(import.meta.dirname, '../docs/scale.md');

/** `text` with the tables between their marks. */
export function renderScalePage(text: string, seed = 1): string {
  const costs = readCosts();
  const parts = { ...renderTables(costs, { seed }), assumptions: renderAssumptions(costs) };
  return Object.entries(parts).reduce((written, [name, part]) => {
    const [open, close] = [`<!-- scale ${name} -->`, `<!-- end of scale ${name} -->`];
    const [from, to] = [written.indexOf(open), written.indexOf(close)];
    if (from < 0 || to < from) throw new Error(`docs/scale.md has no place for ${name}`);
    return `${written.slice(0, from)}${open}\n\n${part}\n\n${written.slice(to)}`;
  }, text);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, write: { type: 'boolean', default: false } },
  });
  const seed = Number(values.seed);
  if (values.write) writeFileSync(page, renderScalePage(readFileSync(page, 'utf8'), seed));
  else
    for (const [name, text] of Object.entries(renderTables(readCosts(), { seed })))
      console.log(`\n${name}\n\n${text}`);
}
