import { describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { silentLogger } from '../../lib/logger.ts';
import { localOutbound } from '../../lib/outbound/servers.fixture.ts';
import { findKind } from '../registry.ts';
import { mask, readSettings, showSettings } from '../settings.ts';
import { webhook } from './index.ts';
import { receive, running } from './receiver.fixture.ts';

const live = { env: 'live', localRoots: [] } as const;
const prepare = (given: Record<string, unknown>, env: 'live' | 'test' = 'live') =>
  readSettings(webhook, given, { ...live, env });

const url = 'https://shop.example/hooks/photo';

test('the registry knows it', () => expect(findKind('webhook')).toBe(webhook));

describe('settings', () => {
  test('have defaults', () => {
    expect(prepare({ url })).toEqual({
      config: { url, format: 'json_base64', headers: {} },
      credentials: {},
    });
  });

  test.each([
    [{ webhook_url: url, webhook_format: 'binary' }, { format: 'binary' }],
    [{ webhookUrl: 'ignored', url }, {}],
    [{ url, custom_headers: { 'X-Shop': ' north ' } }, { headers: { 'X-Shop': 'north' } }],
    [{ url, customHeaders: { 'X-Shop': '' } }, { headers: { 'X-Shop': '' } }],
    [{ url, format: 'multipart', unknown: true }, { format: 'multipart' }],
  ])('%j', (given, expected) => {
    expect(prepare(given).config).toEqual({ url, format: 'json_base64', headers: {}, ...expected });
  });

  test('keep the secret under a mask', () => {
    const settings = prepare({ url, secret: 's3cret' });
    expect(settings.credentials).toEqual({ secret: 's3cret' });
    expect(showSettings(webhook, settings)).toEqual({
      url,
      format: 'json_base64',
      headers: {},
      secret: mask,
    });
  });

  test('headers that sign in are kept with the secrets, shown as a mask, and stay under it', () => {
    const given = { url, headers: { Authorization: 'Bearer abc', 'X-Api-Key': 'k', 'X-Shop': 'north' } };
    const settings = prepare(given);
    expect(settings.config.headers).toEqual({ 'X-Shop': 'north' });
    expect(settings.credentials).toEqual({ headers: { Authorization: 'Bearer abc', 'X-Api-Key': 'k' } });
    const shown = showSettings(webhook, settings);
    expect(shown.headers).toEqual({ 'X-Shop': 'north', Authorization: mask, 'X-Api-Key': mask });
    expect(readSettings(webhook, shown, live, settings)).toEqual(settings);
    expect(readSettings(webhook, { format: 'binary' }, live, settings).credentials).toEqual(
      settings.credentials,
    );

    const fewer = { headers: { authorization: mask, 'X-Shop': 'south' } };
    expect(readSettings(webhook, fewer, live, settings)).toMatchObject({
      config: { headers: { 'X-Shop': 'south' } },
      credentials: { headers: { authorization: 'Bearer abc' } },
    });
    expect(readSettings(webhook, { headers: {} }, live, settings).credentials).toEqual({});
    expect(() => prepare({ url, headers: { Authorization: mask } })).toThrow(/Send the value/);
  });

  test.each([
    'https://shop.example/',
    'https://shop.example:8443/a?b=c',
    'https://xn--mnchen-3ya.example/ü',
    `https://shop.example/${'x'.repeat(2_000)}`,
    'http://127.0.0.1:8080/hook',
    'http://192.168.1.20/hook',
    'http://[::1]:8080/hook',
    'http://localhost:8080/hook',
    'http://receiver:8080/hook',
    'http://nas.local/hook',
    'http://photos.internal/hook',
  ])('live takes %.60s', (good) => expect(prepare({ url: good }).config.url).toBe(good));

  test.each([
    [{}, 'url'],
    [{ url: '' }, 'url'],
    [{ url: 7 }, 'url'],
    [{ url: 'shop.example/hook' }, 'https://'],
    [{ url: 'https:shop.example' }, 'https://'],
    [{ url: 'ftp://shop.example/' }, 'https://'],
    [{ url: 'javascript:alert(1)' }, 'https://'],
    [{ url: 'https://' }, 'https://'],
    [{ url: 'http://shop.example/hook' }, 'in the clear'],
    [{ url: 'http://8.8.8.8/hook' }, 'in the clear'],
    [{ url: 'https://user:pw@shop.example/' }, 'user name or password'],
    [{ url: `https://shop.example/${'x'.repeat(2_048)}` }, 'url'],
    [{ url: `https://shop.example/${'ü'.repeat(1_000)}` }, 'longer than 2048'],
    [{ url, format: 'xml' }, 'json_base64, multipart, binary'],
    [{ url, headers: 'X-A: b' }, 'headers'],
    [{ url, headers: { 'X-A': 7 } }, 'headers'],
    [{ url, headers: { 'X-A': 'x'.repeat(5_000) } }, 'headers'],
    [{ url, headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`X-${n}`, 'a'])) }, 'headers'],
    [
      { url, headers: { 'X-A': 'x'.repeat(4_000), 'X-B': 'x'.repeat(4_000), 'X-C': 'x'.repeat(200) } },
      'total',
    ],
    [{ url, headers: { 'X A': 'b' } }, 'not a header name'],
    [{ url, headers: { '': 'b' } }, 'not a header name'],
    [{ url, headers: { 'X-A\r\nX-B': 'b' } }, 'not a header name'],
    [{ url, headers: { 'X-A': 'b\r\nX-Evil: 1' } }, 'printable ASCII'],
    [{ url, headers: { 'X-A': 'ü' } }, 'printable ASCII'],
    [{ url, headers: { 'X-A': '1', 'x-a': '2' } }, 'twice'],
    [{ url, secret: 'x'.repeat(513) }, 'secret'],
  ])('refuse %.80j', (given, words) => {
    expect(() => prepare(given)).toThrow(AppError);
    expect(() => prepare(given)).toThrow(words);
  });

  test.each([
    'Host',
    'content-type',
    'Content-Length',
    'Content-Encoding',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'User-Agent',
    'Proxy-Authorization',
    'X-Apertur-Signature',
    'X-Aptr-Signature',
    'x-aptr-session-id',
    'X-APTR-Delivery-ID',
    'X-Apertur-Test',
    'X-Apertur-Anything',
  ])('refuse the header %s', (name) => {
    // biome-ignore format: a list to read at a glance
    expect(() => prepare({ url, headers: { [name]: 'x' } })).toThrow('which this server sets itself');
  });

  test('let test keys use http', () => {
    expect(prepare({ url: 'http://shop.example/hook' }, 'test').config.url).toBe('http://shop.example/hook');
  });
});

test.each([
  ['https://shop.example', 'https://shop.example'],
  ['https://shop.example/hooks/T0K3N?key=abc', 'https://shop.example/…'],
])('described in one line without what may be secret: %s', (given, expected) => {
  expect(webhook.describe({ url: given })).toBe(expected);
});

test('a connection made from stored settings delivers', async () => {
  const { url: local, received } = await receive();
  const connection = webhook.connect(prepare({ url: local, format: 'binary', secret: 'own' }), {
    outbound: localOutbound(),
    logger: silentLogger,
    projectSecrets: { current: 'projects' },
    localRoots: [],
    downloadUrl: () => '',
    now: () => 0,
  });
  expect((await connection.check(running())).success).toBe(true);
  await connection.close();
  expect(received).toHaveLength(1);
});
