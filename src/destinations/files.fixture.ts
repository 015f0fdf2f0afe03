/** The folder behind a file server, seen from this machine's disk: the second way to it that harnesses need. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Harness } from './contract.ts';

/** `root` is what the destination calls its own folder; `toFile` finds the file that a receipt names. */
export function filesBehind(
  root: string,
  toFile: (remotePath: string) => string,
): Pick<Harness, 'list' | 'read' | 'put'> {
  return {
    list: async (folder) => {
      const top = path.join(root, folder);
      if (!existsSync(top)) return [];
      return readdirSync(top, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
    },
    read: async (place) => {
      const file = typeof place === 'string' ? path.join(root, place) : toFile(place.remotePath!);
      return existsSync(file) ? readFileSync(file) : undefined;
    },
    put: async (place, bytes) => {
      const file = path.join(root, place);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      giveAway(root, path.relative(root, file));
    },
  };
}

/** Files that a test makes as root would be closed to the server's own user. */
function giveAway(root: string, place: string): void {
  const { uid, gid } = statSync(root);
  if (process.getuid?.() !== 0) return;
  for (let at = place; at !== '.'; at = path.dirname(at)) chownSync(path.join(root, at), uid, gid);
}
