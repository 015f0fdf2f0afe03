/** Files of a Google Drive by their path below the target folder. */
import type { DeliverableImage, FolderChooser, RemoteFolder } from '../destination.ts';
import { type Drive, type DriveFile, isSame, joinPath, splitPath, type Written } from '../oauth-drive.ts';
import type { AccountClient } from '../oauth-request.ts';
import { hashImage } from '../read-image.ts';
import { TransferError } from '../transfer.ts';
import { Folders, inQuotes, type ListedFile, listFiles } from './folders.ts';
import { readFile, type UploadedFile, uploadImage } from './upload.ts';

/** Marks the files that we made, beside their name: a person may rename or copy them. */
const imageProperty = 'apertur_image';

export class GoogleDrive implements Drive {
  readonly folders: FolderChooser;
  readonly #client: AccountClient;
  readonly #tree: Folders;
  readonly #top: string;
  /** Names cannot be taken in one step, so within a process each has its turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(client: AccountClient, top: { id: string | undefined; path: string }) {
    this.#client = client;
    this.#top = top.id === undefined ? top.path : '';
    this.#tree = new Folders(client, top);
    this.folders = chooserOf(this.#tree);
  }

  signIn(signal: AbortSignal) {
    const url = `${this.#client.url('api')}/about?fields=user(emailAddress)`;
    return this.#client.demand({ method: 'GET', url }, signal);
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    await this.#tree.open(path, signal);
  }

  hash(image: DeliverableImage): Promise<string> {
    return hashImage(image, 'md5');
  }

  async find(path: string, signal: AbortSignal): Promise<DriveFile | undefined> {
    const { folder, name } = splitPath(path);
    const id = await this.#tree.findExisting(folder, signal);
    if (id === undefined) return undefined;
    const [found] = await this.#list(id, name, undefined, signal);
    return found && toFile(found);
  }

  async write(
    path: string,
    image: DeliverableImage,
    { hash, free }: { hash: string; free: boolean },
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    return await this.#inTurn(path, async () => {
      try {
        return await this.#place(path, image, hash, free, signal);
      } catch (error) {
        // A folder that we knew may have been thrown away; it is made again, once.
        if (!(error instanceof TransferError) || error.status !== 404) throw error;
        this.#tree.forget();
        return await this.#place(path, image, hash, free, signal);
      }
    });
  }

  async #place(
    path: string,
    image: DeliverableImage,
    hash: string,
    free: boolean,
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    const { folder, name } = splitPath(path);
    const parent = await this.#tree.open(folder, signal);
    const [found] = await this.#list(parent, name, image, signal);
    if (found && free) return 'taken';
    const there = found && toFile(found);
    if (there && isSame(there, image.sizeBytes, hash)) return { file: there, answer: undefined };
    const metadata = {
      appProperties: { [imageProperty]: image.id },
      ...(found ? {} : { name, parents: [parent], mimeType: image.mimeType }),
    };
    const upload = { image, metadata, fileId: found?.id, place: this.show(path), signal };
    const answer = await uploadImage(this.#client, upload);
    return { file: toFile(readFile(answer)), answer };
  }

  async remove(_path: string, file: DriveFile, signal: AbortSignal): Promise<void> {
    const url = `${this.#client.url('api')}/files/${encodeURIComponent(file.id)}?supportsAllDrives=true`;
    await this.#client.demand({ method: 'DELETE', url }, signal);
  }

  show(path: string): string {
    return joinPath(this.#top, path);
  }

  /** The files of that name; the one that this photo made comes first, then the oldest. */
  async #list(
    parent: string,
    name: string,
    image: DeliverableImage | undefined,
    signal: AbortSignal,
  ): Promise<ListedFile[]> {
    const query = `'${inQuotes(parent)}' in parents and name = '${inQuotes(name)}' and trashed = false`;
    const wanted = 'id,name,createdTime,size,md5Checksum,webViewLink,appProperties';
    const files = await listFiles(this.#client, query, wanted, signal);
    const rank = (file: ListedFile): string =>
      `${file.appProperties?.[imageProperty] === image?.id ? 0 : 1} ${file.createdTime} ${file.id}`;
    return files
      .filter((file) => file.name === name && file.md5Checksum !== undefined)
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(work);
    this.#turns.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(key) === mine) this.#turns.delete(key);
    }
  }
}

function toFile(file: UploadedFile): DriveFile {
  return { id: file.id, url: file.webViewLink ?? null, bytes: Number(file.size), hash: file.md5Checksum };
}

function chooserOf(tree: Folders): FolderChooser {
  return {
    list: (parent, signal) => tree.list(parent ?? 'root', undefined, signal),
    async create(parent, name, signal): Promise<RemoteFolder> {
      const [there] = await tree.list(parent ?? 'root', name, signal);
      return there ?? (await tree.create(parent ?? 'root', name, signal));
    },
  };
}
