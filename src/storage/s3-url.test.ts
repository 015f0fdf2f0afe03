import { expect, test } from 'vitest';
import { readS3Url } from './s3-url.ts';

test.each([
  [
    's3://KEY:SECRET@127.0.0.1:9000/photos?tls=off',
    { origin: 'http://127.0.0.1:9000', root: '/photos/', prefix: '', region: 'us-east-1' },
  ],
  [
    's3://KEY:SECRET@s3.example.com/photos/apertur/live?region=eu-1',
    { origin: 'https://s3.example.com', root: '/photos/', prefix: 'apertur/live/', region: 'eu-1' },
  ],
  [
    's3://KEY:SECRET@s3.eu-central-1.amazonaws.com/photos?region=eu-central-1',
    { origin: 'https://photos.s3.eu-central-1.amazonaws.com', root: '/', prefix: '', region: 'eu-central-1' },
  ],
  [
    's3://KEY:SECRET@s3.amazonaws.com/my.photos/x?style=path',
    { origin: 'https://s3.amazonaws.com', root: '/my.photos/', prefix: 'x/' },
  ],
  ['s3://KEY:SECRET@[::1]:9000/photos?style=host', { origin: 'https://photos.[::1]:9000', root: '/' }],
])('%s', (url, settings) => {
  expect(readS3Url(url)).toMatchObject({ ...settings, accessKeyId: 'KEY', secretAccessKey: 'SECRET' });
});

test('key and secret may hold any character, percent-encoded', () => {
  expect(readS3Url('s3://photos%3Aup:a%2Fb%40c%2B%3A@host/photos')).toMatchObject({
    accessKeyId: 'photos:up',
    secretAccessKey: 'a/b@c+:',
  });
});

test.each([
  ['s3:photos', /is not of the form|names no host/],
  ['https://KEY:hidden@host/photos', /is not of the form/],
  ['s3:///photos', /names no host/],
  ['s3://KEY:hidden@host', /no usable bucket/],
  ['s3://KEY:hidden@host/a', /no usable bucket/],
  ['s3://KEY:hidden@host/..%2fphotos', /no usable bucket/],
  ['s3://host/photos', /needs an access key/],
  ['s3://KEY@host/photos', /needs an access key/],
  ['s3://KEY:hidden@host/photos?tls=no', /cannot be used: tls/],
  ['s3://KEY:hidden@host/photos?regoin=eu', /not known or cannot be used: regoin/],
])('%s is refused with a sentence, and no secret', (url, sentence) => {
  const refusal = ((): Error => {
    try {
      return new Error(JSON.stringify(readS3Url(url)));
    } catch (error) {
      return error as Error;
    }
  })();
  expect(refusal.message).toMatch(sentence);
  expect(refusal.message).not.toContain('hidden');
});
