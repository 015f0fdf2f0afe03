/** Files of a OneDrive by their path below the target folder. */
import { createHash } from 'node:crypto';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage, FolderChooser, RemoteFolder } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import { type Drive, type DriveFile, joinPath, splitPath, type Written } from '../oauth-drive.ts';
import { type AccountClient, jsonBody } from '../oauth-request.ts';
import { readImage } from '../read-image.ts';
import { TransferError } from '../transfer.ts';
import { addressOf, safePath, type Top } from './places.ts';
import { QuickXorHash } from './quick-xor-hash.ts';
import { uploadImage } from './upload.ts';

interface Item {
  id: string;
  name: string;
  size?: number;
  webUrl?: string;
  folder?: object;
  file?: { hashes?: { quickXorHash?: string; sha1Hash?: string; sha256Hash?: string } };
}

const fields = 'id,name,size,webUrl,file,folder';
const maxKnown = 2_000;

export class OneDrive implements Drive {
  readonly folders: FolderChooser;
  readonly #client: AccountClient;
  readonly #top: Top;
  /** Folders that are there, by path, so that each is made once. */
  readonly #made = new Map<string, Promise<void>>();

  constructor(client: AccountClient, top: Top) {
    this.#client = client;
    this.#top = top;
    this.folders = {
      list: (parent, signal) => this.#list(parent, signal),
      create: (parent, name, signal) => this.#create(parent, name, signal),
    };
  }

