/** Checks what arrives at a webhook: events (contract §8.5) and image deliveries (§9.3). Works with Web Crypto only. */
import type { components } from './schema.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Of a fetch `Request`, of Node's `IncomingMessage`, or any object; names are taken in either case. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

type Schemas = components['schemas'];

/** Every event, told apart by its `event`. */
export type AperturEvent = Schemas[Extract<keyof Schemas, `${string}Event`>];

export class SignatureError extends Error {
  override readonly name = 'SignatureError';
}

export interface EventOptions {
  /** As the webhook is set; `hmac_sha256` without. */
  method?: 'hmac_sha256' | 'svix';
  /** How far its time may be from ours, in seconds. Default 300. */
  tolerance?: number;
  /** The time, in milliseconds. For tests. */
  now?: number;
}

/**
 * Whether an image delivery is genuine: HMAC-SHA256 of the raw body with the secret of the destination or the project.
 * `body` is the bytes as they came, of JSON, a form or a plain image. While the secret of the project is being rotated,
 * either the old or the new one verifies.
 */
export async function verifyImageDelivery(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string,
): Promise<boolean> {
  return verifyOne(utf8(secret), bytesOf(body), hexSignatures(headers));
}

/**
 * Whether an event is genuine and young enough. `body` is the text or the bytes as they came, never parsed and written
 * again. While a secret is being rotated, either the old or the new one verifies.
 */
export async function verifyEvent(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string,
  options: EventOptions = {},
): Promise<boolean> {
  const { method = 'hmac_sha256', tolerance = 300, now = Date.now() } = options;
  const stem = read(headers, 'svix-id') === undefined ? 'webhook' : 'svix';
  const timestamp = read(headers, method === 'svix' ? `${stem}-timestamp` : 'x-apertur-timestamp') ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > tolerance) return false;
  if (method === 'svix') {
    const id = read(headers, `${stem}-id`) ?? '';
    return verifyOne(hexKey(secret), join(`${id}.${timestamp}.`, body), svixSignatures(headers));
  }
  return verifyOne(utf8(secret), join(`${timestamp}.`, body), hexSignatures(headers));
}

/** The event of a request; throws SignatureError when it is not genuine. */
export async function readEvent(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string,
  options: EventOptions = {},
): Promise<AperturEvent> {
  if (!(await verifyEvent(body, headers, secret, options))) {
    throw new SignatureError('The signature of this event is missing, wrong or too old.');
  }
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) as AperturEvent;
}

const prefix = 'sha256=';
const isHex = (text: string): boolean => /^sha256=[0-9a-f]{64}$/.test(text);

/** The one header, and the list that stands beside it while a secret is rotated. */
function hexSignatures(headers: WebhookHeaders): Bytes[] {
  const listed = (read(headers, 'x-apertur-signatures') ?? '').split(/, */);
  const single = read(headers, 'x-apertur-signature') ?? read(headers, 'x-aptr-signature') ?? '';
  return [single, ...listed].filter(isHex).map((text) => fromHex(text.slice(prefix.length)));
}

function svixSignatures(headers: WebhookHeaders): Bytes[] {
  const given = [read(headers, 'svix-signature') ?? '', read(headers, 'webhook-signature') ?? ''];
  return given
    .flatMap((text) => text.split(' '))
    .filter((text) => /^v1,[A-Za-z0-9+/]{43}=$/.test(text))
    .map((text) => Uint8Array.from(atob(text.slice(3)), (letter) => letter.charCodeAt(0)));
}

/** A header in any case; of several with one name, none: who sends two is not us. */
function read(headers: WebhookHeaders, name: string): string | undefined {
  if (typeof (headers as Headers).get === 'function') return (headers as Headers).get(name) ?? undefined;
  const found = Object.entries(headers as Record<string, string | string[] | undefined>).filter(
    ([key]) => key.toLowerCase() === name,
  );
  const value = found.length === 1 ? found[0]![1] : undefined;
  return typeof value === 'string' ? value : value?.length === 1 ? value[0] : undefined;
}

async function verifyOne(key: Bytes | undefined, message: Bytes, signatures: Bytes[]) {
  if (!key) return false;
  // All of a handful are checked, so that the time does not tell which one was right.
  const results = await Promise.all(
    signatures.slice(0, 8).map((signature) => verify(key, message, signature)),
  );
  return results.includes(true);
}

/** `subtle.verify` compares in constant time. */
async function verify(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (key.length === 0) return false;
  const { subtle } = await webCrypto();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await subtle.importKey('raw', key, algorithm, false, ['verify']);
  return subtle.verify('HMAC', imported, signature, message);
}

/** A global everywhere but in Node 18, which has it in a module. */
async function webCrypto(): Promise<typeof globalThis.crypto> {
  if (globalThis.crypto) return globalThis.crypto;
  const module = 'node:crypto';
  return ((await import(/* @vite-ignore */ module)) as { webcrypto: typeof globalThis.crypto }).webcrypto;
}

const utf8 = (text: string): Bytes => new Uint8Array(new TextEncoder().encode(text));
const bytesOf = (body: string | Uint8Array): Bytes =>
  typeof body === 'string' ? utf8(body) : new Uint8Array(body);

function join(head: string, body: string | Uint8Array): Bytes {
  const [start, end] = [utf8(head), bytesOf(body)];
  const whole = new Uint8Array(start.length + end.length);
  whole.set(start);
  whole.set(end, start.length);
  return whole;
}

/** Undefined for a secret that is not hex: half a key would be worse than none. */
const hexKey = (secret: string): Bytes | undefined =>
  /^([0-9a-f]{2})+$/i.test(secret) ? fromHex(secret) : undefined;

const fromHex = (hex: string): Bytes =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
