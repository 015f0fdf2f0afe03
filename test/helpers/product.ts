/**
 * The real product as a child process, as an operator starts it: own data directory, own port, its log read line by
 * line. Knows nothing of Vitest, so that benchmarks can use it too; whoever starts one stops it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const bin = fileURLToPath(new URL('../../bin/apertur.js', import.meta.url));

export interface ProductOptions {
  /** A migrated PostgreSQL database; absent: SQLite in the data directory. */
  databaseUrl?: string;
  /** Absent: a fresh folder, removed by `remove`. Given: it stays. */
  dataDir?: string;
  /** Default `serve`. */
  command?: 'serve' | 'api' | 'worker';
  /** Settings without their prefix, e.g. `{ RETRY_SCHEDULE: '0.1,0.1' }`. */
  settings?: Record<string, string>;
  /** For Node itself, e.g. `['--cpu-prof']`. */
  nodeArgs?: string[];
  /** What is no setting of the product. */
  env?: Record<string, string>;
  /** A command that takes another as its arguments and becomes it, e.g. `['ip', 'netns', 'exec', 'api1']`. */
  within?: readonly string[];
}

export interface LogLine {
  level: number;
  msg: string;
  [member: string]: unknown;
}

export interface Answer<Body = Record<string, never>> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface ProductKey {
  projectId: string;
  keyId: string;
  key: string;
}

export interface Product {
  readonly dataDir: string;
  /** Of the process that runs now. Another one after each start, as is the address. */
  readonly pid: number;
  /** Origin without a trailing slash; empty for a worker. */
  readonly url: string;
  readonly running: boolean;
  /** What it has logged since the first start, parsed. */
  readonly log: readonly LogLine[];
  /** Everything it has printed, at most the last 20,000 characters. */
  readonly output: string;
  /** `apertur key create --json`. */
  createKey(): Promise<ProductKey>;
  /** Starts it again; resolves when it is ready. */
  start(): Promise<void>;
  /** Like `start`, but resolves as soon as the process is there, to kill it while it starts. */
  spawn(): void;
  /** Ends it as a power cut would: no handler runs. */
  kill9(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** Resolves to the exit code, null when a signal ended it. */
  ended(): Promise<number | null>;
  /** Kills it if it runs, and removes the folder that it made. */
  remove(): Promise<void>;
}

/** Starts the product and waits until it says that it is ready. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'apertur-product-')));
  const product = new ProductProcess(options, dataDir);
  try {
    await product.start();
  } catch (error) {
    await product.remove();
    throw error;
  }
  return product;
}

/** How much longer than usual a story of kills may take: the nightly ones share the machine with others. */
export const patience = Number(process.env.PATIENCE ?? 1);

/** A machine that does much else at the same time needs a while. */
const readyWithinMs = 300_000;

class ProductProcess implements Product {
  readonly dataDir: string;
  readonly log: LogLine[] = [];
  readonly #options: ProductOptions;
  readonly #env: Record<string, string | undefined>;
  #child: ChildProcess | undefined;
  #output = '';
  #url = '';
  #ready = false;

  constructor(options: ProductOptions, dataDir: string) {
    this.#options = options;
    this.dataDir = dataDir;
    this.#env = environment(options, dataDir);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get url(): string {
    return this.#url;
  }

  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async createKey(): Promise<ProductKey> {
    const args = [bin, 'key', 'create', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: this.#env });
    return JSON.parse(stdout) as ProductKey;
  }

  async start(): Promise<void> {
    this.spawn();
    await waitUntil('the product is ready', () => this.#ready || !this.running, {
      withinMs: readyWithinMs,
    }).catch((error: Error) => {
      throw new Error(`${error.message}:\n${this.#output}`);
    });
    if (!this.#ready) throw new Error(`The product ended while it started:\n${this.#output}`);
  }

  spawn(): void {
    if (this.running) throw new Error('The product runs already');
    const { command = 'serve', nodeArgs = [], within = [] } = this.#options;
    const args = [...within, process.execPath, ...nodeArgs, bin, command];
    const child = spawn(args[0]!, args.slice(1), {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#ready = false;
    // Without this a failing test run would leave it behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.removeListener('exit', end));
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (this.#child === child) this.#read(line);
      });
    }
  }

  #read(line: string): void {
    this.#output = `${this.#output}${line}\n`.slice(-20_000);
    if (!line.startsWith('{')) return;
    const entry = parse(line);
    if (entry === undefined) return;
    this.log.push(entry);
    if (entry.msg !== 'Apertur is ready') return;
    this.#url = typeof entry.address === 'string' ? entry.address : '';
    this.#ready = true;
  }

  async kill9(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.ended();
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#child!.kill(name);
  }

  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (this.running) await once(child, 'exit');
    return child.exitCode;
  }

  async remove(): Promise<void> {
    await this.kill9();
    if (this.#options.dataDir === undefined) await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Ours without any setting of the person who runs the tests. */
function environment(options: ProductOptions, dataDir: string): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('APERTUR_') && !name.startsWith('VITEST') && name !== 'NODE_ENV',
  );
  const settings = {
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    DATABASE_URL: options.databaseUrl ?? '',
    ...options.settings,
  };
  const ours = Object.entries(settings).map(([name, value]) => [`APERTUR_${name}`, value]);
  return { ...Object.fromEntries([...inherited, ...ours]), ...options.env };
}

function parse(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

/** Looks again and again until `condition` holds; throws after `withinMs` (default 20,000). */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { withinMs = 60_000, everyMs = 10 }: { withinMs?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}`);
    await pause(everyMs);
  }
}

/** A JSON request; the connection is not kept, so that a server that was killed leaves no dead one behind. */
export async function request<Body = Record<string, never>>(
  url: string,
  { method, key, body }: { method?: string; key?: string; body?: unknown } = {},
): Promise<Answer<Body>> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      Connection: 'close',
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answerOf(response);
}

export interface Uploaded {
  id: string;
  filename: string;
  size_bytes: number;
  destinations: number;
}

/** Sends one photo as a browser does. Throws when the connection breaks off. */
export async function upload<Body = Uploaded>(
  url: string,
  sessionId: string,
  photo: Buffer,
  { filename = 'photo.jpg', signal }: { filename?: string; signal?: AbortSignal } = {},
): Promise<Answer<Body>> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), filename);
  const response = await fetch(`${url}/api/v1/upload/${sessionId}/images`, {
    method: 'POST',
    headers: { Connection: 'close' },
    body: form,
    ...(signal ? { signal } : {}),
  });
  return answerOf(response);
}

async function answerOf<Body>(response: Response): Promise<Answer<Body>> {
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Body;
  return { status: response.status, headers: response.headers, body };
}

/** Creates a destination and returns its id. */
export async function createDestination(
  product: Product,
  owner: ProductKey,
  destination: Record<string, unknown>,
): Promise<string> {
  const url = `${product.url}/api/v1/projects/${owner.projectId}/destinations`;
  const { status, body } = await request<{ id: string }>(url, { key: owner.key, body: destination });
  if (status !== 201) throw new Error(`No destination: ${status} ${JSON.stringify(body)}`);
  return body.id;
}

/** Creates a session and returns its id. */
export async function createSession(
  product: Product,
  owner: ProductKey,
  session: Record<string, unknown>,
): Promise<string> {
  const url = `${product.url}/api/v1/upload-sessions`;
  const { status, body } = await request<{ uuid: string }>(url, { key: owner.key, body: session });
  if (status !== 201) throw new Error(`No session: ${status} ${JSON.stringify(body)}`);
  return body.uuid;
}
