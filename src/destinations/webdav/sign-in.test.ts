import { describe, expect, test } from 'vitest';
import { authorize, type DigestChallenge, readChallenge } from './sign-in.ts';

describe('the challenge', () => {
  test('the strongest that is known is taken, wherever it stands', () => {
    const basic = 'Basic realm="a, b", charset="UTF-8"';
    const md5 = 'Digest realm="x", nonce="n1", qop="auth,auth-int", algorithm=MD5';
    const sha = 'Digest realm="x", nonce="n2", qop="auth", algorithm=SHA-256, stale=TRUE, opaque="o\\"p"';
    expect(readChallenge(basic)).toEqual({ scheme: 'basic' });
    expect(readChallenge(`${basic}, ${md5}`)).toMatchObject({ scheme: 'digest', hash: 'md5', nonce: 'n1' });
    for (const header of [`${md5}, ${sha}, ${basic}`, `Negotiate, ${sha}, ${md5}`]) {
      expect(readChallenge(header)).toMatchObject({
        scheme: 'digest',
        hash: 'sha256',
        nonce: 'n2',
        stale: true,
        opaque: 'o"p',
        qop: true,
        session: false,
      });
    }
  });

  test.each([
    ['', undefined],
    ['Bearer realm="x"', undefined],
    ['Negotiate', undefined],
    ['Digest realm="x"', undefined],
    ['Digest realm="x", nonce="n", algorithm=SHA-512-256', undefined],
    ['Digest realm="x", nonce="n", qop="auth-int"', undefined],
    ['Digest realm="x", nonce="n"', { hash: 'md5', qop: false, algorithm: undefined }],
    ['digest REALM=x, Nonce=n, QOP=auth, algorithm=md5-SESS', { hash: 'md5', session: true, qop: true }],
  ])('%j', (header, wanted) => {
    const found = readChallenge(header);
    if (wanted) expect(found).toMatchObject(wanted);
    else expect(found).toBeUndefined();
  });
});

/** The example of RFC 7616 §3.9.1. */
const example: DigestChallenge = {
  scheme: 'digest',
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  algorithm: 'MD5',
  hash: 'md5',
  session: false,
  qop: true,
  stale: false,
  uses: 0,
};
const mufasa = { username: 'Mufasa', password: 'Circle of Life' };
const cnonce = (): string => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

test('Digest answers as the RFC does, with MD5 and SHA-256', () => {
  const md5 = authorize({ ...example }, mufasa, 'GET', '/dir/index.html', cnonce);
  expect(md5).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
  expect(md5).toContain('username="Mufasa", realm="http-auth@example.org", ');
  expect(md5).toContain('uri="/dir/index.html"');
  expect(md5).toContain('qop=auth, nc=00000001');
  const challenge: DigestChallenge = { ...example, algorithm: 'SHA-256', hash: 'sha256' };
  const sha256 = authorize(challenge, mufasa, 'GET', '/dir/index.html', cnonce);
  expect(sha256).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
  expect(authorize(challenge, mufasa, 'GET', '/', cnonce)).toContain('nc=00000002');
});

test('Digest without qop is that of RFC 2069', () => {
  const header = authorize(
    { ...example, qop: false, algorithm: undefined },
    mufasa,
    'GET',
    '/dir/index.html',
  );
  expect(header).not.toMatch(/qop|nc=|cnonce|algorithm/);
});

test('Basic and names that fit into no header', () => {
  const user = { username: 'jürgen', password: 'pässword' };
  const sent = authorize({ scheme: 'basic' }, user, 'GET', '/').slice('Basic '.length);
  expect(Buffer.from(sent, 'base64').toString('utf8')).toBe('jürgen:pässword');
  expect(authorize({ ...example }, user, 'GET', '/')).toContain("username*=UTF-8''j%C3%BCrgen,");
  expect(authorize({ ...example }, { ...user, username: 'a"b\\c' }, 'GET', '/')).toContain(
    'username="a\\"b\\\\c"',
  );
});
