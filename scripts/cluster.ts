/**
 * Faults against several processes on one PostgreSQL and one S3-compatible store, each in a network namespace of its own
 * (run as root): `npm run cluster -- --seed 7 --minutes 30 [--apis 3] [--workers 3] [--verbose]`. Ends with 1 when anything is broken.
 */
import { parseArgs } from 'node:util';
import { runCluster } from '../test/faults/harness/cluster.ts';
import { tellBroken } from '../test/faults/harness/tell.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '3' },
    apis: { type: 'string', default: '3' },
    workers: { type: 'string', default: '3' },
    verbose: { type: 'boolean', default: false },
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const report = await runCluster({
  seed: Number(values.seed),
  ms: Number(values.minutes) * 60_000,
  apis: Number(values.apis),
  workers: Number(values.workers),
  ...(values.verbose ? { tell: (what: string) => console.error(`${new Date().toISOString()} ${what}`) } : {}),
});
const faults = Object.entries(report.faults).map(([name, times]) => `${name} ${times}`);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
console.log(
  `${values.apis} api, ${values.workers} workers, seed ${values.seed}: ${report.acknowledged} photos acknowledged, ` +
    `${report.sent} deliveries sent, ${report.events} events, ${report.duplicates} duplicates, ` +
    `${report.orphanFiles} files without a row swept; ${faults.join(', ')}; ${report.takeOvers.times} times the others took ` +
    `over from a killed worker, at worst in ${seconds(report.takeOvers.slowestMs)}; from the 201 to the receiver ` +
    `${seconds(report.arrivalMs.median)} (median), ${seconds(report.arrivalMs.slowest)} at worst; ` +
    `${report.broken.length === 0 ? 'nothing broken' : 'BROKEN'}`,
);
for (const sentence of tellBroken(report.broken)) console.log(`  ${sentence}`);
process.exitCode = report.broken.length === 0 ? 0 : 1;
