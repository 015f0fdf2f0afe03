import { expect, test } from 'vitest';
import { judgeAnswer } from './send.ts';

const refused = (refusal: object) => ({ kind: 'refused', refusal });
const busy = (after: number | undefined, everyone: boolean) => ({
  kind: 'retry',
  cause: 'service',
  after,
  everyone,
});
const cut = { kind: 'retry', cause: 'connection', uncertain: false };

test.each([
  ['a page of a network that wants a sign-in', 200, {}, undefined, cut],
  ['an unreadable photo', 400, { code: 'IMAGE_UNREADABLE' }, undefined, refused({ reason: 'unreadable' })],
  [
    'too many pixels',
    400,
    { code: 'IMAGE_DIMENSION_EXCEEDED' },
    undefined,
    refused({ reason: 'too-many-pixels' }),
  ],
  ['a password', 401, { code: 'SESSION_PASSWORD_REQUIRED' }, undefined, { kind: 'password' }],
  [
    'a refusal without a screen of its own',
    403,
    { message: 'No.' },
    undefined,
    refused({ reason: 'other', message: 'No.' }),
  ],
  ['an unknown session', 404, {}, undefined, refused({ reason: 'gone' })],
  ['a slow upload', 408, {}, undefined, busy(undefined, false)],
  ['a completed session', 409, {}, undefined, refused({ reason: 'completed' })],
  ['an expired session', 410, {}, undefined, refused({ reason: 'expired' })],
  ['a large file', 413, {}, undefined, refused({ reason: 'too-large', size: 7 })],
  ['another type', 415, {}, undefined, refused({ reason: 'wrong-type' })],
  ['a full session', 422, {}, undefined, refused({ reason: 'full' })],
  ['a rate limit', 429, {}, 9_000, busy(9_000, true)],
  ['a fault with this photo', 500, {}, undefined, busy(undefined, false)],
  ['a proxy without its server', 502, {}, undefined, busy(undefined, false)],
  ['a full disk', 503, {}, 30_000, busy(30_000, true)],
])('%s (%i)', (_name, status, body, after, expected) => {
  expect(judgeAnswer(status, body, 7, after)).toEqual(expected);
});
