import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { openSessionCookie } from './person-sessions.ts';

const secret = 'a secret of the install';
const sign = (token: string, by = secret): string =>
  encodeURIComponent(`${token}.${createHmac('sha256', by).update(token).digest('base64')}`);

test('a cookie opens with the right signature and with no other', () => {
  expect(openSessionCookie(sign('token'), secret)).toBe('token');
  expect(openSessionCookie(sign('to.ken'), secret)).toBe('to.ken');
  for (const wrong of [
    sign('token', 'another secret'),
    sign('token').replace('token', 'other'),
    sign('token').slice(0, -8),
    `${sign('token')}AAAA`,
    'token.',
    '.signature',
    'token',
    '',
    '%',
    '%E0%A4%A',
  ]) {
    expect(openSessionCookie(wrong, secret), wrong).toBeUndefined();
  }
});
