/** One photo at a time at a WebDAV server (RFC 4918): PUT under a temporary name, then MOVE to its own. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { OutboundResponse, Phases } from '../../lib/outbound.ts';
import type { Found } from '../conflict.ts';
import type { DeliverableImage, Receipt } from '../destination.ts';
import { FileServerError, hashDiffers, sizeDiffers } from '../file-server-error.ts';
import { type FileSession, type Renamed, temporaryName, type Upload } from '../file-session.ts';
import { hashImage, readImage } from '../read-image.ts';
import { refusal } from './answers.ts';
import type { DavClient, DavRequest } from './client.ts';

/** Between all sessions of a destination. */
export interface DavShared {
  /** Folders that were there or were made, relative to the folder of the destination. */
  folders: Set<string>;
  /** The account may not make folders: the names are flat. */
  flat: boolean;
}

interface Options {
  client: DavClient;
  /** The folder of the destination; ends with a slash. */
  base: URL;
  address: string | null;
  opening: Phases;
  shared: DavShared;
  now: () => number;
}

const maxFolders = 10_000;
/** Bytes that are read back at once when a file is compared. */
const rangeBytes = 4 * 1_048_576;

interface Properties {
  /** Undefined when the server does not say. */
  size: number | undefined;
  /** Checksums as the server writes them, "SHA1:…". */
  sums: string[];
  missing: boolean;
}

export class DavSession implements FileSession {
  readonly address: string | null;
  readonly opening: Phases;
  readonly lost = false;
  readonly #client: DavClient;
  readonly #base: URL;
  readonly #shared: DavShared;
  readonly #now: () => number;
  readonly #ended = new AbortController();

  constructor({ client, base, address, opening, shared, now }: Options) {
    this.address = address;
    this.opening = opening;
    this.#client = client;
    this.#base = base;
    this.#shared = shared;
    this.#now = now;
  }

  get usable(): boolean {
    return !this.#ended.signal.aborted;
  }

  end(): void {
    this.#ended.abort();
  }

  /** The URL, readable: what a person would type. */
  show(place: string): string {
    return `${this.#base.origin}${decode(this.#base.pathname)}${place}`;
  }

  #url(place: string): URL {
    return new URL(place.split('/').map(encodeURIComponent).join('/'), this.#base);
  }

