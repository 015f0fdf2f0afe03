/**
 * What the phone page weighs: script and style as a phone downloads them for the first paint, gzipped, with the heaviest
 * language. What comes after it stands (keeping photos, sending in pieces, encryption) is told beside it. And how soon it
 * can be used on a 3G line with a slow processor; both beside Uppy's dashboard with tus, built and visited in the same run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { buildWeb } from '../scripts/build-web.ts';
import { launchChromium } from '../test/helpers/browser.ts';
import { createSession, startProduct } from '../test/helpers/product.ts';
import { listOf, median, type Report, round } from './report.ts';
import { serveUppy } from './uppy.ts';
import { type Line, regular3g, slow3g, type Visit, visit } from './usable.ts';

const goalBytes = 30_720;
const assets = fileURLToPath(new URL('../dist/upload/assets', import.meta.url));

const isLanguage = (file: string): boolean => /^[a-z]{2}-[\w-]+\.js$/.test(file);
const isLater = (file: string): boolean => /^(road|scribe-worker|seal)-/.test(file);

/** The button that opens the gallery, once it does. */
const controls = { ours: '[data-screen="open"] .pick.gallery input', uppy: '.uppy-Dashboard-browse' };
const rounds = 7;

export async function run(report: Report): Promise<void> {
  await buildWeb({ force: false });
  const bytes = weigh(report);
  const uppy = await serveUppy();
  const product = await startProduct();
  const browser = await launchChromium();
  try {
    const owner = await product.createKey();
    const id = await createSession(product, owner, { destination_ids: [] });
    const pages = { ours: `${product.url}/u/${id}`, uppy: uppy.url };
    report.note(`Uppy's dashboard with tus: ${uppy.bytes} bytes gzipped`);
    const usable = await compare(report, browser, regular3g, pages);
    await compare(report, browser, slow3g, pages);
    tellWeight(report, bytes, uppy.bytes);
    report.bar(
      'page-usable',
      usable.ours / 1_000,
      { atMost: 2, unit: 's' },
      { what: 'First visit on a 3G line with a slow processor, until the gallery can be opened' },
    );
    const rows = [
      { name: 'Apertur', figure: usable.ours / 1_000 },
      { name: 'Uppy', figure: usable.uppy / 1_000 },
    ];
    const what = 'The same, beside Uppy';
    report.bar('page-usable-to-uppy', usable.ours / usable.uppy, { atMost: 1 }, { what, unit: 's', rows });
  } finally {
    await browser.close();
    await product.stop();
    await product.remove();
    await uppy.close();
  }
}

function tellWeight(report: Report, { first, later }: { first: number; later: number }, uppy: number): void {
  const rows = [
    { name: 'Apertur, first paint', figure: first },
    { name: 'Apertur, loaded later', figure: later },
    { name: 'Uppy', figure: uppy },
  ];
  const what = 'The phone page with its heaviest language, gzipped';
  report.bar('page-bytes', first, { atMost: goalBytes }, { what, unit: 'bytes', rows, limit: goalBytes });
  report.bar('page-bytes-to-uppy', first / uppy, { atMost: 1 }, { what: 'The same, beside Uppy' });
}

/** In turns, so that a machine that gets slower meanwhile hits both. Medians, in milliseconds. */
async function compare(
  report: Report,
  browser: Browser,
  line: Line,
  pages: { ours: string; uppy: string },
): Promise<{ ours: number; uppy: number }> {
  const visits = { ours: [] as Visit[], uppy: [] as Visit[] };
  for (let number = 0; number < rounds; number++) {
    visits.ours.push(await visit(browser, line, pages.ours, controls.ours));
    visits.uppy.push(await visit(browser, line, pages.uppy, controls.uppy));
  }
  const speed = `${round((line.down * 8) / 1_000)} kbit/s down, ${line.latency} ms, a quarter of the processor`;
  report.note(`${line.name} (${speed})`);
  for (const [name, made] of Object.entries(visits)) {
    const { bytes, requests } = made.at(-1)!;
    const times = listOf(made.map(({ usableMs }) => usableMs));
    report.note(
      `  ${name}: usable after ${times} ms; ${bytes} bytes came in ${requests} requests until then`,
    );
  }
  const times = (made: Visit[]): number => median(made.map(({ usableMs }) => usableMs));
  return { ours: times(visits.ours), uppy: times(visits.uppy) };
}

/** Bytes, gzipped. */
function weigh(report: Report): { first: number; later: number } {
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
  return { first, later: sum(isLater) };
}
