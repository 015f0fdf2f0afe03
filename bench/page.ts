/**
 * What the phone page weighs: script and style as a phone downloads them for the first paint, gzipped, with the heaviest
 * language. What comes after it stands (keeping photos, sending in pieces, encryption) is told beside it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildWeb } from '../scripts/build-web.ts';
import type { Report } from './report.ts';

const goalBytes = 30_720;
const assets = fileURLToPath(new URL('../dist/upload/assets', import.meta.url));

const isLanguage = (file: string): boolean => /^[a-z]{2}-[\w-]+\.js$/.test(file);
const isLater = (file: string): boolean => /^(road|seal)-/.test(file);

export async function run(report: Report): Promise<void> {
  await buildWeb({ force: false });
  const weights = new Map<string, number>();
  for (const file of readdirSync(assets).sort()) {
    if (!/\.(js|css)$/.test(file)) continue;
    const content = readFileSync(path.join(assets, file));
    const weight = gzipSync(content, { level: 9 }).length;
    weights.set(file, weight);
    report.note(`${file.padEnd(22)} ${String(content.length).padStart(6)} bytes, ${weight} gzipped`);
  }
  const sum = (wanted: (file: string) => boolean): number =>
    [...weights].filter(([file]) => wanted(file)).reduce((total, [, weight]) => total + weight, 0);
  const heaviest = Math.max(
    0,
    ...[...weights].filter(([file]) => isLanguage(file)).map(([, weight]) => weight),
  );
  const first = sum((file) => !isLanguage(file) && !isLater(file)) + heaviest;
  if (first === 0) throw new Error(`There is no page in ${assets}`);
  report.note(`for the first paint ${first} bytes gzipped, afterwards ${sum(isLater)}`);
  const rows = [
    { name: 'Apertur, first paint', figure: first },
    { name: 'Apertur, loaded later', figure: sum(isLater) },
  ];
  const what = 'The phone page with its heaviest language, gzipped';
  const goal = { atMost: goalBytes };
  report.bar('page-bytes', first, goal, { what, unit: 'bytes', rows, limit: goalBytes });
}
