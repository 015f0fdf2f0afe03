/** The scribe beside the page: writes photos onto the phone and hashes them, where no finger waits for it. */
import { hashOf, openShelf, type Shelf } from './shelf.ts';

export interface Order {
  number: number;
  /** What the bytes are written under; undefined: only hashed. */
  name: string | undefined;
  bytes: Blob;
}

export type Report = { number: number; hash: string } | { number: number; failed: string };

let shelf: Promise<Shelf> | undefined;

async function carryOut({ name, bytes }: Order): Promise<string> {
  if (name === undefined) return hashOf(bytes);
  shelf ??= openShelf();
  return (await shelf).write(name, bytes);
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  const { number } = data;
  carryOut(data).then(
    (hash) => postMessage({ number, hash } satisfies Report),
    (error: unknown) => postMessage({ number, failed: String(error) } satisfies Report),
  );
});
postMessage('ready');
