/**
 * Machines of a network within this one: each node has a network namespace and a name of its own, and a road to all others
 * that can be cut (packets vanish, nobody is told) and slowed. Needs root, as in a container that may make namespaces.
 */
import { spawnSync } from 'node:child_process';

export interface Node {
  readonly name: string;
  readonly address: string;
  /** Goes before a command that shall run there. */
  readonly within: readonly string[];
  /** Nothing comes and nothing goes; connections are not closed. */
  cut(): void;
  /** Both ways, in kilobits a second. */
  slow(kilobits: number): void;
  heal(): void;
}

export interface Network {
  /** This process, as the nodes see it. */
  readonly address: string;
  addNode(name: string): Node;
  close(): void;
}

/** Throws, with what the system says, where that is not allowed. */
export function openNetwork(): Network {
  return new Bridge();
}

class Bridge implements Network {
  readonly address: string;
  readonly #stem = process.pid.toString(36);
  readonly #subnet: string;
  readonly #namespaces: string[] = [];

  constructor() {
    // Kept for documentation and tests of networks (RFC 2544), so that it is nobody's here.
    this.#subnet = `198.19.${process.pid % 256}`;
    this.address = `${this.#subnet}.1`;
    run('ip', 'link', 'add', this.#bridge, 'type', 'bridge');
    process.once('exit', this.#leave);
    run('ip', 'addr', 'add', `${this.address}/24`, 'dev', this.#bridge);
    run('ip', 'link', 'set', this.#bridge, 'up');
  }

  get #bridge(): string {
    return `ap${this.#stem}`;
  }

  addNode(name: string): Node {
    const number = this.#namespaces.length + 2;
    const namespace = `apertur-${this.#stem}-${name}`;
    const [outer, inner] = [`ap${this.#stem}o${number}`, `ap${this.#stem}i${number}`];
    run('ip', 'netns', 'add', namespace);
    this.#namespaces.push(namespace);
    run('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', namespace);
    run('ip', 'link', 'set', outer, 'master', this.#bridge, 'up');
    run('ip', '-n', namespace, 'addr', 'add', `${this.#subnet}.${number}/24`, 'dev', inner);
    run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    run('ip', '-n', namespace, 'link', 'set', inner, 'up');
    const named = ['unshare', '--uts', 'sh', '-c', `hostname ${name}; exec "$@"`, 'sh'];
    return {
      name,
      address: `${this.#subnet}.${number}`,
      within: ['ip', 'netns', 'exec', namespace, ...named],
      cut: () => run('ip', 'link', 'set', outer, 'down'),
      slow(kilobits) {
        const limit = ['root', 'tbf', 'rate', `${kilobits}kbit`, 'burst', '32kbit', 'latency', '400ms'];
        run('tc', 'qdisc', 'replace', 'dev', outer, ...limit);
        run('tc', '-n', namespace, 'qdisc', 'replace', 'dev', inner, ...limit);
      },
      heal() {
        run('ip', 'link', 'set', outer, 'up');
        // Where nothing was slowed there is nothing to take away.
        spawnSync('tc', ['qdisc', 'del', 'dev', outer, 'root']);
        spawnSync('tc', ['-n', namespace, 'qdisc', 'del', 'dev', inner, 'root']);
      },
    };
  }

  close(): void {
    process.removeListener('exit', this.#leave);
    this.#leave();
  }

  readonly #leave = (): void => {
    for (const namespace of this.#namespaces) spawnSync('ip', ['netns', 'del', namespace]);
    spawnSync('ip', ['link', 'del', this.#bridge]);
  };
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
}
