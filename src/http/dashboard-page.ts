/**
 * Serves the dashboard: one shell for each of its addresses, and its assets. The shell holds a fresh nonce for the styles
 * that its component library writes; scripts come from files alone.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where people go; everything else at the root belongs to the API, the phone page or nobody. */
const addresses = [
  '/',
  '/p/*',
  '/account',
  '/new-project',
  '/sign-in',
  '/register',
  '/forgot',
  '/setup',
  '/invitation',
  '/reset-password',
];

const assetTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  'cross-origin-opener-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

const notBuilt =
  '<!doctype html><title>Apertur</title><p>The dashboard is not built. Run "npm run build:web".</p>';

/**
 * Signing in on the way to an app's request: that window was opened by a page of the app, which waits for its answer and
 * would lose it for good (docs/oauth.md).
 */
function leadsToConsent(request: FastifyRequest): boolean {
  const { next } = request.query as { next?: unknown };
  return (
    request.url.startsWith('/sign-in?') && typeof next === 'string' && next.startsWith('/oauth/authorize?')
  );
}

/** Adds the addresses of the dashboard and `GET /dashboard/assets/{file}`. `folder` is where it was built to. */
export function registerDashboard(app: FastifyInstance, folder: string): void {
  const file = path.join(folder, 'index.html');
  const shell = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const hidden = { schema: { hide: true } };
  const send = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const nonce = randomBytes(16).toString('base64');
    reply.headers({ ...headers, 'content-security-policy': policy(nonce) });
    if (leadsToConsent(request)) reply.header('cross-origin-opener-policy', 'unsafe-none');
    if (shell === undefined) reply.code(503);
    return (shell ?? notBuilt).replaceAll('{{nonce}}', nonce);
  };
  for (const address of addresses) app.get(address, hidden, send);
  app.get('/dashboard', hidden, (_request, reply) => reply.redirect('/', 302));
  const assets = readAssets(path.join(folder, 'assets'));
  app.get<{ Params: { file: string } }>('/dashboard/assets/:file', hidden, (request, reply) => {
    const asset = choose(assets.get(request.params.file), String(request.headers['accept-encoding'] ?? ''));
    if (!asset) return reply.callNotFound();
    if (asset.encoding) reply.header('content-encoding', asset.encoding);
    return reply
      .headers({
        'content-type': asset.type,
        'x-content-type-options': 'nosniff',
        // The name holds a hash of the content.
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
      })
      .send(asset.bytes);
  });
}

type Encoding = 'br' | 'gzip';

interface Asset {
  type: string;
  plain: Buffer;
  compressed: Partial<Record<Encoding, Buffer>>;
}

/** All at once and for good: who opened the page before an update still gets the files that belong to it. */
function readAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  const names = new Set(existsSync(folder) ? readdirSync(folder) : []);
  const read = (name: string): Buffer | undefined =>
    names.has(name) ? readFileSync(path.join(folder, name)) : undefined;
  for (const name of names) {
    const type = assetTypes[path.extname(name)];
    if (type === undefined) continue;
    assets.set(name, {
      type,
      plain: read(name)!,
      compressed: { br: read(`${name}.br`), gzip: read(`${name}.gz`) },
    });
  }
  return assets;
}

/** The smallest form that the client takes. */
function choose(asset: Asset | undefined, accepted: string) {
  if (!asset) return undefined;
  for (const encoding of ['br', 'gzip'] as const) {
    const bytes = asset.compressed[encoding];
    if (bytes && new RegExp(`\\b${encoding}\\b`).test(accepted)) return { bytes, type: asset.type, encoding };
  }
  return { bytes: asset.plain, type: asset.type, encoding: undefined };
}
