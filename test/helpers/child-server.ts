/**
 * A server as a child process: in a folder of its own, on free ports of 127.0.0.1, ended by its own process id. When the
 * tests are killed and cannot say goodbye, its input ends and the shell around it ends the server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildServer {
  /** Of the server itself. */
  readonly pid: number;
  /** Ends it and every process that it started at once, as a crash of the machine does. */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** Name of the program; looked for in PATH and where Debian keeps servers. */
  program: string;
  args: readonly string[];
  folder: string;
  /** Ports that open when it is ready. */
  ports: readonly number[];
  /** A folder of so many bytes that fills up, seen by the server alone (through `/proc/<pid>/root` by others). */
  smallDisk?: { at: string; bytes: number };
}

export const isRoot = process.getuid?.() === 0;

/** A folder that other users may enter; servers drop their rights to a user of their own. */
export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `apertur-${name}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** Prints the id of the server, waits until its input ends, ends the server and waits for it. */
const guarded =
  '"$@" </dev/null & server=$!; echo $server; cat >/dev/null; kill $server 2>/dev/null; wait $server';
/** In a mount namespace of its own, so that the disk is gone with the server. */
const withSmallDisk = 'mount -t tmpfs -o "size=$1,mode=777" tmpfs "$2" && shift 2 && ';

/** Throws with what the server said when it does not start within 20 seconds. */
export async function startChild(options: ChildOptions): Promise<ChildServer> {
  const program = findProgram(options.program);
  const disk = options.smallDisk;
  const shell = ['sh', '-c', disk ? withSmallDisk + guarded : guarded, 'sh'];
  const place = disk ? [String(disk.bytes), disk.at] : [];
  // Who is not root becomes root of a user namespace, and may mount there.
  const namespace = disk ? ['unshare', ...(isRoot ? ['-m'] : ['-rm'])] : [];
  const [command, ...rest] = [...namespace, ...shell, ...place, program, ...options.args];
  const child = spawn(command!, rest, { cwd: options.folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const said = listen(child);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  await ready(child, options.ports, said);
  const pid = Number(said().split('\n')[0]);
  const end = async (atOnce: boolean): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const [, ...sessions] = atOnce ? freeze(pid) : withDescendants(pid);
      if (atOnce) killNow(pid);
      child.stdin.end();
      // Open sessions would outlive it, and hold on to what is waited for here.
      for (const id of sessions) killNow(id);
    }
    await ended;
  };
  return {
    pid,
    kill: () => end(true),
    stop: async () => {
      await end(false);
      rmSync(options.folder, { recursive: true, force: true });
    },
  };
}

/** A process that is started while the others are looked for would outlive them, so nobody may start one any more. */
function freeze(pid: number): number[] {
  let known: number[] = [];
  let found = [pid];
  while (found.length > known.length) {
    for (const id of found) send(id, 'SIGSTOP');
    known = found;
    found = withDescendants(pid);
  }
  return found;
}

/** Servers start a process for each session, which outlives them. */
function withDescendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(Number(entry));
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const all = [pid];
  for (const one of all) all.push(...(children.get(one) ?? []));
  return all;
}

/** 0 when the process is gone. */
function parentOf(pid: number): number {
  try {
    // After the name, which may hold anything: state, parent.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]);
  } catch {
    return 0;
  }
}

function killNow(pid: number): void {
  send(pid, 'SIGKILL');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function listen(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text = `${text}${chunk}`.slice(0, 20_000);
    });
  }
  return () => text;
}

async function ready(child: ChildProcess, ports: readonly number[], said: () => string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (const port of ports) {
    while (!(await opens(port))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        child.stdin?.end();
        throw new Error(`The server did not start:\n${said()}`);
      }
      await sleep(10);
    }
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy()).once('error', () => done(false));
    socket.once('close', (failed) => done(!failed));
  });
}

/** Throws, naming the set-up command, when the program is not on this machine. */
export function findProgram(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found) return found;
  throw new Error(`No ${name} found. Run \`node scripts/prepare-tests.ts\`.`);
}

/** Ports where nobody listens just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer().listen(0, '127.0.0.1');
      await new Promise((done) => server.once('listening', done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
