import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { emptySha256, signAwsRequest } from './aws-signature.ts';
import { encodePath } from './url-path.ts';

/** The published example: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const scope = { region: 'us-east-1', now: Date.UTC(2013, 4, 24) };
const bucket = 'https://examplebucket.s3.amazonaws.com';

const signatureOf = (headers: Record<string, string>) => /Signature=(.*)$/.exec(headers.authorization!)?.[1];

test('GET Object with a range, as published', () => {
  const request = {
    method: 'GET',
    url: new URL(`${bucket}/test.txt`),
    headers: { Range: 'bytes=0-9' },
    payloadSha256: emptySha256,
  };
  expect(signatureOf(signAwsRequest(request, credentials, scope))).toBe(
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

test('PUT Object with a key that needs encoding, as published', () => {
  const headers = { Date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' };
  const request = {
    method: 'PUT',
    url: new URL(bucket + encodePath('/test$file.text')),
    headers,
    payloadSha256: createHash('sha256').update('Welcome to Amazon S3.').digest('hex'),
  };
  const signed = signAwsRequest(request, credentials, scope);
  expect(signatureOf(signed)).toBe('98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd');
  expect(signed).toMatchObject(headers);
});

test.each([
  ['lifecycle', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ['max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
])('a query (%s), as published', (query, signature) => {
  const request = { method: 'GET', url: new URL(`${bucket}/?${query}`), payloadSha256: emptySha256 };
  expect(signatureOf(signAwsRequest(request, credentials, scope))).toBe(signature);
});

test('every character but the unreserved is encoded, and the URL keeps it so', () => {
  const path = encodePath("/a b/+&=;,#?%!'()*[]{}~^@$/ü写📷.jpg");
  expect(path).not.toMatch(/[^A-Za-z0-9%._~/-]/);
  expect(new URL(path, bucket).pathname).toBe(path);
});
