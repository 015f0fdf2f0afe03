/**
 * Writes one photo so that nobody ever sees half of it: under a temporary name in the final folder, synced, then given
 * its name in one step. The bytes are hashed on their way and compared with what the phone sent.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, lstat, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { addAbortSignal } from 'node:stream';
import {
  closeFile,
  closeWritten,
  type Descriptor,
  openFile,
  sizeOf,
  syncFile,
  writeAt,
} from '../../lib/descriptors.ts';
import { FolderSyncs } from '../../lib/folder-syncs.ts';
import { type Conflict, type Found, placeImage } from '../conflict.ts';
import { type DeliverableImage, DeliveryError } from '../destination.ts';
import { sayingWhy, stopped, toDeliveryError } from './failures.ts';
import { ignore } from './place.ts';

export interface Written {
  path: string;
  /** The file is the photo: written now, or found there with the same bytes. False only when `skip` kept another one. */
  same: boolean;
}

/** What this process is writing at this moment: no leftovers. */
const active = new Set<string>();
/** Photos that get their names at the same moment share the sync of their folder. */
const syncs = new FolderSyncs();
/**
 * So many photos may wait for the disk while others are copied: a disk writes a dozen photos down in little more time than
 * one. Each that waits holds a thread of the pool, which has sixteen.
 */
const mostAwaited = 8;
let awaited = 0;

interface Temporary {
  path: string;
  /** It got its name, and is temporary no more. */
  renamed: boolean;
}

const temporaryPrefix = (image: DeliverableImage): string => `.apertur-${image.deliveryId}-`;

/**
 * Copies the photo into `folder` (real path, exists) under `name`. Throws DeliveryError, or what reading the stored
 * bytes throws; leaves no temporary file behind.
 */
export async function writePhoto(
  image: DeliverableImage,
  target: { folder: string; name: string; conflict: Conflict },
  signal: AbortSignal,
): Promise<Written> {
  const { folder, name, conflict } = target;
  const final = path.join(folder, name).replaceAll(path.sep, '/');
  const temporaryName = `${temporaryPrefix(image)}${randomBytes(4).toString('hex')}.tmp`;
  const temporary: Temporary = { path: path.join(folder, temporaryName), renamed: false };
  active.add(temporary.path);
  let arrived = (): void => {};
  try {
    await copy(image, temporary.path, signal, () => {
      arrived = letNextBegin(image);
    });
    const written = await sayingWhy(final, () => publish(image, temporary, final, conflict));
    await sayingWhy(folder, () => syncs.sync(folder));
    return written;
  } finally {
    arrived();
    if (!temporary.renamed) await unlink(temporary.path).catch(() => undefined);
    active.delete(temporary.path);
  }
}

/** Returns what tells that the photo waits no more. */
function letNextBegin(image: DeliverableImage): () => void {
  if (awaited >= mostAwaited) return () => {};
  awaited += 1;
  image.makeWay?.();
  return () => {
    awaited -= 1;
  };
}

/** `onWritten` hears when only the disk is awaited. */
async function copy(
  image: DeliverableImage,
  temporary: string,
  signal: AbortSignal,
  onWritten: () => void,
): Promise<void> {
  if (signal.aborted) throw stopped();
  const file = await sayingWhy(temporary, () => openFile(temporary, 'wx'));
  let synced = false;
  try {
    const { bytes, sha256 } = await copyBytes(image, file, temporary, signal);
    if (sha256 !== image.sha256 || bytes !== image.sizeBytes) {
      throw new DeliveryError(
        `The stored photo is not what was received: ${bytes} of ${image.sizeBytes} bytes, checksum ${sha256 === image.sha256 ? 'right' : 'wrong'}. Nothing was delivered; check the storage.`,
        { fate: 'retry' },
      );
    }
    onWritten();
    await sayingWhy(temporary, () => syncFile(file));
    synced = true;
    const onDisk = sizeOf(file);
    if (onDisk !== bytes) {
      throw new DeliveryError(`The disk holds ${onDisk} of ${bytes} bytes.`, { fate: 'retry' });
    }
  } finally {
    if (synced) closeFile(file);
    else await closeWritten(file).catch(() => {});
  }
}

