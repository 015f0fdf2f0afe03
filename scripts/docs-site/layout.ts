/** How a page of the documentation looks: the rail with all pages, the text, and what it holds beside it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Page, root } from './pages.ts';

/** The rail: chapters with the pages below docs/, in reading order. What stands nowhere here is listed under More. */
export const chapters: readonly (readonly [title: string, about: string, names: readonly string[]])[] = [
  ['Begin', 'From nothing to the first photo.', ['quickstart', 'concepts', 'embedding', 'migrating']],
  [
    'Build',
    'The API, and what it sends you.',
    [
      'api',
      'operations',
      'verifying-webhooks',
      'webhooks',
      'photos',
      'encryption',
      'keys',
      'oauth',
      'errors',
    ],
  ],
  ['Deliver', 'Where photos go, kind by kind.', ['destinations']],
  [
    'Run',
    'Your own install, day by day.',
    [
      'deploy',
      'config',
      'dashboard',
      'accounts',
      'backup',
      'upgrade',
      'observability',
      'security',
      'scale',
      'benchmarks',
    ],
  ],
];

/** Where pages of a folder stand in the rail: below the page of that name. */
const folders: Readonly<Record<string, string>> = { destinations: 'destinations', operations: 'operations' };

type Listed = [title: string, about: string, pages: Page[]];

/** The chapters with their pages; throws when one names a page that is not there. */
export function listPages(pages: readonly Page[]): Listed[] {
  const byName = new Map(pages.map((page) => [page.name, page]));
  const named = new Set(chapters.flatMap(([, , names]) => names));
  const listed = chapters.map(([title, about, names]): Listed => {
    const found = names.flatMap((name) => {
      if (name === 'operations' && !byName.has(name)) return [];
      const page = byName.get(name);
      if (!page) throw new Error(`The rail names docs/${name}.md, which is not there`);
      return [page, ...pages.filter((below) => folders[folderOf(below)] === name)];
    });
    return [title, about, found];
  });
  const rest = pages.filter(
    ({ name }) => !named.has(name) && !(folderOf({ name }) in folders) && !name.startsWith('adr/'),
  );
  return rest.length > 0 ? [...listed, ['More', 'What else there is.', rest]] : listed;
}

const folderOf = ({ name }: { name: string }): string => (name.includes('/') ? name.split('/')[0]! : '');

export function renderPage(page: Page, pages: readonly Page[]): string {
  const listed = listPages(pages);
  const order = listed.flatMap(([, , found]) => found);
  const at = order.findIndex(({ name }) => name === page.name);
  const text = `<article>${page.html}${at < 0 ? '' : renderNeighbours(order[at - 1], order[at + 1], page)}</article>${renderContents(page)}`;
  return renderFrame(page, listed, text);
}

/** The front: one sentence, and a card a chapter. */
export function renderFront(pages: readonly Page[]): string {
  const cards = listPages(pages).map(([title, about, found]) => {
    const items = found
      .filter((page) => folderOf(page) !== 'operations')
      .map(({ name, title: words }) => `<li><a href="${name}.html">${markup(words)}</a></li>`);
    return `<section class="card"><h2>${title}</h2><p>${about}</p><ul>${items.join('')}</ul></section>`;
  });
  const html = `<div class="front"><h1>Photos from any phone, delivered where they are needed</h1>
<p class="lead">A back-end makes an upload session and shows its QR code; a person scans it and takes photos on a web page; each photo is stored safely and carried to your destinations. Self-hosted, one process, one command.</p>
<p class="promise"><strong>A photo that was answered “received” is never lost.</strong> Everything else comes second.</p>
<pre tabindex="0"><code>npm ci &amp;&amp; npm start</code></pre>
<p><a class="next" href="quickstart.html">Five minutes to the first photo</a></p>
<div class="cards">${cards.join('')}</div></div>`;
  const front: Page = { name: 'index', title: 'Documentation', html, sections: [] };
  return renderFrame(front, listPages(pages), html);
}

function renderFrame(page: Page, listed: readonly Listed[], text: string): string {
  const up = upOf(page);
  const rail = listed.map(([title, , found]) => {
    // The pages of a folder only while one reads there, and always the destinations: they are what people look for.
    const shown = found.filter(({ name }) => {
      const folder = folderOf({ name });
      return ['', 'destinations', page.name, folderOf(page)].includes(folder);
    });
    const items = shown.map((target) => {
      const here = target.name === page.name ? ' aria-current="page"' : '';
      const below = folderOf(target) === '' ? '' : ' class="below"';
      return `<li${below}><a href="${up}${target.name}.html"${here}>${markup(target.title)}</a></li>`;
    });
    return `<h2>${title}</h2><ul>${items.join('')}</ul>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:">
<title>${markup(page.title)} · Apertur</title><link rel="icon" href="${up}mark.svg"><link rel="stylesheet" href="${up}site.css"></head>
<body data-up="${up}"><a class="skip" href="#content">To the text</a>
<header><a class="home" href="${up}index.html">${mark}Apertur</a>
<div class="search" role="search"><label for="search">Search</label><input id="search" type="search" autocomplete="off" placeholder="Search" aria-controls="results"><ul id="results" aria-live="polite"></ul></div>
<button type="button" id="menu" aria-expanded="false" aria-controls="rail" hidden>Pages</button></header>
<nav id="rail" aria-label="Pages">${rail.join('')}</nav>
<main id="content" tabindex="-1">${text}</main><script src="${up}search.js"></script></body></html>
`;
}

const upOf = ({ name }: Page): string => '../'.repeat(name.split('/').length - 1);

function renderNeighbours(before: Page | undefined, after: Page | undefined, page: Page): string {
  const link = (target: Page | undefined, rel: string, word: string): string =>
    target
      ? `<a rel="${rel}" href="${upOf(page)}${target.name}.html"><span>${word}</span>${markup(target.title)}</a>`
      : '<span></span>';
  return `<nav class="neighbours" aria-label="Before and after">${link(before, 'prev', 'Before')}${link(after, 'next', 'Next')}</nav>`;
}

function renderContents({ sections }: Page): string {
  const named = sections.filter(({ heading }) => heading !== '');
  if (named.length < 3) return '';
  const items = named.map(({ heading, anchor }) => `<li><a href="#${anchor}">${markup(heading)}</a></li>`);
  return `<aside aria-label="On this page"><h2>On this page</h2><ul>${items.join('')}</ul></aside>`;
}

const mark = readFileSync(path.join(root, 'web/shared/mark.svg'), 'utf8')
  .replace(/<title>.*?<\/title>\s*/, '')
  .replace('<svg ', '<svg aria-hidden="true" width="24" height="24" ')
  .replace(/ color="[^"]*"/, '')
  .trim();

export const markup = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);
