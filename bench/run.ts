/**
 * `npm run bench` runs all benchmarks and writes what came out into docs/benchmarks.md, with plots. `npm run bench -- NAME`
 * runs one and writes nothing, unless `--write` is given: then its part of the page follows. `--draw` only writes
 * the page and the plots anew from what was measured before. A missed bar is printed as `short` and is no
 * failure: the exit code is 1 only when a benchmark itself broke; what broke leaves its earlier figures as they are.
 */
import { benchmarks, type Listed } from './list.ts';
import { publish } from './publish.ts';
import { createReport, isMet } from './report.ts';
import { describeMachine, type Result, type Results, readResults, resultOf, saveResults } from './results.ts';

async function main(args: string[]): Promise<number> {
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const options = args.filter((arg) => arg.startsWith('--'));
  const unknown = [
    ...wanted.filter((name) => benchmarks[name] === undefined),
    ...options.filter((option) => !['--write', '--draw'].includes(option)),
  ];
  if (unknown.length > 0) {
    console.error(
      `There is no benchmark or option ${unknown.join(', ')}. Benchmarks: ${Object.keys(benchmarks).join(', ')}. Options: --write, --draw.`,
    );
    return 2;
  }
  if (options.includes('--draw')) {
    publish(readResults());
    return 0;
  }
  const names = wanted.length > 0 ? wanted : Object.keys(benchmarks);
  const isWritten = wanted.length === 0 || options.includes('--write');
  return (await runAll(names, isWritten)) === 0 ? 0 : 1;
}

/** How many broke. */
async function runAll(names: readonly string[], isWritten: boolean): Promise<number> {
  const machine = describeMachine();
  console.log(`Node ${process.version}, ${machine.system}, ${machine.processors}, ${machine.fileSystem}`);
  console.log(`Load of the machine before: ${machine.load} (a busy one makes figures worthless)`);
  let broken = 0;
  const results: Results = {};
  for (const name of names) {
    const result = await runOne(name, benchmarks[name]!);
    if (result === undefined) broken += 1;
    else {
      results[name] = result;
      // After each: a run of an hour that breaks at its end has lost nothing.
      if (isWritten) publish(saveResults({ [name]: result }));
    }
  }
  tellAll(results);
  return broken;
}

async function runOne(name: string, { question, load }: Listed): Promise<Result | undefined> {
  console.log(`\n${name}: ${question}`);
  const begun = { at: new Date(), machine: describeMachine() };
  const report = createReport();
  try {
    await (await load()).run(report);
    return resultOf(report, begun);
  } catch (error) {
    console.error(`${name} broke:`, error);
    return undefined;
  }
}

function tellAll(results: Results): void {
  const bars = Object.values(results).flatMap((result) => result.bars);
  const short = bars.filter((bar) => !isMet(bar)).map(({ name }) => name);
  console.log(
    `\n${bars.length} bars, ${short.length} short${short.length > 0 ? `: ${short.join(', ')}` : ''}`,
  );
}

process.exitCode = await main(process.argv.slice(2));
