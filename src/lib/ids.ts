/**
 * Identifiers: a prefix that says what it names, and a ULID, so that ids sort by their moment of birth.
 * Contract §1.3. Clients never parse them, and routing never requires the prefix.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

export type IdPrefix =
  | 'sess'
  | 'img'
  | 'dest'
  | 'proj'
  | 'wh'
  | 'del'
  | 'key'
  | 'evt'
  | 'att'
  | 'wrk'
  | 'rpl'
  | 'per'
  | 'inv'
  | 'aud'
  | 'app'
  | 'grant'
  | 'shr'
  | 'pce';

/** Random bytes in stock: fetched one by one, those of an id cost as much as a query. */
const stock = Buffer.alloc(4_096);
let used = stock.length;

/** From 0 up to 1, in steps of 1/256: a ULID takes five bits of each. */
function fraction(): number {
  if (used === stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  return stock.readUInt8(used++) / 256;
}

const nextUlid = monotonicFactory(fraction);

/** A new id, e.g. `sess_01J9Z3V7Q2M8D4K6T1R5W0XABC`. Ids made by one process ascend strictly. */
export function createId(prefix: IdPrefix): string {
  return `${prefix}_${nextUlid()}`;
}

/** URL-safe random text of `bytes` bytes of entropy, for keys and short codes. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
