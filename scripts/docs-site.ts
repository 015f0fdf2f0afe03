/**
 * Builds the documentation site from docs/ into dist/docs: plain pages that open from a disk, a search that needs no
 * server, nothing from elsewhere. `npm run docs`.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import highlighter from 'highlight.js';
import MarkdownIt from 'markdown-it';
import anchors from 'markdown-it-anchor';
import MiniSearch from 'minisearch';

const root = path.resolve(import.meta.dirname, '..');

/** The rail: chapters with the pages below docs/, in reading order. What stands nowhere here is listed under More. */
export const chapters: readonly (readonly [string, readonly string[]])[] = [
  ['Begin', ['quickstart', 'concepts', 'embedding', 'migrating']],
  ['Build', ['api', 'operations', 'verifying-webhooks', 'webhooks', 'encryption', 'errors']],
  ['Deliver', ['destinations']],
  ['Run', ['deploy', 'config', 'backup', 'upgrade', 'observability', 'security', 'benchmarks']],
];

export interface Page {
  /** Below docs/, without its ending. */
  name: string;
  title: string;
  html: string;
  text: string;
}

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; description?: string; required?: boolean }[];
  responses?: Record<string, { description?: string }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** GitHub's way of naming headings, so that links work in both places. */
export const slugOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

function createRenderer(): MarkdownIt {
  const markdown = new MarkdownIt({
    linkify: false,
    highlight: (code, language) =>
      highlighter.getLanguage(language) ? highlighter.highlight(code, { language }).value : '',
  });
  markdown.use(anchors, { slugify: slugOf, permalink: anchors.permalink.headerLink() });
  const plain = markdown.renderer.rules.link_open;
  markdown.renderer.rules.link_open = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    const target = String(token.attrGet('href'));
    if (!/^[a-z]+:/.test(target)) token.attrSet('href', hrefOf(target, (env as { name: string }).name));
    return plain ? plain(tokens, index, options, env, self) : self.renderToken(tokens, index, options);
  };
  return markdown;
}

/** Pages of docs/ become pages here; what lies elsewhere in the sources is copied beside them. */
function hrefOf(target: string, page: string): string {
  const [file = '', hash] = target.split('#');
  if (file === '') return target;
  const place = path.posix.join('docs', path.posix.dirname(page), file);
  const there = place.startsWith('docs/') ? place.slice('docs/'.length) : `sources/${place}`;
  const name = place.startsWith('docs/') ? there.replace(/\.md$/, '.html') : there;
  return `${path.posix.relative(path.posix.dirname(page), name)}${hash ? `#${hash}` : ''}`;
}

