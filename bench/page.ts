/** What the phone page weighs: script and style as a phone downloads them, gzipped, every language counted. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildWeb } from '../scripts/build-web.ts';
import type { Report } from './report.ts';

const goalBytes = 30_720;
const assets = fileURLToPath(new URL('../dist/upload/assets', import.meta.url));

export async function run(report: Report): Promise<void> {
  await buildWeb({ force: false });
  let total = 0;
  for (const file of readdirSync(assets).sort()) {
    if (!/\.(js|css)$/.test(file)) continue;
    const content = readFileSync(path.join(assets, file));
    const weight = gzipSync(content, { level: 9 }).length;
    total += weight;
    report.note(`${file.padEnd(22)} ${String(content.length).padStart(6)} bytes, ${weight} gzipped`);
  }
  if (total === 0) throw new Error(`There is no page in ${assets}`);
  report.note(`together ${total} bytes gzipped`);
  report.bar('page-bytes', total, { atMost: goalBytes });
}
