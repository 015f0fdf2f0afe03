/** Folders of a Box by their path. A name in a folder is taken once, so making one is also the way to find it. */
import type { RemoteFolder } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import { type AccountClient, jsonBody } from '../oauth-request.ts';
import { TransferError } from '../transfer.ts';
import { readConflict } from './answers.ts';

export const rootFolder = '0';
const trustMs = 600_000;
const maxKnown = 2_000;

export class Folders {
  readonly #client: AccountClient;
  readonly #top: string;
  #known = new Map<string, { id: Promise<string>; until: number }>();

  /** `top`: the id of the folder that paths begin at. */
  constructor(client: AccountClient, top: string) {
    this.#client = client;
    this.#top = top;
  }

  /** The id of the folder at a path, made when it is not there. */
  async open(path: string, signal: AbortSignal): Promise<string> {
    let id = this.#top;
    for (const name of path.split('/').filter((part) => part !== ''))
      id = await this.#child(id, name, signal);
    return id;
  }

  /** After the service did not know a folder that we knew. Returns whether there was any. */
  forget(): boolean {
    const any = this.#known.size > 0;
    this.#known.clear();
    return any;
  }

  #child(parent: string, name: string, signal: AbortSignal): Promise<string> {
    const key = `${parent}/${name}`;
    const now = this.#client.now;
    const known = this.#known.get(key);
    if (known && known.until > now) return known.id;
    if (this.#known.size >= maxKnown) this.#known.clear();
    const entry = { id: this.make(parent, name, signal).then(({ id }) => id), until: now + trustMs };
    this.#known.set(key, entry);
    entry.id.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    });
    return entry.id;
  }

  /** developer.box.com/reference/post-folders: 409 names the folder that is there. */
  async make(parent: string, name: string, signal: AbortSignal): Promise<RemoteFolder> {
    const url = `${this.#client.url('api')}/folders?fields=id,name`;
    const answer = await this.#client.send(
      { method: 'POST', url, ...jsonBody({ name, parent: { id: parent } }) },
      signal,
    );
    if (answer.status === 201) return { id: (readJson(answer) as { id: string }).id, name, path: null };
    const there = readConflict(answer);
    if (there?.type === 'folder') return { id: there.id, name, path: null };
    if (there) {
      const says = `${name} is a file and no folder.`;
      throw new TransferError('make folder', says, 'Rename it, or choose another folder.', {
        fate: 'retry',
        status: 409,
      });
    }
    throw this.#client.failure(answer, parent === rootFolder ? `the folder ${name}` : `the folder ${parent}`);
  }

  async list(parent: string, signal: AbortSignal): Promise<RemoteFolder[]> {
    const folders: RemoteFolder[] = [];
    for (let offset = 0; offset < 10_000; offset += 1_000) {
      const query = new URLSearchParams({ fields: 'id,type,name', limit: '1000', offset: String(offset) });
      const url = `${this.#client.url('api')}/folders/${encodeURIComponent(parent)}/items?${query}`;
      const page = (await this.#client.ask(
        { method: 'GET', url, maxResponseBytes: 1_048_576 },
        signal,
        `the folder ${parent}`,
      )) as { entries?: { type: string; id: string; name: string }[]; total_count?: number };
      const entries = page.entries ?? [];
      folders.push(
        ...entries.filter(({ type }) => type === 'folder').map(({ id, name }) => ({ id, name, path: null })),
      );
      if (offset + 1_000 >= (page.total_count ?? 0)) break;
    }
    return folders;
  }
}
