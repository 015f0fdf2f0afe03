/**
 * Writes photos onto the phone and hashes them: a worker does it, so that the page stays smooth while fifty photos are put
 * away. Where there is no worker, or while its code cannot be had, the page does it itself.
 */
import type { Order, Report } from './scribe-worker.ts';
import { hashOf, type Shelf } from './shelf.ts';

export interface Scribe {
  /** As `Shelf.write`. */
  write(name: string, bytes: Blob): Promise<string>;
  /** Hashes without keeping. */
  hash(bytes: Blob): Promise<string>;
}

interface Pending {
  order: Order;
  resolve(hash: string): void;
  reject(error: Error): void;
}

/** Milliseconds for the worker's code to come, over a line that may have fallen silent. */
const PATIENCE = 20_000;

export function createScribe(shelf: Shelf | undefined): Scribe {
  const pending = new Map<number, Pending>();
  let last = 0;
  let worker = hire({
    onLost() {
      dismiss();
      // Another may come with the line; nobody waits for that one.
      hire({
        onReady(other) {
          worker = other;
        },
        onLost: dismiss,
      });
    },
  });

  function hire({ onReady, onLost }: { onReady?(made: Worker): void; onLost(): void }): Worker | undefined {
    const made = startWorker();
    if (made === undefined) return undefined;
    const lose = (): void => {
      clearTimeout(watchdog);
      made.terminate();
      onLost();
    };
    const watchdog = setTimeout(lose, PATIENCE);
    made.onerror = lose;
    made.onmessage = ({ data }: MessageEvent<Report | 'ready'>) => {
      clearTimeout(watchdog);
      if (data === 'ready') return onReady?.(made);
      const one = pending.get(data.number);
      pending.delete(data.number);
      if ('hash' in data) one?.resolve(data.hash);
      else one?.reject(new Error(data.failed));
    };
    return made;
  }

  /** What waits for it is done here. */
  function dismiss(): void {
    worker = undefined;
    const left = [...pending.values()];
    pending.clear();
    for (const { order, resolve, reject } of left) carryOut(order).then(resolve, reject);
  }

  function carryOut({ name, bytes }: Order): Promise<string> {
    if (name === undefined) return hashOf(bytes);
    return shelf === undefined ? Promise.reject(new Error('There is no shelf')) : shelf.write(name, bytes);
  }

  function ask(name: string | undefined, bytes: Blob): Promise<string> {
    const order = { number: ++last, name, bytes };
    if (worker === undefined) return carryOut(order);
    const to = worker;
    return new Promise((resolve, reject) => {
      pending.set(order.number, { order, resolve, reject });
      to.postMessage(order);
    });
  }

  return { write: ask, hash: (bytes) => ask(undefined, bytes) };
}

function startWorker(): Worker | undefined {
  try {
    return new Worker(new URL('./scribe-worker.ts', import.meta.url));
  } catch {
    // Unknown to this browser, or forbidden here: a frame without an origin may have none.
    return undefined;
  }
}
