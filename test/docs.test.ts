/** The documentation: links lead somewhere, samples work, generated pages are current, and the site is whole. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { drawAll, renderBenchmarks } from '../bench/publish.ts';
import { readResults } from '../bench/results.ts';
import { readOpenApi, readPages, slugOf, writeSite } from '../scripts/docs-site.ts';
import { renderErrorDocs } from '../scripts/error-docs.ts';
import { settings } from '../src/config.ts';
import { signBody, signTimestamped } from '../src/lib/signatures.ts';
import { memoryFolder } from './helpers/memory-folder.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file.replaceAll(path.sep, '/')}`),
];

test('every link inside the project leads to a file, and to a heading that is there', () => {
  const broken: string[] = [];
  for (const document of documents) {
    const text = read(document).replace(/```[\s\S]*?```/g, '');
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file = '', heading] = target!.split('#');
      const place = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
      if (!existsSync(path.join(root, place))) broken.push(`${document}: ${target}`);
      else if (heading && place.endsWith('.md')) {
        const slugs = [...read(place).matchAll(/^#+ (.+)$/gm)].map((match) =>
          slugOf(match[1]!.replaceAll('`', '')),
        );
        if (!slugs.includes(heading)) broken.push(`${document}: ${target}`);
      }
    }
  }
  expect(broken).toEqual([]);
});

test('every setting that a document or a file of deploy/ names exists', () => {
  const known = new Set<string>(settings.flatMap(({ name }) => [`APERTUR_${name}`, `APERTUR_${name}_FILE`]));
  const deploy = readdirSync(path.join(root, 'deploy'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'compose.env')
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const unknown = [...documents, ...deploy, 'Dockerfile', 'compose.yaml'].flatMap((file) =>
    [...read(file).matchAll(/\bAPERTUR_[A-Z][A-Z_]*[A-Z]\b/g)]
      .map((match) => match[0])
      // Of the compose file, and of a client's own program: not of the server.
      .filter((name) => !known.has(name) && !['APERTUR_LISTEN', 'APERTUR_KEY'].includes(name))
      .map((name) => `${file}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('docs/errors.md tells of every code', () => {
  expect(read('docs/errors.md')).toBe(renderErrorDocs());
  const codes = [...read('src/errors.ts').matchAll(/^ {2}\| '([A-Z0-9_]+)'/gm)].map((match) => match[1]!);
  expect(codes.length).toBeGreaterThan(30);
  for (const code of codes) expect(read('docs/errors.md')).toContain(`\n## ${code}\n`);
});

test('docs/benchmarks.md and its plots show what was measured', () => {
  const results = readResults();
  expect(Object.keys(results).length).toBeGreaterThan(5);
  expect(read('docs/benchmarks.md')).toBe(renderBenchmarks(read('docs/benchmarks.md'), results));
  const plots = drawAll(results);
  expect(readdirSync(path.join(root, 'docs/images/benchmarks')).sort()).toEqual(Object.keys(plots).sort());
  for (const [name, plot] of Object.entries(plots)) expect(read(`docs/images/benchmarks/${name}`)).toBe(plot);
});

/** A program and what it takes before the file; Go is compiled first. */
const samples: [string, string[]][] = [
  ['verify.mjs', [process.execPath]],
  ['verify.py', ['python3']],
  ['verify.php', ['php']],
  ['verify.rb', ['ruby']],
  ['verify.go', []],
];

function compileGo(file: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'apertur-go-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = path.join(folder, 'verify');
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GOCACHE: path.join(folder, 'cache'),
    GO111MODULE: 'off',
  };
  const built = spawnSync('go', ['build', '-o', program, file], { env, encoding: 'utf8' });
  expect(built.status, built.stderr).toBe(0);
  return program;
}

