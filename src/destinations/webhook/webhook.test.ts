import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeJpeg, noise } from '../../../test/helpers/pictures.ts';
import {
  closedPort,
  failureOf,
  localOutbound,
  serve,
  serveRaw,
  serveTls,
  until,
} from '../../lib/outbound/servers.fixture.ts';
import { createBodySigner, signBody, verifySignature } from '../../lib/signatures.ts';
import type { DeliveryError, Tags } from '../destination.ts';
import { formats } from './bodies.ts';
import { connectTo, imageOf, now, projectSecret, receive, running } from './receiver.fixture.ts';

const photo = await makeJpeg({ width: 320, height: 240 });
const bigPhoto = await makeJpeg({ bytes: 700_001 });

const fail = (promise: Promise<unknown>) => failureOf<DeliveryError>(promise);

/** The parts of a multipart body, by their headers. */
function readForm(body: Buffer, contentType: string): { head: string; value: Buffer }[] {
  const boundary = /boundary=(\S+)$/.exec(contentType)![1];
  const text = body.toString('latin1');
  expect(text.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
  const parts = text.slice(0, -`\r\n--${boundary}--\r\n`.length).split(`\r\n--${boundary}\r\n`);
  return [parts[0]!.replace(`--${boundary}\r\n`, ''), ...parts.slice(1)].map((part) => {
    const end = part.indexOf('\r\n\r\n');
    const head = Buffer.from(part.slice(0, end), 'latin1').toString('utf8');
    return { head, value: Buffer.from(part.slice(end + 4), 'latin1') };
  });
}

describe('every format', () => {
  test.each([
    ...formats.map((format) => [format, 'small', photo] as const),
    ...formats.map((format) => [format, 'big', bigPhoto] as const),
    ...[0, 1, 2].map((rest) => ['json_base64', `length ${rest} mod 3`, noise(393_216 + rest)] as const),
  ])('%s, %s: brings the bytes, whole and signed', async (format, _size, bytes) => {
    const { url, received } = await receive();
    const image = imageOf(bytes);
    const receipt = await connectTo(url, { format }).deliver(image, running());

    expect(receipt).toMatchObject({
      remotePath: null,
      bytes: bytes.length,
      verifiedBy: 'none',
      status: 200,
      excerpt: 'ok',
      address: new URL(url).host,
      phases: { resolve: expect.any(Number), connect: expect.any(Number), total: expect.any(Number) },
    });
    const [{ method, url: target, headers, body }] = received as [(typeof received)[0]];
    expect([received.length, method, target]).toEqual([1, 'POST', '/hook?to=photos']);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['x-apertur-signature']).toBe(signBody(projectSecret, body));
    expect(headers['x-aptr-signature']).toBe(headers['x-apertur-signature']);
    if (format === 'binary') expect(body.equals(bytes)).toBe(true);
    if (format === 'json_base64') {
      const { data } = JSON.parse(body.toString());
      expect(Buffer.from(data, 'base64').equals(bytes)).toBe(true);
      expect(data).toBe(bytes.toString('base64'));
    }
    if (format === 'multipart') {
      const file = readForm(body, headers['content-type']!).at(-1)!;
      expect(file.value.equals(bytes)).toBe(true);
    }
    // Small photos are read once; big ones are read again rather than held.
    expect(image.opened).toBe(bytes.length > 262_144 ? 2 : 1);
  });

  test('carries the headers of the contract in both spellings', async () => {
    const { url, received } = await receive();
    await connectTo(url, { format: 'binary' }).deliver(
      imageOf(photo, { tags: { ticket: 'T-77' } }),
      running(),
    );
    expect(received[0]!.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'user-agent': 'Apertur-Webhooks/1.0',
      'x-aptr-session-id': 'sess_1',
      'x-apertur-session-id': 'sess_1',
      'x-aptr-image-id': 'img_1',
      'x-apertur-image-id': 'img_1',
      'x-aptr-image-index': '3',
      'x-apertur-image-index': '3',
      'x-aptr-delivery-id': 'del_1',
      'x-apertur-delivery-id': 'del_1',
      'x-apertur-timestamp': String(now / 1_000),
      'x-aptr-filename': 'roof.jpg',
      'x-aptr-mime-type': 'image/jpeg',
      'x-aptr-tags': '{"ticket":"T-77"}',
    });
    expect(received[0]!.headers['x-apertur-test']).toBeUndefined();
  });

  test('is signed with its own secret when it has one', async () => {
    const { url, received } = await receive();
    await connectTo(url, {}, { secret: 'its own: ü' }).deliver(imageOf(photo), running());
    const { headers, body } = received[0]!;
    expect(verifySignature(signBody('its own: ü', body), headers['x-apertur-signature'] as string)).toBe(
      true,
    );
  });

  test('keeps delivery id and bytes when it is sent again', async () => {
    const { url, received } = await receive();
    for (const format of ['json_base64', 'binary']) {
      const connection = connectTo(url, { format });
      for (const _attempt of [1, 2]) await connection.deliver(imageOf(bigPhoto), running());
      const [first, second] = received.splice(0);
      expect(second!.body.equals(first!.body)).toBe(true);
      expect(second!.headers['x-apertur-delivery-id']).toBe(first!.headers['x-apertur-delivery-id']);
    }
  });
});

