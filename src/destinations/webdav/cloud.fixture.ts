/**
 * What Nextcloud and ownCloud do beyond plain WebDAV, strictly: neither can be had as a package. Nextcloud computes the
 * hash that `X-Hash` asks for (developer manual, "WebDAV: special headers") and keeps `OC-Checksum` without looking;
 * ownCloud 10 compares `OC-Checksum` while it reads and answers 400 (apps/dav/lib/Connector/Sabre/File.php), and tells
 * all sums that it computed in `oc:checksums`. Folders are taken for granted, as are the rules of RFC 4918 elsewhere.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { readAll } from '../../lib/outbound/servers.fixture.ts';

export interface Cloud {
  url: string;
  files: Map<string, Buffer>;
  /** Method and path of each request, and the statuses that were answered. */
  requests: string[];
}

export interface CloudOptions {
  brand: 'nextcloud' | 'owncloud';
  /** Changes the last byte of what is stored. */
  damages?: boolean;
}

const credentials = `Basic ${Buffer.from('anna:app-password').toString('base64')}`;
const root = '/remote.php/dav/files/anna/';

export async function startCloud({ brand, damages = false }: CloudOptions): Promise<Cloud> {
  const files = new Map<string, Buffer>();
  const declared = new Map<string, string>();
  const requests: string[] = [];
  const answer = async (request: http.IncomingMessage): Promise<Answer> => {
    const { method = '', headers } = request;
    const place = decodeURIComponent(request.url ?? '');
    if (headers.authorization !== credentials) {
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="cloud", charset="UTF-8"' } };
    }
    if (!place.startsWith(root)) return { status: 404 };
    if (method === 'PUT') return await put(request, place);
    if (method === 'PROPFIND') return propfind(place);
    if (method === 'MOVE') return move(place, headers);
    if (method === 'DELETE') return { status: files.delete(place) ? 204 : 404 };
    if (method === 'MKCOL') return { status: 201 };
    if (method !== 'HEAD') return { status: 405 };
    const found = files.get(place);
    return found ? { status: 200, headers: { 'content-length': String(found.length) } } : { status: 404 };
  };
  const put = async (request: http.IncomingMessage, place: string): Promise<Answer> => {
    const bytes = Buffer.from(await readAll(request));
    if (damages) bytes[bytes.length - 1]! ^= 1;
    const told = request.headers['oc-checksum'];
    if (brand === 'owncloud') {
      if (typeof told === 'string' && !sumsOf(bytes).includes(told)) return { status: 400, body: mismatch };
      files.set(place, bytes);
      return { status: 201 };
    }
    if (typeof told === 'string') declared.set(place, told);
    files.set(place, bytes);
    const wanted = request.headers['x-hash'];
    return {
      status: 201,
      headers: wanted === 'sha256' ? { 'X-Hash-SHA256': hash('sha256', bytes) } : {},
    };
  };
  const propfind = (place: string): Answer => {
    const found = files.get(place);
    if (!found) return place.endsWith('/') ? { status: 207, body: multistatus('') } : { status: 404 };
    const sums = brand === 'owncloud' ? sumsOf(found).join(' ') : (declared.get(place) ?? '');
    return {
      status: 207,
      body: multistatus(
        `<d:getcontentlength>${found.length}</d:getcontentlength><oc:checksums><oc:checksum>${sums}</oc:checksum></oc:checksums>`,
      ),
    };
  };
  const move = (place: string, headers: http.IncomingHttpHeaders): Answer => {
    const target = decodeURIComponent(new URL(headers.destination as string, 'http://cloud').pathname);
    const taken = files.has(target);
    if (taken && headers.overwrite === 'F') return { status: 412 };
    const found = files.get(place);
    if (!found) return { status: 404 };
    files.delete(place);
    files.set(target, found);
    return { status: taken ? 204 : 201 };
  };
  const server = http.createServer((request, response) => {
    void answer(request).then(({ status, headers = {}, body = '' }) => {
      requests.push(`${request.method} ${status}`);
      request.resume();
      const type = body === '' ? {} : { 'content-type': 'application/xml; charset=utf-8' };
      response.writeHead(status, { ...type, ...headers }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`, files, requests };
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

const mismatch =
  '<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:message>The computed checksum does not match the one received from the client.</s:message></d:error>';

const hash = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');

function sumsOf(bytes: Buffer): string[] {
  return [`SHA1:${hash('sha1', bytes)}`, `MD5:${hash('md5', bytes)}`];
}

function multistatus(properties: string): string {
  return `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:propstat><d:prop>${properties}</d:prop></d:propstat></d:response></d:multistatus>`;
}
