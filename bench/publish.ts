/**
 * Writes what was measured into docs/benchmarks.md, between marks, and draws the plots. The words around the marks, with the
 * causes of what is short, are written by people and stay.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { benchmarks, type Listed } from './list.ts';
import { drawPlot, withUnit } from './plot.ts';
import { type Bar, isMet, listOf, type Row, round } from './report.ts';
import type { Machine, Result, Results } from './results.ts';

const docs = resolve(import.meta.dirname, '../docs');
const page = resolve(docs, 'benchmarks.md');
const pictures = resolve(docs, 'images/benchmarks');

/** The page and every plot, made from all results. */
export function publish(results: Results): void {
  writeFileSync(page, renderBenchmarks(readFileSync(page, 'utf8'), results));
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  for (const [name, picture] of Object.entries(drawAll(results)))
    writeFileSync(resolve(pictures, name), picture);
}

/** File name to picture. */
export function drawAll(results: Results): Record<string, string> {
  return Object.fromEntries(
    listed(results).map(([name, { title }, { bars }]) => [
      `${name}.svg`,
      drawPlot(`${title}: Apertur, what is beside it, and the limit`, bars),
    ]),
  );
}

/** `text` with new parts between the marks; a benchmark without marks gets a chapter at the end. */
export function renderBenchmarks(text: string, results: Results): string {
  let written = replacePart(text, 'all', renderSummary(results)) ?? text;
  for (const [name, { title, question }, result] of listed(results)) {
    const part = renderResult(name, question, result);
    written =
      replacePart(written, name, part) ??
      `${written.trimEnd()}\n\n## ${title}\n\n${question}\n\n${openMark(name)}\n${part}\n${closeMark(name)}\n`;
  }
  return written;
}

const openMark = (name: string): string => `<!-- bench ${name}: written by npm run bench -->`;
const closeMark = (name: string): string => `<!-- end of bench ${name} -->`;

function replacePart(text: string, name: string, part: string): string | undefined {
  const from = text.indexOf(openMark(name));
  const to = text.indexOf(closeMark(name));
  if (from < 0 || to < from) return undefined;
  return `${text.slice(0, from)}${openMark(name)}\n${part}\n${text.slice(to)}`;
}

function listed(results: Results): [string, Listed, Result][] {
  return Object.entries(benchmarks).flatMap(([name, listed]): [string, Listed, Result][] =>
    results[name] ? [[name, listed, results[name]]] : [],
  );
}

function renderSummary(results: Results): string {
  const rows = listed(results).flatMap(([, , { bars }]) =>
    bars.map((bar) => {
      const { name, what, figure, unit, wants, goal } = bar;
      return `| \`${name}\` | ${cell(what)} | ${withUnit(figure, unit)} | ${wants} ${withUnit(goal, unit)} | ${verdict(bar)} |`;
    }),
  );
  return `\n| bar | what | figure | goal | |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function renderResult(name: string, question: string, { at, machine, versions, bars }: Result): string {
  const rows = bars.map(
    (bar) =>
      `| \`${bar.name}\` | ${bar.rows.map((row) => describeRow(row, bar.rowUnit)).join(' · ')} | ${bar.limit === undefined ? '' : withUnit(bar.limit, bar.rowUnit)} | ${describeFigure(bar)} | ${bar.wants} ${withUnit(bar.goal, bar.unit)} | ${verdict(bar)} |`,
  );
  return `
![${question}](images/benchmarks/${name}.svg)

| bar | measured | limit | figure (rounds) | goal | |
|---|---|---|---|---|---|
${rows.join('\n')}

${describeRun(at, machine, versions)}
`;
}

const verdict = (bar: Bar): string => (isMet(bar) ? 'ok' : '**short**');

function describeRow({ name, figure, rounds }: Row, unit: string): string {
  const spread =
    rounds && rounds.length > 1 ? ` (${round(Math.min(...rounds))} to ${round(Math.max(...rounds))})` : '';
  return `${cell(name)} ${withUnit(figure, unit)}${spread}`;
}

function describeFigure({ figure, unit, rounds }: Bar): string {
  return `**${withUnit(figure, unit)}**${rounds && rounds.length > 1 ? ` (${listOf(rounds)})` : ''}`;
}

/** Machine and versions, so that nobody compares what cannot be compared. */
function describeRun(at: string, machine: Machine, versions: Record<string, string>): string {
  const { processors, memoryGB, system, fileSystem, load, nice } = machine;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const busy = load === undefined ? '' : `, load before ${load}`;
  const ahead = nice === 0 ? '' : `, nice ${nice}`;
  return `Measured on ${at.slice(0, 10)}: ${processors}, ${memoryGB} GB, ${fileSystem}, ${system}${busy}${ahead}; ${software.join(', ')}.`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
