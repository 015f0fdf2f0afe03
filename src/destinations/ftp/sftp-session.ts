/** One signed-in session with an SFTP server. Several writes are under way at once, so that distance costs little. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Stats } from 'ssh2';
import type { Phases } from '../../lib/outbound.ts';
import type { Found } from '../conflict.ts';
import type { DeliverableImage, Receipt } from '../destination.ts';
import { sizeDiffers } from '../file-server-error.ts';
import type { FileSession, Renamed, Upload } from '../file-session.ts';
import { readImage } from '../read-image.ts';
import { explain, SftpRefusal, type SftpRequests, sftpStatus } from './sftp-requests.ts';
import { readFile, writeFile } from './sftp-transfer.ts';

/** Between all sessions of a destination. */
export interface SftpShared {
  /** Folders that were there or were made. */
  folders: Set<string>;
  /** Where the account lands. */
  home: string | undefined;
}

interface Options {
  requests: SftpRequests;
  address: string;
  opening: Phases;
  remoteDir: string;
  shared: SftpShared;
}

const maxFolders = 10_000;

export class SftpSession implements FileSession {
  readonly address: string;
  readonly opening: Phases;
  readonly #requests: SftpRequests;
  readonly #base: string;
  readonly #shared: SftpShared;
  /** False once fsync@openssh.com turned out to be missing. */
  #syncs = true;

  constructor({ requests, address, opening, remoteDir, shared }: Options) {
    this.address = address;
    this.opening = opening;
    this.#requests = requests;
    this.#shared = shared;
    this.#base = path.posix.join(remoteDir.startsWith('/') ? '' : (shared.home ?? ''), remoteDir);
  }

  get usable(): boolean {
    return !this.#requests.closed;
  }

  get lost(): boolean {
    return this.#requests.lost;
  }

  end(): void {
    this.#requests.end();
  }

