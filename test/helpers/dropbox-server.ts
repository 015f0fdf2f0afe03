/**
 * A strict Dropbox (API v2, access type "app folder"), written from the provider's description:
 * www.dropbox.com/developers/documentation/http/documentation (files, users, auth, error handling) and
 * www.dropbox.com/developers/reference/json-encoding and /content-hash. It refuses arguments that are no
 * "HTTP header safe JSON", uploads above 150 MB, scopes that are missing, and appends whose offset is not what it has; names
 * differ not by case alone.
 */
import { createHash } from 'node:crypto';
import type { OAuthServer } from './oauth-server.ts';
import { type Call, type Reply, type StrictServer, startStrictServer, Vault } from './strict-server.ts';

export const dropboxScopes = ['account_info.read', 'files.metadata.read', 'files.content.write'];

const blockBytes = 4_194_304;

interface Entry {
  tag: 'file' | 'folder';
  id: string;
  /** As it was written, with a slash in front. */
  path: string;
  file?: { path: string; size: number; hash: string };
}

interface Session {
  path: string;
  received: number;
  closed: boolean;
  turn: Promise<unknown>;
}

export interface DropboxServer extends StrictServer {
  readonly endpoints: { api: string; content: string; root: string };
  quotaBytes: number;
  /** Files below a folder, by their path from there. */
  list(folder: string): string[];
  read(path: string): Promise<Buffer | undefined>;
  put(path: string, bytes: Buffer): Promise<void>;
}

export async function startDropboxServer(oauth: OAuthServer): Promise<DropboxServer> {
  const vault = await Vault.make();
  const box = new StrictDropbox(vault, oauth);
  const server = await startStrictServer({
    introspect: oauth.introspect,
    unauthorized: refusal(401, 'expired_access_token'),
    handle: (call) => box.handle(call),
  });
  return {
    ...server,
    endpoints: { api: `${server.origin}/2`, content: `${server.origin}/2`, root: '/Apps/Apertur' },
    get quotaBytes() {
      return box.quotaBytes;
    },
    set quotaBytes(bytes: number) {
      box.quotaBytes = bytes;
    },
    list: (folder) => box.list(folder),
    read: (path) => box.read(path),
    put: (path, bytes) => box.put(path, bytes),
    close: async () => {
      await server.close();
      await vault.remove();
    },
  };
}

/** `path/conflict/file` becomes the nested union that the API sends. */
function refusal(status: number, summary: string, more: Record<string, unknown> = {}): Reply {
  const [first = '', ...rest] = summary.split('/').reverse();
  const error = rest.reduce<Record<string, unknown>>((inner, tag) => ({ '.tag': tag, [tag]: inner }), {
    '.tag': first,
    ...more,
  });
  return { status, body: { error_summary: `${summary}/..`, error } };
}

const scopeOf: Record<string, string> = {
  'users/get_current_account': 'account_info.read',
  'files/get_metadata': 'files.metadata.read',
  'files/list_folder': 'files.metadata.read',
  'files/list_folder/continue': 'files.metadata.read',
  'files/create_folder_v2': 'files.content.write',
  'files/delete_v2': 'files.content.write',
  'files/upload': 'files.content.write',
  'files/upload_session/start': 'files.content.write',
  'files/upload_session/append_v2': 'files.content.write',
  'files/upload_session/finish': 'files.content.write',
};

interface Commit {
  path: string;
  mode?: { '.tag'?: string } | string;
  autorename?: boolean;
  content_hash?: string;
}

class StrictDropbox {
  quotaBytes = Number.POSITIVE_INFINITY;
  readonly #vault: Vault;
  readonly #oauth: OAuthServer;
  /** By path in lower case. */
  readonly #entries = new Map<string, Entry>();
  readonly #sessions = new Map<string, Session>();
  #count = 0;

  constructor(vault: Vault, oauth: OAuthServer) {
    this.#vault = vault;
    this.#oauth = oauth;
  }

