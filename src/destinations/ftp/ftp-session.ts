/** One signed-in session with an FTP server: files by STOR, RNFR and RNTO, compared by HASH or SIZE. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Phases } from '../../lib/outbound.ts';
import type { Found } from '../conflict.ts';
import type { DeliverableImage, Receipt } from '../destination.ts';
import { hashDiffers, sizeDiffers } from '../file-server-error.ts';
import type { FileSession, Renamed, Upload } from '../file-session.ts';
import { hashImage, readImage } from '../read-image.ts';
import type { Control } from './ftp-control.ts';
import { receive, send } from './ftp-data.ts';
import { refusal } from './ftp-replies.ts';

/** Between all sessions of a destination. */
export interface Shared {
  /** Folders that were there or were made. */
  folders: Set<string>;
  /** False when SIZE denied what was just written: its "no" means nothing then. */
  sizes: boolean;
}

/** How a server can say what it holds. */
export interface ServerHash {
  command: 'HASH' | 'XSHA256' | 'XSHA1' | 'XSHA' | 'XMD5';
  /** Before the first use, where the server has to be told. */
  setUp?: string;
  /** As Node calls it. */
  algorithm: 'sha256' | 'sha1' | 'md5';
}

interface Options {
  control: Control;
  address: string;
  opening: Phases;
  /** Where the account lands. */
  home: string;
  remoteDir: string;
  hash: ServerHash | undefined;
  stallMs: number;
  shared: Shared;
}

const maxFolders = 10_000;

export class FtpSession implements FileSession {
  readonly address: string;
  readonly opening: Phases;
  readonly #control: Control;
  readonly #base: string;
  readonly #stallMs: number;
  readonly #shared: Shared;
  #hash: ServerHash | undefined;
  #hashReady = false;
  #outOfStep = false;

  constructor(options: Options) {
    this.address = options.address;
    this.opening = options.opening;
    this.#control = options.control;
    this.#hash = options.hash;
    this.#stallMs = options.stallMs;
    this.#shared = options.shared;
    // From the root, so that changing the folder changes no name; what is no path with slashes stays as it is.
    const rooted = options.home.startsWith('/') && !options.remoteDir.startsWith('/');
    this.#base = path.posix.join(rooted ? options.home : '', options.remoteDir);
  }

  get usable(): boolean {
    return !this.#control.closed && !this.#outOfStep;
  }

  get lost(): boolean {
    return this.#control.lost;
  }

  end(): void {
    this.#control.end();
  }

