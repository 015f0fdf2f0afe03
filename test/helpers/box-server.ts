/**
 * A strict Box (API 2.0), written from the provider's description: developer.box.com/reference (post-files-content,
 * post-files-id-content, options-files-content, post-files-upload-sessions, put-files-upload-sessions-id,
 * post-files-upload-sessions-id-commit, post-folders, get-folders-id-items), developer.box.com/guides/uploads/chunked and
 * /guides/api-calls/permissions-and-errors. It takes the attributes before the file alone, compares Content-MD5 and Digest
 * (both SHA-1), refuses sessions under 20 MB, parts of another size than it named and parts that it has, and asks to come
 * back while it puts parts together.
 */
import { createHash } from 'node:crypto';
import type { OAuthServer } from './oauth-server.ts';
import { type Call, type Reply, type StrictServer, startStrictServer, Vault } from './strict-server.ts';

export const boxScope = 'root_readwrite';

const partSize = 8_388_608;
const minSession = 20_000_000;

interface Item {
  id: string;
  type: 'file' | 'folder';
  name: string;
  parent: string | null;
  file?: { path: string; size: number; sha1: string; versions: number };
}

interface Part {
  part_id: string;
  offset: number;
  size: number;
  sha1: string;
}

interface Session {
  target: { parent: string; name: string; fileId: string | undefined };
  size: number;
  path: string;
  parts: Map<number, Part>;
  commits: number;
  turn: Promise<unknown>;
}

export interface BoxServer extends StrictServer {
  readonly endpoints: { api: string; upload: string };
  quotaBytes: number;
  readonly openSessions: number;
  list(folder: string): string[];
  read(place: { id: string } | { path: string }): Promise<Buffer | undefined>;
  put(path: string, bytes: Buffer): Promise<void>;
  remove(path: string): void;
  versions(id: string): number;
}

export async function startBoxServer(oauth: OAuthServer): Promise<BoxServer> {
  const vault = await Vault.make();
  const box = new StrictBox(vault);
  const server = await startStrictServer({
    introspect: oauth.introspect,
    unauthorized: {
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="Service", error="invalid_token"' },
    },
    handle: (call) => box.handle(call),
  });
  return {
    ...server,
    endpoints: { api: `${server.origin}/2.0`, upload: `${server.origin}/api/2.0` },
    get quotaBytes() {
      return box.quotaBytes;
    },
    set quotaBytes(bytes: number) {
      box.quotaBytes = bytes;
    },
    get openSessions() {
      return box.sessions.size;
    },
    list: (folder) => box.list(folder),
    read: (place) => box.read(place),
    put: (path, bytes) => box.put(path, bytes),
    remove: (path) => box.remove(box.find('0', path)!.id),
    versions: (id) => box.versions(id),
    close: async () => {
      await server.close();
      await vault.remove();
    },
  };
}

function refusal(status: number, code: string, context?: unknown): Reply {
  return {
    status,
    body: {
      type: 'error',
      status,
      code,
      message: code,
      request_id: 'r',
      ...(context ? { context_info: context } : {}),
    },
  };
}