  async handle(call: Call): Promise<Reply> {
    const route = call.url.pathname.replace(/^\/2\//, '');
    if (call.method !== 'POST') return { status: 405, body: 'POST only' };
    if (route === 'auth/token/revoke') {
      await this.#oauth.revokeToken(/^Bearer (\S+)$/.exec(call.headers.authorization!)![1]!);
      return { status: 200, body: null };
    }
    const scope = scopeOf[route];
    if (scope === undefined) return { status: 400, body: `Unknown API function: "${route}"` };
    if (!call.who!.scopes.has(scope)) return refusal(401, 'missing_scope', { required_scope: scope });
    const upload = /upload/.test(route);
    if (upload && call.headers['content-type'] !== 'application/octet-stream') {
      return badRequest('Bad HTTP "Content-Type" header: expecting "application/octet-stream".');
    }
    if (!upload && call.headers['content-type'] !== 'application/json') {
      return badRequest('Bad HTTP "Content-Type" header: expecting "application/json".');
    }
    const argument = upload ? readArgument(call) : ((await call.json()) as Record<string, unknown> | null);
    if (argument === undefined)
      return badRequest('Error in call: HTTP header "Dropbox-API-Arg": not safe JSON');
    return await this.#route(route, (argument ?? {}) as never, call);
  }

  async #route(route: string, argument: Record<string, unknown> & Commit, call: Call): Promise<Reply> {
    if (route === 'users/get_current_account') {
      const { account } = call.who!;
      return {
        status: 200,
        body: { account_id: `dbid:${account}`, email: account, name: { display_name: account } },
      };
    }
    if (route === 'files/upload') return await this.#upload(argument, call);
    if (route.startsWith('files/upload_session/')) return await this.#session(route, argument, call);
    if (route === 'files/list_folder') return this.#listFolder(argument.path);
    const wrong = refusePath(argument.path);
    if (wrong) return wrong;
    if (route === 'files/create_folder_v2') return this.#createFolder(argument.path);
    const entry = this.#find(argument.path);
    if (!entry) return refusal(409, route === 'files/delete_v2' ? 'path_lookup/not_found' : 'path/not_found');
    if (route === 'files/get_metadata') return { status: 200, body: show(entry, true) };
    for (const path of [...this.#entries.keys()]) {
      if (path === entry.path.toLowerCase() || path.startsWith(`${entry.path.toLowerCase()}/`))
        this.#entries.delete(path);
    }
    return { status: 200, body: { metadata: show(entry, true) } };
  }

  #find(path: string): Entry | undefined {
    if (path.startsWith('id:')) return [...this.#entries.values()].find(({ id }) => id === path);
    return this.#entries.get(path.toLowerCase());
  }

  #listFolder(path: string): Reply {
    if (path === '/') return badRequest('Specify the root folder as an empty string rather than as "/".');
    const folder = path === '' ? '' : this.#find(path)?.path;
    if (folder === undefined) return refusal(409, 'path/not_found');
    const entries = [...this.#entries.values()].filter(
      (entry) => entry.path.slice(0, entry.path.lastIndexOf('/')).toLowerCase() === folder.toLowerCase(),
    );
    return {
      status: 200,
      body: { entries: entries.map((entry) => show(entry, true)), has_more: false, cursor: 'c' },
    };
  }

