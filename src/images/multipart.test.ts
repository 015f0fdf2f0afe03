import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noise } from '../../test/helpers/pictures.ts';
import { AppError } from '../errors.ts';
import { ByteSource } from './byte-source.ts';
import { type MultipartLimits, parseMultipart, readText } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=b1';

interface ReadPart {
  name: string;
  filename: string | undefined;
  contentType: string | undefined;
  body: Buffer;
}

async function readAll(
  chunks: Buffer[],
  type = TYPE,
  limits?: Partial<MultipartLimits>,
): Promise<ReadPart[]> {
  const source = new ByteSource(Readable.from(chunks));
  const parts: ReadPart[] = [];
  for await (const part of parseMultipart(source, type, limits)) {
    const pieces: Buffer[] = [];
    for await (const piece of part.body) pieces.push(piece);
    const { name, filename, contentType } = part;
    parts.push({ name, filename, contentType, body: Buffer.concat(pieces) });
  }
  return parts;
}

const bytes = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

/** One part with the given header lines, as a whole body. */
const single = (...headers: string[]): Buffer =>
  bytes(`--b1\r\n${headers.join('\r\n')}\r\n\r\nx\r\n--b1--\r\n`);

async function refusal(body: Buffer, type?: string, limits?: Partial<MultipartLimits>): Promise<AppError> {
  const error = await readAll([body], type, limits).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

test('chunks that are freed behind us leave nothing of a field or a photo behind', async () => {
  const photo = noise(300_000, 5);
  const text = 'gallery '.repeat(1_500);
  const body = bytes(
    '--b1\r\nContent-Disposition: form-data; name="source"\r\n\r\n',
    text,
    '\r\n--b1\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
    photo,
    '\r\n--b1\r\nContent-Disposition: form-data; name="source"\r\n\r\n',
    text,
    '\r\n--b1--\r\n',
  );
  for (const size of [4_096, 5_003, 65_536]) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < body.length; at += size) {
      const chunk = body.subarray(at, at + size);
      chunks.push(Buffer.allocUnsafeSlow(chunk.length).fill(chunk));
    }
    const source = new ByteSource(Readable.from(chunks), { freeChunks: true });
    const found: Record<string, string | Buffer> = {};
    for await (const part of parseMultipart(source, TYPE)) {
      if (part.filename === undefined) {
        found[part.name] = await readText(part);
        continue;
      }
      const pieces: Buffer[] = [];
      for await (const piece of part.body) pieces.push(Buffer.from(piece));
      found[part.name] = Buffer.concat(pieces);
    }
    expect(found.source).toBe(text);
    expect(photo.equals(found.file as Buffer)).toBe(true);
  }
});

