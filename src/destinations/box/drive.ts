/** Files of a Box by their path below the target folder. */
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage, FolderChooser } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import { type Drive, type DriveFile, joinPath, splitPath, type Written } from '../oauth-drive.ts';
import { type AccountClient, jsonBody } from '../oauth-request.ts';
import { hashImage } from '../read-image.ts';
import { TransferError } from '../transfer.ts';
import { readConflict } from './answers.ts';
import { Folders, rootFolder } from './folders.ts';
import { uploadImage } from './upload.ts';

interface BoxFile {
  id: string;
  size?: number;
  sha1?: string;
}

export class Box implements Drive {
  readonly folders: FolderChooser;
  readonly #client: AccountClient;
  readonly #tree: Folders;
  readonly #path: string;

  /** `top`: where the path begins, by its id. */
  constructor(client: AccountClient, top: { id: string; path: string }) {
    this.#client = client;
    this.#path = top.path;
    this.#tree = new Folders(client, top.id);
    this.folders = {
      list: (parent, signal) => this.#tree.list(parent ?? rootFolder, signal),
      create: (parent, name, signal) => this.#tree.make(parent ?? rootFolder, name, signal),
    };
  }

  signIn(signal: AbortSignal): Promise<OutboundResponse> {
    return this.#client.demand(
      { method: 'GET', url: `${this.#client.url('api')}/users/me?fields=id` },
      signal,
    );
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    await this.#tree.open(joinPath(this.#path, path), signal);
  }

  hash(image: DeliverableImage): Promise<string> {
    return hashImage(image, 'sha1');
  }

  /** Asks whether the name could be taken: the refusal says who has it. developer.box.com/guides/uploads/check */
  async find(path: string, signal: AbortSignal): Promise<DriveFile | undefined> {
    const { folder, name } = this.#split(path);
    const parent = await this.#tree.open(folder, signal);
    const url = `${this.#client.url('api')}/files/content`;
    const answer = await this.#client.send(
      { method: 'OPTIONS', url, ...jsonBody({ name, parent: { id: parent }, size: 1 }) },
      signal,
    );
    if (answer.status === 200) return undefined;
    const there = readConflict(answer);
    if (!there) throw this.#client.failure(answer, this.show(path));
    if (there.type !== 'file') return { id: there.id, url: null, bytes: -1, hash: undefined };
    const file = `${this.#client.url('api')}/files/${encodeURIComponent(there.id)}?fields=id,size,sha1`;
    return toFile(
      (await this.#client.ask({ method: 'GET', url: file }, signal, this.show(path))) as unknown as BoxFile,
    );
  }

  async write(
    path: string,
    image: DeliverableImage,
    options: { hash: string; free: boolean },
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    try {
      return await this.#place(path, image, options, signal);
    } catch (error) {
      // A folder that we knew may have been thrown away; it is made again, once.
      if (!(error instanceof TransferError) || error.status !== 404 || !this.#tree.forget()) throw error;
      return await this.#place(path, image, options, signal);
    }
  }

  async #place(
    path: string,
    image: DeliverableImage,
    { hash, free }: { hash: string; free: boolean },
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    const { folder, name } = this.#split(path);
    const parent = await this.#tree.open(folder, signal);
    const upload = { image, name, parent, fileId: undefined, sha1: hash, place: this.show(path), signal };
    const answer = await uploadImage(this.#client, upload);
    if (answer.status === 201 || answer.status === 200) return this.#read(answer);
    const there = readConflict(answer);
    if (!there || (there.type !== 'file' && !free)) throw this.#client.failure(answer, this.show(path));
    if (free) return 'taken';
    if (there.sha1 === hash) {
      return { file: toFile({ id: there.id, size: image.sizeBytes, sha1: hash }), answer: undefined };
    }
    const version = await uploadImage(this.#client, { ...upload, fileId: there.id });
    if (version.status === 201 || version.status === 200) return this.#read(version);
    throw this.#client.failure(version, this.show(path));
  }

  #read(answer: OutboundResponse): Written {
    const { entries } = readJson(answer) as { entries: BoxFile[] };
    return { file: toFile(entries[0]!), answer };
  }

  async remove(_path: string, file: DriveFile, signal: AbortSignal): Promise<void> {
    const url = `${this.#client.url('api')}/files/${encodeURIComponent(file.id)}`;
    await this.#client.demand({ method: 'DELETE', url }, signal);
  }

  show(path: string): string {
    return joinPath(this.#path, path);
  }

  /** Box takes no names with spaces around them. */
  #split(path: string): { folder: string; name: string } {
    const { folder, name } = splitPath(joinPath(this.#path, path));
    const trim = (part: string): string => part.trim() || '_';
    return { folder: folder.split('/').filter(Boolean).map(trim).join('/'), name: trim(name) };
  }
}

const toFile = ({ id, size, sha1 }: BoxFile): DriveFile => ({
  id,
  url: `https://app.box.com/file/${id}`,
  bytes: size ?? -1,
  hash: sha1,
});