/** Failures of the disk are put into our words at once; failures of the storage pass as they are. */
async function copyBytes(
  image: DeliverableImage,
  file: Descriptor,
  temporary: string,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const stored = addAbortSignal(signal, await image.open());
  try {
    for await (const chunk of stored as AsyncIterable<Buffer>) {
      await writing;
      const at = bytes;
      writing = sayingWhy(temporary, () => writeAt(file, chunk, at));
      writing.catch(() => {});
      // While a thread of the pool writes the same bytes.
      hash.update(chunk);
      bytes += chunk.length;
    }
    await writing;
  } catch (error) {
    // The file must not be closed under it.
    await writing.catch(() => {});
    if (signal.aborted) throw stopped();
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function publish(
  image: DeliverableImage,
  temporary: Temporary,
  final: string,
  conflict: Conflict,
): Promise<Written> {
  if (conflict === 'overwrite') {
    await rename(temporary.path, final);
    temporary.renamed = true;
    return { path: final, same: true };
  }
  const placed = await placeImage(image, final, conflict, {
    look: (place) => look(place, image),
    writeIfFree: async (place) => ((await linkIfFree(temporary.path, place)) ? true : 'taken'),
    overwrite: async (place) => {
      await rename(temporary.path, place);
      return true;
    },
  });
  return { path: placed.path, same: placed.outcome !== 'kept' };
}

/** A hard link is made only where nothing is, in one step; looking first would leave a gap. */
async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Linux says EPERM when the file system knows no hard links.
    const reason = code === 'EPERM' || code === 'EOPNOTSUPP' ? { code: 'ENOTSUP' } : error;
    throw toDeliveryError(reason, to);
  }
}

/** What stands at a path; a link is looked at through its target. A folder is in the way under every rule. */
async function look(place: string, image: DeliverableImage): Promise<Found> {
  // The entry itself is looked at first: a file that appears between two looks must not pass for a link to nothing.
  const entry = await lstat(place).catch(ignore('ENOENT'));
  if (!entry) return 'nothing';
  const found = entry.isSymbolicLink() ? await stat(place).catch(ignore('ENOENT')) : entry;
  if (!found) return 'another';
  if (found.isDirectory()) throw toDeliveryError({ code: 'EISDIR' }, place);
  if (!found.isFile() || found.size !== image.sizeBytes) return 'another';
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(place)) hash.update(chunk as Buffer);
  return hash.digest('hex') === image.sha256 ? 'ours' : 'another';
}

/** How long a listing serves: shorter than any lease, so that whoever takes over a dead worker's delivery reads anew. */
const listingMs = 5_000;
const maxListings = 1_000;

/**
 * Removes the temporary files that a killed process left of a delivery which is now tried again. Listings are kept for a
 * moment, because a flat folder may hold a hundred thousand photos.
 */
export function createLeftovers(now: () => number): {
  remove(folder: string, image: DeliverableImage): Promise<void>;
} {
  const listings = new Map<string, { names: string[]; readAt: number }>();

  async function list(folder: string): Promise<string[]> {
    const known = listings.get(folder);
    if (known && now() - known.readAt < listingMs) return known.names;
    const readAt = now();
    const all = await readdir(folder).catch(() => []);
    const names = all.filter((name) => name.startsWith('.apertur-') && name.endsWith('.tmp'));
    if (listings.size >= maxListings) listings.clear();
    listings.set(folder, { names, readAt });
    return names;
  }

  return {
    async remove(folder, image) {
      const own = (await list(folder))
        .filter((name) => name.startsWith(temporaryPrefix(image)))
        .map((name) => path.join(folder, name))
        .filter((file) => !active.has(file));
      await Promise.all(own.map((file) => rm(file, { force: true }).catch(() => undefined)));
    },
  };
}