  #ask(method: string, url: URL, more: Omit<DavRequest, 'method' | 'url'> = {}): Promise<OutboundResponse> {
    return this.#client.request({ method, url, ...more }, this.#ended.signal);
  }

  async makeRoom(place: string): Promise<string> {
    const folder = path.posix.dirname(place);
    if (folder === '.') return place;
    if (this.#shared.flat) return flatten(place);
    const { folders } = this.#shared;
    if (folders.has(folder)) return place;
    if (!(await this.#makeFolder(folder))) {
      this.#shared.flat = true;
      return flatten(place);
    }
    if (folders.size >= maxFolders) folders.clear();
    folders.add(folder);
    return place;
  }

  /** False when folders may not be made here. The folder of the destination itself is never made (contract §6.3). */
  async #makeFolder(folder: string): Promise<boolean> {
    const url = this.#url(`${folder}/`);
    let answer = await this.#ask('MKCOL', url);
    if (answer.status === 409) {
      // What is above it is missing.
      const above = path.posix.dirname(folder);
      if (above === '.') throw refusal(answer, url, this.#now());
      if (!(await this.#makeFolder(above))) return false;
      answer = await this.#ask('MKCOL', url);
    }
    if (isYes(answer) || (await this.#isFolder(url))) return true;
    if ([403, 405, 501].includes(answer.status)) return false;
    throw refusal(answer, url, this.#now());
  }

  async #isFolder(url: URL): Promise<boolean> {
    const answer = await this.#ask('PROPFIND', url, { headers: { depth: '0' } });
    return answer.status === 207;
  }

  async upload(place: string, image: DeliverableImage): Promise<Upload> {
    const url = this.#url(place);
    // The server is told before what it should get: ownCloud refuses anything else, Nextcloud keeps it for its clients.
    const sha1 = this.#isCloud() ? await hashImage(image, 'sha1') : undefined;
    const answer = await this.#ask('PUT', url, {
      headers: {
        'content-type': image.mimeType,
        'x-hash': 'sha256',
        ...(sha1 ? { 'oc-checksum': `SHA1:${sha1}` } : {}),
      },
      body: { length: image.sizeBytes, open: () => readImage(image) },
    });
    if (!isYes(answer)) {
      // It may be the folder that went; the next attempt makes it again.
      this.#shared.folders.delete(path.posix.dirname(place));
      throw refusal(answer, url, this.#now());
    }
    const told = answer.headers['x-hash-sha256']?.toLowerCase();
    return { verify: (at) => this.#verify(at, image, told, sha1) };
  }

  /** Nextcloud and ownCloud. */
  #isCloud(): boolean {
    return /\/(remote|public)\.php\/|\/dav\/(files|spaces)\//.test(this.#base.pathname);
  }

  async #verify(
    place: string,
    image: DeliverableImage,
    told: string | undefined,
    sha1: string | undefined,
  ): Promise<Receipt['verifiedBy']> {
    if (told !== undefined) {
      if (told !== image.sha256) throw hashDiffers('sha256');
      return 'hash';
    }
    const { size, sums, missing } = await this.#properties(place, sha1 !== undefined);
    // A photo under its last name may have been taken away already; nobody takes one under a temporary name.
    if (missing && path.posix.basename(place) === temporaryName(image)) throw sizeDiffers(0, image.sizeBytes);
    if (size === undefined) return 'none';
    if (size !== image.sizeBytes) throw sizeDiffers(size, image.sizeBytes);
    // A sum of another kind than ours shows that the server computed them; Nextcloud repeats what it was told.
    const computed = sums.some((sum) => !sum.startsWith('SHA1:'));
    const held = sums.find((sum) => sum.startsWith('SHA1:'));
    if (!sha1 || !computed || held === undefined) return 'size';
    if (held.slice(5).toLowerCase() !== sha1) throw hashDiffers('sha1');
    return 'hash';
  }

  /** HEAD is the lightest; where it says nothing, PROPFIND may. */
  async #properties(place: string, withSums: boolean): Promise<Properties> {
    const url = this.#url(place);
    if (!withSums) {
      const head = await this.#ask('HEAD', url);
      const length = head.headers['content-length'];
      if (head.status === 200 && length !== undefined && !head.headers['content-encoding']) {
        return { size: Number(length), sums: [], missing: false };
      }
    }
    const answer = await this.#askProperties(url, '<d:getcontentlength/><oc:checksums/>');
    if (answer.status !== 207) return { size: undefined, sums: [], missing: answer.status === 404 };
    const text = answer.body.toString('utf8');
    const size = /<(?:[\w-]+:)?getcontentlength[^>]*>\s*(\d{1,15})\s*</.exec(text)?.[1];
    const sums = /<(?:[\w-]+:)?checksum>([^<]*)</.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
    return { size: size === undefined ? undefined : Number(size), sums, missing: false };
  }

  #askProperties(url: URL, names: string): Promise<OutboundResponse> {
    return this.#ask('PROPFIND', url, {
      headers: { depth: '0', 'content-type': 'application/xml' },
      body: `<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop>${names}</d:prop></d:propfind>`,
    });
  }

  async rename(from: string, to: string, how: 'replace' | 'if-free'): Promise<Renamed> {
    const target = this.#url(to);
    const answer = await this.#move(this.#url(from), target, how);
    // RFC 4918 §9.9.4. Another yes may be a page that something in between made up: then what is there decides.
    if (answer.status === 201 || answer.status === 204) return await this.#lookForLeft(from, target, answer);
    if (isYes(answer)) return await this.#lookForMoved(from, target, answer);
    if (answer.status === 412) return 'taken';
    if (![403, 405, 501, 502].includes(answer.status)) throw refusal(answer, target, this.#now());
    if (how === 'if-free' && (await this.#ask('HEAD', target)).status === 200) return 'taken';
    return 'refused';
  }

  /**
   * The right yes is doubted only when the photo still lies under its temporary name. That it lies under the new one is not
   * asked for: whoever watches the folder may have taken it away already.
   */
  async #lookForLeft(from: string, target: URL, answer: OutboundResponse): Promise<Renamed> {
    // Not HEAD: the answer to one for what is not there may have no length, and would cost the connection.
    const left = await this.#askProperties(this.#url(from), '<d:getcontentlength/>');
    return left.status === 207 ? await this.#lookForMoved(from, target, answer) : 'done';
  }

  async #lookForMoved(from: string, target: URL, answer: OutboundResponse): Promise<Renamed> {
    const there = await this.#ask('HEAD', target);
    const left = await this.#ask('HEAD', this.#url(from));
    if (isYes(there) && left.status === 404) return 'done';
    throw new FileServerError(
      `The server answered ${answer.status} when the photo was given its name, and did not do it.`,
      'Something between here and the server answers in its place (a proxy, a sign-in page). It will be sent again.',
      { fate: 'retry' },
    );
  }

  /**
   * A server behind a proxy may not know the address by which it is reached, and say that the other one is not its own.
   * A path alone is allowed (RFC 4918 §10.3), but not everywhere; http behind an https proxy is the usual case.
   */
  async #move(from: URL, target: URL, how: 'replace' | 'if-free'): Promise<OutboundResponse> {
    const swapped = target.protocol === 'https:' ? 'http:' : 'https:';
    const names = [target.href, target.pathname, target.href.replace(/^https?:/, swapped)];
    let answer: OutboundResponse | undefined;
    for (const destination of names) {
      const headers = { destination, overwrite: how === 'replace' ? 'T' : 'F' };
      answer = await this.#ask('MOVE', from, { headers });
      if (answer.status !== 502 && answer.status !== 400) break;
    }
    return answer!;
  }

  async look(place: string, image: DeliverableImage): Promise<Found> {
    const url = this.#url(place);
    const head = await this.#ask('HEAD', url);
    if (head.status === 404) return 'nothing';
    const { size } = await this.#properties(place, false);
    if (size === undefined) return isYes(head) ? 'another' : 'unknown';
    if (size !== image.sizeBytes) return 'another';
    return await this.#compare(url, image);
  }

  /** In pieces, because an answer is held in memory. */
  async #compare(url: URL, image: DeliverableImage): Promise<Found> {
    const hash = createHash('sha256');
    for (let start = 0; start < image.sizeBytes; start += rangeBytes) {
      const end = Math.min(start + rangeBytes, image.sizeBytes) - 1;
      const headers = { range: `bytes=${start}-${end}` };
      const answer = await this.#ask('GET', url, { headers, maxResponseBytes: rangeBytes });
      const whole = answer.status === 200 && end + 1 === image.sizeBytes && start === 0;
      if (answer.status !== 206 && !whole) return 'unknown';
      if (answer.body.length !== end - start + 1) return 'another';
      hash.update(answer.body);
    }
    return hash.digest('hex') === image.sha256 ? 'ours' : 'another';
  }

  async remove(place: string): Promise<void> {
    const url = this.#url(place);
    const answer = await this.#ask('DELETE', url);
    if (!isYes(answer) && answer.status !== 404) throw refusal(answer, url, this.#now());
  }

  async removeFolder(place: string): Promise<void> {
    this.#shared.folders.delete(place);
    await this.remove(`${place}/`);
  }
}

function isYes({ status }: OutboundResponse): boolean {
  // 207 to anything but PROPFIND tells of parts that failed.
  return status >= 200 && status < 300 && status !== 207;
}

function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** `a/b/roof.jpg` becomes `a_b_roof.jpg`: still a function of the photo, and still told apart. */
function flatten(place: string): string {
  const name = place.replaceAll('/', '_');
  if (Buffer.byteLength(name) <= 255) return name;
  const { ext } = path.posix.parse(place);
  return `${createHash('sha256').update(place).digest('hex')}${ext.slice(0, 20)}`;
}
