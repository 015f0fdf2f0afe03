/**
 * Signing in over HTTP: Basic (RFC 7617) and Digest with MD5 or SHA-256 (RFC 7616). The strongest way that the server
 * offers is taken, so that a password goes in clear text only where nothing else is asked for.
 */
import { createHash, randomBytes } from 'node:crypto';

/** How a server wants to be told who we are. */
export type Challenge = { scheme: 'basic' } | DigestChallenge;

export interface DigestChallenge {
  scheme: 'digest';
  realm: string;
  nonce: string;
  opaque: string | undefined;
  /** As the server spelled it; undefined where it named none, which means MD5. */
  algorithm: string | undefined;
  hash: 'md5' | 'sha256';
  session: boolean;
  /** False for servers older than RFC 2617. */
  qop: boolean;
  /** The last answer was right but its nonce too old. */
  stale: boolean;
  /** How often the nonce was used. */
  uses: number;
}

interface Offer {
  scheme: string;
  parameters: Record<string, string>;
}

/** The strongest way among those offered that we know; undefined when we know none. */
export function readChallenge(header: string): Challenge | undefined {
  const offers = readOffers(header.slice(0, 8_192));
  const digests = offers
    .filter(({ scheme }) => scheme === 'digest')
    .map(({ parameters }) => readDigest(parameters))
    .filter((challenge) => challenge !== undefined);
  const digest = digests.find(({ hash }) => hash === 'sha256') ?? digests[0];
  if (digest) return digest;
  return offers.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
}

/** Several challenges may stand in one header, parted by the same commas as their parameters (RFC 9110 §11.6.1). */
function readOffers(header: string): Offer[] {
  const offers: Offer[] = [];
  for (const match of header.matchAll(/([\w-]+)(?:\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+)))?/g)) {
    const [, word = '', quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) offers.push({ scheme: word.toLowerCase(), parameters: {} });
    else if (offers.length > 0) offers.at(-1)!.parameters[word.toLowerCase()] = value;
  }
  return offers;
}

function readDigest(parameters: Record<string, string>): DigestChallenge | undefined {
  const { realm, nonce, algorithm, qop, opaque, stale } = parameters;
  const known = /^(md5|sha-256)(-sess)?$/i.exec(algorithm ?? 'MD5');
  if (realm === undefined || nonce === undefined || !known) return undefined;
  const ways = qop?.split(',').map((way) => way.trim().toLowerCase());
  // Only auth-int would hash the whole photo before it is sent.
  if (ways && !ways.includes('auth')) return undefined;
  return {
    scheme: 'digest',
    realm,
    nonce,
    opaque,
    algorithm,
    hash: known[1]!.toLowerCase() === 'md5' ? 'md5' : 'sha256',
    session: known[2] !== undefined,
    qop: ways !== undefined,
    stale: stale?.toLowerCase() === 'true',
    uses: 0,
  };
}

export interface Credentials {
  username: string;
  password: string;
}

/** The Authorization header of one request. `uri` is its path with its query, as it is sent. */
export function authorize(
  challenge: Challenge,
  { username, password }: Credentials,
  method: string,
  uri: string,
  nonceOfOurs: () => string = () => randomBytes(16).toString('hex'),
): string {
  if (challenge.scheme === 'basic') {
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  const hash = (text: string): string => createHash(challenge.hash).update(text).digest('hex');
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  challenge.uses += 1;
  const count = challenge.uses.toString(16).padStart(8, '0');
  const cnonce = nonceOfOurs();
  const secret = hash(`${username}:${realm}:${password}`);
  const who = challenge.session ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const what = hash(`${method}:${uri}`);
  const response = hash(qop ? `${who}:${nonce}:${count}:${cnonce}:auth:${what}` : `${who}:${nonce}:${what}`);
  const parts = [
    nameOf(username),
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    algorithm === undefined ? '' : `algorithm=${algorithm}`,
    opaque === undefined ? '' : `opaque=${quote(opaque)}`,
    qop ? `qop=auth, nc=${count}` : '',
    qop || challenge.session ? `cnonce="${cnonce}"` : '',
  ];
  return `Digest ${parts.filter((part) => part !== '').join(', ')}`;
}

/** RFC 7616 §3.4: names that do not fit into a header are spelled out. */
function nameOf(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quote(username)}`;
  return `username*=UTF-8''${encodeURIComponent(username)}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