test('the page about signatures shows the functions of the samples, and its example is right', () => {
  const page = read('docs/verifying-webhooks.md');
  const sources = samples.map(([file]) => read(`docs/samples/${file}`));
  const blocks = [...page.matchAll(/```(?:js|python|php|ruby|go)\n([\s\S]*?)```/g)].map((match) => match[1]!);
  expect(blocks.length).toBe(samples.length);
  for (const [at, block] of blocks.entries()) {
    // The imports of the Node sample stand with others there, and remarks between them and the function.
    const shown = block.slice(block.search(/^(?:export )?(?:function|def|func) /m));
    expect(sources[at]).toContain(shown);
  }
  const [, secret, body] = /secret `(\w+)` and the body `(.+?)`/.exec(page)!;
  const [, timestamp] = /with the timestamp `(\d+)`/.exec(page)!;
  expect(page).toContain(signBody(secret!, Buffer.from(body!)));
  expect(page).toContain(signTimestamped(secret!, timestamp!, Buffer.from(body!)));
});

test.each(samples)('the sample %s tells good signatures from bad ones', (file, [program, ...args]) => {
  const secret = 'c0ffee'.repeat(10);
  const body = Buffer.concat([Buffer.from('{"a":"ü"}'), Buffer.from([0, 255, 10])]);
  const now = String(Math.floor(Date.now() / 1000));
  const old = String(Number(now) - 3_600);
  const source = path.join(root, 'docs/samples', file);
  const [command, ...given] = program === undefined ? [compileGo(source)] : [program, ...args, source];
  const verify = (env: Record<string, string>, bytes = body): number | null => {
    const run = spawnSync(command!, given, {
      input: bytes,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SECRET: secret, ...env },
    });
    expect(run.error).toBeUndefined();
    return run.status;
  };
  const photo = signBody(secret, body);
  expect(verify({ SIGNATURE: photo })).toBe(0);
  expect(verify({ SIGNATURE: photo }, Buffer.concat([body, Buffer.from(' ')]))).toBe(1);
  expect(verify({ SIGNATURE: photo.slice(0, -1) })).toBe(1);
  expect(verify({ SIGNATURE: signTimestamped(secret, now, body), TIMESTAMP: now })).toBe(0);
  expect(verify({ SIGNATURE: signTimestamped(secret, old, body), TIMESTAMP: old })).toBe(1);
  expect(verify({ SIGNATURE: signTimestamped('other', now, body), TIMESTAMP: now })).toBe(1);
});

test('the site is built whole: every link leads to a page of it, and nothing comes from elsewhere', async () => {
  const output = mkdtempSync(path.join(memoryFolder(), 'apertur-docs-'));
  onTestFinished(() => rmSync(output, { recursive: true, force: true }));
  const openApi = await readOpenApi();
  writeSite({ pages: readPages(openApi), output });
  const files = readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.html'),
  );
  expect(files.length).toBeGreaterThan(25);
  const ids = new Map<string, Set<string>>();
  const idsOf = (file: string): Set<string> => {
    if (!ids.has(file)) {
      const html = readFileSync(path.join(output, file), 'utf8');
      ids.set(file, new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!)));
    }
    return ids.get(file)!;
  };
  const broken: string[] = [];
  for (const file of files) {
    const html = readFileSync(path.join(output, file), 'utf8');
    expect(html).not.toMatch(/<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?\/\//);
    for (const [, target] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [place = '', heading] = target!.split('#');
      const there = place === '' ? file : path.join(path.dirname(file), decodeURI(place));
      if (!existsSync(path.join(output, there))) broken.push(`${file}: ${target}`);
      else if (heading && there.endsWith('.html') && !idsOf(there).has(decodeURIComponent(heading)))
        broken.push(`${file}: ${target}`);
    }
  }
  expect([...new Set(broken)]).toEqual([]);
  const operations = readFileSync(path.join(output, 'operations.html'), 'utf8');
  for (const [where, methods] of Object.entries(openApi.paths)) {
    for (const [method, { tags, summary }] of Object.entries(methods)) {
      const line = `${method.toUpperCase()} ${where}`;
      expect(operations).toContain(line);
      const page = readFileSync(path.join(output, `operations/${tags![0]!.toLowerCase()}.html`), 'utf8');
      expect(page).toContain(line);
      expect(page).toContain(`id="${slugOf(summary!)}"`);
    }
  }
});
