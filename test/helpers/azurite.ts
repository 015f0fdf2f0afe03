/**
 * A private Azure Blob service for tests: Microsoft's own emulator, Azurite. It checks keys, tokens and their
 * permissions, conditions and checksums. Own folder, own port, gone at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { azuriteFolder } from '../../scripts/prepare-tests.ts';
import { signSharedKey } from '../../src/destinations/azure-blob/shared-key.ts';
import { encodePath } from '../../src/lib/url-path.ts';

export interface BlobAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
}

export interface Azurite {
  readonly host: string;
  readonly port: number;
  readonly account: string;
  /** Base64. */
  readonly accountKey: string;
  /** A service SAS for one container: `sp` such as `cw`, valid from an hour ago until `ends` (default in an hour). */
  sas(container: string, permissions: string, ends?: number): string;
  /** A request with the account key that goes past everything under test. `path` is `/container/blob`, not encoded. */
  call(
    method: string,
    path: string,
    options?: { query?: Record<string, string>; headers?: Record<string, string>; body?: Buffer },
  ): Promise<BlobAnswer>;
  createContainer(container: string): Promise<void>;
  /** Names under a prefix, sorted. */
  list(container: string, prefix: string): Promise<string[]>;
  read(container: string, name: string): Promise<Buffer | undefined>;
  stop(): Promise<void>;
}

const version = '2021-12-02';

/** Throws, naming the set-up command, when Azurite is not on this machine. Takes about 4 seconds. */
export async function startAzurite(): Promise<Azurite> {
  const program = join(azuriteFolder, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');
  if (!existsSync(program)) throw new Error('No Azurite found. Run `node scripts/prepare-tests.ts`.');
  const folder = mkdtempSync(join(tmpdir(), 'apertur-azurite-'));
  const account = 'photosacct';
  const accountKey = randomBytes(64).toString('base64');
  const port = await freePort();
  const options = ['--silent', '--disableTelemetry', '--location', folder];
  const child = spawnGuarded(
    process.execPath,
    [program, ...options, '--blobHost', '127.0.0.1', '--blobPort', `${port}`],
    {
      PATH: process.env.PATH,
      AZURITE_ACCOUNTS: `${account}:${accountKey}`,
    },
  );
  const server = describeServer({ port, account, accountKey }, async () => {
    await stopGuarded(child);
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await ready(child, port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function describeServer(
  { port, account, accountKey }: Pick<Azurite, 'port' | 'account' | 'accountKey'>,
  stop: () => Promise<void>,
): Azurite {
  const key = Buffer.from(accountKey, 'base64');
  const call: Azurite['call'] = async (method, path, { query = {}, headers: given = {}, body } = {}) => {
    const url = new URL(`http://127.0.0.1:${port}/${account}${encodePath(path)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers: Record<string, string> = {
      ...given,
      'x-ms-version': version,
      'x-ms-date': new Date().toUTCString(),
    };
    headers.authorization = signSharedKey(
      { method, url, headers, contentLength: body?.length ?? 0 },
      account,
      key,
    );
    const answer = await fetch(url, { method, headers, ...(body ? { body: new Uint8Array(body) } : {}) });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  return {
    host: '127.0.0.1',
    port,
    account,
    accountKey,
    call,
    stop,
    sas: (container, permissions, ends) => createSas(account, key, container, permissions, ends),
    async createContainer(container) {
      const { status, body } = await call('PUT', `/${container}`, { query: { restype: 'container' } });
      if (status !== 201) throw new Error(`No container ${container}: ${status} ${body}`);
    },
    async list(container, prefix) {
      const { body } = await call('GET', `/${container}`, {
        query: { restype: 'container', comp: 'list', prefix },
      });
      return [...body.toString().matchAll(/<Name>(.*?)<\/Name>/g)].map((match) => unescapeXml(match[1]!));
    },
    async read(container, name) {
      const { status, body } = await call('GET', `/${container}/${name}`);
      return status === 200 ? body : undefined;
    },
  };
}

/** learn.microsoft.com/rest/api/storageservices/create-service-sas, version 2020-12-06 and later. */
function createSas(
  account: string,
  key: Buffer,
  container: string,
  permissions: string,
  ends = Date.now() + 3_600_000,
): string {
  const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const start = time(Math.min(ends, Date.now()) - 3_600_000);
  const resource = `/blob/${account}/${container}`;
  const empty = Array.from({ length: 5 }, () => '');
  const fields = [
    permissions,
    start,
    time(ends),
    resource,
    '',
    '',
    'https,http',
    version,
    'c',
    '',
    '',
    ...empty,
  ];
  const sig = createHmac('sha256', key).update(fields.join('\n'), 'utf8').digest('base64');
  const query = { sv: version, st: start, se: time(ends), sr: 'c', sp: permissions, spr: 'https,http', sig };
  return new URLSearchParams(query).toString();
}

/** The shell ends the server when its input ends: also when the tests are killed and cannot say goodbye. */
function spawnGuarded(program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const guarded = '"$@" & server=$!; cat >/dev/null; kill -KILL $server; wait $server';
  return spawn('sh', ['-c', guarded, 'sh', program, ...args], { env, stdio: ['pipe', 'ignore', 'pipe'] });
}

async function stopGuarded(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-4_000);
  });
  const deadline = performance.now() + 60_000;
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`Azurite did not start:\n${log}`);
    await sleep(50);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name]!);
}
