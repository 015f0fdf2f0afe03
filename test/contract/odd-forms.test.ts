/**
 * Forms as real clients write them, sent by a real HTTP client in the oddest pieces: whole, byte by byte, and cut in two
 * at every place. The result is always that of the plain form. Contract §3.1, §17.15.
 */
import { once } from 'node:events';
import http from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { eachSharedApp } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

interface Form {
  type: string;
  body: Buffer;
  /** The stored name; `image.jpg` without. */
  filename?: string;
  source?: string;
}

const bytes = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

const type = 'multipart/form-data; boundary=b1';
const file = (
  photo: Buffer,
  disposition = 'name="file"; filename="image.jpg"',
  more = 'Content-Type: image/jpeg\r\n',
) => bytes(`--b1\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n`, photo, '\r\n');
const field = (name: string, value: string) =>
  bytes(`--b1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
const end = '--b1--\r\n';

const plain = (photo: Buffer): Form => ({ type, body: bytes(file(photo), end) });

/** All are taken. */
const forms: Record<string, (photo: Buffer) => Form> = {
  plain,
  'source before the file': (photo) => ({
    type,
    body: bytes(field('source', 'sdk'), file(photo), end),
    source: 'sdk',
  }),
  'source after the file': (photo) => ({
    type,
    body: bytes(file(photo), field('source', 'sdk'), end),
    source: 'sdk',
  }),
  'unquoted values': (photo) => ({
    type,
    body: bytes(file(photo, 'name=file; filename=roof.jpg'), end),
    filename: 'roof.jpg',
  }),
  'a quoted boundary': (photo) => ({
    type: 'multipart/form-data; boundary="b1"',
    body: bytes(file(photo), end),
  }),
  'more parameters, no spaces': (photo) => ({
    type: 'Multipart/Form-Data;charset=utf-8;BOUNDARY=b1;x=y',
    body: bytes(file(photo), end),
  }),
  'a boundary of odd characters': (photo) => ({
    type: `multipart/form-data; boundary="--'()+_,-./:=? b1"`,
    body: Buffer.from(
      bytes(file(photo), end).toString('latin1').replaceAll('--b1', `----'()+_,-./:=? b1`),
      'latin1',
    ),
  }),
  'a preamble and an epilogue': (photo) => ({
    type,
    body: bytes('This is no part.\r\n--b\r\n-- b1\r\n', file(photo), end, 'nor is this\r\n--b1\r\n'),
  }),
  'padding behind the boundary': (photo) => ({
    type,
    body: Buffer.from(
      bytes(file(photo), end).toString('latin1').replace('--b1\r\n', '--b1 \t \r\n'),
      'latin1',
    ),
  }),
  'no line break at the end': (photo) => ({ type, body: bytes(file(photo), '--b1--') }),
  'filename* alone': (photo) => ({
    type,
    body: bytes(file(photo, `name="file"; filename*=UTF-8''D%C3%A4cher%20%E2%9C%93.jpg`), end),
    filename: 'Dächer ✓.jpg',
  }),
  'filename* beside filename': (photo) => ({
    type,
    body: bytes(file(photo, `name="file"; filename="Daecher.jpg"; filename*=utf-8'de'D%C3%A4cher.jpg`), end),
    filename: 'Dächer.jpg',
  }),
  'filename* before filename': (photo) => ({
    type,
    body: bytes(file(photo, `filename*=UTF-8''D%C3%A4cher.jpg; filename=x.jpg; name=file`), end),
    filename: 'Dächer.jpg',
  }),
  'a UTF-8 name': (photo) => ({
    type,
    body: bytes(file(photo, 'name="file"; filename="屋根 📷.jpg"'), end),
    filename: '屋根 📷.jpg',
  }),
  'a Latin-1 name': (photo) => ({
    type,
    body: bytes(
      Buffer.from(
        '--b1\r\nContent-Disposition: form-data; name="file"; filename="D\xe4cher.jpg"\r\n\r\n',
        'latin1',
      ),
      photo,
      '\r\n',
      end,
    ),
    filename: 'Dächer.jpg',
  }),
  'a name with quotes and a semicolon': (photo) => ({
    type,
    body: bytes(file(photo, 'name="file"; filename="a; \\"b\\".jpg"'), end),
    filename: 'a; "b".jpg',
  }),
  'a path for a name': (photo) => ({
    type,
    body: bytes(file(photo, 'name="file"; filename="C:\\photos\\roof.jpg"'), end),
    filename: 'roof.jpg',
  }),
  'an empty name': (photo) => ({ type, body: bytes(file(photo, 'name="file"; filename=""'), end) }),
  'headers of a part in any case, folded, and more of them': (photo) => ({
    type,
    body: bytes(
      `--b1\r\ncontent-length: ${photo.length}\r\nCONTENT-TRANSFER-ENCODING: binary\r\nX-Extra: 1\r\n` +
        'content-DISPOSITION: form-data;\r\n\tname="file";\r\n filename="image.jpg"\r\n\r\n',
      photo,
      '\r\n',
      end,
    ),
  }),
  'no content type': (photo) => ({ type, body: bytes(file(photo, undefined, ''), end) }),
  'a wrong content type': (photo) => ({
    type,
    body: bytes(file(photo, undefined, 'Content-Type: text/plain\r\n'), end),
  }),
  'empty and unknown parts': (photo) => ({
    type,
    body: bytes(field('', ''), field('note', ''), field('source', ''), file(photo), field('after', 'x'), end),
  }),
  'content that looks like a boundary': (photo) => {
    const decoy = bytes('\r\n--b\r\n--b0\r\n-b1--\r\n\r\n--\r\n--b2--\r\r\n-');
    const comment = bytes(Buffer.from([0xff, 0xfe, 0, decoy.length + 2]), decoy);
    return plain(bytes(photo.subarray(0, 2), comment, photo.subarray(2)));
  },
  'content that ends like a boundary begins': (photo) => plain(bytes(photo, '\r\n--b')),
};

