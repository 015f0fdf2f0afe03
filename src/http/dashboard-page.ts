/**
 * Serves the dashboard: one shell for each of its addresses, and its assets. The shell holds a fresh nonce for the styles
 * that its component library writes; scripts come from files alone.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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

/** Adds the addresses of the dashboard and `GET /dashboard/assets/{file}`. `folder` is where it was built to. */
export function registerDashboard(app: FastifyInstance, folder: string): void {
  const file = path.join(folder, 'index.html');
  const shell = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const hidden = { schema: { hide: true } };
  const send = async (_request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const nonce = randomBytes(16).toString('base64');
    reply.headers({ ...headers, 'content-security-policy': policy(nonce) });
    if (shell === undefined) reply.code(503);
    return (shell ?? notBuilt).replaceAll('{{nonce}}', nonce);
  };
  for (const address of addresses) app.get(address, hidden, send);
  app.get('/dashboard', hidden, (_request, reply) => reply.redirect('/', 302));
  const open = createAssets(path.join(folder, 'assets'));
  app.get<{ Params: { file: string } }>('/dashboard/assets/:file', hidden, async (request, reply) => {
    const accepted = String(request.headers['accept-encoding'] ?? '');
    const asset = await open(request.params.file, accepted);
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

interface Asset {
  bytes: Buffer;
  type: string;
  encoding: string | undefined;
}

/** Reads an asset in the best form that the client takes, once; few and small enough to be kept. */
function createAssets(folder: string): (name: string, accepted: string) => Promise<Asset | undefined> {
  const kept = new Map<string, Promise<Buffer | undefined>>();
  const read = (name: string): Promise<Buffer | undefined> => {
    const known = kept.get(name);
    if (known) return known;
    const bytes = readFile(path.join(folder, name)).catch(() => undefined);
    // What does not exist is not remembered: names come from outside.
    void bytes.then((found) => found ?? kept.delete(name));
    kept.set(name, bytes);
    return bytes;
  };
  return async (name, accepted) => {
    const type = assetTypes[path.extname(name)];
    if (type === undefined || !/^[\w-][\w.-]*$/.test(name)) return undefined;
    for (const [encoding, ending] of [
      ['br', '.br'],
      ['gzip', '.gz'],
    ] as const) {
      if (!new RegExp(`\\b${encoding}\\b`).test(accepted)) continue;
      const bytes = await read(name + ending);
      if (bytes) return { bytes, type, encoding };
    }
    const bytes = await read(name);
    return bytes && { bytes, type, encoding: undefined };
  };
}
