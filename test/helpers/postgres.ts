/**
 * A private PostgreSQL server for tests: own folder, own port, removed at the end. The database server refuses to run
 * as root, so root starts it as another user.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

export interface PostgresServer {
  readonly port: number;
  /** Of the superuser; `database` defaults to `postgres`. */
  url(database?: string): string;
  /** Ends all connections and starts again on the same port; `immediate` as `pg_ctl restart -m immediate` does: nothing is brought to an end. */
  restart(mode?: 'fast' | 'immediate'): Promise<void>;
  /** Ends it as a power cut would. */
  kill9(): Promise<void>;
  /** Starts it again after that. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Default: the folder of the system for temporary files. */
  parent?: string;
  /** Where it listens. Default 127.0.0.1. */
  host?: string;
  /** See ProductOptions. */
  within?: readonly string[];
}

/** Starts a server of its own below `parent`. Throws, naming the set-up command, when this machine has no PostgreSQL. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { parent = tmpdir(), host = '127.0.0.1', within = [] } = options;
  const bin = findServer();
  if (bin === undefined) throw new Error('No PostgreSQL found. Run `node scripts/prepare-tests.ts`.');
  const user = unprivileged();
  const folder = mkdtempSync(join(parent, 'apertur-postgres-'));
  chmodSync(folder, 0o700);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'tests', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  execFileSync(join(bin, 'initdb'), [...init, '--locale=C', '--no-sync'], {
    ...user,
    cwd: folder,
    stdio: 'pipe',
  });
  if (options.host) appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet scram-sha-256\n');
  const port = await freePort();
  const url = (database = 'postgres') => `postgres://tests:${password}@${host}:${port}/${database}`;
  const begin = () => startServer({ bin, data, folder, port, host, within, user, url: url() });
  let server = await begin();
  return {
    port,
    url,
    restart: async (mode = 'fast') => {
      if (mode === 'immediate') {
        const args = ['stop', '-w', '-m', 'immediate', '-D', data];
        await promisify(execFile)(join(bin, 'pg_ctl'), args, { ...user, cwd: folder });
      }
      await stopServer(server);
      server = await begin();
    },
    kill9: async () => {
      const [main] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(main), 'SIGKILL');
      await stopServer(server);
    },
    start: async () => {
      server = await begin();
    },
    stop: async () => {
      await stopServer(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder with `postgres` and `initdb`: Debian keeps them out of PATH, others have them there. */
export function findServer(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const inPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => existsSync(join(folder, 'initdb')));
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...inPath.map((folder) => dirname(realpathSync(join(folder, 'initdb')))),
  ];
  return folders.find((folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')));
}

interface User {
  uid: number;
  gid: number;
}

function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (found === undefined) throw new Error('PostgreSQL does not run as root, and there is no other user.');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

interface Start {
  bin: string;
  data: string;
  folder: string;
  port: number;
  host: string;
  within: readonly string[];
  user: User | undefined;
  url: string;
}

/** The shell ends the server when its input ends: also when the tests are killed and cannot say goodbye. */
const guarded = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server';

async function startServer({
  bin,
  data,
  folder,
  port,
  host,
  within,
  user,
  url,
}: Start): Promise<ChildProcess> {
  const settings = [
    `port=${port}`,
    `listen_addresses=${host}`,
    'unix_socket_directories=',
    'max_connections=200',
  ];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  // Whoever goes into a network namespace is root until then.
  const inside = within.length > 0 && user !== undefined;
  const drop = inside ? ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  const command = [...within, ...drop, 'sh', '-c', guarded, 'sh', join(bin, 'postgres'), ...args];
  const child = spawn(command[0]!, command.slice(1), {
    ...(inside ? {} : user),
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-4_000);
  });
  const deadline = performance.now() + 90_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`PostgreSQL did not start:\n${log}`);
    }
    await sleep(20);
  }
  return child;
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
