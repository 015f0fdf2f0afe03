/**
 * Reads one JSON object as its bytes arrive, without holding it: short members are handed over whole, and the strings of
 * members that were named beforehand in pieces. Made for envelopes, where one string is a photo (contract §3.2).
 *
 * As strict as `JSON.parse`, except that inside a long string control characters pass, and that of a name that comes
 * twice the caller hears twice.
 */
import { AppError } from '../errors.ts';

export type ScanEvent =
  /** A member that was short. */
  | { kind: 'member'; name: string; value: unknown }
  /** A long string begins, goes on, ends. */
  | { kind: 'begin'; name: string }
  | { kind: 'piece'; text: string }
  | { kind: 'end' };

export interface ScannerOptions {
  /** Members whose strings come in pieces. */
  long: ReadonlySet<string>;
  /** Bytes of any other member. Default 65,536. */
  memberBytes?: number;
  /** Default 64. */
  members?: number;
}

type State =
  | 'start'
  | 'first name'
  | 'name'
  | 'colon'
  | 'value'
  | 'text'
  | 'other'
  | 'long'
  | 'comma'
  | 'after';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export class JsonScanner {
  readonly #long: ReadonlySet<string>;
  readonly #memberBytes: number;
  #membersLeft: number;
  #state: State = 'start';
  /** Whether the quote that begins a name or a text has gone by. */
  #isOpen = false;
  /** The member that is being read. */
  #name = '';
  /** Bytes of a short name or value that began in chunks which have gone by. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Whether the next byte of a string is escaped. */
  #escaped = false;
  /** Open brackets and whether we are in a string, within a value that is no string. */
  #depth = 0;
  #inString = false;
  /** The start of an escape sequence that a chunk ended in. */
  #cut = '';
  #seen = 0;

  constructor({ long, memberBytes = 65_536, members = 64 }: ScannerOptions) {
    this.#long = long;
    this.#memberBytes = memberBytes;
    this.#membersLeft = members;
  }

  /** What the next chunk tells. Throws AppError 400 `INVALID_JSON`. */
  push(chunk: Buffer): ScanEvent[] {
    const events: ScanEvent[] = [];
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at, events);
    return events;
  }

  /** After the last chunk. Throws AppError 400 when the object is not whole. */
  finish(): void {
    if (this.#state !== 'after') throw invalidJson();
  }

  #step(chunk: Buffer, at: number, events: ScanEvent[]): number {
    switch (this.#state) {
      case 'text':
      case 'first name':
      case 'name':
        if (this.#isOpen) return this.#readText(chunk, at, events);
        break;
      case 'other':
        return this.#readOther(chunk, at, events);
      case 'long':
        return this.#readLong(chunk, at, events);
    }
    const byte = chunk[at]!;
    if (SPACES.has(byte)) return at + 1;
    return this.#readMark(byte, at, events);
  }

  /** A byte between names and values. */
  #readMark(byte: number, at: number, events: ScanEvent[]): number {
    const mark = String.fromCharCode(byte);
    switch (this.#state) {
      case 'start':
        if (this.#seen < 3 && byte === BYTE_ORDER_MARK[this.#seen++]) return at + 1;
        if (mark !== '{') throw invalidJson();
        this.#state = 'first name';
        return at + 1;
      case 'first name':
      case 'name':
        if (mark === '}' && this.#state === 'first name') this.#state = 'after';
        else if (mark === '"') this.#open(this.#state);
        else throw invalidJson();
        return at + 1;
      case 'colon':
        if (mark !== ':') throw invalidJson();
        this.#state = 'value';
        return at + 1;
      case 'value':
        return this.#beginValue(mark, at, events);
      case 'comma':
        if (mark !== ',' && mark !== '}') throw invalidJson();
        this.#state = mark === ',' ? 'name' : 'after';
        return at + 1;
      default:
        throw invalidJson();
    }
  }

  #open(state: State): void {
    this.#state = state;
    this.#isOpen = true;
    this.#escaped = false;
    this.#keep(Buffer.from('"'));
  }

  #beginValue(mark: string, at: number, events: ScanEvent[]): number {
    if (this.#membersLeft-- <= 0) throw invalidJson();
    if (mark !== '"') {
      this.#state = 'other';
      this.#depth = 0;
      this.#inString = false;
      return at;
    }
    if (!this.#long.has(this.#name)) this.#open('text');
    else {
      this.#state = 'long';
      events.push({ kind: 'begin', name: this.#name });
    }
    return at + 1;
  }

  /** A name, or a short string. */
  #readText(chunk: Buffer, from: number, events: ScanEvent[]): number {
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at++]!;
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#keep(chunk.subarray(from, at));
        this.#isOpen = false;
        const text = this.#take();
        if (this.#state === 'text') this.#tell(text, events);
        else {
          this.#name = text as string;
          this.#state = 'colon';
        }
        return at;
      }
    }
    this.#keep(chunk.subarray(from));
    return at;
  }

  /** A number, a word, a list or an object: kept as it is until it ends, then read at once. */
  #readOther(chunk: Buffer, from: number, events: ScanEvent[]): number {
    for (let at = from; at < chunk.length; at++) {
      const mark = String.fromCharCode(chunk[at]!);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (mark === '\\') this.#escaped = true;
        else if (mark === '"') this.#inString = false;
      } else if (mark === '"') this.#inString = true;
      else if (mark === '{' || mark === '[') this.#depth++;
      else if (this.#depth === 0 && (mark === ',' || mark === '}')) {
        this.#keep(chunk.subarray(from, at));
        this.#tell(this.#take(), events);
        return at;
      } else if (mark === '}' || mark === ']') this.#depth--;
    }
    this.#keep(chunk.subarray(from));
    return chunk.length;
  }

  #tell(value: unknown, events: ScanEvent[]): void {
    events.push({ kind: 'member', name: this.#name, value });
    this.#state = 'comma';
  }

  #readLong(chunk: Buffer, from: number, events: ScanEvent[]): number {
    const end = this.#findEnd(chunk, from);
    const until = end === -1 ? chunk.length : end;
    const text = this.#unescape(this.#cut + chunk.toString('latin1', from, until), end === -1);
    if (text !== '') events.push({ kind: 'piece', text });
    if (end === -1) return chunk.length;
    events.push({ kind: 'end' });
    this.#state = 'comma';
    return end + 1;
  }

  /** The quote that ends the string: one before which stands an even number of backslashes. */
  #findEnd(chunk: Buffer, from: number): number {
    for (let at = chunk.indexOf(QUOTE, from); at !== -1; at = chunk.indexOf(QUOTE, at + 1)) {
      let slashes = 0;
      while (at - slashes > from && chunk[at - slashes - 1] === BACKSLASH) slashes++;
      const before = at - slashes === from && this.#cut === '\\' ? 1 : 0;
      if ((slashes + before) % 2 === 0) return at;
    }
    return -1;
  }

  /**
   * PHP writes `\/`, .NET `\u002B`. What may be the first half of such a sequence waits for the next chunk. Characters that
   * are more than one byte come out as several; they have no place in base64, for which this is.
   */
  #unescape(text: string, goesOn: boolean): string {
    if (!text.includes('\\')) {
      this.#cut = '';
      return text;
    }
    this.#cut = goesOn ? halfEscape(text) : '';
    const whole = text.slice(0, text.length - this.#cut.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it lets pass
    return parse(`"${whole.replace(/[\u0000-\u001f]/g, ' ')}"`) as string;
  }

  #keep(bytes: Buffer): void {
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > this.#memberBytes) throw invalidJson();
    // A copy, so that a few bytes do not keep a whole chunk.
    if (bytes.length > 0) this.#kept.push(Buffer.from(bytes));
  }

  #take(): unknown {
    const text = Buffer.concat(this.#kept, this.#keptBytes).toString('utf8');
    this.#kept = [];
    this.#keptBytes = 0;
    return parse(text);
  }
}

/** An escape sequence that the end of the text cuts in two. */
function halfEscape(text: string): string {
  const at = text.lastIndexOf('\\');
  if (at < text.length - 5 || !/^\\(u[0-9a-f]{0,3})?$/i.test(text.slice(at))) return '';
  let before = at;
  while (before > 0 && text[before - 1] === '\\') before--;
  return (at - before) % 2 === 0 ? text.slice(at) : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidJson();
  }
}

function invalidJson(): AppError {
  return new AppError(400, 'INVALID_JSON', 'The encrypted photo is not a JSON document that can be read.');
}