  #createFolder(path: string): Reply {
    const there = this.#find(path);
    if (there) return refusal(409, `path/conflict/${there.tag}`);
    this.#makeFolders(path);
    return { status: 200, body: { metadata: show(this.#find(path)!, false) } };
  }

  #makeFolders(path: string): void {
    const names = path.split('/').slice(1);
    for (let depth = 1; depth <= names.length; depth++) {
      const folder = `/${names.slice(0, depth).join('/')}`;
      if (this.#entries.has(folder.toLowerCase())) continue;
      this.#entries.set(folder.toLowerCase(), { tag: 'folder', id: `id:f${++this.#count}`, path: folder });
    }
  }

  async #upload(commit: Commit, call: Call): Promise<Reply> {
    if (Number(call.headers['content-length']) > 157_286_400) return refusal(409, 'payload_too_large');
    const refused = refusePath(commit.path) ?? this.#refuseSpace(Number(call.headers['content-length']));
    if (refused) return refused;
    const file = this.#vault.newFile();
    const { bytes, whole } = await this.#vault.append(file, 0, call.request);
    if (!whole) return { status: 400, body: 'The request broke off' };
    return await this.#commit(commit, file, bytes, 'path');
  }

  #refuseSpace(bytes: number): Reply | undefined {
    const used = [...this.#entries.values()].reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    return used + bytes > this.quotaBytes ? refusal(409, 'path/insufficient_space') : undefined;
  }

  async #commit(commit: Commit, file: string, size: number, prefix: string): Promise<Reply> {
    const hash = await contentHash(this.#vault, file);
    if (commit.content_hash !== undefined && commit.content_hash !== hash)
      return refusal(409, 'content_hash_mismatch');
    const mode = typeof commit.mode === 'string' ? commit.mode : (commit.mode?.['.tag'] ?? 'add');
    const there = this.#find(commit.path);
    if (there?.tag === 'folder') return refusal(409, `${prefix}/conflict/folder`);
    // Without strict_conflict the same content under the same name is no conflict.
    if (there && mode === 'add' && there.file?.hash !== hash) {
      if (commit.autorename) throw new Error('Not built: autorename');
      return refusal(409, `${prefix}/conflict/file`);
    }
    const above = commit.path.slice(0, commit.path.lastIndexOf('/'));
    if (this.#entries.get(above.toLowerCase())?.tag === 'file')
      return refusal(409, `${prefix}/conflict/file_ancestor`);
    if (above !== '') this.#makeFolders(above);
    const entry: Entry = there ?? { tag: 'file', id: `id:d${++this.#count}`, path: commit.path };
    entry.file = { path: file, size, hash };
    this.#entries.set(commit.path.toLowerCase(), entry);
    return { status: 200, body: show(entry, false) };
  }

  async #session(route: string, argument: Record<string, unknown>, call: Call): Promise<Reply> {
    if (route.endsWith('/start')) {
      const id = `pid_upload_session:${++this.#count}`;
      const path = this.#vault.newFile();
      const { bytes } = await this.#vault.append(path, 0, call.request);
      this.#sessions.set(id, {
        path,
        received: bytes,
        closed: argument.close === true,
        turn: Promise.resolve(),
      });
      return { status: 200, body: { session_id: id } };
    }
    const cursor = argument.cursor as { session_id?: string; offset?: number } | undefined;
    const session = this.#sessions.get(cursor?.session_id ?? '');
    const finish = route.endsWith('/finish');
    if (!session) return refusal(409, finish ? 'lookup_failed/not_found' : 'not_found');
    const reply = session.turn.then(() =>
      finish
        ? this.#finish(session, cursor!.offset!, argument.commit as Commit)
        : this.#append(session, cursor!.offset!, call),
    );
    session.turn = reply.catch(() => undefined);
    return await reply;
  }

  async #append(session: Session, offset: number, call: Call): Promise<Reply> {
    if (session.closed) return refusal(409, 'closed');
    if (offset !== session.received)
      return refusal(409, 'incorrect_offset', { correct_offset: session.received });
    if (Number(call.headers['content-length']) > 157_286_400) return refusal(409, 'payload_too_large');
    const { bytes, whole } = await this.#vault.append(session.path, offset, call.request);
    // An append counts whole or not at all.
    if (whole && bytes === Number(call.headers['content-length'])) session.received += bytes;
    return { status: 200, body: null };
  }

  async #finish(session: Session, offset: number, commit: Commit): Promise<Reply> {
    if (session.closed) return refusal(409, 'lookup_failed/closed');
    if (offset !== session.received) {
      return refusal(409, 'lookup_failed/incorrect_offset', { correct_offset: session.received });
    }
    const refused = refusePath(commit.path) ?? this.#refuseSpace(session.received);
    if (refused) return refused;
    const reply = await this.#commit(commit, session.path, session.received, 'path');
    session.closed = reply.status === 200;
    return reply;
  }

  list(folder: string): string[] {
    const prefix = `/${folder}/`;
    return [...this.#entries.values()]
      .filter(({ tag, path }) => tag === 'file' && path.startsWith(prefix))
      .map(({ path }) => path.slice(prefix.length));
  }

  async read(path: string): Promise<Buffer | undefined> {
    const entry = this.#find(path.startsWith('id:') ? path : `/${path}`);
    return entry?.file && this.#vault.read(entry.file.path);
  }

  async put(path: string, bytes: Buffer): Promise<void> {
    await this.#commit(
      { path: `/${path}`, mode: 'overwrite' },
      await this.#vault.write(bytes),
      bytes.length,
      'path',
    );
  }
}

const badRequest = (text: string): Reply => ({
  status: 400,
  body: text,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
});

/** Undefined when the header holds anything but printable ASCII, or is no JSON. */
function readArgument(call: Call): Record<string, unknown> | undefined {
  const text = call.headers['dropbox-api-arg'];
  if (typeof text !== 'string' || !/^[\x20-\x7e]*$/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function refusePath(path: unknown): Reply | undefined {
  if (typeof path !== 'string') return badRequest('Error in call: path: expected string');
  if (path.startsWith('id:')) return undefined;
  const names = path.split('/');
  const good =
    names[0] === '' && names.length > 1 && names.slice(1).every((name) => name !== '' && name.length <= 255);
  if (!good || /[\p{Cc}\\]/u.test(path)) return refusal(409, 'path/malformed_path');
  return undefined;
}

function show(entry: Entry, tagged: boolean): Record<string, unknown> {
  return {
    ...(tagged ? { '.tag': entry.tag } : {}),
    name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
    id: entry.id,
    path_lower: entry.path.toLowerCase(),
    path_display: entry.path,
    ...(entry.file ? { size: entry.file.size, content_hash: entry.file.hash, is_downloadable: true } : {}),
  };
}

/** Computed over the whole file, as the description does it, not as the product does. */
async function contentHash(vault: Vault, file: string): Promise<string> {
  const bytes = await vault.read(file);
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    blocks.push(
      createHash('sha256')
        .update(bytes.subarray(at, at + blockBytes))
        .digest(),
    );
  }
  return createHash('sha256').update(Buffer.concat(blocks)).digest('hex');
}
