import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sha256 } from './sha256.ts';

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('hashes as everybody does, at every length around the blocks', () => {
  expect(new Sha256().update(new TextEncoder().encode('abc')).digest()).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  for (let length = 0; length < 300; length++) {
    expect(new Sha256().update(bytesOf(length)).digest()).toBe(expected(bytesOf(length)));
  }
});

test('does not care how the bytes are parted', () => {
  const bytes = bytesOf(100_003);
  for (const step of [1, 7, 63, 64, 65, 4096, 99_999]) {
    const hash = new Sha256();
    for (let at = 0; at < bytes.length; at += step) hash.update(bytes.subarray(at, at + step));
    expect(hash.digest()).toBe(expected(bytes));
  }
});
