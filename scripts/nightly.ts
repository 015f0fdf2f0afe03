/**
 * The fault tests at full length, for a nightly run: `npm run faults:nightly`. Three and a half hours; the same code as
 * the short ones of every run: a minute without the database, a hundred kills under events and a replay, a thousand under
 * photos, twenty storms and a cluster (as root).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', new URL('..', import.meta.url)));

const steps: { name: string; args: string[]; env?: Record<string, string> }[] = [
  {
    name: 'the database is away for 60 seconds',
    args: [vitest, 'run', 'test/faults/outage.test.ts'],
    env: { OUTAGE_SECONDS: '60' },
  },
  {
    name: '100 kills under events',
    args: [vitest, 'run', 'test/faults/webhook-kill.test.ts'],
    env: { EVENT_KILLS: '100' },
  },
  { name: '1,000 kills under photos', args: ['scripts/fault-kills.ts', '--kills', '1000'] },
  { name: '20 storms of three minutes', args: ['scripts/faults.ts', '--seeds', '20', '--minutes', '3'] },
  { name: 'half an hour of a cluster', args: ['scripts/cluster.ts', '--seed', '7', '--minutes', '30'] },
];

let failed = 0;
for (const { name, args, env } of steps) {
  console.log(`\n${name}`);
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    // Not by itself on the machine, as a rule.
    env: { PATIENCE: '4', ...process.env, ...env },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
