/**
 * Files of a Dropbox by their path below the folder of the app. Dropbox makes folders on the way, and takes a name in
 * one step. www.dropbox.com/developers/documentation/http/documentation#files
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage, FolderChooser, RemoteFolder } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import { type Drive, type DriveFile, joinPath, type Written } from '../oauth-drive.ts';
import { type AccountClient, jsonBody } from '../oauth-request.ts';
import { patiently, rangeBody, uploadInRanges, wholeImage } from '../oauth-upload.ts';
import { readImage } from '../read-image.ts';
import { stopped } from '../transfer.ts';
import { ContentHash } from './content-hash.ts';

/** "Do not use this to upload a file larger than 150 MB"; smaller ones go in ranges, too, so that they can resume. */
const wholeBytes = 16 * 1_048_576;
/** A multiple of 4 MiB. */
const chunkBytes = 8 * 1_048_576;

interface Metadata {
  '.tag'?: string;
  id: string;
  name: string;
  path_display?: string;
  size?: number;
  content_hash?: string;
}

export class Dropbox implements Drive {
  readonly folders: FolderChooser;
  readonly #client: AccountClient;
  readonly #folder: string;

  constructor(client: AccountClient, folder: string) {
    this.#client = client;
    this.#folder = folder;
    this.folders = {
      list: (parent, signal) => this.#list(parent, signal),
      create: (parent, name, signal) => this.#create(parent, name, signal),
    };
  }

  signIn(signal: AbortSignal): Promise<OutboundResponse> {
    return this.#rpc('users/get_current_account', null, signal);
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    const place = this.#path(path);
    if (place === '/') return;
    const answer = await this.#send('files/create_folder_v2', { path: place, autorename: false }, signal);
    if (answer.status === 200 || this.#client.codeOf(answer).startsWith('path/conflict/folder')) return;
    throw this.#client.failure(answer, this.show(path));
  }

  async hash(image: DeliverableImage): Promise<string> {
    const hash = new ContentHash();
    for await (const _ of readImage(image, hash));
    return hash.digest();
  }

  async find(path: string, signal: AbortSignal): Promise<DriveFile | undefined> {
    const answer = await this.#send('files/get_metadata', { path: this.#path(path) }, signal);
    if (answer.status === 409 && this.#client.codeOf(answer).startsWith('path/not_found')) return undefined;
    if (answer.status !== 200) throw this.#client.failure(answer, this.show(path));
    return toFile(answer);
  }

  async write(
    path: string,
    image: DeliverableImage,
    { hash, free }: { hash: string; free: boolean },
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    if (signal.aborted) throw stopped();
    const commit = {
      path: this.#path(path),
      mode: { '.tag': free ? 'add' : 'overwrite' },
      autorename: false,
      mute: true,
    };
    const answer =
      image.sizeBytes <= wholeBytes
        ? await this.#content('files/upload', { ...commit, content_hash: hash }, wholeImage(image), signal)
        : await this.#session(image, commit, path, signal);
    if (answer.status === 200) return { file: toFile(answer), answer };
    const code = this.#client.codeOf(answer);
    if (free && /^(path|path\/reason)\/conflict\/file\b/.test(code)) return 'taken';
    throw this.#client.failure(answer, this.show(path));
  }

  /** The answer to the last step: the file, or why it was not taken. */
  async #session(
    image: DeliverableImage,
    commit: Record<string, unknown>,
    path: string,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    const demand = async (work: Promise<OutboundResponse>): Promise<OutboundResponse> => {
      const answer = await work;
      if (answer.status !== 200) throw this.#client.failure(answer, this.show(path));
      return answer;
    };
    const begun = await patiently(
      () => demand(this.#content('files/upload_session/start', { close: false }, noBytes, signal)),
      signal,
    );
    const { session_id: id } = readJson(begun) as { session_id: string };
    const total = image.sizeBytes;
    let from = 0;
    await uploadInRanges<true>({
      total,
      chunkBytes,
      signal,
      send: async (start, end) => {
        from = start;
        const cursor = { session_id: id, offset: start };
        const body = rangeBody(image, start, end);
        const answer = await this.#content(
          'files/upload_session/append_v2',
          { cursor, close: false },
          body,
          signal,
        );
        const next = answer.status === 200 ? end : correctOffset(answer);
        if (next === undefined) throw this.#client.failure(answer, this.show(path));
        return next === total ? { done: true } : { next };
      },
      // Nobody can be asked; a range that is sent again is told where it belongs.
      resume: async () => ({ next: from }),
    });
    const cursor = { session_id: id, offset: total };
    return await patiently(
      () => this.#content('files/upload_session/finish', { cursor, commit }, noBytes, signal),
      signal,
    );
  }

  async remove(path: string, _file: DriveFile, signal: AbortSignal): Promise<void> {
    await this.#rpc('files/delete_v2', { path: this.#path(path) }, signal);
  }

  show(path: string): string {
    return `${this.#client.url('root')}/${joinPath(this.#folder, path)}`;
  }

  #path(path: string): string {
    return `/${joinPath(this.#folder, path)}`;
  }