describe('json_base64', () => {
  test.each<[string, Tags, unknown]>([
    ['an object stays an object', { ticket: 'T-77', ok: true, n: 2 }, { ticket: 'T-77', ok: true, n: 2 }],
    ['a list stays a list', ['order:456', 'red'], ['order:456', 'red']],
    ['none is null', null, null],
  ])('tags: %s', async (_case, tags, expected) => {
    const { url, received } = await receive();
    const image = imageOf(photo, { tags, metadata: { odoo: { res_id: 42 } }, filename: 'größe "1".jpg' });
    await connectTo(url).deliver(image, running());
    expect(received[0]!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(received[0]!.body.toString())).toEqual({
      session_id: 'sess_1',
      image_id: 'img_1',
      image_index: 3,
      mime_type: 'image/jpeg',
      filename: 'größe "1".jpg',
      size_bytes: photo.length,
      data: photo.toString('base64'),
      tags: expected,
      metadata: { odoo: { res_id: 42 } },
      created_at: '2027-01-15T08:00:00.000Z',
      source: 'camera',
      env: 'live',
    });
  });
});

describe('multipart', () => {
  const formOf = async (more: Parameters<typeof imageOf>[1]) => {
    const { url, received } = await receive();
    await connectTo(url, { format: 'multipart' }).deliver(imageOf(photo, more), running());
    const { headers, body } = received[0]!;
    return readForm(body, headers['content-type']!).map(({ head, value }) => ({
      name: / name="([^"]*)"/.exec(head)![1],
      filename: / filename="([^"]*)"/.exec(head)?.[1],
      type: /\r\nContent-Type: (.*)/.exec(head)?.[1],
      value: value.toString('utf8'),
    }));
  };
  const file = { name: 'image', filename: 'roof.jpg', type: 'image/jpeg', value: photo.toString('utf8') };
  const own = [
    { name: 'session_id', value: 'sess_1' },
    { name: 'image_id', value: 'img_1' },
    { name: 'image_index', value: '3' },
  ];

  test.each<[string, Tags, { name: string; value: string }[]]>([
    ['none', null, own],
    [
      'an object becomes fields',
      { ticket: 'T-77', n: 2, ok: false },
      [{ name: 'ticket', value: 'T-77' }, { name: 'n', value: '2' }, { name: 'ok', value: 'false' }, ...own],
    ],
    [
      'a list becomes fields, the rest repeats "tags"',
      ['order:456', 'red', 'odoo:res.partner:42', ':odd', 'blue'],
      [
        { name: 'order', value: '456' },
        { name: 'tags', value: 'red' },
        { name: 'odoo', value: 'res.partner:42' },
        { name: 'tags', value: ':odd' },
        { name: 'tags', value: 'blue' },
        ...own,
      ],
    ],
    [
      'a tag keeps its name before ours',
      { session_id: 'mine', image_index: 9 },
      [{ name: 'session_id', value: 'mine' }, { name: 'image_index', value: '9' }, own[1]!],
    ],
  ])('tags: %s', async (_case, tags, expected) => {
    const fields = expected.map((field) => ({ ...field, filename: undefined, type: undefined }));
    expect(await formOf({ tags })).toEqual([...fields, file]);
  });

  test('odd names cannot leave their place', async () => {
    const filename = 'größe "1"\r\nContent-Type: text/html\r\n\r\n.jpg';
    const form = await formOf({ filename, tags: { 'a"\r\nb: c': 'zwei\r\nZeilen é' } });
    expect(form[0]).toMatchObject({ name: 'a%22%0D%0Ab: c', value: 'zwei\r\nZeilen é' });
    expect(form.at(-1)).toMatchObject({
      name: 'image',
      filename: 'größe %221%22%0D%0AContent-Type: text/html%0D%0A%0D%0A.jpg',
      type: 'image/jpeg',
    });
    expect(form).toHaveLength(5);
  });

  test('every delivery draws its boundary anew, so that no photo can hold it', async () => {
    const { url, received } = await receive();
    for (const _round of [1, 2])
      await connectTo(url, { format: 'multipart' }).deliver(imageOf(photo), running());
    const [first, second] = received.map(({ headers }) => headers['content-type']);
    expect(first).not.toBe(second);
  });
});

