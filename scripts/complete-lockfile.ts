/**
 * Completes package-lock.json with the optional packages of other platforms that the registry at hand did not have when
 * it was written. `npm ci` insists on an entry for each, although it installs only those of its own platform. To be run
 * after `npm install`; when nothing is missing it changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const file = path.resolve(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> };

/** The platform that such a package names: `@biomejs/cli-linux-x64-musl` is for linux, x64, musl. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> | undefined {
  const os = /(android|darwin|freebsd|linux|openharmony|win32)/.exec(name)?.[1];
  const cpu = /(arm64|x64|ia32|arm|ppc64|riscv64|s390x)(?![a-z0-9])/.exec(name)?.[1];
  if (!os || !cpu) return undefined;
  return { os: [os], cpu: [cpu], ...(name.endsWith('-musl') ? { libc: ['musl'] } : {}) };
}

const added: string[] = [];
for (const [place, entry] of Object.entries(lock.packages)) {
  if (place === '') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const platform = platformOf(name);
    const known = [`${place}/node_modules/${name}`, `node_modules/${name}`].some(
      (spot) => lock.packages[spot],
    );
    if (known || !platform || !/^\d/.test(version)) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platform,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    };
    added.push(`${name}@${version}`);
  }
}

if (added.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`Added to package-lock.json: ${added.join(', ')}`);
}
