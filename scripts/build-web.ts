/**
 * Builds the pages into `dist/` when their sources have changed since the last build; quick when they have not.
 * `--force` builds in any case. Run by `npm start` and before the tests.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

interface Page {
  name: string;
  /** What the build depends on, below the project's folder. */
  sources: string[];
}

const pages: Page[] = [
  { name: 'upload', sources: ['web/upload', 'web/shared', 'package-lock.json'] },
  // The guides of the kinds are read in the dashboard, too; it calls the API through the client.
  {
    name: 'dashboard',
    sources: ['web/dashboard', 'web/shared', 'packages/client/src', 'docs/destinations', 'package-lock.json'],
  },
  { name: 'connect', sources: ['web/connect', 'web/shared', 'package-lock.json'] },
];
const home = fileURLToPath(new URL('..', import.meta.url));
const stampName = '.built-from';

/** Builds what needs it; answers the names of the pages that were built. */
export async function buildWeb(options: { force: boolean }): Promise<string[]> {
  const built: string[] = [];
  for (const page of pages) {
    const output = path.join(home, 'dist', page.name);
    const stamp = await hashSources(page.sources);
    if (!options.force && (await isCurrent(output, page, stamp))) continue;
    await build(page, output, stamp);
    built.push(page.name);
  }
  return built;
}

/** An install without the sources has only its built pages, and those are current. */
async function isCurrent(output: string, page: Page, stamp: string): Promise<boolean> {
  const built = await readFile(path.join(output, stampName), 'utf8').catch(() => undefined);
  if (built === undefined) return false;
  return built === stamp || !existsSync(path.join(home, page.sources[0]!));
}

/** Into a folder of its own first: a server that starts meanwhile finds the old page or the new, never a part. */
async function build(page: Page, output: string, stamp: string): Promise<void> {
  const { build: viteBuild } = await import('vite').catch(() => {
    throw new Error(
      `The page "${page.name}" must be built, and Vite is not installed. Run "npm install" first.`,
    );
  });
  const fresh = `${output}.${process.pid}.new`;
  const old = `${output}.${process.pid}.old`;
  try {
    await viteBuild({
      configFile: path.join(home, 'web', page.name, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: fresh },
    });
    await writeFile(path.join(fresh, stampName), stamp);
    await mkdir(path.dirname(output), { recursive: true });
    if (existsSync(output)) await rename(output, old);
    await rename(fresh, output).catch(async (error: unknown) => {
      // Another process built the same page at the same moment.
      if (!(await isCurrent(output, page, stamp))) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

async function hashSources(sources: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await listFiles(path.join(home, source))) {
      if (file.endsWith('.test.ts')) continue;
      hash.update(path.relative(home, file)).update('\0');
      hash.update(await readFile(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

async function listFiles(place: string): Promise<string[]> {
  if (!existsSync(place)) return [];
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [place];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

if (import.meta.main) {
  const built = await buildWeb({ force: process.argv.includes('--force') });
  for (const name of built) console.log(`Built the page "${name}" into dist/${name}.`);
}
