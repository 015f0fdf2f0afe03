/**
 * Serves the phone page (contract §13): a static shell in the person's language, told which session it is for,
 * and its assets. Opening it changes nothing, because phone previews and QR scanners open links too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface UploadPageOptions {
  /** Where the page was built to: one `shell.<language>.html` a language, and the folder `assets`. */
  assetsDir: string;
  /** The id of the session that has this id or this short code; undefined when there is none. */
  findSessionId(idOrCode: string): Promise<string | undefined>;
}

/** What the server knew of the link when it sent the page; the page shows its screen without asking again. */
type Link = 'known' | 'unknown' | 'unavailable';

interface Asset {
  type: string;
  plain: Buffer;
  brotli: () => Buffer;
  gzip: () => Buffer;
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  // Made to be embedded (contract §13), hence also no X-Frame-Options.
  'frame-ancestors *',
].join('; ');

const shellHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'permissions-policy':
    'camera=(self), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

/** The service worker of the page (web/upload/offline/worker.js): it fetches the page's own files, and nothing else. */
const workerHeaders = {
  'content-type': 'text/javascript; charset=utf-8',
  'content-security-policy': "default-src 'none'; connect-src 'self'",
  'x-content-type-options': 'nosniff',
  // Short links stand beside its folder.
  'service-worker-allowed': '/',
  // Asked for anew each time: a new build is noticed at the next visit.
  'cache-control': 'no-cache',
};

const assetTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const statuses: Record<Link, number> = { known: 200, unknown: 404, unavailable: 503 };

/**
 * Adds `GET /u/{id}`, `GET /s/{code}`, `GET /u/worker.js` and `GET /u/assets/{file}`. An unknown session answers 404 with the page,
 * which says so kindly. Throws when the page has not been built.
 */
export async function registerUploadPage(app: FastifyInstance, options: UploadPageOptions): Promise<void> {
  const shells = readShells(options.assetsDir);
  const assets = readAssets(path.join(options.assetsDir, 'assets'));

  const sendShell = async (
    request: FastifyRequest,
    reply: FastifyReply,
    idOrCode: string,
  ): Promise<string> => {
    const { link, sessionId } = await findLink(request, options, idOrCode);
    const query = request.query as Record<string, unknown>;
    const language = chooseLanguage(query.lang, request.headers['accept-language'], [...shells.keys()]);
    reply.code(statuses[link]).headers({ ...shellHeaders, 'content-language': language });
    // On a slow line the answer comes beside the script that needs it, and not after.
    if (link === 'known') {
      const session = `/api/v1/upload/${encodeURIComponent(sessionId)}/session`;
      reply.header('link', `<${session}>; rel=preload; as=fetch; crossorigin=anonymous`);
    }
    return fillShell(shells.get(language)!, {
      session: sessionId,
      link,
      scheme: query.colorScheme === 'light' || query.colorScheme === 'dark' ? query.colorScheme : 'auto',
    });
  };

  const hidden = { schema: { hide: true } };
  app.get<{ Params: { id: string } }>('/u/:id', hidden, (request, reply) => {
    return sendShell(request, reply, request.params.id);
  });
  app.get<{ Params: { code: string } }>('/s/:code', hidden, (request, reply) => {
    return sendShell(request, reply, request.params.code);
  });
  const worker = readFile(options.assetsDir, 'worker.js');
  app.get('/u/worker.js', hidden, (_request, reply) =>
    worker === undefined ? reply.callNotFound() : reply.headers(workerHeaders).send(worker),
  );
  const widget = readFile(options.assetsDir, 'widget.js');
  app.get('/widget.js', hidden, (_request, reply) =>
    widget === undefined
      ? reply.callNotFound()
      : reply
          .headers({
            'content-type': 'text/javascript; charset=utf-8',
            'x-content-type-options': 'nosniff',
            // Made to be run by pages of others.
            'cross-origin-resource-policy': 'cross-origin',
            'cache-control': 'public, max-age=300',
          })
          .send(widget),
  );
  app.get<{ Params: { file: string } }>('/u/assets/:file', hidden, (request, reply) => {
    return sendAsset(request, reply, assets.get(request.params.file));
  });
}

async function findLink(
  request: FastifyRequest,
  options: UploadPageOptions,
  idOrCode: string,
): Promise<{ link: Link; sessionId: string }> {
  if (!/^[\w-]{1,64}$/.test(idOrCode)) return { link: 'unknown', sessionId: '' };
  try {
    const sessionId = await options.findSessionId(idOrCode);
    return sessionId === undefined ? { link: 'unknown', sessionId: '' } : { link: 'known', sessionId };
  } catch (error) {
    // The person gets a page that tries again by itself instead of an error meant for programs.
    request.log.error({ err: error }, 'The session of a phone page could not be looked up');
    return { link: 'unavailable', sessionId: '' };
  }
}

/** `{{session}}` and its like; every value is safe inside a quoted attribute. */
function fillShell(shell: string, values: { session: string; link: Link; scheme: string }): string {
  return shell.replace(/\{\{(session|link|scheme)\}\}/g, (_blank, name: keyof typeof values) =>
    values[name].replace(/[^\w-]/g, ''),
  );
}

/** `lang` of the query, else the browser's languages in the order it prefers them (RFC 9110 §12.5.4), else English. */
export function chooseLanguage(
  asked: unknown,
  accepted: string | undefined,
  known: readonly string[],
): string {
  const wanted = (accepted ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const weight = parameters.map((text) => /^\s*q=([\d.]+)/.exec(text)?.[1]).find((q) => q !== undefined);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
  if (typeof asked === 'string') wanted.unshift(asked);
  const languages = wanted.map((tag) => tag.trim().toLowerCase().split(/[-_]/)[0]!);
  return languages.find((language) => known.includes(language)) ?? 'en';
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset | undefined): FastifyReply {
  if (asset === undefined) return reply.callNotFound() as unknown as FastifyReply;
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const encoding = (['br', 'gzip'] as const).find((name) => new RegExp(`\\b${name}\\b`).test(accepted));
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply
    .headers({
      'content-type': asset.type,
      'x-content-type-options': 'nosniff',
      // The name holds a hash of the content.
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    })
    .send(encoding === 'br' ? asset.brotli() : encoding === 'gzip' ? asset.gzip() : asset.plain);
}

function readShells(folder: string): Map<string, string> {
  const shells = new Map<string, string>();
  for (const file of listFiles(folder)) {
    const language = /^shell\.([a-z]+)\.html$/.exec(file)?.[1];
    if (language !== undefined) shells.set(language, readFileSync(path.join(folder, file), 'utf8'));
  }
  if (!shells.has('en'))
    throw new Error(`The phone page is not built in ${folder}. Run "npm run build:web" first.`);
  return shells;
}

/** Undefined for a page that was built without it. */
function readFile(folder: string, name: string): Buffer | undefined {
  return listFiles(folder).includes(name) ? readFileSync(path.join(folder, name)) : undefined;
}

/** Few and small: kept in memory, compressed once, when somebody asks: a start shall not wait for it. */
function readAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const file of listFiles(folder)) {
    const plain = readFileSync(path.join(folder, file));
    assets.set(file, {
      type: assetTypes[path.extname(file)] ?? 'application/octet-stream',
      plain,
      brotli: once(() => brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })),
      gzip: once(() => gzipSync(plain, { level: 9 })),
    });
  }
  return assets;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