/** All pages of docs/, and one for every operation of the API when its document is at hand. */
export function readPages(openApi?: OpenApi): Page[] {
  const markdown = createRenderer();
  const files = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.replaceAll(path.sep, '/'));
  const sources = files.map((file) => ({
    name: file.replace(/\.md$/, ''),
    // Remarks to whoever edits the page are not for its readers.
    source: readFileSync(path.join(root, 'docs', file), 'utf8').replace(/<!--[\s\S]*?-->\n?/g, ''),
  }));
  if (openApi) sources.push({ name: 'operations', source: describeOperations(openApi) });
  return sources.map(({ name, source }) => ({
    name,
    title: /^# (.+)$/m.exec(source)?.[1] ?? name,
    html: markdown.render(source, { name }),
    text: source.replace(/[`*|#[\]()]/g, ' '),
  }));
}

function describeOperations({ paths }: OpenApi): string {
  const byTag = new Map<string, string[]>();
  for (const [where, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'More';
      byTag.set(tag, [...(byTag.get(tag) ?? []), describeOperation(method.toUpperCase(), where, operation)]);
    }
  }
  const chapters = [...byTag].map(([tag, operations]) => `## ${tag}\n\n${operations.join('\n')}`);
  return `# Every operation\n\nMade from the OpenAPI document, which has all schemas and examples: \`GET /openapi.json\`, or \`/docs\` of your server.\n\n${chapters.join('\n')}`;
}

function describeOperation(method: string, where: string, operation: Operation): string {
  const rows = (operation.parameters ?? []).map(
    ({ name, in: place, description, required }) =>
      `| \`${name}\` | ${place}${required ? ', required' : ''} | ${(description ?? '').replaceAll('\n', ' ').replaceAll('|', '\\|')} |`,
  );
  const table = rows.length > 0 ? `| Parameter | In | |\n|---|---|---|\n${rows.join('\n')}\n\n` : '';
  const answers = Object.keys(operation.responses ?? {}).join(', ');
  return `### ${operation.summary ?? where}\n\n\`${method} ${where}\`\n\n${operation.description ?? ''}\n\n${table}Answers: ${answers}\n`;
}

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
  const byName = new Map(pages.map((page) => [page.name, page]));
  writeFileSync(
    path.join(output, 'index.html'),
    renderPage({ ...byName.get('quickstart')!, name: 'index' }, pages),
  );
  const search = new MiniSearch({ fields: ['title', 'text'], storeFields: ['title'], idField: 'name' });
  search.addAll(pages.map(({ name, title, text }) => ({ name, title, text })));
  const library = readFileSync(path.join(root, 'node_modules/minisearch/dist/umd/index.js'), 'utf8');
  const script = readFileSync(path.join(root, 'scripts/docs-site/search.js'), 'utf8');
  writeFileSync(
    path.join(output, 'search.js'),
    `${library}\nconst found = ${JSON.stringify(JSON.stringify(search))};\n${script}`,
  );
  const tokens = readFileSync(path.join(root, 'web/shared/tokens.css'), 'utf8');
  writeFileSync(
    path.join(output, 'site.css'),
    tokens + readFileSync(path.join(root, 'scripts/docs-site/site.css'), 'utf8'),
  );
  copyLinked(output, pages);
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

const markup = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);

function renderPage(page: Page, pages: readonly Page[]): string {
  const up = '../'.repeat(page.name.split('/').length - 1);
  const byName = new Map(pages.map((item) => [item.name, item]));
  const named = new Set(chapters.flatMap(([, names]) => names));
  const rest = pages.map(({ name }) => name).filter((name) => !named.has(name) && !name.startsWith('adr/'));
  const listed: [string, readonly string[]][] = [
    ...chapters.map(([title, names]): [string, readonly string[]] => [
      title,
      title === 'Deliver' ? [...names, ...rest.filter((name) => name.startsWith('destinations/'))] : names,
    ]),
    ['More', rest.filter((name) => !name.startsWith('destinations/'))],
  ];
  const rail = listed
    .map(([title, names]) => {
      const items = names
        .filter((name) => name !== 'operations' || byName.has(name))
        .map((name) => {
          const target = byName.get(name);
          if (!target) throw new Error(`The rail names docs/${name}.md, which is not there`);
          const here = name === page.name ? ' aria-current="page"' : '';
          return `<li><a href="${up}${name}.html"${here}>${markup(target.title)}</a></li>`;
        });
      return items.length > 0 ? `<h2>${title}</h2><ul>${items.join('')}</ul>` : '';
    })
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:">
<title>${markup(page.title)} · Apertur</title><link rel="stylesheet" href="${up}site.css"></head>
<body data-up="${up}"><a class="skip" href="#content">To the text</a>
<nav aria-label="Pages"><a class="home" href="${up}index.html">Apertur</a>
<label for="search">Search</label><input id="search" type="search" autocomplete="off"><ul id="results" aria-live="polite"></ul>${rail}</nav>
<main id="content">${page.html}</main><script src="${up}search.js"></script></body></html>
`;
}

/** The OpenAPI document of the server itself, from a server that is built and never listens. */
export async function readOpenApi(): Promise<OpenApi> {
  const { mkdtempSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
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
