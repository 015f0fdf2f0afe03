/**
 * A private S3 store for tests: the Ceph object gateway with one monitor and one disk in memory. It checks signatures,
 * bucket policies, quotas, checksums and If-None-Match as the real ones do. Own folder, own ports, gone at the end.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { emptySha256, signAwsRequest } from '../../src/lib/aws-signature.ts';
import { encodePath } from '../../src/lib/url-path.ts';

export interface S3User {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Answer {
  status: number;
  headers: Headers;
  body: Buffer;
}

export interface RgwServer {
  readonly host: string;
  readonly port: number;
  readonly owner: S3User;
  /** Another user, who may do nothing in the owner's buckets until a policy says so. Limits are bytes in all. */
  createUser(name: string, options?: { quotaBytes?: number; keys?: S3User }): Promise<S3User>;
  /** A signed request that goes past everything under test. `path` is `/bucket/key`, not yet encoded. */
  call(
    method: string,
    path: string,
    options?: { user?: S3User; query?: string; body?: Buffer },
  ): Promise<S3Answer>;
  createBucket(bucket: string, user?: S3User): Promise<void>;
  /** Keys under a prefix, sorted as the server does. */
  list(bucket: string, prefix: string): Promise<string[]>;
  read(bucket: string, key: string): Promise<Buffer | undefined>;
  /** Ends the gateway as a power cut would; what was stored stays. */
  kill9(): Promise<void>;
  /** Starts it again after that. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

export interface RgwOptions {
  /** Where all of it listens. Default 127.0.0.1. */
  host?: string;
  /** A command that takes another as its arguments and becomes it, e.g. `['ip', 'netns', 'exec', 'store']`. */
  within?: readonly string[];
}

