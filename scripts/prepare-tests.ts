/**
 * Makes sure that what the tests need is on this machine: real servers and a real browser, as Debian packages. Runs
 * before the tests; when everything is there it only looks. To add something: one line in `needs`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Need {
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** Whether it is there; looks at files only, so that looking costs nothing. */
  readonly isThere: () => boolean;
}

const needs: readonly Need[] = [
  {
    packages: ['postgresql'],
    isThere: () => inPath('initdb') || inVersions('/usr/lib/postgresql', 'bin/initdb'),
  },
  {
    packages: ['radosgw', 'ceph-mon', 'ceph-osd'],
    isThere: () => ['radosgw', 'ceph-mon', 'ceph-osd'].every(inPath),
  },
  { packages: ['chromium'], isThere: () => inPath('chromium') || inPath('chromium-browser') },
  {
    packages: ['proftpd-core', 'proftpd-mod-crypto'],
    isThere: () => inPath('proftpd') && existsSync('/usr/lib/proftpd/mod_sftp.so'),
  },
  // For the benchmark of webhooks.
  { packages: ['redis-server'], isThere: () => inPath('redis-server') },
  // For the benchmark of destinations.
  { packages: ['rclone'], isThere: () => inPath('rclone') },
  // The proxies of deploy/, and the languages of the samples in docs/verifying-webhooks.md.
  { packages: ['nginx-core'], isThere: () => inPath('nginx') },
  { packages: ['caddy'], isThere: () => inPath('caddy') },
  { packages: ['python3-minimal'], isThere: () => inPath('python3') },
  { packages: ['php-cli'], isThere: () => inPath('php') },
  { packages: ['ruby'], isThere: () => inPath('ruby') },
  { packages: ['golang-go'], isThere: () => inPath('go') },
  // Its promtool reads the alerts, the queries of the dashboard and the metrics themselves.
  { packages: ['prometheus'], isThere: () => inPath('promtool') },
  // Makes the HEIC pictures.
  { packages: ['libheif-examples'], isThere: () => inPath('heif-enc') },
  { packages: ['openssh-server'], isThere: () => inPath('sshd') && inPath('ssh-keygen') },
  {
    packages: ['apache2-bin', 'apache2-utils'],
    isThere: () => existsSync('/usr/lib/apache2/modules/mod_dav_fs.so') && inPath('htpasswd'),
  },
  {
    packages: ['lighttpd', 'lighttpd-mod-webdav'],
    isThere: () => inPath('lighttpd') && existsSync('/usr/lib/lighttpd/mod_webdav.so'),
  },
];

/**
 * A server from npm that wants a newer Node than the one that installs the project, and so would make `npm install`
 * warn: it gets a folder of its own. The override leaves out 170 MB that it only needs for sending statistics.
 */
const azurite = { azurite: '3.37.0' };
const azuriteOverrides = { applicationinsights: '2.9.8' };
export const azuriteFolder = join(import.meta.dirname, '..', '.cache', `azurite-${azurite.azurite}`);
const azuriteMain = join(azuriteFolder, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');

function installAzurite(): void {
  if (existsSync(join(azuriteFolder, 'installed'))) return;
  console.log('The tests need Azurite, which is not here yet');
  rmSync(azuriteFolder, { recursive: true, force: true });
  mkdirSync(azuriteFolder, { recursive: true });
  const manifest = { private: true, dependencies: azurite, overrides: azuriteOverrides };
  writeFileSync(join(azuriteFolder, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const { status, error } = spawnSync('npm', ['install', ...quiet], { cwd: azuriteFolder, stdio: 'inherit' });
  if (status !== 0 || !existsSync(azuriteMain))
    fail(`npm install azurite failed${error ? `: ${error.message}` : '.'}`);
  // Written last: an installation that was cut short is done again.
  writeFileSync(join(azuriteFolder, 'installed'), '');
}

/** What is missing, as package names. */
export function missingPackages(list: readonly Need[] = needs): string[] {
  return list.filter((need) => !need.isThere()).flatMap((need) => need.packages);
}

function inPath(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** `<folder>/<any version>/<file>` */
function inVersions(folder: string, file: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((version) => existsSync(join(folder, version, file)));
}

function main(): void {
  installPackages();
  installAzurite();
}

function installPackages(): void {
  const packages = missingPackages();
  if (packages.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  console.log(`The tests need packages that are not here yet: ${packages.join(', ')}`);
  if (!inPath('apt-get')) {
    fail(
      `This machine has no apt-get. Install them your way (on Debian: ${command}), then run the tests again.`,
    );
  }
  if (process.getuid?.() !== 0)
    fail(`Run this as root, then the tests again:\n  apt-get update && ${command}`);
  install(packages);
  const still = missingPackages();
  if (still.length > 0) fail(`Installed, yet still not found: ${still.join(', ')}`);
}

function install(packages: readonly string[]): void {
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  apt([...wait, '-q', 'update']);
  withoutStartingServices(() => {
    apt([...wait, '-q', 'install', '-y', '--no-install-recommends', ...packages]);
  });
}

const policy = '/usr/sbin/policy-rc.d';

/** Debian starts a server that it installs, unless this file says no. The tests start their own. */
function withoutStartingServices(work: () => void): void {
  const own = !existsSync(policy);
  if (own) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  // Also when the script ends itself because the installation failed.
  if (own) process.once('exit', () => rmSync(policy, { force: true }));
  work();
}

function apt(args: readonly string[]): void {
  // RUNLEVEL=1: install the servers, do not start them. The tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const { status, error } = spawnSync('apt-get', args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (status !== 0) fail(`apt-get ${args.join(' ')} failed${error ? `: ${error.message}` : '.'}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
