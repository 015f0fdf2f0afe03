/** The dashboard in its three languages: nothing is missing, nothing is left in English, and no screen brings words of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import { words as english } from './words/en.ts';
import { words as spanish } from './words/es.ts';
import { words as french } from './words/fr.ts';

/** "nav.home" → "Home", of every leaf. */
function leavesOf(tree: object, stem = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    const at = stem ? `${stem}.${name}` : name;
    if (typeof value === 'string') leaves.set(at, value);
    else for (const [key, text] of leavesOf(value as object, at)) leaves.set(key, text);
  }
  return leaves;
}

const original = leavesOf(english);
const blanks = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

const names = new Set(['Svix / Standard Webhooks']);

test.each([
  ['fr', french],
  ['es', spanish],
])('%s says everything, with the same blanks, in its own words', (_language, words) => {
  const leaves = leavesOf(words);
  expect([...leaves.keys()].sort()).toEqual([...original.keys()].sort());
  const wrong: string[] = [];
  for (const [name, text] of leaves) {
    const source = original.get(name)!;
    if (text.trim() === '') wrong.push(`${name} is empty`);
    // A plural may leave its number out: "one photo".
    const mayDrop = name.endsWith('.one');
    const missing = blanks(source).filter((blank) => !blanks(text).includes(blank));
    const invented = blanks(text).filter((blank) => !blanks(source).includes(blank));
    if ((missing.length > 0 && !mayDrop) || invented.length > 0)
      wrong.push(`${name} has other blanks: ${text}`);
    // Single words may be the same: "Plan", "Photos".
    if (text === source && text.split(/\s+/).length > 2 && !names.has(text)) {
      wrong.push(`${name} is still English: ${text}`);
    }
  }
  expect(wrong).toEqual([]);
});

const folder = import.meta.dirname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.tsx'),
);

/** Attributes that people read or hear. */
const spoken = new Set([
  'label',
  'title',
  'placeholder',
  'alt',
  'description',
  'help',
  'lead',
  'aria-label',
  'text',
  'confirm',
]);

/** Signs, units, code and examples are the same in every language. */
const needsWords = (text: string): boolean =>
  /\p{L}{2,}/u.test(text) &&
  !/^(https?:\/\/\S+|#[0-9a-f]{6}|-----[A-Z ]+-----|HTTP|TEST|Apertur)$/.test(text.trim());

interface Node {
  type: string;
  start: number;
  [member: string]: unknown;
}

/** Literal words in JSX: text between tags, and attributes that are read. */
function hardCoded(node: Node): { text: string; start: number }[] {
  const own: { text: string; start: number }[] = [];
  if (node.type === 'JSXText') own.push({ text: String(node.value), start: node.start });
  if (node.type === 'JSXAttribute') {
    const { name } = node.name as { name: string };
    const value = node.value as Node | null;
    if (spoken.has(name) && value?.type === 'Literal')
      own.push({ text: String(value.value), start: node.start });
  }
  const children = Object.values(node).flatMap((member) => (Array.isArray(member) ? member : [member]));
  const nodes = children.filter((child): child is Node => typeof (child as Node | null)?.type === 'string');
  return [...own.filter(({ text }) => needsWords(text)), ...nodes.flatMap(hardCoded)];
}

test('no screen has words of its own', () => {
  expect(files.length).toBeGreaterThan(40);
  const found = files.flatMap((file) => {
    const source = readFileSync(path.join(folder, file), 'utf8');
    const { program, errors } = parseSync(file, source);
    expect(errors).toEqual([]);
    return hardCoded(program as unknown as Node).map(
      ({ text, start }) => `${file}:${source.slice(0, start).split('\n').length} ${text.trim()}`,
    );
  });
  expect(found).toEqual([]);
});

test('a screen that says something of its own would be found', () => {
  const { program } = parseSync('a.tsx', '<p title="A title">Hello {name} <b>{w.common.save}</b> ·</p>');
  expect(hardCoded(program as unknown as Node).map(({ text }) => text.trim())).toEqual(['A title', 'Hello']);
});

test('every word is said somewhere', () => {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('words'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n');
  const unsaid = Object.entries(english).flatMap(([group, members]) =>
    Object.keys(members)
      .filter((name) => !new RegExp(`\\bw\\.${group}\\.${name}\\b`).test(sources))
      // Read by the name that the API gives: states, phases, kinds.
      .filter(() => !new RegExp(`\\bw\\.${group}\\b(?!\\.)`).test(sources))
      .map((name) => `${group}.${name}`),
  );
  expect(unsaid).toEqual([]);
});
