import { describe, expect, test } from 'vitest';
import { decodePasswordHeader, hashPassword, verifyAnyPassword, verifyPassword } from './password.ts';

describe('session passwords', () => {
  test('verify, and only the right one', async () => {
    const stored = await hashPassword('open sesame');
    expect(stored).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verifyPassword('open sesame', stored)).toBe(true);
    expect(await verifyPassword('open sesame', stored)).toBe(true);
    for (const wrong of ['open sesame ', 'Open sesame', 'open', '', 'x'.repeat(10_000)]) {
      expect(await verifyPassword(wrong, stored), wrong.slice(0, 20)).toBe(false);
    }
  });

  test('are salted, and one proven for a hash proves nothing for another', async () => {
    const first = await hashPassword('open sesame');
    const second = await hashPassword('close sesame');
    expect(await hashPassword('open sesame')).not.toBe(first);
    expect(await verifyPassword('open sesame', first)).toBe(true);
    expect(await verifyPassword('open sesame', second)).toBe(false);
  });

  test('typed on another keyboard are the same', async () => {
    const stored = await hashPassword('Zu\u0308rich');
    expect(await verifyPassword('Z\u00fcrich', stored)).toBe(true);
  });

  test('have 4 to 128 characters, counted as people do', async () => {
    for (const bad of [
      '',
      'abc',
      '🔑🔑🔑',
      'e\u0301'.repeat(3),
      'x'.repeat(129),
      'ab\ud800cd',
      'x'.repeat(1_000_000),
    ]) {
      await expect(hashPassword(bad), bad.slice(0, 10)).rejects.toMatchObject({
        status: 400,
        message: 'password must have 4 to 128 characters',
      });
    }
    for (const good of ['abcd', '🔑🔑🔑🔑', '🔑'.repeat(128)]) {
      expect(await verifyPassword(good, await hashPassword(good))).toBe(true);
    }
  });

  test('verify with the parameters in the hash, so that they can be raised later', async () => {
    // RFC 7914 §12, third vector shortened to 32 bytes: "pleaseletmein", salt "SodiumChloride", N=16384, r=8, p=1.
    const hash = Buffer.from('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2', 'hex');
    const stored = `$scrypt$ln=14,r=8,p=1$${Buffer.from('SodiumChloride').toString('base64url')}$${hash.toString('base64url')}`;
    expect(await verifyPassword('pleaseletmein', stored)).toBe(true);
    expect(await verifyPassword('pleaseletmeIn', stored)).toBe(false);
  });

  test('refuse a stored text that is not a hash, or that asks for more memory than one check may have', async () => {
    await expect(verifyPassword('open sesame', 'open sesame')).rejects.toThrow(/unknown form/);
    const greedy = (await hashPassword('open sesame')).replace('ln=15', 'ln=24');
    await expect(verifyPassword('open sesame', greedy)).rejects.toThrow(/memory/i);
  });

  test('guessed by a crowd are refused beyond a bound, and the rest are all answered', async () => {
    // Cheap parameters: the gate is asked, not scrypt.
    const stored = `$scrypt$ln=4,r=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    const guesses = Array.from({ length: 400 }, (_, at) => verifyPassword(`guess ${at}`, stored));
    const answers = await Promise.allSettled(guesses);
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBe(400 - 258);
    expect(refused[0]?.reason).toMatchObject({ status: 503, retryAfter: 5 });
    expect(await verifyPassword('one more', stored)).toBe(false);
  });
});

describe('the x-session-password header', () => {
  test.each([
    ['absent', undefined, []],
    ['empty', '', []],
    ['plain', 'open sesame', ['open sesame']],
    ['the first of several', ['one one', 'two two'], ['one one']],
    ['Latin-1', 'Z\u00fcrich', ['Z\u00fcrich']],
    ['percent-encoded UTF-8', 'Z%C3%BCrich', ['Z%C3%BCrich', 'Zürich']],
    ['raw UTF-8 bytes', Buffer.from('Zürich').toString('latin1'), ['Z\u00c3\u00bcrich', 'Zürich']],
    ['a bare percent sign', '100% sure', ['100% sure']],
    ['far too long', 'x'.repeat(5_000), []],
  ])('%s', (_name, value, expected) => {
    expect(decodePasswordHeader(value)).toEqual(expected);
  });

  test('opens the session in whichever reading', async () => {
    const stored = await hashPassword('pässwört 🔑');
    expect(await verifyAnyPassword(decodePasswordHeader(encodeURIComponent('pässwört 🔑')), stored)).toBe(
      true,
    );
    expect(await verifyAnyPassword(decodePasswordHeader('something else'), stored)).toBe(false);
    expect(await verifyAnyPassword([], stored)).toBe(false);
  });
});
