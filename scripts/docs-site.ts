/**
 * Builds the documentation site from docs/ into dist/docs: plain pages that open from a disk, a search that needs no
 * server, nothing from elsewhere. `npm run docs`.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import MiniSearch from 'minisearch';
import { renderFront, renderPage } from './docs-site/layout.ts';
import type { OpenApi } from './docs-site/openapi.ts';
import { type Page, readPages, root } from './docs-site/pages.ts';

export { anchorOf as slugOf } from './docs-site/openapi.ts';
export { readPages } from './docs-site/pages.ts';

export interface Site {
  pages: Page[];
  output: string;
}

/** Writes the site; throws when a page of the rail does not exist. */
export function writeSite({ pages, output }: Site): void {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  for (const page of pages) {
    const file = path.join(output, `${page.name}.html`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, renderPage(page, pages));
  }
  writeFileSync(path.join(output, 'index.html'), renderFront(pages));
  writeFileSync(path.join(output, 'search.js'), renderSearch(pages));
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  writeFileSync(
    path.join(output, 'site.css'),
    read('web/shared/tokens.css') + read('scripts/docs-site/site.css'),
  );
  cpSync(path.join(root, 'web/shared/mark.svg'), path.join(output, 'mark.svg'));
  copyLinked(output, pages);
}

/** The library, the index of every section, and what ties them to the page. */
function renderSearch(pages: readonly Page[]): string {
  const search = new MiniSearch({
    fields: ['title', 'heading', 'text'],
    storeFields: ['title', 'heading'],
    idField: 'id',
  });
  search.addAll(
    pages.flatMap(({ name, title, sections }) =>
      sections.map(({ heading, anchor, text }) => ({
        id: `${name}.html${anchor ? `#${anchor}` : ''}`,
        title,
        heading,
        text,
      })),
    ),
  );
  const library = readFileSync(path.join(root, 'node_modules/minisearch/dist/umd/index.js'), 'utf8');
  const script = readFileSync(path.join(root, 'scripts/docs-site/search.js'), 'utf8');
  return `${library}\nconst found = ${JSON.stringify(JSON.stringify(search))};\n${script}`;
}

/** Files that pages link to: samples, pictures, sources. */
function copyLinked(output: string, pages: readonly Page[]): void {
  for (const page of pages) {
    for (const [, target] of page.html.matchAll(/(?:href|src)="([^"#:]+)(?:#[^"]*)?"/g)) {
      const name = path.posix.join(path.posix.dirname(page.name), decodeURI(target!));
      if (name.endsWith('.html') || name.startsWith('..')) continue;
      const from = name.startsWith('sources/')
        ? path.join(root, name.slice('sources/'.length))
        : path.join(root, 'docs', name);
      cpSync(from, path.join(output, name), { recursive: true });
    }
  }
}

/** The OpenAPI document of the server itself, from a server that is built and never listens. */
export async function readOpenApi(): Promise<OpenApi> {
  const { buildApp } = await import('../src/app.ts');
  const { readConfig } = await import('../src/config.ts');
  const folder = mkdtempSync(path.join(tmpdir(), 'apertur-docs-'));
  const config = readConfig({ APERTUR_DATA_DIR: folder, APERTUR_LOG_LEVEL: 'silent', APERTUR_PORT: '0' });
  const app = await buildApp(config, { api: true, worker: false });
  try {
    await app.server!.ready();
    const answer = await app.server!.inject('/openapi.json');
    return answer.json() as OpenApi;
  } finally {
    await app.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const output = path.join(root, 'dist/docs');
  const pages = readPages(await readOpenApi());
  writeSite({ pages, output });
  console.log(`Built ${pages.length} pages into dist/docs: open dist/docs/index.html.`);
}