  signIn(signal: AbortSignal): Promise<OutboundResponse> {
    const root = this.#top.kind === 'app' ? '/me/drive/special/approot' : '/me/drive/root';
    return this.#client.demand(
      { method: 'GET', url: `${this.#url(root)}?$select=id` },
      signal,
      'the OneDrive',
    );
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    await this.#open(safePath(path), signal);
  }

  /** Which hash is named depends on the kind of OneDrive, and has changed over time. */
  async hash(image: DeliverableImage): Promise<string> {
    const [xor, sha1] = [new QuickXorHash(), createHash('sha1')];
    const both = {
      update(chunk: Buffer): void {
        xor.update(chunk);
        sha1.update(chunk);
      },
    };
    for await (const _ of readImage(image, both));
    return `quickXor:${xor.digest()} sha1:${sha1.digest('hex')} sha256:${image.sha256}`;
  }

  async find(path: string, signal: AbortSignal): Promise<DriveFile | undefined> {
    const url = `${this.#address(safePath(path))}?$select=${fields}`;
    const answer = await this.#client.send({ method: 'GET', url }, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#client.failure(answer, this.show(path));
    return toFile(answer);
  }

  async write(
    path: string,
    image: DeliverableImage,
    { free }: { free: boolean },
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    try {
      return await this.#place(path, image, free, signal);
    } catch (error) {
      // A folder that we knew may have been thrown away; it is made again, once.
      if (!(error instanceof TransferError) || error.status !== 404 || this.#made.size === 0) throw error;
      this.#made.clear();
      return await this.#place(path, image, free, signal);
    }
  }

  async #place(
    path: string,
    image: DeliverableImage,
    free: boolean,
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    const place = safePath(path);
    await this.#open(splitPath(place).folder, signal);
    const answer = await uploadImage(this.#client, {
      image,
      url: this.#address(place),
      conflict: free ? 'fail' : 'replace',
      place: this.show(path),
      signal,
    });
    if (answer.status === 409 && free) return 'taken';
    if (answer.status !== 200 && answer.status !== 201) throw this.#client.failure(answer, this.show(path));
    const file = toFile(answer);
    // The hash may be computed a moment later.
    if (file.hash !== undefined) return { file, answer };
    return { file: (await this.find(path, signal)) ?? file, answer };
  }

  async remove(_path: string, file: DriveFile, signal: AbortSignal): Promise<void> {
    const url = this.#url(`/me/drive/items/${encodeURIComponent(file.id)}`);
    await this.#client.demand({ method: 'DELETE', url }, signal);
  }

  show(path: string): string {
    const place = safePath(path);
    if (this.#top.kind === 'app') return joinPath('Apps (OneDrive app folder)', place);
    return this.#top.kind === 'path' ? joinPath(this.#top.path, place) : place;
  }

  #url(address: string): string {
    return this.#client.url('api') + address;
  }

  #address(path: string): string {
    return this.#url(addressOf(this.#top, path));
  }

  /** Makes the folders of a path, one after the other; whoever wants one at the same moment shares the request. */
  async #open(path: string, signal: AbortSignal): Promise<void> {
    const given = this.#top;
    // A target folder that is given by its path is made, too.
    const [top, whole]: [Top, string] =
      given.kind === 'path' ? [{ kind: 'path', path: '' }, joinPath(given.path, path)] : [given, path];
    const names = whole.split('/').filter((name) => name !== '');
    for (const [at, name] of names.entries()) {
      const parent = names.slice(0, at).join('/');
      await this.#once(joinPath(parent, name), () => this.#make(top, parent, name, signal));
    }
  }

  #once(key: string, make: () => Promise<void>): Promise<void> {
    const known = this.#made.get(key);
    if (known) return known;
    if (this.#made.size >= maxKnown) this.#made.clear();
    const made = make();
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key));
    return made;
  }

  async #make(top: Top, parent: string, name: string, signal: AbortSignal): Promise<void> {
    const folder = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
    const answer = await this.#client.send(
      { method: 'POST', url: `${this.#url(addressOf(top, parent))}/children`, ...jsonBody(folder) },
      signal,
    );
    if (answer.status === 201 || this.#client.codeOf(answer) === 'nameAlreadyExists') return;
    throw this.#client.failure(answer, `the folder ${joinPath(parent, name)}`);
  }

  async #list(parent: string | null, signal: AbortSignal): Promise<RemoteFolder[]> {
    const folders: RemoteFolder[] = [];
    let url = `${this.#parent(parent)}/children?$select=id,name,folder&$top=200`;
    for (let page = 0; page < 10 && url !== ''; page++) {
      const answer = await this.#client.demand(
        { method: 'GET', url, maxResponseBytes: 1_048_576 },
        signal,
        'the folder',
      );
      const { value, '@odata.nextLink': next } = readJson(answer) as {
        value?: Item[];
        '@odata.nextLink'?: string;
      };
      folders.push(...(value ?? []).filter(({ folder }) => folder !== undefined).map(toFolder));
      url = next !== undefined && new URL(next).origin === new URL(url).origin ? next : '';
    }
    return folders;
  }

  async #create(parent: string | null, name: string, signal: AbortSignal): Promise<RemoteFolder> {
    const folder = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
    const url = `${this.#parent(parent)}/children`;
    const made = await this.#client.send({ method: 'POST', url, ...jsonBody(folder) }, signal);
    if (made.status === 201) return toFolder(readJson(made) as unknown as Item);
    if (this.#client.codeOf(made) !== 'nameAlreadyExists')
      throw this.#client.failure(made, `the folder ${name}`);
    const there = (await this.#list(parent, signal)).find(
      (one) => one.name.toLowerCase() === name.toLowerCase(),
    );
    if (there) return there;
    throw this.#client.failure(made, `the folder ${name}`);
  }

  #parent(parent: string | null): string {
    if (parent !== null) return this.#url(`/me/drive/items/${encodeURIComponent(parent)}`);
    return this.#url(this.#top.kind === 'app' ? '/me/drive/special/approot' : '/me/drive/root');
  }
}

function toFile(answer: OutboundResponse): DriveFile {
  const item = readJson(answer) as unknown as Item;
  return {
    id: item.id,
    url: item.webUrl ?? null,
    bytes: item.size ?? -1,
    hash: item.file ? hashOf(item.file) : 'none: a folder',
  };
}

function hashOf({ hashes = {} }: NonNullable<Item['file']>): string | undefined {
  if (hashes.quickXorHash) return `quickXor:${hashes.quickXorHash}`;
  if (hashes.sha256Hash) return `sha256:${hashes.sha256Hash.toLowerCase()}`;
  return hashes.sha1Hash ? `sha1:${hashes.sha1Hash.toLowerCase()}` : undefined;
}

const toFolder = ({ id, name }: Item): RemoteFolder => ({ id, name, path: null });
