/**
 * An encrypted photo as it is sent: a JSON document with the wrapped key, the initialisation vector and the sealed photo
 * as base64 (contract §3.2; docs/encryption.md). It is read as it arrives, member by member.
 */
import { AppError, invalid } from '../errors.ts';
import { Base64Reader } from './base64-reader.ts';
import { JsonScanner, type ScanEvent } from './json-scanner.ts';

export const algorithm = 'RSA-OAEP+AES-256-GCM';

/** Of an envelope that is stored and delivered unopened (docs/encryption.md). */
export const e2eType = 'application/vnd.apertur.e2e+json';

/** The small members, in the one spelling; undefined when absent, null or no text. */
export interface EnvelopeMembers {
  encryptedKey?: string | undefined;
  iv?: string | undefined;
  algorithm?: string | undefined;
  filename?: string | undefined;
  mimeType?: string | undefined;
  source?: string | undefined;
  /** End-to-end only: which key pair of the project it is for. */
  keyId?: string | undefined;
}

const data = new Set(['encryptedData', 'encrypted_data']);

/** Both spellings are taken; where both are given, the first one counts (contract §1.10). */
const spellings: Record<keyof EnvelopeMembers, readonly string[]> = {
  encryptedKey: ['encryptedKey', 'encrypted_key'],
  iv: ['iv'],
  algorithm: ['algorithm'],
  filename: ['filename'],
  mimeType: ['mimeType', 'mime_type'],
  source: ['source'],
  keyId: ['keyId', 'key_id'],
};

/** Whatever was wrong with a sealed photo, it is said like this: a finer answer would help whoever guesses. */
export function cannotOpen(): AppError {
  return new AppError(
    400,
    'DECRYPTION_FAILED',
    'The encrypted photo cannot be opened. Encrypt it with the key that /api/v1/encryption/server-key shows now.',
  );
}

export class EnvelopeReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #scanner = new JsonScanner({ long: data });
  readonly #base64 = new Base64Reader();
  readonly #members = new Map<string, unknown>();
  readonly #maxBytes: number;
  readonly #tooLarge: () => AppError;
  #events: ScanEvent[] = [];
  #at = 0;
  #bytes = 0;
  #sawData = false;

  /** Reads at most `maxBytes` of JSON; then throws what `tooLarge` makes. */
  constructor(body: AsyncIterable<Buffer>, limits: { maxBytes: number; tooLarge: () => AppError }) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#maxBytes = limits.maxBytes;
    this.#tooLarge = limits.tooLarge;
  }

  /** The members that have come so far. */
  get members(): EnvelopeMembers {
    const found: EnvelopeMembers = {};
    for (const [name, names] of Object.entries(spellings)) {
      const value = names
        .map((spelling) => this.#members.get(spelling))
        .find((one) => typeof one === 'string');
      if (value !== undefined) found[name as keyof EnvelopeMembers] = value as string;
    }
    return found;
  }

  /** Whether the sealed photo has been found. */
  get sawData(): boolean {
    return this.#sawData;
  }

  /** Reads up to the sealed photo; false when the document ends without one. Throws AppError 400 when it is no JSON. */
  async findData(): Promise<boolean> {
    for (let event = await this.#next(); event !== undefined; event = await this.#next()) {
      if (event.kind === 'begin') return true;
    }
    return false;
  }

  /** The bytes of the sealed photo, decoded. Throws AppError 400 when they are no base64. */
  async *data(): AsyncGenerator<Buffer> {
    for (let event = await this.#next(); event !== undefined; event = await this.#next()) {
      const ends = event.kind === 'end';
      const bytes = event.kind === 'piece' ? this.#base64.push(event.text) : this.#base64.finish();
      if (bytes === undefined) throw cannotOpen();
      if (bytes.length > 0) yield bytes;
      if (ends) return;
    }
  }

  /** Reads what stands behind the sealed photo, to the end of the document. */
  async finish(): Promise<EnvelopeMembers> {
    while ((await this.#next()) !== undefined);
    return this.members;
  }

  async #next(): Promise<ScanEvent | undefined> {
    while (this.#at === this.#events.length) {
      const { value, done } = await this.#chunks.next();
      if (done === true) {
        this.#scanner.finish();
        return undefined;
      }
      this.#bytes += value.length;
      if (this.#bytes > this.#maxBytes) throw this.#tooLarge();
      this.#events = this.#scanner.push(value);
      this.#at = 0;
    }
    const event = this.#events[this.#at++]!;
    if (event.kind === 'member') this.#members.set(event.name, event.value);
    if (event.kind === 'begin') {
      if (this.#sawData) throw invalid('encryptedData may stand in the envelope only once.');
      this.#sawData = true;
    }
    return event;
  }
}

/** Throws AppError 400 when another algorithm is named; absent is the one that there is. */
export function checkAlgorithm({ algorithm: named }: EnvelopeMembers): void {
  if (named === undefined || named === algorithm) return;
  throw invalid(`algorithm must be ${algorithm}.`);
}
