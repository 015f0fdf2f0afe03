/** What stores say and our gateway for tests cannot be made to say: answers as the providers document them. */
import { describe, expect, test } from 'vitest';
import { makePhoto, never, openKind } from '../contract.fixture.ts';
import { failure } from '../contract.ts';
import { errorXml, type Scripted, serveGate } from './gate.fixture.ts';
import { s3 } from './index.ts';

async function deliverTo(answer: Scripted, size = 3_000) {
  const { origin } = await serveGate(undefined, { answer: () => answer });
  const settings = {
    bucket: 'claims',
    endpoint: origin,
    access_key_id: 'AKIAEXAMPLE',
    secret_access_key: 'wJalrXUtnFEMI',
  };
  return await failure(openKind(s3, settings).deliver(makePhoto({ size }), never()));
}

describe('codes and their fates', () => {
  test.each([
    [403, 'InvalidAccessKeyId', 'reconnect', /does not know the access key/],
    [403, 'SignatureDoesNotMatch', 'reconnect', /secret access key/],
    [403, 'InvalidSecurity', 'reconnect', /secret access key/],
    [400, 'AuthorizationHeaderMalformed', 'reconnect', /Check the region/],
    [400, 'ExpiredToken', 'reconnect', /expired/],
    [400, 'TokenRefreshRequired', 'reconnect', /expired/],
    [400, 'InvalidToken', 'reconnect', /expired/],
    [401, 'Unauthorized', 'reconnect', /access key/],
    [403, 'AccessDenied', 'retry', /s3:PutObject on uploads\/\*/],
    [403, 'AllAccessDisabled', 'retry', /bucket policy denies/],
    [403, 'AccountProblem', 'retry', /Ask the provider/],
    [403, 'RequestTimeTooSkewed', 'retry', /clock/],
    [404, 'NoSuchBucket', 'retry', /no bucket claims/],
    [301, 'PermanentRedirect', 'retry', /not in us-east-1/],
    [307, 'TemporaryRedirect', 'retry', /not in us-east-1/],
    [400, 'IllegalLocationConstraintException', 'retry', /not in us-east-1/],
    [503, 'SlowDown', 'retry', /slow down/],
    [503, 'ServiceUnavailable', 'retry', /slow down/],
    [400, 'ThrottlingException', 'retry', /slow down/],
    [400, 'RequestTimeout', 'retry', /slow down/],
    [409, 'ConditionalRequestConflict', 'retry', /slow down/],
    [500, 'InternalError', 'retry', /fault of its own/],
    [409, 'OperationAborted', 'retry', /slow down/],
    [403, 'QuotaExceeded', 'retry', /quota/],
    [507, 'XMinioStorageFull', 'retry', /full/],
    [400, 'XMinioAdminBucketQuotaExceeded', 'retry', /quota/],
    [507, 'InsufficientStorage', 'retry', /full/],
    [400, 'BadDigest', 'retry', /damaged/],
    [400, 'XAmzContentChecksumMismatch', 'retry', /damaged/],
    [400, 'IncompleteBody', 'retry', /damaged/],
    [400, 'XAmzContentSHA256Mismatch', 'retry', /damaged/],
    [400, 'EntityTooLarge', 'give-up', /larger than/],
    [400, 'KeyTooLongError', 'give-up', /key_template/],
    [400, 'XMinioInvalidObjectName', 'give-up', /key_template/],
    [400, 'InvalidObjectName', 'give-up', /key_template/],
    [400, 'InvalidURI', 'give-up', /key_template/],
    [418, 'SomethingNew', 'retry', /418 SomethingNew/],
  ] as const)('%d %s: %s', async (status, code, fate, says) => {
    const error = await deliverTo({ status, body: errorXml(code) });
    expect(error).toMatchObject({ fate, status, excerpt: `${code}: About ${code}` });
    expect(error.message).toMatch(says);
  });
});

test('the time that a store names is kept', async () => {
  const error = await deliverTo({
    status: 503,
    headers: { 'retry-after': '17' },
    body: errorXml('SlowDown'),
  });
  expect(error.retryAfter).toBe(17);
});

test.each([
  [401, 'reconnect'],
  [403, 'retry'],
  [404, 'retry'],
  [413, 'give-up'],
  [429, 'retry'],
  [502, 'retry'],
  [507, 'retry'],
])('an answer that is no XML: %d is %s', async (status, fate) => {
  const error = await deliverTo({ status, body: '<html>nginx</html>' });
  expect(error).toMatchObject({ fate, status, excerpt: null });
  expect(error.message).toContain(String(status));
});

test('what a store repeats of the credentials is taken out', async () => {
  const body = errorXml('SignatureDoesNotMatch').replace('About', 'For AKIAEXAMPLE and wJalrXUtnFEMI:');
  const error = await deliverTo({ status: 403, body });
  expect(`${error.message} ${error.excerpt}`).not.toMatch(/AKIAEXAMPLE|wJalrXUtnFEMI/);
});

test('a completed upload that is answered with 200 and an error has failed', async () => {
  const { origin } = await serveGate(undefined, {
    answer: ({ method, url }) => {
      if (url?.endsWith('?uploads=')) {
        return {
          status: 200,
          body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
        };
      }
      if (method === 'PUT') return { status: 200, headers: { etag: '"x"' } };
      return method === 'POST' ? { status: 200, body: errorXml('InternalError') } : { status: 204 };
    },
  });
  const settings = { bucket: 'claims', endpoint: origin, access_key_id: 'A', secret_access_key: 'S' };
  const error = await failure(openKind(s3, settings).deliver(makePhoto({ size: 17_000_000 }), never()));
  expect(error).toMatchObject({ fate: 'retry', excerpt: 'InternalError: About InternalError' });
});
