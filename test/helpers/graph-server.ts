/**
 * A strict OneDrive (Microsoft Graph v1.0), written from the provider's description: learn.microsoft.com/graph/api
 * (driveitem-put-content, driveitem-createuploadsession, driveitem-post-children, driveitem-list-children, driveitem-delete)
 * and learn.microsoft.com/onedrive/developer (addressing-driveitems, errors, quickxorhash). It refuses uploads in one
 * request above 4 MB, ranges that are no multiple of 320 KiB, our token at an upload address, parents that are not there,
 * names that OneDrive does not take, and with the scope for the app's folder everything outside of it.
 */
import type { OAuthServer } from './oauth-server.ts';
import { type Call, type Reply, type StrictServer, startStrictServer, Vault } from './strict-server.ts';

export const appFolderScope = 'Files.ReadWrite.AppFolder';
export const filesScope = 'Files.ReadWrite';

const unit = 327_680;

interface Item {
  id: string;
  name: string;
  parent: string | null;
  file?: { path: string; size: number; xor: string; sha1: string };
}

interface Session {
  parent: string;
  name: string;
  conflict: string;
  path: string;
  received: number;
  total: number | undefined;
  turn: Promise<unknown>;
}

export interface GraphServer extends StrictServer {
  readonly endpoints: { api: string };
  quotaBytes: number;
  /** Which hash files are described with: none comes a moment later. */
  names: 'quickXorHash' | 'sha1Hash' | 'late';
  list(folder: string): string[];
  read(place: { id: string } | { path: string }): Promise<Buffer | undefined>;
  put(path: string, bytes: Buffer): Promise<void>;
  remove(path: string): void;
  /** Upload sessions that were begun and are neither done nor thrown away. */
  readonly openSessions: number;
}

export async function startGraphServer(oauth: OAuthServer): Promise<GraphServer> {
  const vault = await Vault.make();
  const graph = new StrictGraph(vault);
  const server = await startStrictServer({
    introspect: oauth.introspect,
    unauthorized: refusal(401, 'InvalidAuthenticationToken', 'Access token has expired or is not yet valid.'),
    isOpen: (url) => url.pathname.startsWith('/upload-session/'),
    handle: (call) => graph.handle(call),
  });
  return {
    ...server,
    endpoints: { api: `${server.origin}/v1.0` },
    get quotaBytes() {
      return graph.quotaBytes;
    },
    set quotaBytes(bytes: number) {
      graph.quotaBytes = bytes;
    },
    get names() {
      return graph.names;
    },
    set names(names) {
      graph.names = names;
    },
    get openSessions() {
      return graph.sessions.size;
    },
    list: (folder) => graph.list(folder),
    read: (place) => graph.read(place),
    put: (path, bytes) => graph.put(path, bytes),
    remove: (path) => graph.remove(graph.find('root', path)!.id),
    close: async () => {
      await server.close();
      await vault.remove();
    },
  };
}

function refusal(status: number, code: string, message = code): Reply {
  return { status, body: { error: { code, message, innerError: { date: '2026-03-02T08:15:30' } } } };
}

const notFound = (): Reply => refusal(404, 'itemNotFound', 'The resource could not be found.');

