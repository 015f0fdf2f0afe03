/**
 * `npm run bench -- NAME` runs one benchmark, without a name all of them. A missed bar is printed as `short` and is no
 * failure: the exit code is 1 only when a benchmark itself broke.
 */
import { cpus, loadavg } from 'node:os';
import { createReport, type Report, round } from './report.ts';

interface Benchmark {
  run(report: Report): Promise<void>;
}

const benchmarks: Record<string, { question: string; load: () => Promise<Benchmark> }> = {
  upload: {
    question:
      'How close do uploads come to a bare server that only hashes, writes and syncs, and what memory do 100 take?',
    load: () => import('./upload.ts'),
  },
  latency: {
    question: 'How soon after its 201 is a photo at the webhook?',
    load: () => import('./latency.ts'),
  },
  webhooks: {
    question: 'How many events a second reach a webhook, and how soon, beside BullMQ and graphile-worker?',
    load: () => import('./webhooks.ts'),
  },
  claim: {
    question:
      'Does a claim cost the same beside a thousand, a hundred thousand and three million finished rows?',
    load: () => import('./claim.ts'),
  },
  destinations: {
    question: 'How fast are photos delivered to file-like destinations, beside rclone?',
    load: () => import('./destinations.ts'),
  },
  page: {
    question: 'How many bytes does a phone fetch for the upload page?',
    load: () => import('./page.ts'),
  },
};

async function main(wanted: string[]): Promise<number> {
  const names = wanted.length > 0 ? wanted : Object.keys(benchmarks);
  const unknown = names.filter((name) => benchmarks[name] === undefined);
  if (unknown.length > 0) {
    console.error(
      `There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`,
    );
    return 2;
  }
  const [cpu] = cpus();
  console.log(`Node ${process.version}, ${process.platform}, ${cpus().length} × ${cpu?.model.trim()}`);
  console.log(
    `Load of the machine before: ${loadavg().map(round).join(' ')} (a busy one makes figures worthless)`,
  );
  let broken = 0;
  for (const name of names) {
    const benchmark = benchmarks[name]!;
    console.log(`\n${name}: ${benchmark.question}`);
    try {
      await (await benchmark.load()).run(createReport());
    } catch (error) {
      broken += 1;
      console.error(`${name} broke:`, error);
    }
  }
  return broken === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
