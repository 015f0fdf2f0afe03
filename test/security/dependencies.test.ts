/**
 * What the libraries may do before anybody looks. Whether one of them has a known hole is asked of the registry
 * (`npm run audit`), which needs a network; what can be told from the lock file is told here.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

const read = <T>(file: string): T =>
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8')) as T;
const { packages } = read<{ packages: Record<string, Entry> }>('package-lock.json');
const libraries = Object.entries(packages).filter(
  ([place, { link }]) => place.includes('node_modules/') && !link,
);

/** Built for the machine, where it can be; they work without. */
const known = ['cpu-features', 'msgpackr-extract', 'ssh2'];

test('every library is bound to its bytes, but for tools of other platforms, which are not installed here', () => {
  expect(libraries.length).toBeGreaterThan(100);
  const unbound = libraries.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
  expect(unbound.filter(([, { dev, optional }]) => !(dev && optional)).map(([place]) => place)).toEqual([]);
});

test('none comes from elsewhere than the registry', () => {
  const elsewhere = libraries.filter(
    ([, { resolved }]) => resolved && !resolved.startsWith('https://registry.npmjs.org/'),
  );
  expect(elsewhere.map(([place]) => place)).toEqual([]);
});

test('no library runs a script of its own when it is installed, but for those that are known', () => {
  const scripted = libraries.filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(scripted.map(([place]) => place.replace(/.*node_modules\//, '')).sort()).toEqual(known);
});

test('what we ask for is an exact version', () => {
  const { dependencies, devDependencies } =
    read<Record<'dependencies' | 'devDependencies', Record<string, string>>>('package.json');
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^(npm:[@\w/.-]+@)?\d+\.\d+\.\d+[\w.-]*$/.test(version),
  );
  expect(loose).toEqual([]);
});
