import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  clientAddress,
  countedAddress,
  isInNetwork,
  isTrustedProxy,
  parseAddress,
} from './client-address.ts';

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

describe('networks', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.8', '203.0.113.7', false],
    ['203.0.113.7', '203.0.113.0/24', true],
    ['203.0.114.7', '203.0.113.0/24', false],
    ['::ffff:203.0.113.7', '203.0.113.0/24', true],
    ['::ffff:203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '::ffff:203.0.113.0/120', true],
    ['203.0.114.7', '::ffff:203.0.113.0/120', false],
    ['203.0.113.7', '::ffff:203.0.113.7', true],
    ['2001:db8::1', '2001:DB8:0:0::1', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['203.0.113.7', '::/0', false],
    ['2001:db8::1', '0.0.0.0/0', false],
  ])('%s in %s: %s', (address, entry, expected) => {
    expect(isInNetwork(parseAddress(address)!, entry)).toBe(expected);
  });
});

describe('the client behind proxies', () => {
  test('nobody is believed unless trusted', () => {
    expect(clientAddress(false, request('203.0.113.1', '198.51.100.9'))).toBe('203.0.113.1');
    expect(clientAddress(['10.0.0.0/8'], request('203.0.113.1', '198.51.100.9'))).toBe('203.0.113.1');
  });

  test('the nearest address that is no trusted proxy counts, whatever stands before it', () => {
    const trust = ['10.0.0.0/8'];
    expect(clientAddress(trust, request('10.0.0.1', '198.51.100.9'))).toBe('198.51.100.9');
    expect(clientAddress(trust, request('::ffff:10.0.0.1', '1.2.3.4, 198.51.100.9, 10.0.0.2'))).toBe(
      '198.51.100.9',
    );
    expect(clientAddress(trust, request('10.0.0.1'))).toBe('10.0.0.1');
    expect(clientAddress(true, request('10.0.0.1', '1.2.3.4, 198.51.100.9'))).toBe('1.2.3.4');
    expect(isTrustedProxy(['loopback'], '127.0.0.1')).toBe(true);
    expect(isTrustedProxy(['loopback'], undefined)).toBe(false);
  });
});

test('a v6 client is counted by its network', () => {
  expect(countedAddress('::ffff:203.0.113.7')).toBe('203.0.113.7');
  expect(countedAddress('2001:db8:1:2:3::4')).toBe(countedAddress('2001:db8:1:2:ffff::9'));
  expect(countedAddress('2001:db8:1:2:3::4')).not.toBe(countedAddress('2001:db8:1:3::4'));
});

test('a client that is gone already counts as nobody', () => {
  expect(countedAddress(undefined)).toBe('');
});
