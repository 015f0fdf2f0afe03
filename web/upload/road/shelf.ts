/**
 * Photos on the phone itself, in IndexedDB: a camera may end the tab, a pocket may close it. The bytes lie there in
 * pieces of a megabyte, as plain buffers, which every browser keeps; so nothing ever holds a whole photo.
 */
import { leftBehind } from '../collector.ts';
import type { ImageResult } from '../send.ts';
import { Sha256 } from './sha256.ts';

export interface Kept {
  /** The phone's own name for the photo; the server knows it by that too. */
  id: string;
  session: string;
  name: string;
  type: string;
  source: 'camera' | 'gallery';
  size: number;
  lastModified: number;
  /** SHA-256 of the photo, lower-case hex. */
  hash: string;
  /** Of the envelope in its place, once it is sealed. */
  sealed?: { size: number; hash: string };
  /** The server has it: what it was is remembered, and its small picture. */
  received: boolean;
  /** As what the server has it. */
  image?: ImageResult;
  /** Bytes of its small picture, where there is one. */
  small?: number;
  /** Milliseconds since 1970: when the session ends, and everything here with it. */
  until: number;
  addedAt: number;
}

export interface Shelf {
  list(session: string): Promise<Kept[]>;
  put(kept: Kept): Promise<void>;
  /** Writes bytes under a name and hashes them. Throws a DOMException (QuotaExceededError) when the phone is full. */
  write(name: string, bytes: Blob): Promise<string>;
  /** The bytes from `start` to before `end`. */
  read(name: string, start: number, end: number): Promise<Blob>;
  /** Forgets bytes. */
  drop(name: string, size: number): Promise<void>;
  forget(id: string): Promise<void>;
  /** Forgets what belongs to sessions that are over. */
  sweep(now: number): Promise<void>;
}

const pieceBytes = 1_048_576;

/** Hashes without keeping. Throws when the phone no longer gives the file. */
export async function hashOf(bytes: Blob): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < bytes.size; at += pieceBytes) {
    hash.update(new Uint8Array(await bytes.slice(at, at + pieceBytes).arrayBuffer()));
  }
  return hash.digest();
}

/** Rejects where there is no such place (some private windows). */
export async function openShelf(): Promise<Shelf> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('apertur', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('photos', { keyPath: 'id' }).createIndex('session', 'session');
      request.result.createObjectStore('pieces');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('blocked'));
  });

  /** Resolves when it is written, not before. */
  function run<T>(
    store: 'photos' | 'pieces',
    mode: IDBTransactionMode,
    use: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(store, mode);
      const request = use(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
      transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }

  const pieces = (size: number): number => Math.ceil(size / pieceBytes);
  const shelf: Shelf = {
    list: (session) => run<Kept[]>('photos', 'readonly', (store) => store.index('session').getAll(session)),
    async put(kept) {
      await run('photos', 'readwrite', (store) => store.put(kept));
    },
    async write(name, bytes) {
      const hash = new Sha256();
      try {
        for (let n = 0; n < pieces(bytes.size); n++) {
          const piece = await bytes.slice(n * pieceBytes, (n + 1) * pieceBytes).arrayBuffer();
          hash.update(new Uint8Array(piece));
          await run('pieces', 'readwrite', (store) => store.put(piece, [name, n]));
          leftBehind(4 * pieceBytes);
        }
      } catch (error) {
        await shelf.drop(name, bytes.size).catch(() => undefined);
        throw error;
      }
      return hash.digest();
    },
    async read(name, start, end) {
      const first = Math.floor(start / pieceBytes);
      const parts: ArrayBuffer[] = [];
      for (let n = first; n * pieceBytes < end; n++) {
        const piece = await run<ArrayBuffer>('pieces', 'readonly', (store) => store.get([name, n]));
        if (piece === undefined) throw new Error('A piece of a photo is gone');
        parts.push(piece);
      }
      return new Blob(parts).slice(start - first * pieceBytes, end - first * pieceBytes);
    },
    async drop(name, size) {
      if (size === 0) return;
      const all = IDBKeyRange.bound([name, 0], [name, pieces(size)]);
      await run('pieces', 'readwrite', (store) => store.delete(all));
    },
    async forget(id) {
      const kept = await run<Kept | undefined>('photos', 'readonly', (store) => store.get(id));
      if (kept === undefined) return;
      await shelf.drop(id, kept.size);
      await shelf.drop(`${id} sealed`, kept.sealed?.size ?? 0);
      await shelf.drop(`${id} small`, kept.small ?? 0);
      await run('photos', 'readwrite', (store) => store.delete(id));
    },
    async sweep(now) {
      const all = await run<Kept[]>('photos', 'readonly', (store) => store.getAll());
      for (const { id, until } of all) if (until < now) await shelf.forget(id);
    },
  };
  return shelf;
}
