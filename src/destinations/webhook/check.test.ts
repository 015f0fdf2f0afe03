import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createOutbound } from '../../lib/outbound/client.ts';
import { createGuard } from '../../lib/outbound/guard.ts';
import { closedPort, everyNameIsLocal, serveRaw, serveTls } from '../../lib/outbound/servers.fixture.ts';
import { signBody } from '../../lib/signatures.ts';
import type { CheckResult } from '../destination.ts';
import { formats } from './bodies.ts';
import { sampleImage } from './check.ts';
import { connectTo, now, projectSecret, receive, running } from './receiver.fixture.ts';

const outcomes = (result: CheckResult) => result.steps.map(({ step, outcome }) => `${step} ${outcome}`);
const stepOf = (result: CheckResult, name: string) => result.steps.find(({ step }) => step === name);

test('the sample is a real JPEG', async () => {
  const { open, sizeBytes } = sampleImage(now);
  const [bytes] = await (await open()).toArray();
  expect(bytes).toHaveLength(sizeBytes);
  const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 48, height: 48, channels: 3 });
});

describe('a test', () => {
  test.each(formats)('of %s is a real, signed delivery that says that it is a test', async (format) => {
    const { url, received } = await receive();
    const connection = connectTo(url, { format, headers: { 'X-Shop': 'north' } });
    const result = await connection.check(running());
    expect(result).toMatchObject({
      success: true,
      status: 200,
      message: 'The receiver took the test image (200).',
    });
    expect(outcomes(result)).toEqual([
      'settings noted',
      'resolve ok',
      'connect ok',
      'tls skipped',
      'write ok',
    ]);
    expect(result.steps.every(({ durationMs }) => durationMs >= 0)).toBe(true);
    const { headers, body } = received[0]!;
    expect(headers).toMatchObject({
      'x-apertur-test': 'true',
      'x-aptr-session-id': 'sess_test',
      'x-apertur-signature': signBody(projectSecret, body),
      'x-shop': 'north',
    });
    const bytes = (await (await sampleImage(now).open()).toArray())[0] as Buffer;
    const sent = format === 'json_base64' ? Buffer.from(JSON.parse(body.toString()).data, 'base64') : body;
    expect(sent.includes(bytes)).toBe(true);

    // The next test is not taken for this one.
    await connection.check(running());
    expect(received[1]!.headers['x-aptr-delivery-id']).not.toBe(headers['x-aptr-delivery-id']);
  });

  test('over TLS measures the handshake', async () => {
    const url = await serveTls((_request, response) => response.end());
    const result = await connectTo(url).check(running());
    expect(result).toMatchObject({ success: false, error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(outcomes(result)).toEqual([
      'settings ok',
      'resolve ok',
      'connect ok',
      'tls failed',
      'write skipped',
    ]);
    expect(stepOf(result, 'tls')!.durationMs).toBeGreaterThan(0);
    expect(stepOf(result, 'tls')).toMatchObject({
      message: expect.stringContaining('certificate'),
      advice: expect.stringContaining('Install'),
    });
  });

  test('that the receiver refuses says status, why and what to do', async () => {
    const { url } = await receive((response) => response.writeHead(401).end('no'));
    const result = await connectTo(url).check(running());
    expect(result).toMatchObject({
      success: false,
      status: 401,
      error: 'HTTP 401',
      message: 'The receiver answered 401. Check the secret, or the headers that it expects.',
    });
    expect(stepOf(result, 'write')).toMatchObject({
      outcome: 'failed',
      message: 'The receiver answered 401.',
      advice: 'Check the secret, or the headers that it expects.',
    });
  });

  test('that nobody answers says at which step it failed', async () => {
    const refused = await connectTo(`http://receiver.example:${await closedPort()}`).check(running());
    expect(refused).toMatchObject({ success: false, error: 'ECONNREFUSED' });
    expect(refused.status).toBeUndefined();
    const expected = ['settings noted', 'resolve ok', 'connect failed', 'tls skipped', 'write skipped'];
    expect(outcomes(refused)).toEqual(expected);

    const silent = await serveRaw(() => {});
    const late = await connectTo(silent, {}, { deadlineMs: 100 }).check(running());
    expect(late).toMatchObject({ success: false, error: 'DEADLINE' });
    expect(outcomes(late).at(-1)).toBe('write failed');
    expect(stepOf(late, 'write')!.durationMs).toBeGreaterThan(50);
  });

  test('of an address inside is refused before anything is opened', async () => {
    const { url, received } = await receive();
    const outbound = createOutbound({ guard: createGuard({ allow: [], resolver: everyNameIsLocal }) });
    for (const target of [url, url.replace('127.0.0.1', 'receiver.example')]) {
      const result = await connectTo(target, {}, { outbound }).check(running());
      expect(result).toMatchObject({ success: false, error: 'ADDRESS_REFUSED' });
      expect(outcomes(result)).toContain('resolve failed');
      expect(stepOf(result, 'resolve')!.advice).toContain('APERTUR_ALLOW_PRIVATE_NETWORKS');
    }
    expect(received).toHaveLength(0);
    await outbound.close();
  });
});
