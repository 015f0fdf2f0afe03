/**
 * Where a local destination may write: a folder under one of the roots that the operator opened. A **place** is decided
 * by its name when the settings are saved, and proven by its real path, links followed, before each write.
 */
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../lib/folder-syncs.ts';
import { leadsOut } from './failures.ts';

export interface Place {
  /** The allowed root; absolute. */
  root: string;
  /** The folder of the destination, inside the root or the root itself; absolute. */
  folder: string;
}

/** An absolute folder under some root, or one relative to the first root; undefined when it lies outside all of them. */
export function findPlace(folder: string, roots: readonly string[]): Place | undefined {
  const [first] = roots;
  if (first === undefined) return undefined;
  const absolute = path.resolve(first, folder);
  const root = roots.find((candidate) => contains(path.resolve(candidate), absolute));
  return root === undefined ? undefined : { root: path.resolve(root), folder: absolute };
}

function contains(root: string, folder: string): boolean {
  const relative = path.relative(root, folder);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/**
 * Makes `folder` durably, with what is missing above it up to the root, and returns its real path. Throws DeliveryError
 * `give-up` when a link leads out of the root, before anything is made there; else what the file system says.
 */
export async function makeFolder(root: string, folder: string): Promise<string> {
  // Most photos come into a folder that is there; with a slash behind it, no file passes for one.
  const there = await realpath(`${folder}${path.sep}`).catch(ignore('ENOENT'));
  if (there !== undefined) {
    assertInside(await realpath(root), there, folder);
    return there;
  }
  // Only the last step to the root is made: when a whole branch is missing, a disk is probably not mounted.
  await mkdir(root).catch(ignore('EEXIST'));
  const realRoot = await realpath(root);
  assertInside(realRoot, await realpathOfExisting(folder, root), folder);
  const firstMade = await mkdir(folder, { recursive: true });
  const real = await realpath(folder);
  assertInside(realRoot, real, folder);
  if (firstMade !== undefined) await syncUpTo(path.dirname(firstMade), path.dirname(folder));
  return real;
}

async function realpathOfExisting(folder: string, root: string): Promise<string> {
  for (let candidate = folder; candidate !== root; candidate = path.dirname(candidate)) {
    const real = await realpath(candidate).catch(ignore('ENOENT'));
    if (real !== undefined) return real;
  }
  return await realpath(root);
}

function assertInside(realRoot: string, real: string, folder: string): void {
  if (contains(realRoot, real)) return;
  throw leadsOut(folder);
}

/** Syncs the folders that got a new entry: from the one above the first new folder down to the one above the last. */
async function syncUpTo(top: string, bottom: string): Promise<void> {
  for (let folder = bottom; ; folder = path.dirname(folder)) {
    await syncFolder(folder);
    if (folder === top || folder === path.dirname(folder)) return;
  }
}

/** For `.catch`: swallows one error code. */
export function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
    return undefined;
  };
}
