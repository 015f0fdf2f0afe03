/**
 * Random faults against the whole product: `npm run faults -- --seed 7 --minutes 3`; `--seeds 20` tells so many stories,
 * one after the other. Prints a line a story; ends with 1 when anything is broken.
 */
import { parseArgs } from 'node:util';
import { runFaults } from '../test/faults/harness/run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '3' },
  },
});
const first = Number(values.seed);
let broken = 0;
for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
  const report = await runFaults({ seed, ms: Number(values.minutes) * 60_000 });
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ');
  console.log(
    `seed ${seed}: ${report.acknowledged} photos acknowledged, ${report.delivered} deliveries sent, ${report.failed} failed; ` +
      `${counts(report.faults)}; answers: ${counts(report.lies)}; ${report.broken.length === 0 ? 'nothing broken' : 'BROKEN'}`,
  );
  for (const sentence of report.broken.slice(0, 20)) console.log(`  ${sentence}`);
  broken += report.broken.length;
}
process.exitCode = broken === 0 ? 0 : 1;
