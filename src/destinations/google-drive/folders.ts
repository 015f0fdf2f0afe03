/**
 * Folders by their path. Google Drive knows folders by id and lets several have one name, so a folder is looked for
 * before it is made, and looked for again after: of several that were made at the same moment, the oldest stays.
 */
import type { RemoteFolder } from '../destination.ts';
import type { AccountClient } from '../oauth-request.ts';
import { jsonBody } from '../oauth-request.ts';
import { TransferError } from '../transfer.ts';

export const folderType = 'application/vnd.google-apps.folder';
/** How long a folder is taken to be where it was. */
const trustMs = 600_000;
const maxKnown = 2_000;

interface Known {
  id: Promise<string>;
  until: number;
}

export class Folders {
  readonly #client: AccountClient;
  readonly #top: { id: string | undefined; path: string };
  #known = new Map<string, Known>();

  /** `top`: a folder by its id, else by its path from the top of the drive. */
  constructor(client: AccountClient, top: { id: string | undefined; path: string }) {
    this.#client = client;
    this.#top = top;
  }

  /** The id of a folder below the target folder, made when it is not there. */
  async open(path: string, signal: AbortSignal): Promise<string> {
    let id = await this.#openTop(signal);
    for (const name of segments(path)) id = await this.#child(id, name, signal);
    return id;
  }

  /** The id of a folder that is there already. */
  async findExisting(path: string, signal: AbortSignal): Promise<string | undefined> {
    let id: string | undefined = await this.#findTop(signal);
    for (const name of segments(path)) {
      if (id === undefined) return undefined;
      id = (await this.list(id, name, signal))[0]?.id;
    }
    return id;
  }

  /** After the service did not know a folder that we knew. */
  forget(): void {
    this.#known.clear();
  }

  async #openTop(signal: AbortSignal): Promise<string> {
    if (this.#top.id !== undefined)
      return await this.#remember(`=${this.#top.id}`, () => this.#check(signal));
    let id = 'root';
    for (const name of segments(this.#top.path)) id = await this.#child(id, name, signal);
    return id;
  }

  async #findTop(signal: AbortSignal): Promise<string | undefined> {
    if (this.#top.id !== undefined) return await this.#openTop(signal);
    let id: string | undefined = 'root';
    for (const name of segments(this.#top.path)) {
      if (id === undefined) return undefined;
      id = (await this.list(id, name, signal))[0]?.id;
    }
    return id;
  }

  /** A folder in the bin takes files without complaint, and they go with it. */
  async #check(signal: AbortSignal): Promise<string> {
    const id = this.#top.id!;
    const url = `${this.#client.url('api')}/files/${encodeURIComponent(id)}?fields=id,mimeType,trashed&supportsAllDrives=true`;
    const folder = await this.#client.ask({ method: 'GET', url }, signal, `the folder ${id}`);
    if (folder.mimeType !== folderType) throw notAFolder(id, 'is a file and no folder');
    if (folder.trashed === true) throw notAFolder(id, 'is in the bin');
    return folder.id as string;
  }

  #child(parent: string, name: string, signal: AbortSignal): Promise<string> {
    return this.#remember(`${parent}/${name}`, () => this.#findOrMake(parent, name, signal));
  }

  /** Whoever wants a folder at the same moment shares the search; a failure is not remembered. */
  #remember(key: string, find: () => Promise<string>): Promise<string> {
    const now = this.#client.now;
    const known = this.#known.get(key);
    if (known && known.until > now) return known.id;
    if (this.#known.size >= maxKnown) this.#known.clear();
    const entry = { id: find(), until: now + trustMs };
    this.#known.set(key, entry);
    entry.id.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    });
    return entry.id;
  }

  async #findOrMake(parent: string, name: string, signal: AbortSignal): Promise<string> {
    const [there] = await this.list(parent, name, signal);
    if (there) return there.id;
    const made = await this.create(parent, name, signal);
    const [oldest] = await this.list(parent, name, signal);
    if (oldest === undefined || oldest.id === made.id) return made.id;
    await this.#putAway(made.id, signal);
    return oldest.id;
  }

  /** Another process was quicker. Ours goes into the bin, not for good: somebody may have found it first. */
  async #putAway(id: string, signal: AbortSignal): Promise<void> {
    const content = await listFiles(this.#client, `'${inQuotes(id)}' in parents`, 'id', signal);
    if (content.length > 0) return;
    const request = { method: 'PATCH', url: this.#url(id), ...jsonBody({ trashed: true }) };
    await this.#client.send(request, signal);
  }

  async create(parent: string, name: string, signal: AbortSignal): Promise<RemoteFolder> {
    const body = jsonBody({ name, mimeType: folderType, parents: [parent] });
    const url = `${this.#client.url('api')}/files?fields=id,name&supportsAllDrives=true`;
    const made = await this.#client.ask({ method: 'POST', url, ...body }, signal, `the folder ${name}`);
    return { id: made.id as string, name, path: null };
  }

  /** The folders in a folder, all or those of one name; oldest first. */
  async list(parent: string, name: string | undefined, signal: AbortSignal): Promise<RemoteFolder[]> {
    const query = [
      `'${inQuotes(parent)}' in parents`,
      `mimeType = '${folderType}'`,
      'trashed = false',
      ...(name === undefined ? [] : [`name = '${inQuotes(name)}'`]),
    ].join(' and ');
    const files = await listFiles(this.#client, query, 'id,name,createdTime', signal);
    return files
      .filter((file) => name === undefined || file.name === name)
      .sort((a, b) => compare(a.createdTime!, b.createdTime!) || compare(a.id, b.id))
      .map((file) => ({ id: file.id, name: file.name, path: null }));
  }

  #url(id: string): string {
    return `${this.#client.url('api')}/files/${encodeURIComponent(id)}?supportsAllDrives=true`;
  }
}

export interface ListedFile {
  id: string;
  name: string;
  createdTime?: string;
  size?: string;
  md5Checksum?: string;
  webViewLink?: string;
  appProperties?: Record<string, string>;
}

/** At most a thousand. developers.google.com/workspace/drive/api/reference/rest/v3/files/list */
export async function listFiles(
  client: AccountClient,
  query: string,
  fields: string,
  signal: AbortSignal,
): Promise<ListedFile[]> {
  const parameters = new URLSearchParams({
    q: query,
    fields: `files(${fields})`,
    pageSize: '1000',
    supportsAllDrives: 'true',
    includeItemsFromAllDrives: 'true',
  });
  const url = `${client.url('api')}/files?${parameters}`;
  const { files } = await client.ask(
    { method: 'GET', url, maxResponseBytes: 1_048_576 },
    signal,
    'the folder',
  );
  return (files ?? []) as ListedFile[];
}

/** developers.google.com/workspace/drive/api/guides/search-files: quotes and backslashes get a backslash. */
export const inQuotes = (text: string): string => text.replace(/['\\]/g, '\\$&');

export const segments = (path: string): string[] => path.split('/').filter((segment) => segment !== '');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function notAFolder(id: string, why: string): TransferError {
  return new TransferError('make folder', `The folder ${id} ${why}.`, 'Choose another one.', {
    fate: 'retry',
  });
}