  async #list(parent: string | null, signal: AbortSignal): Promise<RemoteFolder[]> {
    const folders: RemoteFolder[] = [];
    let answer = await this.#rpc('files/list_folder', { path: parentPath(parent), limit: 1_000 }, signal);
    for (let page = 0; page < 10; page++) {
      const { entries, has_more, cursor } = readJson(answer) as {
        entries?: Metadata[];
        has_more?: boolean;
        cursor?: string;
      };
      folders.push(...(entries ?? []).filter((entry) => entry['.tag'] === 'folder').map(toFolder));
      if (!has_more) break;
      answer = await this.#rpc('files/list_folder/continue', { cursor }, signal);
    }
    return folders;
  }

  async #create(parent: string | null, name: string, signal: AbortSignal): Promise<RemoteFolder> {
    const above = await this.#resolve(parent, signal);
    const path = `${above}/${name}`;
    const made = await this.#send('files/create_folder_v2', { path, autorename: false }, signal);
    if (made.status === 200) return toFolder((readJson(made) as { metadata: Metadata }).metadata);
    if (!this.#client.codeOf(made).startsWith('path/conflict/folder')) throw this.#client.failure(made, path);
    return toFolder(readJson(await this.#rpc('files/get_metadata', { path }, signal)) as unknown as Metadata);
  }

  /** A folder may be named by its id, but what is made in it needs a path. */
  async #resolve(parent: string | null, signal: AbortSignal): Promise<string> {
    const path = parentPath(parent);
    if (!path.startsWith('id:')) return path;
    const found = readJson(await this.#rpc('files/get_metadata', { path }, signal)) as unknown as Metadata;
    return found.path_display ?? '';
  }

  async #rpc(route: string, argument: unknown, signal: AbortSignal): Promise<OutboundResponse> {
    const answer = await this.#send(route, argument, signal);
    if (answer.status !== 200) throw this.#client.failure(answer, 'the folder');
    return answer;
  }

  #send(route: string, argument: unknown, signal: AbortSignal): Promise<OutboundResponse> {
    const url = `${this.#client.url('api')}/${route}`;
    const { body } = jsonBody(argument);
    const headers = { 'content-type': 'application/json' };
    return this.#client.send({ method: 'POST', url, headers, body, maxResponseBytes: 1_048_576 }, signal);
  }

  #content(
    route: string,
    argument: unknown,
    body: { length: number; open(): AsyncIterable<Buffer> },
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    const headers = {
      'content-type': 'application/octet-stream',
      'dropbox-api-arg': inHeader(argument),
    };
    return this.#client.send(
      { method: 'POST', url: `${this.#client.url('content')}/${route}`, headers, body },
      signal,
    );
  }
}

const noBytes = { length: 0, open: async function* (): AsyncGenerator<Buffer> {} };

/** "HTTP header safe JSON": everything but printable ASCII is written as \uXXXX. */
export function inHeader(argument: unknown): string {
  return JSON.stringify(argument).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Where the service has the session, after a range that did not fit. */
function correctOffset(answer: OutboundResponse): number | undefined {
  if (answer.status !== 409) return undefined;
  const { error } = readJson(answer) as { error?: { '.tag'?: string; correct_offset?: number } };
  return error?.['.tag'] === 'incorrect_offset' ? error.correct_offset : undefined;
}

function toFile(answer: OutboundResponse): DriveFile {
  const file = readJson(answer) as unknown as Metadata;
  return { id: file.id, url: null, bytes: file.size ?? -1, hash: file.content_hash };
}

const toFolder = (entry: Metadata): RemoteFolder => ({
  id: entry.id,
  name: entry.name,
  path: (entry.path_display ?? `/${entry.name}`).slice(1),
});

/** The top is the empty path. */
function parentPath(parent: string | null): string {
  if (parent === null || parent === '/') return '';
  return parent.startsWith('id:') ? parent : `/${parent.replace(/^\/+|\/+$/g, '')}`;
}
