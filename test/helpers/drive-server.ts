/**
 * A strict Google Drive (API v3), written from the provider's description: developers.google.com/workspace/drive/api
 * (reference/rest/v3/files, guides/manage-uploads, guides/search-files, guides/handle-errors, guides/api-specific-auth).
 * It shows an app with the scope drive.file only what that app made, lets several files have one name, refuses uploads in
 * one request above 5 MB and ranges that are no multiple of 256 KiB, and keeps what it has when a range breaks off.
 */
import type { OAuthServer } from './oauth-server.ts';
import { type Call, type Reply, type StrictServer, startStrictServer, Vault } from './strict-server.ts';

export const driveScope = 'https://www.googleapis.com/auth/drive.file';

const folderType = 'application/vnd.google-apps.folder';
const unit = 262_144;

interface Item {
  id: string;
  name: string;
  mimeType: string;
  parents: string[];
  createdTime: string;
  trashed: boolean;
  appProperties: Record<string, string>;
  /** Made by the app that asks; others are not shown to it. */
  ours: boolean;
  file?: { path: string; size: number; md5: string };
}

interface Session {
  metadata: Partial<Item>;
  fileId: string | undefined;
  path: string;
  total: number;
  received: number;
  done: Reply | undefined;
  /** A range that breaks off ends before the next request about it is answered. */
  turn: Promise<unknown>;
}

export interface DriveServer extends StrictServer {
  readonly endpoints: { api: string; upload: string };
  /** Bytes that fit; more is refused. */
  quotaBytes: number;
  /** Files below the folder at a path (from the top of the drive), by their path from there. */
  list(top: string): string[];
  /** The bytes of a file by its id, or by its path from the top of the drive; undefined when there is none. */
  read(place: { id: string } | { path: string }): Promise<Buffer | undefined>;
  /** A file of the app by its path; folders are made. */
  put(path: string, bytes: Buffer): Promise<void>;
  /** Something that the app did not make; returns its id. */
  putForeign(name: string, mimeType?: string): string;
  /** How many folders of that name there are anywhere, outside of the bin. */
  countFolders(name: string): number;
  folderId(path: string): string | undefined;
  trash(id: string): void;
}

export async function startDriveServer(oauth: OAuthServer): Promise<DriveServer> {
  const vault = await Vault.make();
  const drive = new StrictDrive(vault);
  const server = await startStrictServer({
    introspect: oauth.introspect,
    unauthorized: refusal(401, 'authError', 'Invalid Credentials'),
    isOpen: (url) => url.searchParams.has('upload_id'),
    handle: (call) => drive.handle(call),
  });
  return {
    ...server,
    endpoints: { api: `${server.origin}/drive/v3`, upload: `${server.origin}/upload/drive/v3` },
    get quotaBytes() {
      return drive.quotaBytes;
    },
    set quotaBytes(bytes: number) {
      drive.quotaBytes = bytes;
    },
    list: (top: string) => drive.list(top),
    read: (place: { id: string } | { path: string }) => drive.read(place),
    put: (path: string, bytes: Buffer) => drive.put(path, bytes),
    putForeign: (name: string, mimeType?: string) => drive.make({ name, mimeType: mimeType ?? 'text/plain', ours: false }).id,
    countFolders: (name: string) => drive.countFolders(name),
    folderId: (path: string) => drive.find(path)?.id,
    trash: (id: string) => drive.trash(id),
    close: async () => {
      await server.close();
      await vault.remove();
    },
  }; // biome-ignore format: one line a door
}

function refusal(status: number, reason: string, message: string, headers?: Record<string, string>): Reply {
  const body = { error: { errors: [{ domain: 'global', reason, message }], code: status, message } };
  return headers ? { status, body, headers } : { status, body };
}

class StrictDrive {
  quotaBytes = Number.POSITIVE_INFINITY;
  readonly #vault: Vault;
  readonly #items = new Map<string, Item>();
  readonly #sessions = new Map<string, Session>();
  #count = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async handle(call: Call): Promise<Reply> {
    const { pathname, searchParams } = call.url;
    const uploadId = searchParams.get('upload_id');
    if (uploadId !== null) return await this.#range(call, uploadId);
    if (!call.who!.scopes.has(driveScope)) {
      return refusal(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
    }
    const [, upload, id] = /^(\/upload)?\/drive\/v3\/files(?:\/([^/]+))?$/.exec(pathname) ?? [];
    if (pathname === '/drive/v3/about') return about(call);
    if (!/\/drive\/v3\/files(\/|$)/.test(pathname)) return refusal(404, 'notFound', `No ${pathname}`);
    if (upload) return await this.#upload(call, id);
    if (call.method === 'GET' && id === undefined) return this.#search(searchParams);
    if (call.method === 'POST' && id === undefined) return await this.#create(await call.json());
    const item = this.#items.get(decodeURIComponent(id ?? ''));
    if (!item?.ours) return refusal(404, 'notFound', `File not found: ${id}.`);
    return await this.#change(call, item);
  }