describe('headers', () => {
  test.each([
    ['größe.jpg', 'gr%C3%B6%C3%9Fe.jpg'],
    ['写真 1.jpg', '%E5%86%99%E7%9C%9F 1.jpg'],
    ['100%.jpg', '100%25.jpg'],
    [' a\r\nX-Evil: 1 ', '%20a%0D%0AX-Evil: 1%20'],
    ['lone \ud800.jpg', 'lone %EF%BF%BD.jpg'],
    ['👩‍💻.png', '%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB.png'],
  ])('the file name %j travels as %s', async (filename, expected) => {
    const { url, received } = await receive();
    await connectTo(url, { format: 'binary' }).deliver(imageOf(photo, { filename }), running());
    expect(received[0]!.headers['x-aptr-filename']).toBe(expected);
    expect(decodeURIComponent(expected)).toBe(filename.toWellFormed());
    expect(received[0]!.headers['x-evil']).toBeUndefined();
  });

  test('tags travel as JSON of plain ASCII, and are left out when they are too long', async () => {
    const { url, received } = await receive();
    const connection = connectTo(url, { format: 'binary' });
    const tags = { größe: 'L\r\n', smile: '😀' };
    await connection.deliver(imageOf(photo, { tags }), running());
    await connection.deliver(imageOf(photo, { tags: ['x'.repeat(5_000)] }), running());
    const [short, long] = received.map(({ headers }) => headers['x-aptr-tags'] as string | undefined);
    expect(short).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(short!)).toEqual(tags);
    expect(long).toBeUndefined();
  });

  test('those of the owner are sent beside ours and never in place of them', async () => {
    const { url, received } = await receive();
    // As if stored before a name was reserved.
    const headers = { Authorization: 'Bearer abc', 'X-Apertur-Signature': 'forged', 'X-Shop': 'north' };
    await connectTo(url, { headers }).deliver(imageOf(photo), running());
    expect(received[0]!.headers).toMatchObject({
      authorization: 'Bearer abc',
      'x-shop': 'north',
      'x-apertur-signature': signBody(projectSecret, received[0]!.body),
    });
  });
});