class StrictGraph {
  quotaBytes = Number.POSITIVE_INFINITY;
  names: GraphServer['names'] = 'quickXorHash';
  readonly sessions = new Map<string, Session>();
  readonly #vault: Vault;
  readonly #items = new Map<string, Item>([
    ['root', { id: 'root', name: 'root', parent: null }],
    ['apps', { id: 'apps', name: 'Apps', parent: 'root' }],
    ['approot', { id: 'approot', name: 'Apertur', parent: 'apps' }],
  ]);
  readonly #described = new Set<string>();
  #count = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async handle(call: Call): Promise<Reply> {
    const { pathname } = call.url;
    if (pathname.startsWith('/upload-session/')) return await this.#session(call, pathname.split('/')[2]!);
    const route = parseRoute(pathname);
    if (!route) return refusal(400, 'BadRequest', `Resource not found for the segment ${pathname}`);
    const scopes = call.who!.scopes;
    const start = this.#items.get(route.start);
    if (!start) return notFound();
    if (!scopes.has(filesScope) && !(scopes.has(appFolderScope) && this.#isIn(start.id, 'approot'))) {
      return refusal(403, 'accessDenied', 'Access denied');
    }
    return await this.#act(call, start, route);
  }

  async #act(call: Call, start: Item, { path, action }: Route): Promise<Reply> {
    const item = this.find(start.id, path.join('/'));
    const verb = `${call.method} ${action}`;
    if (verb === 'PUT content') return await this.#putContent(call, start, path);
    if (verb === 'POST createUploadSession') return await this.#createSession(call, start, path);
    if (!item) return notFound();
    if (verb === 'GET ') return { status: 200, body: this.#show(item) };
    if (verb === 'GET children')
      return { status: 200, body: { value: this.#children(item.id).map((one) => this.#show(one)) } };
    if (verb === 'POST children') return this.#createFolder(item, await call.json());
    if (verb === 'DELETE ') {
      this.remove(item.id);
      return { status: 204 };
    }
    return refusal(405, 'invalidRequest', 'Method not allowed');
  }

  #isIn(id: string, above: string): boolean {
    if (id === above) return true;
    const parent = this.#items.get(id)?.parent;
    return parent !== null && parent !== undefined && this.#isIn(parent, above);
  }

  #children(id: string): Item[] {
    return [...this.#items.values()].filter(({ parent }) => parent === id);
  }

  find(start: string, path: string): Item | undefined {
    let item = this.#items.get(start);
    for (const name of path.split('/').filter(Boolean)) {
      // Names that differ by case alone are one.
      item = item && this.#children(item.id).find((one) => one.name.toLowerCase() === name.toLowerCase());
    }
    return item;
  }

  #createFolder(parent: Item, body: Record<string, unknown>): Reply {
    const name = String(body.name ?? '');
    if (!body.folder) return refusal(400, 'invalidRequest', 'A folder facet is needed.');
    if (!isName(name)) return refusal(400, 'invalidRequest', 'The name is not valid.');
    if (parent.file) return refusal(400, 'invalidRequest', 'The parent is a file.');
    if (this.find(parent.id, name)) {
      if (body['@microsoft.graph.conflictBehavior'] === 'fail') return refusal(409, 'nameAlreadyExists');
      return refusal(400, 'invalidRequest', 'Not built here');
    }
    const made = this.#add({ name, parent: parent.id });
    return { status: 201, body: this.#show(made) };
  }

  #add(item: Omit<Item, 'id'>): Item {
    const made = { ...item, id: `01GRAPH${String(++this.#count).padStart(6, '0')}` };
    this.#items.set(made.id, made);
    return made;
  }

  /** The folder that a new file goes to, or why not. */
  #target(start: Item, path: string[]): { parent: Item; name: string } | Reply {
    const name = path.at(-1);
    const parent = this.find(start.id, path.slice(0, -1).join('/'));
    if (name === undefined || !isName(name))
      return refusal(400, 'invalidRequest', 'The name in the provided path is not valid.');
    if (!parent) return notFound();
    return parent.file ? refusal(400, 'invalidRequest', 'The parent is a file.') : { parent, name };
  }

  async #putContent(call: Call, start: Item, path: string[]): Promise<Reply> {
    const target = this.#target(start, path);
    if ('status' in target) return target;
    const size = Number(call.headers['content-length']);
    if (size > 4 * 1_048_576) return refusal(413, 'maxFileSizeExceeded', 'Use an upload session above 4 MB.');
    const conflict = call.url.searchParams.get('@microsoft.graph.conflictBehavior') ?? 'replace';
    const refused = this.#refuse(target, conflict, size);
    if (refused) return refused;
    const file = this.#vault.newFile();
    const { whole } = await this.#vault.append(file, 0, call.request);
    if (!whole) return refusal(400, 'invalidRequest', 'The request broke off');
    return await this.#store(target.parent.id, target.name, conflict, file, size);
  }

  #refuse(target: { parent: Item; name: string }, conflict: string, size: number): Reply | undefined {
    const there = this.find(target.parent.id, target.name);
    if (there && (conflict === 'fail' || !there.file)) return refusal(409, 'nameAlreadyExists');
    const used = [...this.#items.values()].reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    return used + size > this.quotaBytes
      ? refusal(507, 'quotaLimitReached', 'Insufficient Space Available')
      : undefined;
  }

  async #store(parent: string, name: string, conflict: string, path: string, size: number): Promise<Reply> {
    const there = this.find(parent, name);
    if (there && (conflict === 'fail' || !there.file)) return refusal(409, 'nameAlreadyExists');
    const item = there ?? this.#add({ name, parent });
    item.file = {
      path,
      size,
      xor: await quickXor(this.#vault, path),
      sha1: await this.#vault.hash(path, 'sha1'),
    };
    return { status: there ? 200 : 201, body: this.#show(item) };
  }

  async #createSession(call: Call, start: Item, path: string[]): Promise<Reply> {
    const target = this.#target(start, path);
    if ('status' in target) return target;
    const { item } = (await call.json()) as { item?: Record<string, string> };
    const conflict = item?.['@microsoft.graph.conflictBehavior'] ?? 'fail';
    const refused = this.#refuse(target, conflict, 0);
    if (refused) return refused;
    const id = `s${++this.#count}`;
    this.sessions.set(id, {
      parent: target.parent.id,
      name: target.name,
      conflict,
      path: this.#vault.newFile(),
      received: 0,
      total: undefined,
      turn: Promise.resolve(),
    });
    const uploadUrl = `${call.url.origin}/upload-session/${id}`;
    return {
      status: 200,
      body: { uploadUrl, expirationDateTime: '2036-01-01T00:00:00Z', nextExpectedRanges: ['0-'] },
    };
  }

  async #session(call: Call, id: string): Promise<Reply> {
    if (call.headers.authorization !== undefined)
      return refusal(401, 'unauthenticated', 'Do not send a token here.');
    const session = this.sessions.get(id);
    if (!session) return notFound();
    if (call.method === 'DELETE') {
      this.sessions.delete(id);
      return { status: 204 };
    }
    const reply = session.turn.then(() =>
      call.method === 'GET' ? expected(session, 200) : this.#range(call, id, session),
    );
    session.turn = reply.catch(() => undefined);
    return await reply;
  }

  async #range(call: Call, id: string, session: Session): Promise<Reply> {
    const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(call.headers['content-range'] ?? '') ?? [];
    if (total === undefined) return refusal(400, 'invalidRequest', 'Content-Range is missing.');
    session.total ??= Number(total);
    const length = Number(to) - Number(from) + 1;
    const last = Number(to) + 1 === session.total;
    if (session.total !== Number(total) || length !== Number(call.headers['content-length'])) {
      return refusal(400, 'invalidRequest', 'The declared content length does not fit the range.');
    }
    if (length >= 60 * 1_048_576 || (!last && length % unit !== 0)) {
      return refusal(400, 'invalidRequest', 'The range is no multiple of 320 KiB, or too long.');
    }
    if (Number(from) !== session.received)
      return refusal(
        416,
        'invalidRange',
        'The uploaded fragment overlaps with data that has already been received.',
      );
    const used = [...this.#items.values()].reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    if (used + session.total > this.quotaBytes)
      return refusal(507, 'quotaLimitReached', 'Insufficient Space Available');
    const { bytes } = await this.#vault.append(session.path, session.received, call.request);
    session.received += bytes === length ? bytes : bytes - (bytes % unit);
    if (session.received < session.total) return expected(session, 202);
    this.sessions.delete(id);
    return await this.#store(session.parent, session.name, session.conflict, session.path, session.total);
  }

  #show(item: Item): Record<string, unknown> {
    const { id, name, file } = item;
    const shown = { id, name, webUrl: `https://onedrive.live.com/?id=${id}`, size: file?.size ?? 0 };
    if (!file) return { ...shown, folder: { childCount: this.#children(id).length } };
    const late = this.names === 'late' && !this.#described.has(file.path);
    this.#described.add(file.path);
    const hashes =
      this.names === 'sha1Hash' ? { sha1Hash: file.sha1.toUpperCase() } : { quickXorHash: file.xor };
    return { ...shown, file: { mimeType: 'image/jpeg', ...(late ? {} : { hashes }) } };
  }

  list(folder: string): string[] {
    const below = (id: string, at: string): string[] =>
      this.#children(id).flatMap((item) =>
        item.file ? `${at}${item.name}` : below(item.id, `${at}${item.name}/`),
      );
    const top = this.find('root', folder);
    return top ? below(top.id, '') : [];
  }

  async read(place: { id: string } | { path: string }): Promise<Buffer | undefined> {
    const item = 'id' in place ? this.#items.get(place.id) : this.find('root', place.path);
    return item?.file && this.#vault.read(item.file.path);
  }

  async put(path: string, bytes: Buffer): Promise<void> {
    const names = path.split('/');
    const name = names.pop()!;
    let parent = 'root';
    for (const folder of names)
      parent = (this.find(parent, folder) ?? this.#add({ name: folder, parent })).id;
    await this.#store(parent, name, 'replace', await this.#vault.write(bytes), bytes.length);
  }

  remove(id: string): void {
    for (const child of this.#children(id)) this.remove(child.id);
    this.#items.delete(id);
  }
}

function expected(session: Session, status: number): Reply {
  return {
    status,
    body: { expirationDateTime: '2036-01-01T00:00:00Z', nextExpectedRanges: [`${session.received}-`] },
  };
}

interface Route {
  start: string;
  path: string[];
  action: string;
}

/** `/v1.0/me/drive/<start>[:/path/to:][/action]` */
function parseRoute(pathname: string): Route | undefined {
  const match =
    /^\/v1\.0\/me\/drive\/(root|special\/approot|items\/[^/:]+)(?::\/(.+?):?(?=\/(?:content|children|createUploadSession)$|$))?(?:\/(content|children|createUploadSession))?$/.exec(
      pathname,
    );
  if (!match) return undefined;
  const [, start, path = '', action = ''] = match;
  const id = start!.replace(/^(special|items)\//, '');
  return {
    start: decodeURIComponent(id),
    path: path.split('/').filter(Boolean).map(decodeURIComponent),
    action,
  };
}

/** support.microsoft.com, "Restrictions and limitations in OneDrive and SharePoint". */
function isName(name: string): boolean {
  if (name === '' || name.length > 255 || name !== name.trim() || /["*:<>?/\\|]|_vti_|\.$/.test(name))
    return false;
  return !/^(~\$.*|\.lock|desktop\.ini|con|prn|aux|nul|com\d|lpt\d)$/i.test(name);
}

/** Step by step as the provider explains it, not folded as the product does it. */
async function quickXor(vault: Vault, file: string): Promise<string> {
  const sum = new Uint8Array(20);
  let length = 0;
  for await (const piece of vault.pieces(file)) {
    for (const byte of piece) {
      const bit = (length++ * 11) % 160;
      const at = Math.floor(bit / 8);
      sum[at]! ^= (byte << (bit % 8)) & 255;
      sum[at === 19 ? 0 : at + 1]! ^= byte >> (8 - (bit % 8));
    }
  }
  for (let at = 0, rest = length; at < 8; at++, rest = Math.floor(rest / 256)) sum[12 + at]! ^= rest % 256;
  return Buffer.from(sum).toString('base64');
}
