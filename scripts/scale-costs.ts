/**
 * Measures what a photo costs (processor time, rows, bytes, WAL, connections), for docs/scale.md:
 * `node scripts/scale-costs.ts [--photos 200] [--write]`. With `--write` the figures go to docs/scale-costs.json.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeCosts } from './scale/costs.ts';
import { measureCosts } from './scale/measure.ts';

const { values } = parseArgs({
  options: { photos: { type: 'string', default: '200' }, write: { type: 'boolean', default: false } },
});
const costs = {
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`,
  date: new Date().toISOString().slice(0, 10),
  load: Number(loadavg()[0]!.toFixed(1)),
  photos: Number(values.photos),
  ...(await measureCosts({ photoBytes: 2_000_000, photos: Number(values.photos), say: console.log })),
};
console.log(JSON.stringify(costs, null, 2));
if (values.write) writeCosts(costs);
