/** Contract Appendix A: every operation on its canonical path, on `/v1` and on every alias; and every known answer. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { io } from 'socket.io-client';
import { expect, test } from 'vitest';
import { eachSharedApp } from '../helpers/app.ts';
import { readRoutes } from '../helpers/openapi.ts';

/** Number, method and paths without prefix: canonical, then the aliases. */
const operations: [number, string, ...string[]][] = [
  [1, 'POST', '/upload-sessions', '/sessions'],
  [2, 'GET', '/upload/{}/session', '/sessions/{}', '/upload-sessions/{}'],
  [3, 'PATCH', '/upload-sessions/{}', '/sessions/{}'],
  [4, 'GET', '/sessions', '/upload-sessions'],
  [5, 'GET', '/sessions/recent', '/upload-sessions/recent'],
  [6, 'GET', '/upload-sessions/{}/qr', '/sessions/{}/qr'],
  [7, 'POST', '/upload/{}/verify-password'],
  [8, 'GET', '/upload-sessions/{}/delivery-status', '/sessions/{}/delivery-status'],
  [9, 'POST', '/upload-sessions/{}/share', '/sessions/{}/share'],
  [10, 'POST', '/upload/{}/images', '/sessions/{}/upload'],
  [11, 'GET', '/uploads'],
  [12, 'GET', '/uploads/recent'],
  [13, 'GET', '/uploads/{}/download'],
  [14, 'GET', '/upload-sessions/{}/poll'],
  [15, 'GET', '/upload-sessions/{}/images/{}', '/sessions/{}/images/{}', '/images/{}/download'],
  [16, 'POST', '/upload-sessions/{}/images/{}/ack', '/sessions/{}/images/{}/ack', '/images/{}/ack'],
  [17, 'GET', '/sessions/{}/poll'],
  [18, 'GET', '/upload/{}/events'],
  [19, 'GET', '/sessions/{}/events', '/upload-sessions/{}/events'],
  [21, 'GET', '/projects/{}/destinations'],
  [22, 'POST', '/projects/{}/destinations'],
  [23, 'PATCH', '/projects/{}/destinations/{}'],
  [24, 'DELETE', '/projects/{}/destinations/{}'],
  [25, 'POST', '/projects/{}/destinations/{}/test'],
  [26, 'GET', '/projects/{}/keys'],
  [27, 'POST', '/projects/{}/keys'],
  [28, 'PATCH', '/projects/{}/keys/{}'],
  [29, 'DELETE', '/projects/{}/keys/{}'],
  [30, 'PUT', '/keys/{}/destinations'],
  [31, 'GET', '/projects/{}/webhooks'],
  [32, 'POST', '/projects/{}/webhooks'],
  [33, 'PATCH', '/projects/{}/webhooks/{}'],
  [34, 'DELETE', '/projects/{}/webhooks/{}'],
  [35, 'POST', '/projects/{}/webhooks/{}/test'],
  [36, 'GET', '/projects/{}/webhooks/{}/deliveries'],
  [37, 'POST', '/projects/{}/webhooks/{}/deliveries/{}/retry'],
  [38, 'GET', '/encryption/server-key', '/encryption/key'],
  [39, 'GET', '/stats'],
];

/** Those without the prefixes of the API. */
const others: [number, string, string][] = [
  [40, 'GET', '/oauth/authorize'],
  [41, 'POST', '/oauth/token'],
  [41, 'POST', '/api/v1/oauth/token'],
  [42, 'GET', '/u/{}'],
  [43, 'GET', '/sdk/aptr-connect.js'],
];

eachSharedApp('Appendix A', {}, (app) => {
  test('every operation is served on every path', () => {
    const served = new Set(
      readRoutes(app().server!).map(
        ({ method, path: where }) => `${method} ${where.replace(/\{\w+\}/g, '{}')}`,
      ),
    );
    const wanted = [
      ...operations.flatMap(([number, method, ...paths]) =>
        paths.flatMap((where) =>
          ['/api/v1', '/v1'].map((prefix) => ({ number, route: `${method} ${prefix}${where}` })),
        ),
      ),
      ...others.map(([number, method, where]) => ({ number, route: `${method} ${where}` })),
    ];
    expect(wanted.filter(({ route }) => !served.has(route))).toEqual([]);
    const numbers = new Set([...wanted.map(({ number }) => number), 20]);
    expect(numbers.size).toBe(43);
  });

  test('20: the socket answers on /socket.io, namespace /upload', async () => {
    const { id } = (await app().call('POST', '/upload-sessions')).body;
    const socket = io(`${app().origin}/upload`, {
      path: '/socket.io',
      transports: ['websocket'],
      forceNew: true,
    });
    try {
      expect(await socket.timeout(30_000).emitWithAck('session:join', id)).toEqual({ ok: true });
    } finally {
      socket.disconnect();
    }
  });
});

/** Known answers of the contract: §1.7 and §8.5. */
const knownAnswers: Record<string, string> = {
  'the hash of no body': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'a signed POST': 'd5bf88c946aa6cf4397749eacd05cf058e6828878f9b1c84830cb7c07a234d3e',
  'a signed GET': 'f53cf714f69187170c4fdb22c53e0b53578dcbcb61e63b56948d5e1fd8294a3e',
  'a signed GET with a query': 'ec5430228bf0cb0419b234584e4c8cdf5addd379fa0313a7c4f70f99ef30bf03',
  'a signed DELETE': '60c80f371b994476e6144d2827801c6e49eadf68ce65afea5b00047d330eb3eb',
  'an event': 'a361f088b9b290bbbb83a1cb9fe04a4d14889d82dcdc6ca8134e6b8157a25ea8',
  'an event, svix': 'JPHsuG/cVrbLCuzEWJTcrSnK8zL6YKIq+Zpv3gMJQ+I=',
  'an image delivery': 'b0957f039fb4e7aea222e96a0fd2fe377874490de83c867d0f1a5d09e088e55f',
};

test('every known answer is asserted in some other test', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const texts = ['test', 'src'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.endsWith('appendix.test.ts'))
      .map((file) => readFileSync(path.join(root, folder, file), 'utf8')),
  );
  const unasserted = Object.entries(knownAnswers).filter(
    ([, value]) => !texts.some((text) => text.includes(value)),
  );
  expect(unasserted.map(([name]) => name)).toEqual([]);
});
