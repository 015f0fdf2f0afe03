/**
 * What the Dockerfile puts into the image is enough to run, as a user who may write nothing but the data directory. Laid
 * out from the file's own lines; the base image and `npm ci` are not run here.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { upload, waitUntil } from '../helpers/product.ts';

const root = path.resolve(import.meta.dirname, '../..');
const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const last = dockerfile.split(/^FROM /m).at(-1)!;
const instructions = (name: string): string[] =>
  [...last.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map((match) => match[1]!);
/** Nobody on Debian. */
const nobody = 65_534;
const isRoot = process.getuid!() === 0;

function layOut(): { app: string; data: string; closed: string; temporary: string } {
  const folder = mkdtempSync(path.join(memoryFolder(), 'apertur-image-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const place = (name: string): string => {
    mkdirSync(path.join(folder, name));
    return path.join(folder, name);
  };
  const [app, data, closed, temporary] = [place('app'), place('data'), place('closed'), place('temporary')];
  for (const line of instructions('COPY')) {
    const words = line.split(/\s+/).filter((word) => !word.startsWith('--'));
    const target = words.pop()!;
    for (const source of words) {
      const name = source.replace('/build/', '');
      const to = target === './' ? path.join(app, name) : path.join(app, target);
      if (name === 'node_modules') symlinkSync(path.join(root, name), to);
      else
        cpSync(path.join(root, name), to, {
          recursive: true,
          filter: (file) => !/\.(test|fixture)\.ts$/.test(file),
        });
    }
  }
  chmodSync(folder, 0o755);
  chmodSync(app, 0o555);
  chmodSync(closed, 0o555);
  if (isRoot) chownSync(data, nobody, nobody);
  return { app, data, closed, temporary };
}

type Place = ReturnType<typeof layOut>;

function start(place: Place, args: string[], settings: Record<string, string>) {
  return watch(
    spawn(process.execPath, ['bin/apertur.js', ...args], {
      cwd: place.app,
      // The temporary folder of the system is closed, too.
      env: { NODE_ENV: 'production', TMPDIR: place.closed, APERTUR_DATA_DIR: place.data, ...settings },
      ...(isRoot ? { uid: nobody, gid: nobody } : {}),
    }),
  );
}

/**
 * As `read_only: true`, `tmpfs`, `cap_drop: [ALL]` and `no-new-privileges` of the compose file have it, and the USER of the image: a view of the file
 * system of its own, in which all that is mounted is read-only but the data directory and 64 MB for temporary files.
 */
const contained = `
  set -eu
  mount --make-rprivate /
  mount --bind "$APERTUR_DATA_DIR" "$APERTUR_DATA_DIR"
  mount -t tmpfs -o size=64m,mode=1777 tmpfs "$TMPDIR"
  cut -d ' ' -f 5 /proc/self/mountinfo | sort -u | while read -r where; do
    case "$where" in
      "$APERTUR_DATA_DIR" | "$TMPDIR" | /proc* | /sys*) ;;
      *) mount -o remount,bind,ro "$where" ;;
    esac
  done
  for folder in / /tmp /var/tmp /dev/shm "$PWD"; do
    if touch "$folder/writable" 2>/dev/null; then echo "$folder can be written to"; exit 3; fi
  done
  exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups --no-new-privs --bounding-set=-all "$@"
`;

function startContained(place: Place, args: string[], settings: Record<string, string>) {
  const command = ['--mount', 'sh', '-c', contained, 'sh', process.execPath, 'bin/apertur.js', ...args];
  return watch(
    spawn('unshare', command, {
      cwd: place.app,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        TMPDIR: place.temporary,
        APERTUR_DATA_DIR: place.data,
        ...settings,
      },
    }),
  );
}

function watch(child: ChildProcessWithoutNullStreams) {
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk;
    });
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, out: () => out };
}

const settings = { APERTUR_PORT: '0', APERTUR_HOST: '127.0.0.1', APERTUR_METRICS_PORT: '0' };

