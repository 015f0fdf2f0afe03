import { describe, expect, test } from 'vitest';
import {
  createBodySigner,
  createBodySigners,
  hashBody,
  signBody,
  signRequest,
  signSvix,
  signTimestamped,
  verifySignature,
} from './signatures.ts';

describe('known answers of contract §1.7', () => {
  const secret = '0123456789abcdef'.repeat(4);
  test.each([
    [
      'POST',
      '/api/v1/upload-sessions',
      '{"a":1}',
      'd5bf88c946aa6cf4397749eacd05cf058e6828878f9b1c84830cb7c07a234d3e',
    ],
    ['GET', '/api/v1/uploads/abc', '', 'f53cf714f69187170c4fdb22c53e0b53578dcbcb61e63b56948d5e1fd8294a3e'],
    [
      'GET',
      '/api/v1/sessions?page=2&pageSize=20',
      '',
      'ec5430228bf0cb0419b234584e4c8cdf5addd379fa0313a7c4f70f99ef30bf03',
    ],
    [
      'DELETE',
      '/api/v1/projects/proj_1/webhooks/wh_1',
      '',
      '60c80f371b994476e6144d2827801c6e49eadf68ce65afea5b00047d330eb3eb',
    ],
  ])('%s %s', (method, target, body, expected) => {
    const signed = { secret, timestamp: '1800000000', method, target, bodyHash: hashBody(body) };
    expect(signRequest(signed)).toBe(expected);
    expect(signRequest({ ...signed, timestamp: 1_800_000_000, method: method.toLowerCase() })).toBe(expected);
    expect(signRequest({ ...signed, target: `${target}x` })).not.toBe(expected);
  });

  test('no body hashes the empty string', () => {
    expect(hashBody()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('known answers of contract §8.5', () => {
  const secret = '8f1d4c6ba2e93075d1c0fe4b7a695821';
  const body =
    '{"event":"project.upload.completed","project_id":"proj_1","data":{"image_id":"img_1"},"timestamp":"2026-01-15T12:00:00.000Z"}';
  const ofBody = 'sha256=b0957f039fb4e7aea222e96a0fd2fe377874490de83c867d0f1a5d09e088e55f';

  test('the body is the 125 bytes of the contract', () => expect(Buffer.byteLength(body)).toBe(125));

  test('during a rotation each of the two secrets gives the known answer', () => {
    const other = '00'.repeat(32);
    const now = 1_800_000_000_000;
    const signed = (current: string, previous: string, at: number, first?: 'current' | 'previous') => {
      const signers = createBodySigners({ current, previous: { secret: previous, until: now } }, at, first);
      for (const piece of [body.slice(0, 50), body.slice(50)]) signers.update(piece);
      return signers.sign();
    };
    const ofOther = signBody(other, body);
    expect(signed(other, secret, now - 1, 'previous')).toEqual({
      single: ofBody,
      signedWith: 'previous',
      list: `${ofOther}, ${ofBody}`,
    });
    expect(signed(secret, other, now - 1)).toEqual({
      single: ofBody,
      signedWith: 'current',
      list: `${ofBody}, ${ofOther}`,
    });
    // The overlap has ended: whatever is wished for, the new secret signs alone.
    expect(signed(secret, other, now, 'previous')).toEqual({
      single: ofBody,
      signedWith: undefined,
      list: undefined,
    });
  });

  test('event HMAC', () => {
    expect(signTimestamped(secret, 1_800_000_000, body)).toBe(
      'sha256=a361f088b9b290bbbb83a1cb9fe04a4d14889d82dcdc6ca8134e6b8157a25ea8',
    );
  });

  test('svix', () => {
    expect(signSvix(secret, 'evt_1', '1800000000', Buffer.from(body))).toBe(
      'v1,JPHsuG/cVrbLCuzEWJTcrSnK8zL6YKIq+Zpv3gMJQ+I=',
    );
  });

  test('image delivery, whole and in pieces', () => {
    const bytes = Buffer.from(body);
    expect(signBody(secret, body)).toBe(ofBody);
    expect(signBody(secret, bytes)).toBe(ofBody);
    expect(signBody(secret, [bytes.subarray(0, 7), bytes.subarray(7)])).toBe(ofBody);
    const signer = createBodySigner(secret);
    for (const byte of bytes) signer.update(Buffer.of(byte));
    expect(signer.sign()).toBe(ofBody);
  });
});

test('a Svix secret that is not hex is refused', () => {
  for (const secret of ['', 'abc', 'whsec_abcd', 'zz'])
    expect(() => signSvix(secret, 'evt_1', 1, '')).toThrow('hex');
});

test('verifySignature compares the whole text', () => {
  const good = signBody('s', 'x');
  expect(verifySignature(good, good)).toBe(true);
  for (const bad of [good.slice(7), good.toUpperCase(), `${good} `, good.slice(0, -1), '', null, undefined]) {
    expect(verifySignature(good, bad)).toBe(false);
  }
  expect(verifySignature('', undefined)).toBe(false);
});
