import { expect, test } from 'vitest';
import { eventHeaders } from './signing.ts';

/** Contract §8.5: the known answers. */
const secret = '8f1d4c6ba2e93075d1c0fe4b7a695821';
const body =
  '{"event":"project.upload.completed","project_id":"proj_1","data":{"image_id":"img_1"},"timestamp":"2026-01-15T12:00:00.000Z"}';
const signed = {
  eventId: 'evt_1',
  deliveryId: 'del_1',
  topic: 'project.upload.completed',
  body,
  now: 1_800_000_000_999,
};
const hmac = 'sha256=a361f088b9b290bbbb83a1cb9fe04a4d14889d82dcdc6ca8134e6b8157a25ea8';
const svix = 'v1,JPHsuG/cVrbLCuzEWJTcrSnK8zL6YKIq+Zpv3gMJQ+I=';

test('hmac_sha256: the known answer, and nothing of svix', () => {
  const secrets = {
    method: 'hmac_sha256' as const,
    current: secret,
    previous: undefined,
    primary: 'current' as const,
  };
  const headers = eventHeaders(secrets, signed);
  expect(headers).toMatchObject({
    'X-Apertur-Signature': hmac,
    'X-Aptr-Signature': hmac,
    'X-Apertur-Timestamp': '1800000000',
    'X-Aptr-Timestamp': '1800000000',
  });
  expect(Object.keys(headers).filter((name) => /svix|webhook-|signatures$/i.test(name))).toEqual([]);
});

test('svix: the known answer, and the pair of the first recipe too', () => {
  const secrets = {
    method: 'svix' as const,
    current: secret,
    previous: undefined,
    primary: 'current' as const,
  };
  expect(eventHeaders(secrets, signed)).toMatchObject({
    'svix-id': 'evt_1',
    'svix-timestamp': '1800000000',
    'svix-signature': svix,
    'webhook-id': 'evt_1',
    'webhook-timestamp': '1800000000',
    'webhook-signature': svix,
    'X-Apertur-Signature': hmac,
  });
});

test('two secrets: single headers bear one, lists bear both', () => {
  const other = '00'.repeat(32);
  const both = { method: 'svix' as const, current: other, previous: secret };
  const old = eventHeaders({ ...both, primary: 'previous' }, signed);
  const now = eventHeaders({ ...both, primary: 'current' }, signed);
  expect(old['X-Apertur-Signature']).toBe(hmac);
  expect(old['svix-signature']).toBe(svix);
  expect(now['X-Apertur-Signature']).not.toBe(hmac);
  expect(now['svix-signature']).toMatch(/^v1,[^ ]+$/);
  for (const headers of [old, now]) {
    expect(headers['X-Apertur-Signatures']).toBe(`${now['X-Apertur-Signature']}, ${hmac}`);
    expect(headers['webhook-signature']).toBe(`${now['svix-signature']} ${svix}`);
  }
  // The overlap has ended: whatever is remembered, the new secret signs.
  const ended = eventHeaders({ ...both, previous: undefined, primary: 'previous' }, signed);
  expect(ended['X-Apertur-Signature']).toBe(now['X-Apertur-Signature']);
  expect(ended['X-Apertur-Signatures']).toBeUndefined();
});