describe('a failure is tried again', () => {
  test.each([
    [301, 'a redirect'],
    [302, 'a redirect'],
    [307, 'a redirect'],
    [308, 'a redirect'],
    [400, 'format'],
    [401, 'secret'],
    [403, 'secret'],
    [404, 'path'],
    [405, 'POST'],
    [410, 'new one'],
    [411, 'length'],
    [413, 'too large'],
    [415, 'format'],
    [431, 'Send fewer tags'],
    [429, 'slow down'],
    [500, '500'],
    [502, '502'],
    [503, '503'],
    [599, '599'],
  ])('%i says %j', async (status, words) => {
    // biome-ignore format: a list to read at a glance
    const { url } = await receive((response) => response.writeHead(status, { location: '/elsewhere' }).end('why'));
    const error = await fail(connectTo(url).deliver(imageOf(photo), running()));
    expect(error).toMatchObject({
      name: 'DeliveryError',
      fate: 'retry',
      status,
      excerpt: 'why',
      retryAfter: undefined,
      address: new URL(url).host,
      phases: { total: expect.any(Number) },
    });
    expect(error.message).toContain(words);
    expect(error.message).toContain(String(status));
  });

  test.each([200, 201, 202, 204, 299])('%i is success', async (status) => {
    const { url } = await receive((response) => response.writeHead(status).end());
    expect((await connectTo(url).deliver(imageOf(photo), running())).status).toBe(status);
  });

  test.each([
    ['60', 60],
    [' 5 ', 5],
    ['0', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['99999999999999999999', undefined],
    ['Fri, 15 Jan 2027 08:02:00 GMT', 120],
    ['Friday, 15-Jan-27 08:02:00 GMT', 120],
    ['Fri, 15 Jan 2027 07:00:00 GMT', undefined],
    ['2027-01-15', undefined],
  ])('Retry-After %j is %j', async (header, expected) => {
    const { url } = await receive((response) => response.writeHead(503, { 'retry-after': header }).end());
    expect((await fail(connectTo(url).deliver(imageOf(photo), running()))).retryAfter).toBe(expected);
  });

  test.each([
    ['a page', Buffer.from('<h1>No</h1>\r\n\t<p>not  here</p>\0'), {}, '<h1>No</h1> <p>not  here</p>'],
    ['bytes', Buffer.from([0, 1, 2, 0xff, 0xfe, 0x41, 0x1b, 0x5b, 0x33]), {}, '\ufffd\ufffdA [3'],
    ['nothing', Buffer.alloc(0), {}, null],
    ['a long one', Buffer.alloc(100_000, 'é'), {}, 'é'.repeat(2_048)],
    ['packed', Buffer.from('x'), { 'content-encoding': 'gzip' }, '(1 bytes, gzip)'],
    ['reversed', Buffer.from('a\u202eb'), {}, 'a b'],
  ])('the excerpt of %s is plain text', async (_case, body, headers, expected) => {
    const { url } = await receive((response) => response.writeHead(500, headers).end(body));
    expect((await fail(connectTo(url).deliver(imageOf(photo), running()))).excerpt).toBe(expected);
  });

  test('a redirect is not followed', async () => {
    const target = await receive();
    const { url } = await receive((response) => response.writeHead(307, { location: target.url }).end());
    await fail(connectTo(url).deliver(imageOf(photo), running()));
    expect(target.received).toHaveLength(0);
  });

  test('nobody listens', async () => {
    const url = `http://receiver.example:${await closedPort()}/`;
    const error = await fail(connectTo(url).deliver(imageOf(photo), running()));
    expect(error).toMatchObject({ fate: 'retry', status: null, excerpt: null });
    expect(error.message).toContain('receiver.example refused the connection (ECONNREFUSED).');
  });

  test('a certificate that nobody vouches for', async () => {
    let requests = 0;
    const url = await serveTls((_request, response) => {
      requests += 1;
      response.end();
    });
    const error = await fail(connectTo(`${url}/`).deliver(imageOf(photo), running()));
    expect(error.fate).toBe('retry');
    expect(error.message).toContain('certificate');
    expect(requests).toBe(0);
  });

  test('a reset in the middle of the photo', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const image = imageOf(noise(20_000_000));
    const error = await fail(connectTo(url, { format: 'binary' }).deliver(image, running()));
    expect(error).toMatchObject({ fate: 'retry', status: null });
    expect(error.message).toMatch(/closed the connection before everything was sent/);
  });

  test('an early 413 is told as such', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 5\r\n\r\nlimit');
        socket.destroySoon();
      });
    });
    const image = imageOf(noise(20_000_000));
    const error = await fail(connectTo(url).deliver(image, running()));
    expect(error).toMatchObject({ fate: 'retry', status: 413, excerpt: 'limit' });
  });
});

