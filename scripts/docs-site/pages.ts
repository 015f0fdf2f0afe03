/** The pages of the site: docs/ as Markdown, and the API from its document. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import highlighter from 'highlight.js';
import MarkdownIt from 'markdown-it';
import anchors from 'markdown-it-anchor';
import { anchorOf, describeApi, type OpenApi } from './openapi.ts';

export const root = path.resolve(import.meta.dirname, '../..');

export interface Section {
  /** Empty for what stands above the first heading. */
  heading: string;
  anchor: string;
  text: string;
}

export interface Page {
  /** Below docs/, without its ending. */
  name: string;
  title: string;
  html: string;
  /** What the search knows, and what stands beside the text. */
  sections: Section[];
}

/** All pages of docs/, and those of the API when its document is at hand. */
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
  if (openApi) sources.push(...describeApi(openApi));
  const titles = new Map(sources.map(({ name, source }) => [`${name}.md`, titleOf(source) ?? name]));
  return sources.map(({ name, source }) => {
    const told = nameLinks(source, name, titles);
    return {
      name,
      title: titleOf(source) ?? name,
      html: markdown.render(told, { name }),
      sections: sectionsOf(told),
    };
  });
}

const titleOf = (source: string): string | undefined => /^# (.+)$/m.exec(source)?.[1];

/** In the sources a link may say the name of a file; on the site it says the title of the page. */
function nameLinks(source: string, page: string, titles: ReadonlyMap<string, string>): string {
  return source.replace(/\[([\w/.-]+\.md)\]\(([^)#]+)/g, (all, _words: string, target: string) => {
    const title = titles.get(path.posix.join(path.posix.dirname(page), target));
    return title === undefined ? all : `[${title}](${target}`;
  });
}

/** By headings of the second degree. What stands in code blocks is found, too, but is no heading. */
function sectionsOf(source: string): Section[] {
  const sections: Section[] = [{ heading: '', anchor: '', text: '' }];
  let isCode = false;
  for (const line of source.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const [, heading] = (!isCode && /^## (.+)$/.exec(line)) || [];
    if (heading === undefined) {
      if (!/^# /.test(line) || isCode) sections.at(-1)!.text += `${plain(line)} `;
    } else {
      const words = plain(heading).trim();
      sections.push({ heading: words, anchor: anchorOf(words), text: '' });
    }
  }
  return sections;
}

const plain = (markdown: string): string =>
  markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*|#]|^\s*[-:|]+\s*$|```\w*/g, ' ')
    .replace(/\s+/g, ' ');

/** Code that is wider than the page is scrolled by keys, too; a column without a name has no head. */
const forKeyboards = (html: string): string =>
  html.replaceAll('<pre>', '<pre tabindex="0">').replaceAll('<th></th>', '<td></td>');

function createRenderer(): Pick<MarkdownIt, 'render'> {
  const markdown = new MarkdownIt({
    linkify: false,
    highlight: (code, language) =>
      highlighter.getLanguage(language) ? highlighter.highlight(code, { language }).value : '',
  });
  markdown.use(anchors, { slugify: anchorOf, permalink: anchors.permalink.headerLink() });
  const rules = markdown.renderer.rules;
  rules.link_open = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    const target = String(token.attrGet('href'));
    if (!/^[a-z]+:/.test(target)) token.attrSet('href', hrefOf(target, (env as { name: string }).name));
    return self.renderToken(tokens, index, options);
  };
  // A wide table scrolls in itself, and remains a table for those who listen to it.
  rules.table_open = () => '<div class="wide" tabindex="0"><table>\n';
  rules.table_close = () => '</table></div>\n';
  return { render: (source, env) => forKeyboards(markdown.render(source, env)) };
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