/** Sends a photo into the session of the trial mode, and waits until it has been delivered to the inbox. Returns the address. */
async function tryOut(server: ReturnType<typeof watch>, place: Place): Promise<string> {
  await waitUntil(
    'it is ready',
    () => /"Apertur is ready"/.test(server.out()) || server.child.exitCode !== null,
  );
  const url = /"address":"([^"]+)"/.exec(server.out())?.[1];
  expect(url, server.out()).toBeDefined();
  const session = /\/u\/(\w+)|session=(\w+)/.exec(server.out());
  expect((await fetch(`${url}/health`)).status).toBe(200);
  // Trial mode has made a session whose photos go to the inbox.
  const link = session?.[1] ?? session?.[2];
  expect(link, server.out()).toBeDefined();
  const sent = await upload(url!, link!, await makeJpeg());
  expect(sent.status).toBe(201);
  await waitUntil('the photo is in the inbox', () => filesBelow(path.join(place.data, 'inbox')).length === 1);
  return url!;
}

test('the files of the image serve, receive and deliver as a user who may write to /data alone', async () => {
  const place = layOut();
  const server = start(place, ['serve'], settings);
  await tryOut(server, place);
  const port = /"port":(\d+),"msg":"Listening for operators"/.exec(server.out())?.[1];
  const [program, ...rest] = JSON.parse(
    /CMD (\[.*\])$/m.exec(instructions('HEALTHCHECK')[0]!)![1]!,
  ) as string[];
  expect(program).toBe('node');
  const healthy = start(place, rest.slice(1), { ...settings, APERTUR_METRICS_PORT: port! });
  expect((await once(healthy.child, 'close'))[0], healthy.out()).toBe(0);
  server.child.kill('SIGTERM');
  expect((await once(server.child, 'close'))[0]).toBe(0);
  const dead = start(place, rest.slice(1), { ...settings, APERTUR_METRICS_PORT: port! });
  expect((await once(dead.child, 'close'))[0]).toBe(1);
});

// A view of the file system of its own takes root.
test.runIf(isRoot)('they do so as well where nothing else can be written to at all', async () => {
  const place = layOut();
  const server = startContained(place, ['serve'], settings);
  const url = await tryOut(server, place);
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  expect(server.out()).not.toMatch(/EROFS|EACCES|EPERM/);
  expect(filesBelow(place.closed)).toEqual([]);
  server.child.kill('SIGTERM');
  expect((await once(server.child, 'close'))[0], server.out()).toBe(0);
});

test('the image runs as nobody special, keeps its state in one place, and needs no shell to be asked for its health', () => {
  expect(instructions('USER')).toEqual(['node']);
  expect(instructions('VOLUME')).toEqual(['/data']);
  expect(instructions('ENTRYPOINT')).toEqual(['["node", "bin/apertur.js"]']);
  expect(instructions('HEALTHCHECK')[0]).not.toMatch(/curl|wget|CMD-SHELL/);
  // Later stages copy nothing that holds secrets or tests.
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  for (const name of ['.env', 'data', '.git', '**/*.test.ts']) expect(ignored).toContain(name);
});

test('what runs imports only what is installed without the tools of developers', () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const missing = new Set<string>();
  for (const file of filesBelow(path.join(root, 'src')).filter((name) =>
    /(?<!\.test|\.fixture|\/contract|-suite)\.ts$/.test(name),
  )) {
    const sources = readFileSync(file, 'utf8');
    const imports = [
      ...sources.matchAll(/^import (?!type )(?:[^;']*? from )?'([^']+)';$/gm),
      ...sources.matchAll(/\bimport\('([^']+)'\)/g),
    ];
    for (const [, name] of imports) {
      if (/^(\.|node:)/.test(name!)) continue;
      const bare = name!
        .split('/')
        .slice(0, name!.startsWith('@') ? 2 : 1)
        .join('/');
      if (!(bare in manifest.dependencies)) missing.add(`${path.relative(root, file)}: ${bare}`);
    }
  }
  expect([...missing]).toEqual([]);
});

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