/** None is taken, and all say the same however they come. */
const refused: Record<string, (photo: Buffer) => Form> = {
  'LF only': (photo) => ({
    type,
    body: bytes(
      '--b1\nContent-Disposition: form-data; name="file"; filename="a.jpg"\n\n',
      photo,
      '\n--b1--\n',
    ),
  }),
  'no end': (photo) => ({ type, body: file(photo) }),
  'no file': () => ({ type, body: bytes(field('source', 'sdk'), end) }),
  'two files': (photo) => ({ type, body: bytes(file(photo), file(photo), end) }),
  'an empty file': () => ({ type, body: bytes(file(Buffer.alloc(0)), end) }),
  'another boundary than it says': (photo) => ({
    type: 'multipart/form-data; boundary=other',
    body: plain(photo).body,
  }),
  'no boundary': (photo) => ({ type: 'multipart/form-data', body: plain(photo).body }),
};

/** The pieces of a body, one write each. */
type Cut = (body: Buffer) => Buffer[];
const whole: Cut = (body) => [body];
const byteByByte: Cut = (body) => Array.from(body, (_, at) => body.subarray(at, at + 1));

eachSharedApp('odd forms', {}, (app) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  let photo: Buffer;
  let session: { id: string; left: number } | undefined;

  beforeAll(async () => {
    photo = await makeJpeg({ width: 8, height: 8 });
    return () => agent.destroy();
  });

  async function sessionId(): Promise<string> {
    if (!session || session.left === 0) {
      const made = await app().call('POST', '/upload-sessions', { body: { max_images: 200 } });
      session = { id: made.body.id, left: 200 };
    }
    session.left--;
    return session.id;
  }

  async function send(form: Form, cut: Cut): Promise<{ status: number; body: Record<string, unknown> }> {
    const request = http.request(`${app().origin}/api/v1/upload/${await sessionId()}/images`, {
      agent,
      method: 'POST',
      headers: { 'content-type': form.type, 'content-length': form.body.length },
    });
    request.setNoDelay(true);
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    for (const piece of cut(form.body)) {
      request.write(piece);
      // Each piece on its own way before the next one.
      await new Promise((next) => setImmediate(next));
    }
    request.end();
    const [response] = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) };
  }

  /** What is kept of a photo that was taken. */
  async function stored(id: string) {
    return app()
      .db.read.selectFrom('images')
      .select(['filename', 'size_bytes', 'sha256', 'mime_type', 'source', 'width', 'height'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  }

  test.each(Object.entries(forms))('%s: whole and byte by byte', async (_name, make) => {
    const form = make(photo);
    const results = [];
    for (const cut of [whole, byteByByte]) {
      const answer = await send(form, cut);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      results.push(await stored(answer.body.id as string));
    }
    expect(results[1]).toEqual(results[0]);
    const reference = await send(plain(photo), whole);
    const usual = await stored(reference.body.id as string);
    const { filename = 'image.jpg', source = 'camera' } = form;
    expect(results[0]).toMatchObject({ filename, source, mime_type: 'image/jpeg', width: usual.width });
    // Two of the forms carry more bytes on purpose.
    if (!/content that/.test(_name)) expect(results[0]!.sha256).toBe(usual.sha256);
  });

  test.each(Object.entries(refused))('%s: refused alike', async (_name, make) => {
    const form = make(photo);
    const answers = [await send(form, whole), await send(form, byteByByte)];
    expect([400, 415]).toContain(answers[0]!.status);
    expect(answers[1]).toEqual(answers[0]);
  });

  test('cut in two at every place', async () => {
    const hard = forms['content that looks like a boundary']!(photo);
    const form: Form = {
      type,
      body: bytes(
        'preamble\r\n',
        field('source', 'sdk'),
        hard.body.subarray(0, -end.length),
        field('a', ''),
        end,
        'epilogue',
      ),
    };
    const first = await send(form, whole);
    const wanted = await stored(first.body.id as string);
    // Every place but the middle of the picture data, where nothing is looked for.
    const places = Array.from({ length: form.body.length - 1 }, (_, at) => at + 1).filter(
      (at) => at < 360 || at > form.body.length - 160,
    );
    expect(places.length).toBeGreaterThan(400);
    const wrong: { at: number; got: unknown }[] = [];
    const left = [...places];
    const work = async (): Promise<void> => {
      for (let at = left.pop(); at !== undefined; at = left.pop()) {
        const [before, after] = [form.body.subarray(0, at), form.body.subarray(at)];
        const answer = await send(form, () => [before, after]);
        const got = answer.status === 201 ? await stored(answer.body.id as string) : answer;
        if (JSON.stringify(got) !== JSON.stringify(wanted)) wrong.push({ at, got });
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    expect(wrong).toEqual([]);
  });
});
