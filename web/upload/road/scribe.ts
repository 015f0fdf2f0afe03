/**
 * Writes photos onto the phone and hashes them: a worker does it, so that the page stays smooth while fifty photos are put
 * away. Where there is no worker, or its code cannot be had, the page does it itself.
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

export function createScribe(shelf: Shelf | undefined): Scribe {
  const pending = new Map<number, Pending>();
  let last = 0;
  let worker = start();

  function start(): Worker | undefined {
    if (typeof Worker !== 'function') return undefined;
    const made = new Worker(new URL('./scribe-worker.ts', import.meta.url));
    made.onmessage = ({ data }: MessageEvent<Report>) => {
      const one = pending.get(data.number);
      pending.delete(data.number);
      if ('hash' in data) one?.resolve(data.hash);
      else one?.reject(new Error(data.failed));
    };
    // Its code did not come over the line: what waits for it is done here.
    made.onerror = () => {
      worker = undefined;
      const left = [...pending.values()];
      pending.clear();
      for (const { order, resolve, reject } of left) carryOut(order).then(resolve, reject);
    };
    return made;
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