class StrictBox {
  quotaBytes = Number.POSITIVE_INFINITY;
  readonly sessions = new Map<string, Session>();
  readonly #vault: Vault;
  readonly #items = new Map<string, Item>([
    ['0', { id: '0', type: 'folder', name: 'All Files', parent: null }],
  ]);
  #count = 1_000;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async handle(call: Call): Promise<Reply> {
    if (!call.who!.scopes.has(boxScope)) return refusal(403, 'insufficient_scope');
    const { pathname } = call.url;
    const upload = pathname.startsWith('/api/2.0/');
    const route = pathname.replace(/^(\/api)?\/2\.0/, '');
    return upload ? await this.#upload(call, route) : await this.#api(call, route);
  }

  async #api(call: Call, route: string): Promise<Reply> {
    const verb = call.method;
    if (route === '/users/me') {
      return { status: 200, body: { type: 'user', id: `u-${call.who!.account}`, login: call.who!.account } };
    }
    if (route === '/folders' && verb === 'POST') return this.#createFolder(await call.json());
    if (route === '/files/content' && verb === 'OPTIONS') return this.#preflight(await call.json());
    const [, kind, id, items] = /^\/(files|folders)\/(\d+)(\/items)?$/.exec(route) ?? [];
    const item = this.#items.get(id ?? '');
    if (!item || item.type !== kind?.slice(0, -1)) return refusal(404, 'not_found');
    if (verb === 'GET' && items) {
      const entries = this.#children(item.id).map(show);
      return { status: 200, body: { total_count: entries.length, entries, offset: 0, limit: 1_000 } };
    }
    if (verb === 'GET') return { status: 200, body: show(item) };
    if (verb === 'DELETE') {
      this.remove(item.id);
      return { status: 204 };
    }
    return refusal(405, 'method_not_allowed');
  }

  #children(id: string): Item[] {
    return [...this.#items.values()].filter(({ parent }) => parent === id);
  }

  #named(parent: string, name: string): Item | undefined {
    return this.#children(parent).find((item) => item.name.toLowerCase() === name.toLowerCase());
  }

  /** Why a name cannot be taken there; undefined when it can. */
  #refuse(parent: unknown, name: unknown, size: number, own?: string): Reply | undefined {
    if (typeof name !== 'string' || !isName(name)) return refusal(400, 'item_name_invalid');
    if (name.length > 255) return refusal(400, 'item_name_too_long');
    if (typeof parent !== 'string' || this.#items.get(parent)?.type !== 'folder')
      return refusal(404, 'not_found');
    const there = this.#named(parent, name);
    if (there && there.id !== own) {
      const conflict = show(there);
      return refusal(409, 'item_name_in_use', { conflicts: there.type === 'folder' ? [conflict] : conflict });
    }
    const used = [...this.#items.values()].reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    return used + size > this.quotaBytes ? refusal(403, 'storage_limit_exceeded') : undefined;
  }

  #createFolder(body: Record<string, unknown>): Reply {
    const parent = (body.parent as { id?: string } | undefined)?.id;
    const refused = this.#refuse(parent, body.name, 0);
    return refused ?? { status: 201, body: show(this.#add('folder', body.name as string, parent!)) };
  }

  #preflight(body: Record<string, unknown>): Reply {
    const parent = (body.parent as { id?: string } | undefined)?.id;
    return (
      this.#refuse(parent, body.name, Number(body.size ?? 0)) ?? { status: 200, body: { upload_url: 'x' } }
    );
  }

  #add(type: Item['type'], name: string, parent: string): Item {
    const item: Item = { id: String(++this.#count), type, name, parent };
    this.#items.set(item.id, item);
    return item;
  }

  async #upload(call: Call, route: string): Promise<Reply> {
    const [, fileId, what, session, action] =
      /^\/files(?:\/(\d+))?\/(content|upload_sessions)(?:\/([^/]+))?(?:\/(parts|commit))?$/.exec(route) ?? [];
    if (what === undefined) return refusal(404, 'not_found');
    if (fileId !== undefined && this.#items.get(fileId)?.type !== 'file') return refusal(404, 'not_found');
    if (what === 'content') return await this.#form(call, fileId);
    if (session !== undefined) return await this.#session(call, session, action);
    return await this.#begin(call, fileId);
  }

  async #form(call: Call, fileId: string | undefined): Promise<Reply> {
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(call.headers['content-type'] ?? '')?.[1];
    if (call.method !== 'POST' || !boundary) return refusal(400, 'bad_request');
    const path = this.#vault.newFile();
    const form = await readForm(call, boundary, this.#vault, path);
    if (!form)
      return refusal(400, 'bad_request', { errors: [{ reason: 'attributes must come before the file' }] });
    const own = fileId === undefined ? undefined : this.#items.get(fileId);
    const name = (form.attributes.name as string | undefined) ?? own?.name;
    const parent = own?.parent ?? (form.attributes.parent as { id?: string } | undefined)?.id;
    const refused = this.#refuse(parent, name, form.size, fileId);
    if (refused) return refused;
    const sha1 = await this.#vault.hash(path, 'sha1');
    const wanted = call.headers['content-md5'];
    if (wanted !== undefined && wanted !== sha1) return refusal(400, 'bad_digest');
    return this.#store({ parent: parent!, name: name!, fileId }, path, form.size, sha1);
  }

  #store(target: Session['target'], path: string, size: number, sha1: string): Reply {
    const item =
      (target.fileId && this.#items.get(target.fileId)) || this.#add('file', target.name, target.parent);
    item.file = { path, size, sha1, versions: (item.file?.versions ?? 0) + 1 };
    return { status: 201, body: { total_count: 1, entries: [show(item)] } };
  }

  async #begin(call: Call, fileId: string | undefined): Promise<Reply> {
    if (call.method !== 'POST') return refusal(405, 'method_not_allowed');
    const body = await call.json();
    const size = Number(body.file_size);
    const own = fileId === undefined ? undefined : this.#items.get(fileId);
    const target = {
      parent: own?.parent ?? (body.folder_id as string),
      name: (body.file_name as string) ?? own?.name,
      fileId,
    };
    const refused = this.#refuse(target.parent, target.name, size, fileId);
    if (refused) return refused;
    if (!(size >= minSession)) return refusal(400, 'file_size_too_small');
    const id = `F9${++this.#count}`;
    this.sessions.set(id, {
      target,
      size,
      path: this.#vault.newFile(),
      parts: new Map(),
      commits: 0,
      turn: Promise.resolve(),
    });
    const url = `${call.url.origin}/api/2.0/files/upload_sessions/${id}`;
    return {
      status: 201,
      body: {
        id,
        type: 'upload_session',
        part_size: partSize,
        total_parts: Math.ceil(size / partSize),
        num_parts_processed: 0,
        session_endpoints: {
          upload_part: url,
          commit: `${url}/commit`,
          abort: url,
          list_parts: `${url}/parts`,
        },
      },
    };
  }

  async #session(call: Call, id: string, action: string | undefined): Promise<Reply> {
    const session = this.sessions.get(id);
    if (!session) return refusal(404, 'not_found');
    const verb = `${call.method} ${action ?? ''}`;
    if (verb === 'DELETE ') {
      this.sessions.delete(id);
      return { status: 204 };
    }
    const reply = session.turn.then(() => {
      if (verb === 'GET parts') return { status: 200, body: { entries: [...session.parts.values()] } };
      if (verb === 'PUT ') return this.#part(call, session);
      return verb === 'POST commit' ? this.#commit(call, id, session) : refusal(405, 'method_not_allowed');
    });
    session.turn = reply.catch(() => undefined);
    return await reply;
  }

  async #part(call: Call, session: Session): Promise<Reply> {
    const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(call.headers['content-range'] ?? '') ?? [];
    const digest = /^sha=(.+)$/.exec(String(call.headers.digest ?? ''))?.[1];
    if (total === undefined || digest === undefined) return refusal(400, 'bad_request');
    const [offset, size] = [Number(from), Number(to) - Number(from) + 1];
    const last = offset + size === session.size;
    const aligned = offset % partSize === 0 && (size === partSize || (last && size < partSize));
    if (Number(total) !== session.size || !aligned || size !== Number(call.headers['content-length'])) {
      return refusal(416, 'range_not_satisfiable');
    }
    if (session.parts.has(offset)) return refusal(409, 'range_overlaps_existing_range');
    const bytes = await call.bytes(partSize).catch(() => undefined);
    if (bytes?.length !== size) return refusal(400, 'bad_request');
    const sha1 = createHash('sha1').update(bytes).digest();
    if (sha1.toString('base64') !== digest) return refusal(412, 'bad_digest');
    await this.#vault.writeAt(session.path, offset, bytes);
    const part = { part_id: `P${++this.#count}`, offset, size, sha1: sha1.toString('hex') };
    session.parts.set(offset, part);
    return { status: 200, body: { part } };
  }

  async #commit(call: Call, id: string, session: Session): Promise<Reply> {
    const { parts } = (await call.json()) as { parts?: Part[] };
    const whole = [...session.parts.values()].reduce((sum, { size }) => sum + size, 0) === session.size;
    if (!whole || parts?.length !== session.parts.size) return refusal(400, 'bad_request');
    // Always once, as Box does while it still works on the parts.
    if (++session.commits === 1) return { status: 202, headers: { 'retry-after': '0' } };
    const sha1 = await this.#vault.hash(session.path, 'sha1', 'hex');
    if (call.headers.digest !== `sha=${Buffer.from(sha1, 'hex').toString('base64')}`)
      return refusal(412, 'bad_digest');
    const { target, size, path } = session;
    const refused = this.#refuse(target.parent, target.name, size, target.fileId);
    if (refused) return refused;
    this.sessions.delete(id);
    return this.#store(target, path, size, sha1);
  }

  find(start: string, path: string): Item | undefined {
    let item = this.#items.get(start);
    for (const name of path.split('/').filter(Boolean)) item = item && this.#named(item.id, name);
    return item;
  }

  list(folder: string): string[] {
    const below = (id: string, at: string): string[] =>
      this.#children(id).flatMap((item) =>
        item.type === 'file' ? `${at}${item.name}` : below(item.id, `${at}${item.name}/`),
      );
    const top = this.find('0', folder);
    return top ? below(top.id, '') : [];
  }

  async read(place: { id: string } | { path: string }): Promise<Buffer | undefined> {
    const item = 'id' in place ? this.#items.get(place.id) : this.find('0', place.path);
    return item?.file && this.#vault.read(item.file.path);
  }

  async put(path: string, bytes: Buffer): Promise<void> {
    const names = path.split('/');
    const name = names.pop()!;
    let parent = '0';
    for (const folder of names)
      parent = (this.#named(parent, folder) ?? this.#add('folder', folder, parent)).id;
    const sha1 = createHash('sha1').update(bytes).digest('hex');
    this.#store({ parent, name, fileId: undefined }, await this.#vault.write(bytes), bytes.length, sha1);
  }

  remove(id: string): void {
    for (const child of this.#children(id)) this.remove(child.id);
    this.#items.delete(id);
  }

  versions(id: string): number {
    return this.#items.get(id)?.file?.versions ?? 0;
  }
}

function show({ id, type, name, file }: Item): Record<string, unknown> {
  return {
    type,
    id,
    name,
    sequence_id: '0',
    etag: '0',
    ...(file ? { size: file.size, sha1: file.sha1 } : {}),
  };
}

const isName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && name === name.trim() && !/[/\\\p{Cc}]/u.test(name);

/** Reads the form as it streams in: first the attributes, then the file, which goes to the disk. */
async function readForm(
  call: Call,
  boundary: string,
  vault: Vault,
  path: string,
): Promise<{ attributes: Record<string, unknown>; size: number } | undefined> {
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const mark = `--${boundary}\r\nContent-Disposition: form-data; name="file"`;
  let head = Buffer.alloc(0);
  let attributes: Record<string, unknown> | undefined;
  let held = Buffer.alloc(0);
  let wrong = false;
  const file = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of call.request as AsyncIterable<Buffer>) {
      if (attributes === undefined) {
        head = Buffer.concat([head, chunk]);
        const at = head.indexOf(mark);
        const start = at < 0 ? -1 : head.indexOf('\r\n\r\n', at);
        if (start < 0) continue;
        attributes = readAttributes(head.subarray(0, at).toString(), boundary);
        held = head.subarray(start + 4);
      } else {
        held = Buffer.concat([held, chunk]);
      }
      const ready = Math.max(0, held.length - tail.length);
      yield held.subarray(0, ready);
      held = held.subarray(ready);
    }
    wrong = !held.equals(tail);
  };
  const { bytes, whole } = await vault.append(path, 0, file());
  return attributes && whole && !wrong ? { attributes, size: bytes } : undefined;
}

function readAttributes(head: string, boundary: string): Record<string, unknown> {
  const text = head.split('\r\n\r\n')[1]?.split('\r\n')[0] ?? '';
  if (!head.startsWith(`--${boundary}\r\nContent-Disposition: form-data; name="attributes"`)) return {};
  return JSON.parse(text) as Record<string, unknown>;
}
