/** Who may import whom (the rooms of the house): left imports right. A wrong arrow fails here, with its line. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.replaceAll(path.sep, '/')}`)
  .filter((file) => file.endsWith('.ts') && !/(\.(test|fixture)|\/contract)\.ts$/.test(file));

/** A higher number may import a lower one. Rooms of one floor may import each other, unless said otherwise below. */
const floors: [RegExp, number][] = [
  [/^src\/(main|commands\/)/, 7],
  [/^src\/(app|chores)\.ts/, 6],
  [/^src\/http\//, 5],
  [/^src\/(sessions|images|deliveries|destinations|events|projects|accounts)\//, 4],
  [/^src\/(queue|storage)\//, 3],
  [/^src\/db\//, 2],
  [/^src\/((config|errors)\.ts|config\/)/, 1],
  [/^src\/lib\//, 1],
];

const floorOf = (file: string): number => {
  const floor = floors.find(([pattern]) => pattern.test(file))?.[1];
  if (floor === undefined) throw new Error(`${file} stands in no room that the house knows`);
  return floor;
};

interface Arrow {
  from: string;
  to: string;
}

function arrowsOf(file: string): Arrow[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => ({
    from: file,
    to: path.relative(root, path.resolve(root, path.dirname(file), match[1]!)).replaceAll(path.sep, '/'),
  }));
}

const arrows = sources.flatMap(arrowsOf);
const show = (wrong: Arrow[]): string[] => wrong.map(({ from, to }) => `${from} → ${to}`);
const room = (file: string): string => file.split('/')[1]!;

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(arrows.length).toBeGreaterThan(200);
});

test('no room imports from a floor above it', () => {
  expect(show(arrows.filter(({ from, to }) => floorOf(from) < floorOf(to)))).toEqual([]);
});

test('lib knows nothing of the app', () => {
  const allowed = /^src\/(lib\/|errors\.ts)/;
  expect(show(arrows.filter(({ from, to }) => room(from) === 'lib' && !allowed.test(to)))).toEqual([]);
});

test('events import none of the rooms that emit into them', () => {
  const emitters = /^src\/(sessions|images|deliveries|destinations|projects|accounts)\//;
  expect(show(arrows.filter(({ from, to }) => room(from) === 'events' && emitters.test(to)))).toEqual([]);
});

test('a kind of destination knows only what a kind may know', () => {
  const allowed = /^src\/(lib\/|errors\.ts|destinations\/[\w-]+\.ts$)/;
  const forbidden = /^src\/destinations\/(destinations|settings|registry)\.ts$/;
  const wrong = arrows.filter(({ from, to }) => {
    const kind = /^src\/destinations\/[\w-]+\//.exec(from)?.[0];
    return kind !== undefined && !to.startsWith(kind) && (!allowed.test(to) || forbidden.test(to));
  });
  expect(show(wrong)).toEqual([]);
});

test('the environment is read in config.ts only', () => {
  const readers = sources.filter((file) => /process\.env/.test(readFileSync(path.join(root, file), 'utf8')));
  expect(readers).toEqual(['src/config.ts']);
});

test('the web imports nothing of the server but generated types', () => {
  const files = readdirSync(path.join(root, 'web'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.config\.ts$/.test(file))
    .map((file) => `web/${file.replaceAll(path.sep, '/')}`);
  expect(show(files.flatMap(arrowsOf).filter(({ to }) => to.startsWith('src/')))).toEqual([]);
});