describe('the deadline covers', () => {
  const late = async (url: string, bytes = photo) => {
    const connection = connectTo(url, { format: 'binary' }, { deadlineMs: 400 });
    const error = await fail(connection.deliver(imageOf(bytes), running()));
    expect(error).toMatchObject({ fate: 'retry', status: null });
    return error.message;
  };

  test('the TLS handshake', async () => {
    const url = await serveRaw(() => {});
    expect(await late(url.replace('http:', 'https:'))).toContain('TLS handshake within 400 ms');
  });

  test('sending', async () => {
    const url = await serveRaw((socket) => socket.pause());
    expect(await late(url, noise(40_000_000))).toContain('did not take all of the data within 400 ms');
  });

  test('the headers', async () => {
    expect(await late(await serveRaw(() => {}))).toContain('did not answer within 400 ms');
  });

  test('a body that drips', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(await late(url)).toContain('began to answer but did not finish within 400 ms');
  });
});

test('an endless answer is read to 64 KB; what counts is the status', async () => {
  let ended = false;
  const url = await serve((_request, response) => {
    response.on('close', () => {
      ended = true;
    });
    const more = () => {
      while (!ended && response.write('spam '.repeat(2_000)));
    };
    response.on('drain', more);
    more();
  });
  const receipt = await connectTo(url).deliver(imageOf(photo), running());
  expect(receipt.status).toBe(200);
  expect(receipt.excerpt!.length).toBeLessThanOrEqual(4_096);
  await until(() => ended);
});

describe('stopping uses up no attempt', () => {
  test('before, while reading and while sending', async () => {
    const url = await serveRaw((socket) => socket.pause());
    const connection = connectTo(url, { format: 'binary' });
    const already = await fail(connection.deliver(imageOf(photo), AbortSignal.abort()));
    expect(already.fate).toBe('cancelled');

    const controller = new AbortController();
    const image = imageOf(noise(40_000_000));
    const running = fail(connection.deliver(image, controller.signal));
    await until(() => image.opened === 2);
    controller.abort();
    expect((await running).fate).toBe('cancelled');
  });
});

describe('the stored photo', () => {
  test('is not sent when it is no longer the one that was received', async () => {
    const { url, received } = await receive();
    for (const bytes of [photo, bigPhoto]) {
      const damaged = Buffer.from(bytes);
      damaged[1_000]! ^= 1;
      const { open } = imageOf(damaged);
      const error = await fail(connectTo(url).deliver(imageOf(bytes, { open }), running()));
      expect(error).toMatchObject({ fate: 'give-up' });
      expect(error.message).toContain('SHA-256 differs');
    }
    expect(received).toHaveLength(0);
  });

  test('of 25 MB travels in every format without being held', async () => {
    const bytes = noise(25_000_000);
    const folder = await mkdtemp(path.join(tmpdir(), 'apertur-webhook-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'photo.jpg');
    await writeFile(file, bytes);
    const checks: boolean[] = [];
    // The receiver holds nothing either.
    const url = await serve(async (request, response) => {
      const signer = createBodySigner(projectSecret);
      const hash = createHash('sha256');
      for await (const chunk of request) {
        signer.update(chunk);
        hash.update(chunk);
      }
      checks.push(signer.sign() === request.headers['x-apertur-signature']);
      response.end(hash.digest('hex'));
    });
    const image = imageOf(bytes, { open: async () => createReadStream(file) });
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 5);
    onTestFinished(() => clearInterval(watch));
    const rounds = formats.flatMap((format) => [format, format]);
    const receipts = await Promise.all(
      rounds.map((format) => connectTo(url, { format }).deliver(image, running())),
    );
    expect(checks).toEqual(rounds.map(() => true));
    expect(receipts[4]!.excerpt).toBe(image.sha256);
    // Held, the six would be 170 MB of bodies beside as much of photos.
    expect(most).toBeLessThan(100_000_000);
  });
});

test('connections are reused between deliveries', async () => {
  const { url, received } = await receive();
  const outbound = localOutbound();
  const connection = connectTo(url, {}, { outbound });
  let left = 200;
  const worker = async () => {
    while (left-- > 0) await connection.deliver(imageOf(photo), running());
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  expect(received).toHaveLength(200);
  expect(outbound.stats.connections).toBeLessThanOrEqual(10);
});
