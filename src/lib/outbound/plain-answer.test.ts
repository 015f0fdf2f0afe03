import { describe, expect, test } from 'vitest';
import { readPlainAnswer } from './plain-answer.ts';

const read = (text: string, limit = 100) => readPlainAnswer(Buffer.from(text, 'latin1'), limit);
const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;

describe('is read', () => {
  test.each([
    ['with a length', `${head('Content-Length: 2')}hi`, 'hi'],
    ['without a body', head('content-length: 0', 'Connection: Keep-Alive'), ''],
    ['in chunks', `${head('Transfer-Encoding: chunked')}2\r\nhi\r\n3\r\n yo\r\n0\r\n\r\n`, 'hi yo'],
    ['in no chunk at all, as Node answers', `${head('Transfer-Encoding: chunked')}0\r\n\r\n`, ''],
    ['with as much as is kept', `${head('Content-Length: 100')}${'x'.repeat(100)}`, 'x'.repeat(100)],
  ])('an answer %s', (_, text, body) => {
    const answer = read(text);
    expect(answer?.status).toBe(200);
    expect(answer?.body.toString()).toBe(body);
  });

  test('204, which has no length', () => {
    expect(read('HTTP/1.1 204 \r\nDate: now\r\n\r\n')).toMatchObject({
      status: 204,
      headers: { date: 'now' },
    });
  });

  test('every header, in lower case, without the space around it', () => {
    expect(read(head('X-A:  b c \t', 'Retry-After:5', 'content-length: 0', 'x-empty:'))?.headers).toEqual({
      'x-a': 'b c',
      'retry-after': '5',
      'content-length': '0',
      'x-empty': '',
    });
  });

  test('a body that outlives the block in which it arrived', () => {
    const block = Buffer.from(`${head('Content-Length: 2')}hi`);
    const answer = readPlainAnswer(block, 100);
    block.fill('x');
    expect(answer?.body.toString()).toBe('hi');
  });
});

describe('is left to Node', () => {
  const chunked = head('Transfer-Encoding: chunked');
  test.each([
    ['an incomplete head', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n'],
    ['an incomplete body', `${head('Content-Length: 3')}hi`],
    ['a body that goes on', `${head('Content-Length: 1')}hi`],
    ['a body longer than is kept', `${head('Content-Length: 101')}${'x'.repeat(101)}`],
    ['chunks longer than is kept', `${chunked}65\r\n${'x'.repeat(101)}\r\n0\r\n\r\n`],
    ['a body until the end', `${head()}hi`],
    ['a beginning', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
    ['an answer after a beginning', `HTTP/1.1 100 Continue\r\n\r\n${head('Content-Length: 0')}`],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n'],
    ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    ['another version', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
    ['an end of the connection', head('Connection: close', 'Content-Length: 0')],
    ['a change of the protocol', head('Upgrade: h2c', 'Content-Length: 0')],
    ['two lengths', `${head('Content-Length: 2', 'Content-Length: 2')}hi`],
    ['a length and chunks', `${head('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['a length that is none', `${head('Content-Length: 0x2')}hi`],
    ['a coding besides chunks', `${head('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`],
    ['a header twice', head('Set-Cookie: a', 'Set-Cookie: b', 'Content-Length: 0')],
    ['a folded header', head('X-A: b', ' c', 'Content-Length: 0')],
    ['a space before the colon', head('Content-Length : 0')],
    ['a control character', head('X-A: \u0001', 'Content-Length: 0')],
    ['a lone line feed', head('X-A: b\nContent-Length: 0')],
    ['a name that objects have', head('__proto__: x', 'Content-Length: 0')],
    ['too long a head', head(`X-A: ${'x'.repeat(16_400)}`, 'Content-Length: 0')],
    ['chunks with an extension', `${chunked}2;a=b\r\nhi\r\n0\r\n\r\n`],
    ['chunks with a trailer', `${chunked}2\r\nhi\r\n0\r\nX-A: b\r\n\r\n`],
    ['chunks without an end', `${chunked}2\r\nhi\r\n`],
    ['chunks that are cut', `${chunked}3\r\nhi`],
    ['a size that is none', `${chunked}-1\r\nhi\r\n0\r\n\r\n`],
    ['chunks that go on', `${chunked}0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });
});
