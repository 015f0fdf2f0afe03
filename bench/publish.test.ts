/** The page and the plots follow the results, and leave the words of people alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { drawPlot, withUnit } from './plot.ts';
import { renderBenchmarks } from './publish.ts';
import { createReport, rowOf } from './report.ts';
import { type Result, readResults, resultOf, saveResults } from './results.ts';

const machine = {
  processors: '2 × Example',
  memoryGB: 8,
  system: 'Linux',
  fileSystem: 'ext4',
  load: 0.1,
  nice: 0,
};

function measured(ours: readonly number[]): { result: Result; printed: string[] } {
  const printed: string[] = [];
  const report = createReport((line) => printed.push(line));
  const rows = [rowOf('Apertur', ours), rowOf('bare <server>', [100, 110, 90])];
  report.bar('upload-5MB', 0.9, { atLeast: 0.8 }, { what: 'Photos', unit: 'photos/s', rows, limit: 80 });
  report.bar('upload-memory', 170, { atMost: 160, unit: 'MB' });
  report.version('rclone', '1.60.1');
  return { result: resultOf(report, { at: new Date('2026-12-01T04:05:06Z'), machine }), printed };
}

test('a bar prints one line that a machine can read', () => {
  expect(measured([90]).printed).toEqual([
    'bar upload-5MB 0.9 >=0.8 ok',
    'bar upload-memory 170MB <=160MB short',
  ]);
});

test('a new benchmark gets a chapter, and a second run changes only what lies between the marks', () => {
  const first = renderBenchmarks('# Page\n\nWords.\n', { upload: measured([80, 90, 95]).result });
  expect(first).toContain('## Uploads');
  expect(first).toContain('Apertur 90 photos/s (80 to 95) · bare <server> 100 photos/s (90 to 110)');
  expect(first).toContain(
    '| `upload-memory` | Apertur 170 MB | 160 MB | **170 MB** | at most 160 MB | **short** |',
  );
  expect(first).toContain('Measured on 2026-12-01: 2 × Example, 8 GB, ext4, Linux, load before 0.1; Node ');
  expect(first).toContain('rclone 1.60.1.');
  const told = `${first}\nThe cause, by hand.\n`;
  const second = renderBenchmarks(told, { upload: measured([120]).result });
  expect(second).toContain('Apertur 120 photos/s');
  expect(second).not.toContain('80 to 95');
  expect(second.replaceAll(/<!-- bench[\s\S]*?<!-- end/g, '')).toBe(
    told.replaceAll(/<!-- bench[\s\S]*?<!-- end/g, ''),
  );
});

test('what a run publishes is what can be drawn from its file again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-results-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'results.json');
  const saved = saveResults({ upload: measured([80.123456, 90.987654]).result }, file);
  expect(saved).toEqual(readResults(file));
  expect(saved.upload!.bars[0]!.rows[0]!.rounds).toEqual([80.12, 90.99]);
});

test('a plot shows both sides and the limit on one scale, and escapes names', () => {
  const { bars } = measured([90]).result;
  const plot = drawPlot('Title', bars.slice(0, 1));
  const lengths = [...plot.matchAll(/class="(?:ours|peer)" x="226" y="[\d.]+" width="([\d.]+)"/g)];
  // The longest thing is a round of the peer (110), at 380 wide.
  expect(lengths.map(([, long]) => Number(long))).toEqual([310.9, 345.5]);
  expect(plot).toContain('M502.4 ');
  expect(plot).toContain('bare &lt;server&gt;');
  expect(plot).toContain('prefers-color-scheme: dark');
  expect(drawPlot('Title', [])).toBe('');
});

test('figures are shown with three digits that count', () => {
  expect([withUnit(4_049.6, ''), withUnit(0.95812, ''), withUnit(43, 'MB'), withUnit(-32.25, '%')]).toEqual([
    '4,050',
    '0.958',
    '43 MB',
    '−32.3 %',
  ]);
});
