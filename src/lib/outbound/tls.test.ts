import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { OutboundRequest } from '../outbound.ts';
import {
  caCertificate,
  selfSignedCertificate,
  selfSignedKey,
  serverCertificate,
} from './certificates.fixture.ts';
import { failureOf, localOutbound, serve, serveTls } from './servers.fixture.ts';

const selfSigned = { cert: selfSignedCertificate, key: selfSignedKey };
const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;

describe('TLS', () => {
  /** A server that counts the requests it got. */
  async function receiver(options = {}) {
    const seen: string[] = [];
    const url = await serveTls((request, response) => {
      seen.push(request.url!);
      response.end('ok');
    }, options);
    return { url, seen };
  }
  const get = (url: string, tls?: OutboundRequest['tls']) =>
    localOutbound().request({ method: 'GET', url, tls });

  test('a certificate from the given CA is accepted, by name and by address', async () => {
    const { url } = await receiver();
    const answer = await get(url, { ca: caCertificate });
    expect(answer.status).toBe(200);
    expect(answer.phases.tls).toBeGreaterThan(0);
    expect((await get(url.replace('receiver.example', '127.0.0.1'), { ca: caCertificate })).status).toBe(200);
  });

  test.each([
    ['an unknown CA', {}, 'receiver.example', undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['self-signed', selfSigned, 'receiver.example', undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['another name', {}, 'other.example', { ca: caCertificate }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['another pin', {}, 'receiver.example', { pinnedSha256: fingerprint(caCertificate) }, 'PIN_MISMATCH'],
  ])('%s is refused, and nothing was sent', async (_case, options, host, tls, code) => {
    const { url, seen } = await receiver(options);
    const error = await failureOf(get(url.replace('receiver.example', host), tls));
    expect(error).toMatchObject({ stage: 'tls', code });
    expect(error.message).toContain(host);
    expect(error.message).toMatch(/certificate/i);
    expect(seen).toEqual([]);
  });

  test('a pinned certificate is accepted whoever issued it', async () => {
    const { url } = await receiver(selfSigned);
    const pin = fingerprint(selfSignedCertificate);
    expect((await get(url, { pinnedSha256: pin })).status).toBe(200);
    expect((await get(url, { pinnedSha256: pin.replaceAll(':', '').toLowerCase() })).status).toBe(200);
  });

  test('connections are not shared between requests that trust different certificates', async () => {
    const { url } = await receiver();
    const client = localOutbound();
    const pinned = { method: 'GET', url, tls: { pinnedSha256: fingerprint(serverCertificate) } };
    expect((await client.request(pinned)).reused).toBe(false);
    expect((await client.request(pinned)).reused).toBe(true);
    expect(await failureOf(client.request({ method: 'GET', url }))).toMatchObject({ stage: 'tls' });
  });

  test('a reused connection that turns out to be dead is replaced', async () => {
    let requests = 0;
    const url = await serveTls((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.destroy();
      else response.end('ok');
    });
    const client = localOutbound();
    const wanted = { method: 'POST', url, body: 'x', tls: { ca: caCertificate } };
    expect(await client.request(wanted)).toMatchObject({ status: 200, reused: false });
    expect(await client.request(wanted)).toMatchObject({ status: 200, reused: false });
    expect([requests, client.stats.connections]).toEqual([3, 2]);
  });

  test('a port that speaks plain HTTP is told apart', async () => {
    const url = await serve((_request, response) => response.end());
    const error = await failureOf(get(url.replace('http:', 'https:')));
    expect(error).toMatchObject({ stage: 'tls', code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
    expect(error.message).toContain('does not speak TLS');
  });
});