  show(place: string): string {
    return path.posix.join(this.#base, place);
  }

  async makeRoom(place: string): Promise<string> {
    const folder = path.posix.dirname(this.show(place));
    const { folders } = this.#shared;
    if (folder === '.' || folder === '/' || folder === this.#shared.home || folders.has(folder)) return place;
    await this.#makeFolder(folder);
    if (folders.size >= maxFolders) folders.clear();
    folders.add(folder);
    return place;
  }

  /** Makes what is missing above it, too. Another session may make the same folders meanwhile. */
  async #makeFolder(folder: string): Promise<void> {
    if (!(await this.#mkdir(folder)) || (await this.#isFolder(folder))) return;
    const above = path.posix.dirname(folder);
    if (above !== folder && above !== '.' && !(await this.#isFolder(above))) await this.#makeFolder(above);
    const refused = await this.#mkdir(folder);
    if (refused && !(await this.#isFolder(folder))) throw explain(refused, `make the folder ${folder}`);
  }

  /** Undefined when it was made, else why not. */
  async #mkdir(folder: string): Promise<SftpRefusal | undefined> {
    const { sftp } = this.#requests;
    return await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.mkdir(folder, done)));
  }

  /** Also true when we may not look: the upload will tell. */
  async #isFolder(folder: string): Promise<boolean> {
    const found = await this.#stat(folder);
    return found instanceof SftpRefusal ? !isMissing(found) : found.isDirectory();
  }

  async #stat(name: string): Promise<Stats | SftpRefusal> {
    const { sftp } = this.#requests;
    try {
      return await this.#requests.ask<Stats>((done) => sftp.stat(name, done));
    } catch (error) {
      if (error instanceof SftpRefusal) return error;
      throw error;
    }
  }

  async #unlessRefused(work: Promise<unknown>): Promise<SftpRefusal | undefined> {
    try {
      await work;
      return undefined;
    } catch (error) {
      if (error instanceof SftpRefusal) return error;
      throw error;
    }
  }

  async upload(place: string, image: DeliverableImage): Promise<Upload> {
    const name = this.show(place);
    const opened = { yes: false };
    try {
      await this.#write(name, image, opened);
    } catch (error) {
      if (!(error instanceof SftpRefusal)) throw error;
      // It may be the folder that went; the next attempt makes it again.
      this.#shared.folders.delete(path.posix.dirname(name));
      const full = await this.#isFull(path.posix.dirname(name), error);
      throw explain(error, `write ${name}`, { full, early: !full && !isMissing(error) && !opened.yes });
    }
    return { verify: (at) => this.#verify(this.show(at), image.sizeBytes) };
  }

  async #write(name: string, image: DeliverableImage, opened: { yes: boolean }): Promise<void> {
    const handle = await this.#openNew(name);
    opened.yes = true;
    const { sftp } = this.#requests;
    try {
      await writeFile(this.#requests, handle, readImage(image));
      // The next photo is claimed meanwhile, and waits for a session.
      image.makeWay?.();
      if (this.#syncs) await this.#sync(handle);
    } catch (error) {
      if (this.usable)
        await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.close(handle, done)));
      throw error;
    }
    await this.#requests.ask<void>((done) => sftp.close(handle, done));
  }

  /**
   * Opens a file that nobody else has open: another attempt of the same delivery that is still under way would write
   * into the same one. What cannot be removed is written over.
   */
  async #openNew(name: string): Promise<Buffer> {
    const { sftp } = this.#requests;
    const open = (flags: 'wx' | 'w'): Promise<Buffer> =>
      this.#requests.ask<Buffer>((done) => sftp.open(name, flags, done));
    try {
      return await open('wx');
    } catch (error) {
      if (!(error instanceof SftpRefusal)) throw error;
      if (error.code !== sftpStatus.failure && error.code !== sftpStatus.fileExists) throw error;
    }
    const kept = await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.unlink(name, done)));
    return await open(kept ? 'w' : 'wx');
  }

  async #sync(handle: Buffer): Promise<void> {
    const { sftp } = this.#requests;
    const refused = await this.#unlessRefused(
      this.#requests.ask<void>((done) => sftp.ext_openssh_fsync(handle, done)),
    );
    if (refused?.code === sftpStatus.unsupported || refused?.code === sftpStatus.permissionDenied) {
      this.#syncs = false;
    } else if (refused) throw refused;
  }

  async #isFull(folder: string, { code }: SftpRefusal): Promise<boolean> {
    if (code !== sftpStatus.failure || !this.usable) return false;
    const { sftp } = this.#requests;
    const left = await this.#requests
      .ask<{ f_bavail?: number }>((done) => sftp.ext_openssh_statvfs(folder, done))
      .catch(() => undefined);
    return left?.f_bavail === 0;
  }

  async #verify(name: string, size: number): Promise<Receipt['verifiedBy']> {
    const found = await this.#stat(name);
    if (found instanceof SftpRefusal) {
      if (isMissing(found)) throw sizeDiffers(0, size);
      return 'none';
    }
    if (found.size !== size) throw sizeDiffers(found.size, size);
    return 'size';
  }

  async rename(from: string, to: string, how: 'replace' | 'if-free'): Promise<Renamed> {
    const [source, target] = [this.show(from), this.show(to)];
    if (how === 'replace') return await this.#replace(source, target);
    // Most servers keep what is there when they rename, but not all of them do.
    if ((await this.#isThere(target)) === 'yes') return 'taken';
    const refused = await this.#rename(source, target);
    if (!refused) return 'done';
    const found = await this.#isThere(target);
    if (found === 'yes') return 'taken';
    const never = refused.code === sftpStatus.permissionDenied || refused.code === sftpStatus.unsupported;
    return found === 'no' || never ? 'refused' : 'unknown';
  }

  async #isThere(name: string): Promise<'yes' | 'no' | 'unknown'> {
    const found = await this.#stat(name);
    if (!(found instanceof SftpRefusal)) return 'yes';
    return isMissing(found) ? 'no' : 'unknown';
  }

  async #rename(source: string, target: string): Promise<SftpRefusal | undefined> {
    const { sftp } = this.#requests;
    return await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.rename(source, target, done)));
  }

  async #replace(source: string, target: string): Promise<'done' | 'refused'> {
    const { sftp } = this.#requests;
    const refused = await this.#unlessRefused(
      this.#requests.ask<void>((done) => sftp.ext_openssh_rename(source, target, done)),
    );
    if (!refused) return 'done';
    if (!(await this.#rename(source, target))) return 'done';
    // Without posix-rename nothing replaces a file in one step: it is removed first.
    if ((await this.#isThere(target)) === 'no') return 'refused';
    const kept = await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.unlink(target, done)));
    if (kept) throw explain(kept, `replace ${target}`);
    return (await this.#rename(source, target)) ? 'refused' : 'done';
  }

  async look(place: string, image: DeliverableImage): Promise<Found> {
    const name = this.show(place);
    const found = await this.#stat(name);
    if (found instanceof SftpRefusal) {
      return found.code === sftpStatus.noSuchFile || found.code === sftpStatus.noSuchPath
        ? 'nothing'
        : 'unknown';
    }
    if (!found.isFile() || found.size !== image.sizeBytes) return 'another';
    const hash = createHash('sha256');
    const unread = await this.#unlessRefused(
      readFile(this.#requests, name, found.size, (chunk) => hash.update(chunk)),
    );
    if (unread) return 'unknown';
    return hash.digest('hex') === image.sha256 ? 'ours' : 'another';
  }

  async remove(place: string): Promise<void> {
    const { sftp } = this.#requests;
    const name = this.show(place);
    const refused = await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.unlink(name, done)));
    if (refused && !isMissing(refused)) throw explain(refused, `remove ${name}`);
  }

  async removeFolder(place: string): Promise<void> {
    const { sftp } = this.#requests;
    const folder = this.show(place);
    this.#shared.folders.delete(folder);
    const refused = await this.#unlessRefused(this.#requests.ask<void>((done) => sftp.rmdir(folder, done)));
    if (refused) throw explain(refused, `remove ${folder}`);
  }
}

function isMissing({ code }: SftpRefusal): boolean {
  return code === sftpStatus.noSuchFile || code === sftpStatus.noSuchPath;
}