  show(place: string): string {
    return path.posix.join(this.#base, place);
  }

  async makeRoom(place: string): Promise<string> {
    const folder = path.posix.dirname(this.show(place));
    const { folders } = this.#shared;
    if (folder === '.' || folder === '/' || folders.has(folder)) return place;
    if (!(await this.#enter(folder)) && !(await this.#makeFolder(folder))) await this.#makeBranch(folder);
    if (folders.size >= maxFolders) folders.clear();
    folders.add(folder);
    return place;
  }

  async #enter(folder: string): Promise<boolean> {
    // Elsewhere names would mean something else after entering a folder.
    if (!folder.startsWith('/')) return false;
    return (await this.#control.command(`CWD ${folder}`)).code < 400;
  }

  async #makeFolder(folder: string): Promise<boolean> {
    return (await this.#control.command(`MKD ${folder}`)).code < 400;
  }

  /** From the top. What cannot be made may be there already, so only the last word counts. */
  async #makeBranch(folder: string): Promise<void> {
    const parts = folder.split('/');
    let last = { code: 0, text: '' };
    for (let length = 1; length <= parts.length; length++) {
      const part = parts.slice(0, length).join('/');
      if (part !== '') last = await this.#control.command(`MKD ${part}`);
    }
    if (last.code < 400 || (await this.#enter(folder)) || !folder.startsWith('/')) return;
    throw refusal(last, 'folder');
  }

  async upload(place: string, image: DeliverableImage): Promise<Upload> {
    const also =
      this.#hash && this.#hash.algorithm !== 'sha256' ? createHash(this.#hash.algorithm) : undefined;
    await this.#store(this.show(place), readImage(image, also));
    const expected = also ? also.digest('hex') : image.sha256;
    return { verify: (at) => this.#verify(this.show(at), image.sizeBytes, expected) };
  }

  async #store(name: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    let began = true;
    try {
      const reply = await this.#control.transfer(`STOR ${name}`, (data) => send(bytes, data, this.#stallMs));
      began = reply.began;
      if (reply.code >= 400) throw refusal(reply, 'write', !began);
    } catch (error) {
      // What the server still has to say about this transfer would be taken for the answer to the next command.
      this.#outOfStep = began;
      // It may be the folder that went; the next attempt makes it again.
      this.#shared.folders.delete(path.posix.dirname(name));
      throw error;
    }
  }

  async #verify(name: string, size: number, expected: string): Promise<Receipt['verifiedBy']> {
    const held = await this.#hashOf(name, expected.length);
    if (held !== undefined) {
      if (held !== expected) throw hashDiffers(this.#hash!.algorithm);
      return 'hash';
    }
    const found = await this.#size(name);
    if (found === 'nothing') this.#shared.sizes = false;
    if (typeof found !== 'number') return 'none';
    if (found !== size) throw sizeDiffers(found, size);
    return 'size';
  }

  /** Undefined when the server does not say; it is then not asked again. */
  async #hashOf(name: string, digits: number): Promise<string | undefined> {
    const hash = this.#hash;
    // The X commands are in no standard, and take what follows a space for a range.
    if (!hash || (hash.command !== 'HASH' && name.includes(' '))) return undefined;
    if (!this.#hashReady && hash.setUp) {
      const reply = await this.#control.command(hash.setUp);
      if (reply.code >= 400) return this.#dropHash();
    }
    this.#hashReady = true;
    const reply = await this.#control.command(`${hash.command} ${name}`);
    const found = new RegExp(`(?<![0-9a-f])[0-9a-f]{${digits}}(?![0-9a-f])`, 'i').exec(reply.text)?.[0];
    return reply.code >= 200 && reply.code < 300 && found ? found.toLowerCase() : this.#dropHash();
  }

  #dropHash(): undefined {
    this.#hash = undefined;
    return undefined;
  }

  async #size(name: string): Promise<number | 'nothing' | 'unknown'> {
    const reply = await this.#control.command(`SIZE ${name}`);
    if (reply.code === 213 && /^\d+/.test(reply.text)) return Number.parseInt(reply.text, 10);
    return reply.code === 550 && this.#shared.sizes ? 'nothing' : 'unknown';
  }

  async rename(from: string, to: string, how: 'replace' | 'if-free'): Promise<Renamed> {
    const [source, target] = [this.show(from), this.show(to)];
    if (how === 'replace') return await this.#replace(source, target);
    // FTP has no rename that keeps what is there, so it is looked at first.
    const found = await this.#size(target);
    if (found !== 'nothing') return found === 'unknown' ? 'unknown' : 'taken';
    const outcome = await this.#move(source, target);
    if (outcome === 'done') return 'done';
    return typeof (await this.#size(target)) === 'number' ? 'taken' : 'refused';
  }

  async #replace(source: string, target: string): Promise<'done' | 'refused'> {
    if ((await this.#move(source, target)) === 'done') return 'done';
    // Some servers rename only to a name that is free.
    if (typeof (await this.#size(target)) !== 'number') return 'refused';
    const removed = await this.#control.command(`DELE ${target}`);
    if (removed.code >= 400) throw refusal(removed, 'rename');
    return await this.#move(source, target);
  }

  async #move(source: string, target: string): Promise<'done' | 'refused'> {
    const from = await this.#control.command(`RNFR ${source}`);
    const reply = from.code === 350 ? await this.#control.command(`RNTO ${target}`) : from;
    if (reply.code < 400) return 'done';
    if (reply.code < 500) throw refusal(reply, 'rename');
    return 'refused';
  }

  async look(place: string, image: DeliverableImage): Promise<Found> {
    const name = this.show(place);
    const size = await this.#size(name);
    if (typeof size !== 'number') return size;
    if (size !== image.sizeBytes) return 'another';
    return (await this.#holds(name, image)) ?? 'unknown';
  }

  async #holds(name: string, image: DeliverableImage): Promise<Found | undefined> {
    const algorithm = this.#hash?.algorithm ?? 'sha256';
    const expected = algorithm === 'sha256' ? image.sha256 : await hashImage(image, algorithm);
    const told = await this.#hashOf(name, expected.length);
    const held = told ?? (await this.#readHash(name));
    if (held === undefined) return undefined;
    return held === (told ? expected : image.sha256) ? 'ours' : 'another';
  }

  async #readHash(name: string): Promise<string | undefined> {
    const hash = createHash('sha256');
    try {
      const reply = await this.#control.transfer(`RETR ${name}`, (data) =>
        receive(data, this.#stallMs, (chunk) => hash.update(chunk)),
      );
      return reply.code < 400 ? hash.digest('hex') : undefined;
    } catch (error) {
      this.#outOfStep = true;
      throw error;
    }
  }

  async remove(place: string): Promise<void> {
    const reply = await this.#control.command(`DELE ${this.show(place)}`);
    // Servers say 550 both when nothing is there and when they do not want to.
    if (reply.code >= 400) throw refusal(reply, 'remove');
  }

  async removeFolder(place: string): Promise<void> {
    const folder = this.show(place);
    this.#shared.folders.delete(folder);
    const reply = await this.#control.command(`RMD ${folder}`);
    if (reply.code >= 400) throw refusal(reply, 'remove');
  }
}

/** The best way to compare among what FEAT names: our own hash first, then others that still prove the bytes. */
export function chooseHash(features: string): ServerHash | undefined {
  const offers = (word: string): boolean => new RegExp(`^\\s*${word}\\b`, 'im').test(features);
  const hash = /^\s*HASH\s+(.*)$/im.exec(features)?.[1];
  for (const [name, algorithm] of hash ? hashNames : []) {
    if (
      hash!
        .toUpperCase()
        .split(/[;\s]+/)
        .some((offer) => offer.replace('*', '') === name)
    ) {
      return { command: 'HASH', setUp: `OPTS HASH ${name}`, algorithm };
    }
  }
  const command = (['XSHA256', 'XSHA1', 'XSHA', 'XMD5'] as const).find(offers);
  if (!command) return undefined;
  const algorithm = command === 'XSHA256' ? 'sha256' : command === 'XMD5' ? 'md5' : 'sha1';
  return { command, algorithm };
}

const hashNames = [
  ['SHA-256', 'sha256'],
  ['SHA-1', 'sha1'],
  ['MD5', 'md5'],
] as const;
