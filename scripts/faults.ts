/**
 * Random faults against the whole product: `npm run faults -- --seed 7 --minutes 3`; `--seeds 20` tells so many stories,
 * one after the other, one in four of them on PostgreSQL. Prints a line a story; ends with 1 when anything is broken, and keeps
 * what is left of a broken one below `--keep` (a folder).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freshDatabases } from '../test/faults/fresh-database.ts';
import { type FaultReport, runFaults } from '../test/faults/harness/run.ts';
import { tellBroken } from '../test/faults/harness/tell.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '3' },
    keep: { type: 'string' },
  },
});
const first = Number(values.seed);
const stories = Number(values.seeds);
const minutes = Number(values.minutes);
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(stories) || stories < 1 || !(minutes > 0)) {
  console.error('Give --seed, --seeds and --minutes as numbers, for example --seed 7 --minutes 3.');
  process.exit(2);
}

// Without this the product and the small disk would outlive whoever stops the story.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const databases = freshDatabases();
let broken = 0;
try {
  for (let seed = first; seed < first + stories; seed += 1) {
    // The engine follows from the seed, so that one story can be told again alone.
    const databaseUrl = seed % 4 === 3 ? await databases.create(`faults_${seed}`) : undefined;
    const keep = values.keep && join(values.keep, `seed-${seed}`);
    const report = await runFaults({ seed, ms: minutes * 60_000, databaseUrl, keep });
    console.log(describe(report, databaseUrl ? 'PostgreSQL' : 'SQLite'));
    for (const sentence of tellBroken(report.broken)) console.log(`  ${sentence}`);
    broken += report.broken.length;
  }
} finally {
  await databases.stop();
}
process.exitCode = broken === 0 ? 0 : 1;

function describe(report: FaultReport, engine: string): string {
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ');
  const recovery =
    report.slowestRecoveryMs === null ? '–' : `${(report.slowestRecoveryMs / 1_000).toFixed(1)} s`;
  return (
    `seed ${report.seed} (${engine}): ${report.acknowledged} photos acknowledged, ${report.delivered} deliveries sent, ` +
    `${report.failed} failed with a reason, ${report.events} events, ${report.duplicates} duplicates, ` +
    `${report.orphanFiles} files without a row swept, slowest recovery ${recovery}; ${counts(report.faults)}; ` +
    `answers: ${counts(report.lies)}; ${report.broken.length === 0 ? 'nothing broken' : 'BROKEN'}`
  );
}
