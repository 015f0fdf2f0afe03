/** Requests signed with the account key: learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key */
import { createHmac } from 'node:crypto';

export interface SharedKeyRequest {
  method: string;
  url: URL;
  /** Lower-case names; `x-ms-date` and `x-ms-version` among them. */
  headers: Record<string, string>;
  contentLength: number;
}

/** In this order, empty where the request has none. */
const signedHeaders = [
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/** The Authorization header. The length is empty when it is zero, since version 2015-02-21. */
export function signSharedKey(request: SharedKeyRequest, account: string, key: Buffer): string {
  const { method, url, headers, contentLength } = request;
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}`);
  const query = [...url.searchParams].map(([name, value]) => `${name.toLowerCase()}:${value}`).sort();
  const text = [
    method,
    headers['content-encoding'] ?? '',
    headers['content-language'] ?? '',
    contentLength === 0 ? '' : String(contentLength),
    ...signedHeaders.map((name) => headers[name] ?? ''),
    ...own,
    [`/${account}${url.pathname}`, ...query].join('\n'),
  ].join('\n');
  return `SharedKey ${account}:${createHmac('sha256', key).update(text, 'utf8').digest('base64')}`;
}