  async #change(call: Call, item: Item): Promise<Reply> {
    if (call.method === 'GET') return { status: 200, body: show(item) };
    if (call.method === 'DELETE') {
      this.#delete(item.id);
      return { status: 204 };
    }
    if (call.method !== 'PATCH') return refusal(405, 'httpMethodNotAllowed', call.method);
    const change = await call.json();
    if (change.trashed === true) item.trashed = true;
    if (typeof change.name === 'string') item.name = change.name;
    return { status: 200, body: show(item) };
  }

  #delete(id: string): void {
    this.#items.delete(id);
    for (const item of this.#items.values()) if (item.parents.includes(id)) this.#delete(item.id);
  }

  #search(query: URLSearchParams): Reply {
    const wanted = parseQuery(query.get('q') ?? '');
    if (!wanted) return refusal(400, 'invalid', 'Invalid Value');
    if (wanted.parent !== undefined && wanted.parent !== 'root' && !this.#items.get(wanted.parent)?.ours) {
      return refusal(404, 'notFound', `File not found: ${wanted.parent}.`);
    }
    const found = [...this.#items.values()].filter(
      (item) =>
        item.ours &&
        (wanted.parent === undefined || item.parents.includes(wanted.parent)) &&
        // The search does not mind the case of names.
        (wanted.name === undefined || item.name.toLowerCase() === wanted.name.toLowerCase()) &&
        (wanted.mimeType === undefined || item.mimeType === wanted.mimeType) &&
        (wanted.trashed === undefined || this.#isTrashed(item) === wanted.trashed),
    );
    return { status: 200, body: { files: found.map(show) } };
  }

  #isTrashed(item: Item): boolean {
    if (item.trashed) return true;
    const parent = this.#items.get(item.parents[0] ?? '');
    return parent !== undefined && this.#isTrashed(parent);
  }

  /** Undefined when all is well. */
  #refuseParents(parents: unknown): Reply | undefined {
    const ids = (parents ?? ['root']) as string[];
    if (ids.length !== 1) return refusal(400, 'badRequest', 'A file has exactly one parent.');
    const [id] = ids;
    if (id === 'root') return undefined;
    const parent = this.#items.get(id!);
    if (!parent?.ours) return refusal(404, 'notFound', `File not found: ${id}.`);
    return parent.mimeType === folderType
      ? undefined
      : refusal(403, 'parentNotAFolder', 'The parent is a file.');
  }

  async #create(metadata: Partial<Item>): Promise<Reply> {
    const refused = this.#refuseParents(metadata.parents);
    if (refused) return refused;
    if (!metadata.name) return refusal(400, 'required', 'A name is needed.');
    return { status: 200, body: show(this.make(metadata)) };
  }

  make(metadata: Partial<Item>): Item {
    const item: Item = {
      id: `1drive${String(++this.#count).padStart(6, '0')}`,
      name: metadata.name ?? 'Untitled',
      mimeType: metadata.mimeType ?? 'application/octet-stream',
      parents: metadata.parents ?? ['root'],
      createdTime: new Date().toISOString(),
      trashed: false,
      appProperties: metadata.appProperties ?? {},
      ours: metadata.ours ?? true,
    };
    this.#items.set(item.id, item);
    return item;
  }

  async #upload(call: Call, id: string | undefined): Promise<Reply> {
    if (call.method !== (id === undefined ? 'POST' : 'PATCH'))
      return refusal(405, 'httpMethodNotAllowed', call.method);
    if (id !== undefined && !this.#items.get(id)?.ours)
      return refusal(404, 'notFound', `File not found: ${id}.`);
    const type = call.url.searchParams.get('uploadType');
    if (type === 'multipart') return await this.#multipart(call, id);
    if (type === 'resumable') return await this.#begin(call, id);
    return refusal(400, 'badRequest', 'Say how you upload.');
  }

  #refuseMetadata(metadata: Partial<Item>, id: string | undefined): Reply | undefined {
    if (id === undefined) return this.#refuseParents(metadata.parents);
    if (metadata.parents) {
      return refusal(
        403,
        'fieldNotWritable',
        'The parents field is not directly writable in update requests.',
      );
    }
    return undefined;
  }

  async #multipart(call: Call, id: string | undefined): Promise<Reply> {
    const boundary = /^multipart\/related; ?boundary="?([^";]+)/.exec(
      call.headers['content-type'] ?? '',
    )?.[1];
    if (!boundary) return refusal(400, 'badContent', 'Not multipart/related.');
    if (Number(call.headers['content-length']) > 5_242_880 + 4_096) {
      return refusal(413, 'uploadTooLarge', 'Use a resumable upload above 5 MB.');
    }
    const parts = splitRelated(await call.bytes(6_000_000), boundary);
    if (!parts) return refusal(400, 'badContent', 'Malformed multipart body.');
    const metadata = JSON.parse(parts.metadata) as Partial<Item>;
    const refused = this.#refuseMetadata(metadata, id);
    if (refused) return refused;
    if (parts.media.length > this.#room()) return quotaExceeded();
    return await this.#store(metadata, id, await this.#vault.write(parts.media), parts.media.length);
  }

  async #begin(call: Call, fileId: string | undefined): Promise<Reply> {
    const metadata = (await call.json()) as Partial<Item>;
    const refused = this.#refuseMetadata(metadata, fileId);
    if (refused) return refused;
    const total = Number(call.headers['x-upload-content-length'] ?? Number.NaN);
    if (!Number.isInteger(total)) return refusal(400, 'badRequest', 'X-Upload-Content-Length is missing.');
    if (total > this.#room()) return quotaExceeded();
    const uploadId = `AEnB${++this.#count}`;
    this.#sessions.set(uploadId, {
      metadata,
      fileId,
      path: this.#vault.newFile(),
      total,
      received: 0,
      done: undefined,
      turn: Promise.resolve(),
    });
    const location = `${call.url.origin}/upload/drive/v3/files?uploadType=resumable&upload_id=${uploadId}`;
    return { status: 200, headers: { location } };
  }

  async #range(call: Call, uploadId: string): Promise<Reply> {
    const session = this.#sessions.get(uploadId);
    if (!session || call.method !== 'PUT') return refusal(404, 'notFound', 'No such upload session.');
    const reply = session.turn.then(() => this.#rangeOf(call, session));
    session.turn = reply.catch(() => undefined);
    return await reply;
  }

  async #rangeOf(call: Call, session: Session): Promise<Reply> {
    if (session.done) return session.done;
    const [, from, to, total] =
      /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(call.headers['content-range'] ?? '') ?? [];
    if (total === undefined || Number(total) !== session.total) {
      return refusal(400, 'badRequest', 'Failed to parse Content-Range header.');
    }
    if (from === undefined) return incomplete(session.received);
    const length = Number(to) - Number(from) + 1;
    const last = Number(to) + 1 === session.total;
    if (Number(from) !== session.received || length !== Number(call.headers['content-length'])) {
      return refusal(400, 'badRequest', 'The range does not go on from what is here.');
    }
    if (!last && length % unit !== 0) return refusal(400, 'badRequest', 'Not a multiple of 256 KiB.');
    const { bytes } = await this.#vault.append(session.path, session.received, call.request);
    session.received += bytes === length ? bytes : bytes - (bytes % unit);
    if (session.received < session.total) return incomplete(session.received);
    session.done = await this.#store(session.metadata, session.fileId, session.path, session.total);
    return session.done;
  }

  async #store(metadata: Partial<Item>, id: string | undefined, path: string, size: number): Promise<Reply> {
    const item = (id === undefined ? undefined : this.#items.get(id)) ?? this.make(metadata);
    item.file = { path, size, md5: await this.#vault.hash(path, 'md5') };
    Object.assign(item.appProperties, metadata.appProperties);
    return { status: 200, body: show(item) };
  }

  #room(): number {
    const used = [...this.#items.values()].reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    return this.quotaBytes - used;
  }

  /** What tests do past the API. */
  list(top: string): string[] {
    const folder = this.find(top);
    if (!folder) return [];
    const below = (id: string, at: string): string[] =>
      [...this.#items.values()]
        .filter((item) => item.parents.includes(id) && !item.trashed)
        .flatMap((item) =>
          item.mimeType === folderType ? below(item.id, `${at}${item.name}/`) : `${at}${item.name}`,
        );
    return below(folder.id, '');
  }

  find(path: string): Item | undefined {
    let id = 'root';
    let found: Item | undefined;
    for (const name of path.split('/').filter(Boolean)) {
      found = [...this.#items.values()].find(
        (item) => item.parents.includes(id) && item.name === name && !item.trashed,
      );
      if (!found) return undefined;
      id = found.id;
    }
    return found;
  }

  async read(place: { id: string } | { path: string }): Promise<Buffer | undefined> {
    const item = 'id' in place ? this.#items.get(place.id) : this.find(place.path);
    return item?.file && this.#vault.read(item.file.path);
  }

  async put(path: string, bytes: Buffer): Promise<void> {
    const names = path.split('/');
    const name = names.pop()!;
    let id = 'root';
    for (const [at, folder] of names.entries()) {
      const there = this.find(names.slice(0, at + 1).join('/'));
      id = (there ?? this.make({ name: folder, mimeType: folderType, parents: [id] })).id;
    }
    await this.#store(
      { name, parents: [id], mimeType: 'image/jpeg' },
      undefined,
      await this.#vault.write(bytes),
      bytes.length,
    );
  }

  countFolders(name: string): number {
    return [...this.#items.values()].filter(
      (item) => item.name === name && item.mimeType === folderType && !item.trashed,
    ).length;
  }

  trash(id: string): void {
    this.#items.get(id)!.trashed = true;
  }
}