describe('the forms that clients send', () => {
  test.each([
    ['quoted', 'form-data; name="file"; filename="roof.jpg"', 'file', 'roof.jpg'],
    ['bare', 'form-data; name=file; filename=roof.jpg', 'file', 'roof.jpg'],
    ['.NET', "form-data; name=file; filename=image.jpg; filename*=utf-8''image.jpg", 'file', 'image.jpg'],
    [
      'filename* wins',
      `form-data; name="file"; filename="x"; filename*=UTF-8''d%C3%A4ch.jpg`,
      'file',
      'däch.jpg',
    ],
    [
      'filename* first',
      `form-data; filename*=UTF-8'en'a%20b.jpg; filename="x"; name="file"`,
      'file',
      'a b.jpg',
    ],
    ['filename* alone', "form-data; name=file; filename*=iso-8859-1''d%E4ch.jpg", 'file', 'däch.jpg'],
    ['broken filename*', `form-data; name=file; filename*=UTF-8''%FF; filename="x.jpg"`, 'file', 'x.jpg'],
    ['escaped quote', 'form-data; name="file"; filename="a \\"b\\" c.jpg"', 'file', 'a "b" c.jpg'],
    [
      'Windows path',
      'form-data; name="file"; filename="C:\\photos\\roof.jpg"',
      'file',
      'C:\\photos\\roof.jpg',
    ],
    ['browser quote', 'form-data; name="file"; filename="a%22b%22 100%25.jpg"', 'file', 'a"b" 100%25.jpg'],
    ['semicolon in the name', 'form-data; name="file"; filename="a;b=c.jpg"', 'file', 'a;b=c.jpg'],
    ['UTF-8', 'form-data; name="file"; filename="屋根.jpg"', 'file', '屋根.jpg'],
    ['encoded word', 'form-data; name=file; filename="=?utf-8?B?ZMOkY2guanBn?="', 'file', 'däch.jpg'],
    ['encoded word, Q', 'form-data; name=file; filename="=?UTF-8?Q?d=C3=A4ch_1.jpg?="', 'file', 'däch 1.jpg'],
    ['empty name', 'form-data; name="file"; filename=""', 'file', ''],
    ['no file', 'form-data; name="source"', 'source', undefined],
    ['loose spaces', 'form-data ;  name = "file" ;filename= "a.jpg" ;', 'file', 'a.jpg'],
    ['upper case', 'Form-Data; NAME=file; FileName="a.jpg"', 'file', 'a.jpg'],
    ['no closing quote', 'form-data; name="file"; filename="a.jpg', 'file', 'a.jpg'],
  ])('%s', async (_, header, name, filename) => {
    const [part] = await readAll([single(`Content-Disposition: ${header}`)]);
    expect(part).toMatchObject({ name, filename });
  });

  test('a Latin-1 name', async () => {
    const body = bytes('--b1\r\nContent-Disposition: form-data; name=file; filename="d', Buffer.from([0xe4]));
    const [part] = await readAll([bytes(body, 'ch.jpg"\r\n\r\nx\r\n--b1--')]);
    expect(part?.filename).toBe('däch.jpg');
  });

  test('header names in any case, further headers, folded lines', async () => {
    const body = single(
      'content-LENGTH: 1',
      'CONTENT-type: image/jpeg',
      'Content-Transfer-Encoding: binary',
      'X-Own: 1',
      'content-disposition: form-data;',
      '\tname="file"; filename="a.jpg"',
    );
    expect(await readAll([body])).toEqual([
      { name: 'file', filename: 'a.jpg', contentType: 'image/jpeg', body: Buffer.from('x') },
    ]);
  });

  test.each([
    'multipart/form-data; boundary="b1"',
    'Multipart/Form-Data; charset=utf-8; BOUNDARY=b1',
    'multipart/form-data;boundary="b1"; charset=utf-8',
  ])('content type %s', async (type) => {
    expect(await readAll([single('Content-Disposition: form-data; name=a')], type)).toHaveLength(1);
  });

  test('a boundary of every allowed sort of character', async () => {
    const boundary = "----=_Part'()+_,-./:=? 9";
    const body = bytes(`--${boundary}\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--${boundary}--`);
    expect(await readAll([body], `multipart/form-data; boundary="${boundary}"`)).toHaveLength(1);
  });

  test('fields before and after the file, preamble, padding, epilogue', async () => {
    const body = bytes(
      'preamble\r\n--b1 \t\r\nContent-Disposition: form-data; name=source\r\n\r\ngallery',
      '\r\n--b1\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n',
      noise(1_000),
      '\r\n--b1\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--b1--\r\nepilogue',
    );
    const parts = await readAll([body]);
    expect(parts.map((part) => [part.name, part.body.length])).toEqual([
      ['source', 7],
      ['file', 1_000],
      ['empty', 0],
    ]);
    expect(parts[1]?.body.equals(noise(1_000))).toBe(true);
  });

  test('what fetch sends', async () => {
    const form = new FormData();
    form.set('source', 'gallery');
    form.set('file', new File([new Uint8Array(noise(200_000))], 'a "b"\n屋.jpg', { type: 'image/jpeg' }));
    const request = new Request('http://127.0.0.1/', { method: 'POST', body: form });
    const body = Buffer.from(await request.arrayBuffer());
    const parts = await readAll([body], request.headers.get('content-type') ?? '');
    expect(parts[0]?.body.toString()).toBe('gallery');
    expect(parts[1]).toMatchObject({ name: 'file', filename: 'a "b"\n屋.jpg', contentType: 'image/jpeg' });
    expect(parts[1]?.body.equals(noise(200_000))).toBe(true);
  });
});

