/**
 * AWS Signature Version 4 in the Authorization header, as S3 and everything compatible with it checks it. The hash of
 * the payload is part of what is signed, so the server takes exactly those bytes or none.
 * Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from 'node:crypto';
import { encodePart } from './url-path.ts';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignableRequest {
  method: string;
  /** As it will be sent: its path is signed as it stands, see `encodePath`. */
  url: URL;
  /** Headers that are sent and signed beside `host`; names in any case. */
  headers?: Record<string, string>;
  /** Lower-case hex, of the body. */
  payloadSha256: string;
}

export interface AwsScope {
  region: string;
  /** Default `s3`. */
  service?: string;
  /** Milliseconds since 1970; the server accepts about 15 minutes of difference. */
  now: number;
}

export const emptySha256 = createHash('sha256').digest('hex');

/** The headers to send: those given, and `x-amz-date`, `x-amz-content-sha256` and `authorization`. */
export function signAwsRequest(
  request: SignableRequest,
  credentials: AwsCredentials,
  { region, service = 's3', now }: AwsScope,
): Record<string, string> {
  const stamp = new Date(now).toISOString().replace(/\.\d{3}|[:-]/g, '');
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': stamp,
    'x-amz-content-sha256': request.payloadSha256,
  };
  const signed = Object.entries({ ...headers, host: request.url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ {2,}/g, ' ')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    request.payloadSha256,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const signature = createHmac('sha256', signingKey(credentials.secretAccessKey, scope))
    .update(toSign)
    .digest('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`,
  };
}

/** A key is good for a day; making it takes four hashes. */
const signingKeys = new Map<string, Buffer>();
const keptKeys = 100;

function signingKey(secret: string, scope: string): Buffer {
  const name = `${scope}\n${secret}`;
  const known = signingKeys.get(name);
  if (known !== undefined) return known;
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  if (signingKeys.size >= keptKeys) signingKeys.clear();
  signingKeys.set(name, key as Buffer);
  return key as Buffer;
}

function canonicalQuery(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => [encodePart(name), encodePart(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
