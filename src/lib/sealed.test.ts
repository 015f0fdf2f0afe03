import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSealer, loadSealer, SealedError, type SealingKey, sealingKeyId } from './sealed.ts';

const newKey = (): SealingKey => {
  const key = randomBytes(32);
  return { id: sealingKeyId(key), key };
};

describe('sealing', () => {
  const key = newKey();
  const sealer = createSealer({ keys: [key] });

  test('opens what it sealed, of any text', () => {
    for (const plain of ['', 'hunter2', 'Zürich 🔑', 'x'.repeat(100_000)]) {
      expect(sealer.open(sealer.seal(plain, 'destination:dest_1'), 'destination:dest_1')).toBe(plain);
    }
  });

  test('has the documented form, and never the same twice', () => {
    const sealed = sealer.seal('hunter2', 'a');
    expect(sealed).toMatch(new RegExp(`^v1\\.${key.id}\\.[\\w-]{16}\\.[\\w-]+$`));
    expect(sealer.seal('hunter2', 'a')).not.toBe(sealed);
  });

  test('does not open in another place', () => {
    const sealed = sealer.seal('hunter2', 'destination:dest_1');
    expect(() => sealer.open(sealed, 'destination:dest_2')).toThrow(/belongs to another place/);
  });

  test('notices every changed character', () => {
    const sealed = sealer.seal('hunter2', 'a');
    for (let at = 0; at < sealed.length; at++) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'Q' : 'A'}${sealed.slice(at + 1)}`;
      expect(() => sealer.open(changed, 'a'), `position ${at}`).toThrow(SealedError);
    }
  });

  test('refuses what is not a sealed value', () => {
    for (const text of [
      '',
      'v1',
      'v2.a.b.c',
      `v1.${key.id}..`,
      `v1.${key.id}.AAAA.AAAA`,
      'plain text',
      'v1.a.b.c.d',
    ]) {
      expect(() => sealer.open(text, 'a'), text).toThrow(SealedError);
    }
  });

  test('refuses more than 1 MiB', () => {
    expect(() => sealer.seal('x'.repeat(1_048_577), 'a')).toThrow(/at most 1 MiB/);
  });

  test('after a rotation old values open, new ones carry the new key', () => {
    const old = sealer.seal('hunter2', 'a');
    const next = newKey();
    const rotated = createSealer({ keys: [next, key] });
    expect(rotated.open(old, 'a')).toBe('hunter2');
    expect(rotated.isCurrent(old)).toBe(false);
    const anew = rotated.seal('hunter2', 'a');
    expect(anew).toContain(`v1.${next.id}.`);
    expect(rotated.isCurrent(anew)).toBe(true);
  });

  test('names the key that is missing', () => {
    const other = createSealer({ keys: [newKey()] });
    expect(() => other.open(sealer.seal('hunter2', 'a'), 'a')).toThrow(
      new RegExp(`key ${key.id}, which is not`),
    );
  });

  test('refuses to work without a proper key', () => {
    expect(() => createSealer({ keys: [] })).toThrow(/at least one key/);
    expect(() => createSealer({ keys: [{ id: 'abc', key: randomBytes(16) }] })).toThrow(/not 32 bytes/);
  });
});

describe('keys', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'apertur-sealed-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('are made at the first start, with mode 0600, and read at the next', async () => {
    const file = join(folder, 'data', 'secret.key');
    const first = await loadSealer({ file });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'data'))).toEqual(['secret.key']);
    const second = await loadSealer({ file });
    expect(second.open(first.seal('hunter2', 'a'), 'a')).toBe('hunter2');
  });

  test('made by many starts at once are one key', async () => {
    const file = join(folder, 'secret.key');
    const sealers = await Promise.all(Array.from({ length: 20 }, () => loadSealer({ file })));
    expect(new Set(sealers.map((sealer) => sealer.keyIds.join())).size).toBe(1);
    expect(await readdir(folder)).toEqual(['secret.key']);
  });

  test('in a file that others can read are refused with the remedy', async () => {
    const file = join(folder, 'secret.key');
    await loadSealer({ file });
    for (const mode of [0o644, 0o640, 0o604, 0o620]) {
      await chmod(file, mode);
      await expect(loadSealer({ file })).rejects.toThrow(`chmod 600 ${file}`);
    }
  });

  test('in a file may be several, newest first', async () => {
    const file = join(folder, 'secret.key');
    const before = await loadSealer({ file });
    const newer = randomBytes(32);
    await writeFile(file, `# rotated\n${newer.toString('base64')}\n\n${await readFile(file, 'utf8')}`);
    const after = await loadSealer({ file });
    expect(after.keyIds).toEqual([sealingKeyId(newer), ...before.keyIds]);
    expect(after.open(before.seal('hunter2', 'a'), 'a')).toBe('hunter2');
  });

  test('come from the setting as hex, base64 or base64url, and then no file is made', async () => {
    const key = randomBytes(32);
    const file = join(folder, 'secret.key');
    for (const text of [key.toString('hex'), key.toString('base64'), ` ${key.toString('base64url')} `]) {
      expect((await loadSealer({ secretKey: text, file })).keyIds).toEqual([sealingKeyId(key)]);
    }
    const two = await loadSealer({ secretKey: `${'ab'.repeat(32)}, ${key.toString('hex')}`, file });
    expect(two.keyIds).toEqual([sealingKeyId(Buffer.from('ab'.repeat(32), 'hex')), sealingKeyId(key)]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that are malformed are refused without being shown', async () => {
    const file = join(folder, 'secret.key');
    const bad = 'correct horse battery staple';
    const error: Error = await loadSealer({ secretKey: bad, file }).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error.message).toContain('key 1 of 1 is not 32 bytes');
    expect(error.message).not.toContain('horse');
    await writeFile(file, '\n', { mode: 0o600 });
    await expect(loadSealer({ file })).rejects.toThrow(/holds no key/);
  });
});