describe('boundaries cut anywhere', () => {
  /** Full of what nearly is a delimiter. */
  const tricky = bytes(
    '\r\n--b',
    '\r\n-',
    '\r',
    '\r\r\n--',
    '\n--b1',
    '\r\n--b2\r\n',
    noise(20),
    '\r\n--b\r',
  );
  const whole = bytes(
    '\r\n--b1\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nX: y\r\n\r\n',
    tricky,
    '\r\n--b1\r\nContent-Disposition: form-data; name="source"\r\n\r\nsdk\r\n--b1--\r\n',
  );
  const expected = [
    { name: 'file', filename: 'a.jpg', contentType: undefined, body: tricky },
    { name: 'source', filename: undefined, contentType: undefined, body: Buffer.from('sdk') },
  ];

  test('in one piece, and byte by byte', async () => {
    expect(await readAll([whole])).toEqual(expected);
    expect(await readAll([...whole].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  test('at every place', async () => {
    for (let at = 0; at <= whole.length; at++) {
      expect(await readAll([whole.subarray(0, at), whole.subarray(at)]), `cut at ${at}`).toEqual(expected);
    }
  });

  test('in any pieces, with any content that does not hold the boundary', async () => {
    const crumbs = fc.array(fc.constantFrom('\r', '\n', '-', '--', 'b', '1', '\r\n--', '\r\n--b', 'x'), {
      maxLength: 30,
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(crumbs, crumbs, sizes, async (one, two, cuts) => {
        const bodies = [one.join(''), two.join('')];
        fc.pre(!bodies.some((body) => body.includes('\r\n--b1')));
        const input = bytes(
          ...bodies.map((body) => `--b1\r\nContent-Disposition: form-data; name=a\r\n\r\n${body}\r\n`),
          '--b1--',
        );
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < input.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          chunks.push(input.subarray(at, at + size));
          at += size;
        }
        expect((await readAll(chunks)).map((part) => part.body.toString())).toEqual(bodies);
      }),
      { numRuns: 500 },
    );
  });

  test('bodies pass through without being copied', async () => {
    const head = Buffer.from('--b1\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n');
    const chunks = [head, noise(65_536, 1), noise(65_536, 2), Buffer.from('\r\n--b1--')];
    const source = new ByteSource(Readable.from(chunks));
    for await (const part of parseMultipart(source, TYPE)) {
      const pieces: Buffer[] = [];
      for await (const piece of part.body) pieces.push(piece);
      expect(pieces.map((piece) => piece.buffer)).toEqual([chunks[1]?.buffer, chunks[2]?.buffer]);
    }
  });
});

describe('parts that are not read', () => {
  test('are skipped, also when left in the middle', async () => {
    const body = bytes(
      '--b1\r\nContent-Disposition: form-data; name=one; filename=a\r\n\r\n',
      noise(100),
      '\r\n--b1\r\nContent-Disposition: form-data; name=two; filename=b\r\n\r\n',
      noise(100),
      '\r\n--b1\r\nContent-Disposition: form-data; name=three\r\n\r\nlast\r\n--b1--',
    );
    const source = new ByteSource(Readable.from([body.subarray(0, 90), body.subarray(90)]));
    const names: string[] = [];
    for await (const part of parseMultipart(source, TYPE)) {
      names.push(part.name);
      if (part.name === 'two') for await (const _ of part.body) break;
      if (part.name === 'three') expect(await readText(part)).toBe('last');
    }
    expect(names).toEqual(['one', 'two', 'three']);
  });
});

describe('refusals', () => {
  const head = '--b1\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n';

  test('a body that breaks off anywhere', async () => {
    const whole = bytes(head, 'picture\r\n--b1--');
    for (let length = 0; length < whole.length; length++) {
      const error = await refusal(whole.subarray(0, length));
      expect([error.status, error.code], `cut at ${length}`).toEqual([400, 'VALIDATION_ERROR']);
    }
    expect((await refusal(bytes(head, 'picture'))).message).toMatch(/ends before its last part is whole/);
  });

  test.each([
    ['LF alone', bytes('--b1\nContent-Disposition: form-data; name=a\n\nx\n--b1--\n'), /CR LF/],
    ['a longer boundary', bytes('--b1b1\r\n'), /does not belong there/],
    ['no name', single('Content-Disposition: form-data'), /with a name/],
    ['no disposition', single('Content-Type: image/jpeg'), /with a name/],
    ['another disposition', single('Content-Disposition: attachment; name=a'), /with a name/],
    ['a line without colon', single('nonsense'), /cannot be read/],
    [
      'base64',
      single('Content-Disposition: form-data; name=a', 'Content-Transfer-Encoding: base64'),
      /plain bytes/,
    ],
    ['no boundary in sight', noise(70_000), /does not start with the boundary/],
    ['an endless header', bytes('--b1\r\nX: ', 'x'.repeat(17_000), '\r\n\r\n'), /more than 16384 bytes/],
    [
      'an endless epilogue',
      bytes(single('Content-Disposition: form-data; name=a'), noise(70_000)),
      /goes on/,
    ],
  ])('%s', async (_, body, message) => {
    const error = await refusal(body);
    expect(error.status).toBe(400);
    expect(error.message).toMatch(message);
  });

  test.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/mixed; boundary=b1',
    'text/plain',
  ])('content type %s', async (type) => {
    expect((await refusal(bytes(head), type)).status).toBe(400);
  });

  test('more than 32 parts', async () => {
    const parts = (count: number): Buffer => bytes(...Array(count).fill(`${head}x\r\n`), '--b1--');
    expect(await readAll([parts(32)])).toHaveLength(32);
    expect((await refusal(parts(33))).message).toBe('The upload has more than 32 parts.');
  });

  test('a field of more than 64 KB', async () => {
    const field = (size: number): Buffer =>
      bytes('--b1\r\nContent-Disposition: form-data; name=source\r\n\r\n', 'x'.repeat(size), '\r\n--b1--');
    const read = async (size: number): Promise<number> => {
      for await (const part of parseMultipart(new ByteSource(Readable.from([field(size)])), TYPE)) {
        return (await readText(part)).length;
      }
      return -1;
    };
    expect(await read(65_536)).toBe(65_536);
    await expect(read(65_537)).rejects.toThrow('The field source has more than 65536 bytes.');
  });
});

test('a real request in many small HTTP chunks, and another on the same connection', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const read = async (): Promise<void> => {
      const source = new ByteSource(request);
      for await (const part of parseMultipart(source, request.headers['content-type'] ?? '')) {
        seen.push(await readText(part));
      }
      response.end('ok');
    };
    void read();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const body = bytes('--b1\r\nContent-Disposition: form-data; name=a\r\n\r\nhello there\r\n--b1--\r\n');
  const chunked = [...body].map((byte) => bytes('1\r\n', Buffer.from([byte]), '\r\n'));
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  for (let turn = 1; turn <= 2; turn++) {
    socket.write(bytes(head, ...chunked, '0\r\n\r\n'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200/);
    expect(seen).toHaveLength(turn);
  }
  expect(seen).toEqual(['hello there', 'hello there']);
  socket.destroy();
  server.close();
});