/** Throws, naming the set-up command, when there is no gateway on this machine. Takes about 3 seconds. */
export async function startRgw({ host = '127.0.0.1', within = [] }: RgwOptions = {}): Promise<RgwServer> {
  if (!existsSync('/usr/bin/radosgw'))
    throw new Error('No radosgw found. Run `node scripts/prepare-tests.ts`.');
  const folder = mkdtempSync(join(tmpdir(), 'apertur-rgw-'));
  const ports = await freePorts(3);
  const [monitor, , port] = ports as [number, number, number];
  const cluster = new Cluster(folder, host, within);
  writeFileSync(cluster.file, settings(folder, randomUUID(), host, ports));
  try {
    await cluster.makeKeys();
    await cluster.startMonitor(monitor);
    await cluster.startDisk();
    await cluster.startGateway(port);
    const owner = await createUser(cluster, 'owner');
    return server(cluster, port, owner);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function server(cluster: Cluster, port: number, owner: S3User): RgwServer {
  const call: RgwServer['call'] = async (method, path, { user = owner, query = '', body } = {}) => {
    const url = new URL(`http://${cluster.host}:${port}${encodePath(path)}${query && `?${query}`}`);
    const payloadSha256 = body ? createHash('sha256').update(body).digest('hex') : emptySha256;
    const headers = signAwsRequest({ method, url, payloadSha256 }, user, {
      region: 'us-east-1',
      now: Date.now(),
    });
    const answer = await fetch(url, { method, headers, ...(body ? { body: new Uint8Array(body) } : {}) });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  return {
    host: cluster.host,
    port,
    owner,
    call,
    createUser: (name, options) => createUser(cluster, name, options),
    async createBucket(bucket, user = owner) {
      const { status, body } = await call('PUT', `/${bucket}`, { user });
      if (status !== 200) throw new Error(`No bucket ${bucket}: ${status} ${body}`);
    },
    async list(bucket, prefix) {
      const query = `list-type=2&max-keys=1000&prefix=${encodeURIComponent(prefix)}`;
      const { body } = await call('GET', `/${bucket}`, { query });
      return [...body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => unescapeXml(match[1]!));
    },
    async read(bucket, key) {
      const { status, body } = await call('GET', `/${bucket}/${key}`);
      return status === 200 ? body : undefined;
    },
    kill9: () => cluster.killGateway(),
    start: () => cluster.startGateway(port),
    stop: () => cluster.stop(),
  };
}

async function createUser(
  cluster: Cluster,
  name: string,
  options: { quotaBytes?: number; keys?: S3User } = {},
): Promise<S3User> {
  const user = options.keys ?? {
    accessKeyId: `KEY${name.toUpperCase()}0123456789`,
    secretAccessKey: `secret/${name}+0123456789abcdef`,
  };
  const uid = `--uid=${name}`;
  const keys = [`--access-key=${user.accessKeyId}`, `--secret-key=${user.secretAccessKey}`];
  await cluster.command('radosgw-admin', 'user', 'create', uid, `--display-name=${name}`, ...keys);
  if (options.quotaBytes !== undefined) {
    const scope = ['--quota-scope=user', uid];
    await cluster.command('radosgw-admin', 'quota', 'set', ...scope, `--max-size=${options.quotaBytes}`);
    await cluster.command('radosgw-admin', 'quota', 'enable', ...scope);
  }
  return user;
}

/** The shell ends a server when its input ends: also when the tests are killed and cannot say goodbye. */
const guarded = '"$@" & server=$!; cat >/dev/null; kill -KILL $server; wait $server';

class Cluster {
  readonly file: string;
  readonly host: string;
  readonly #folder: string;
  readonly #within: readonly string[];
  #processes: ChildProcess[] = [];
  #gateway: ChildProcess | undefined;
  #log = '';

  constructor(folder: string, host: string, within: readonly string[]) {
    this.#folder = folder;
    this.host = host;
    this.#within = within;
    this.file = join(folder, 'ceph.conf');
    for (const name of ['mon', 'osd', 'rgw', 'run']) mkdirSync(join(folder, name));
  }

  get #options() {
    // What the environment says about certificates or Ceph must not reach the test's servers.
    return { cwd: this.#folder, env: { PATH: process.env.PATH, HOME: this.#folder, CEPH_CONF: this.file } };
  }

  async command(program: string, ...args: string[]): Promise<void> {
    const all = [...this.#within, program, ...args];
    await run(all[0]!, all.slice(1), { ...this.#options, timeout: 120_000 });
  }

  start(program: string, ...args: string[]): ChildProcess {
    const command = [...this.#within, 'sh', '-c', guarded, 'sh', program, ...args];
    const child = spawn(command[0]!, command.slice(1), {
      ...this.#options,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => {
      this.#log = `${this.#log}${chunk}`.slice(-4_000);
    });
    this.#processes.push(child);
    return child;
  }

  async startGateway(port: number): Promise<void> {
    this.#gateway = this.start('radosgw', '-f', '-n', 'client.rgw');
    await this.waitForPort(port);
  }

  /** The shell that guards it kills it when its own input ends. */
  async killGateway(): Promise<void> {
    const gateway = this.#gateway!;
    this.#processes = this.#processes.filter((child) => child !== gateway);
    const ended = new Promise((resolve) => gateway.once('exit', resolve));
    gateway.stdin?.end();
    await ended;
  }

  async makeKeys(): Promise<void> {
    const add = async (name: string, caps: Record<string, string>) => {
      const list = Object.entries(caps).flatMap(([service, cap]) => ['--cap', service, cap]);
      await this.command('ceph-authtool', 'keyring', '-n', name, '--gen-key', ...list);
    };
    await this.command('ceph-authtool', '-C', 'keyring');
    await add('mon.', { mon: 'allow *' });
    await add('client.admin', { mon: 'allow *', osd: 'allow *', mgr: 'allow *' });
    await add('osd.0', { mon: 'allow profile osd', osd: 'allow *' });
    await add('client.rgw', { mon: 'allow rw', osd: 'allow rwx' });
  }

  async startMonitor(port: number): Promise<void> {
    const address = `[v2:${this.host}:${port}]`;
    const id = ['--fsid', (await run('ceph-conf', ['--lookup', 'fsid'], this.#options)).stdout.trim()];
    await this.command('monmaptool', '--create', '--addv', 'a', address, ...id, 'monmap');
    await this.command('ceph-mon', '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'keyring');
    this.start('ceph-mon', '-f', '-i', 'a');
    await this.waitForPort(port);
  }

  async startDisk(): Promise<void> {
    const id = randomUUID();
    await this.command('ceph', 'osd', 'new', id, '0');
    await this.command('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', id);
    this.start('ceph-osd', '-f', '-i', '0');
  }

  async waitForPort(port: number): Promise<void> {
    const deadline = performance.now() + 120_000;
    while (!(await answers(this.host, port))) {
      const dead = this.#processes.some(({ exitCode }) => exitCode !== null);
      if (dead || performance.now() > deadline) throw new Error(`Ceph did not start:\n${this.#log}`);
      await sleep(20);
    }
  }

  /** The gateway first, the monitor last: the other way round they wait for each other. */
  async stop(): Promise<void> {
    for (const child of this.#processes.reverse()) {
      if (child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin?.end();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Ceph's own pauses between changes of its map are made for clusters of thousands; here each costs a second. */
function settings(folder: string, fsid: string, host: string, [monitor, disk, gateway]: number[]): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:${host}:${monitor}/0]
public addr = ${host}
cluster addr = ${host}
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${folder}/keyring
auth allow insecure global id reclaim = false
paxos propose interval = 0.02
paxos min wait = 0.01
mon tick interval = 1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
run dir = ${folder}/run
admin socket =
log file = /dev/null
mon cluster log file = /dev/null
[mon]
mon data = ${folder}/mon
mon data avail warn = 1
mon data avail crit = 1
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd class load list = *
osd class default list = *
ms bind port min = ${disk}
ms bind port max = ${disk! + 40}
[client.rgw]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=${host}:${gateway}
rgw thread pool size = 32
rgw dns name = localhost
`;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<net.Server>((resolve) => {
          const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name]!);
}