/** developers.google.com/workspace/drive/api/reference/rest/v3/about/get: `fields` is required. */
function about(call: Call): Reply {
  if (!call.url.searchParams.has('fields')) {
    return refusal(400, 'required', "The 'fields' parameter is required for this method.");
  }
  return {
    status: 200,
    body: { user: { emailAddress: call.who!.account, permissionId: `p-${call.who!.account}` } },
  };
}

function show({ file, ours: _ours, ...item }: Item): Record<string, unknown> {
  return {
    kind: 'drive#file',
    ...item,
    webViewLink: `https://drive.google.com/file/d/${item.id}/view`,
    ...(file ? { size: String(file.size), md5Checksum: file.md5 } : {}),
  };
}

const quotaExceeded = (): Reply =>
  refusal(403, 'storageQuotaExceeded', "The user's Drive storage quota has been exceeded.");

function incomplete(received: number): Reply {
  return { status: 308, headers: received === 0 ? {} : { range: `bytes=0-${received - 1}` } };
}

function parseQuery(
  query: string,
): { parent?: string; name?: string; mimeType?: string; trashed?: boolean } | undefined {
  const wanted: { parent?: string; name?: string; mimeType?: string; trashed?: boolean } = {};
  const term =
    /^(?:'((?:[^'\\]|\\.)*)' in parents|(name|mimeType) = '((?:[^'\\]|\\.)*)'|trashed = (true|false))(?: and |$)/;
  for (let rest = query; rest !== ''; ) {
    const match = term.exec(rest);
    if (!match) return undefined;
    const [all, parent, field, value, trashed] = match;
    if (parent !== undefined) wanted.parent = unquoted(parent);
    else if (field === 'name') wanted.name = unquoted(value!);
    else if (field === 'mimeType') wanted.mimeType = unquoted(value!);
    else wanted.trashed = trashed === 'true';
    rest = rest.slice(all.length);
  }
  return wanted;
}

const unquoted = (text: string): string => text.replace(/\\(.)/g, '$1');

/** RFC 2387: the metadata first, then the bytes. */
function splitRelated(body: Buffer, boundary: string): { metadata: string; media: Buffer } | undefined {
  const mark = Buffer.from(`--${boundary}`);
  const first = body.indexOf(mark);
  const second = body.indexOf(mark, first + mark.length);
  const third = body.lastIndexOf(Buffer.from(`--${boundary}--`));
  if (first !== 0 || second < 0 || third <= second) return undefined;
  const part = (from: number, to: number) => {
    const text = body.subarray(from + mark.length + 2, to - 2);
    const at = text.indexOf('\r\n\r\n');
    return { head: text.subarray(0, at).toString(), content: text.subarray(at + 4) };
  };
  const metadata = part(first, second);
  if (!/^content-type: application\/json; charset=utf-8/i.test(metadata.head)) return undefined;
  return { metadata: metadata.content.toString(), media: part(second, third).content };
}
