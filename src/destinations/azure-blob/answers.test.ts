/** What Azure says and its emulator cannot be made to say: answers as Microsoft documents them. */
import { expect, test } from 'vitest';
import { serve } from '../../lib/outbound/servers.fixture.ts';
import { makePhoto, never, openKind } from '../contract.fixture.ts';
import { failure } from '../contract.ts';
import { azureBlob } from './index.ts';

const signature = 'c2VjcmV0IHNpZ25hdHVyZQ==';

async function deliverTo(status: number, code: string, headers: Record<string, string> = {}) {
  const endpoint = await serve((request, response) => {
    request.resume().on('end', () => {
      const named = code === '' ? {} : { 'x-ms-error-code': code };
      const detail = `About ${code}\nRequestId:1234\nTime:2026 sig=${signature}`;
      response.writeHead(status, { ...named, ...headers });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${detail}</Message></Error>`);
    });
  });
  const settings = {
    account_name: 'acme',
    container_name: 'photos',
    endpoint: `${endpoint}/acme`,
    sas_token: `sp=cw&sr=c&sig=${encodeURIComponent(signature)}`,
  };
  return await failure(openKind(azureBlob, settings).deliver(makePhoto(), never()));
}

test.each([
  [403, 'AuthenticationFailed', 'reconnect', /did not accept the credentials/],
  [403, 'AuthorizationFailure', 'reconnect', /firewall/],
  [401, 'NoAuthenticationInformation', 'reconnect', /credentials/],
  [400, 'InvalidAuthenticationInfo', 'reconnect', /credentials/],
  [403, 'KeyBasedAuthenticationNotPermitted', 'reconnect', /does not allow account keys/],
  [403, 'AuthorizationPermissionMismatch', 'retry', /Write \(w\) for photos\/uploads\//],
  [403, 'InsufficientAccountPermissions', 'retry', /Write \(w\)/],
  [403, 'AuthorizationSourceIPMismatch', 'retry', /does not fit/],
  [403, 'AuthorizationProtocolMismatch', 'retry', /does not fit/],
  [403, 'AuthorizationResourceTypeMismatch', 'retry', /does not fit/],
  [403, 'AuthorizationServiceMismatch', 'retry', /does not fit/],
  [404, 'ContainerNotFound', 'retry', /no container photos in acme/],
  [409, 'ContainerBeingDeleted', 'retry', /no container/],
  [409, 'ContainerDisabled', 'retry', /no container/],
  [404, 'ResourceNotFound', 'retry', /no container/],
  [403, 'AccountIsDisabled', 'retry', /disabled/],
  [409, 'AccountBeingCreated', 'retry', /busy/],
  [503, 'ServerBusy', 'retry', /busy/],
  [500, 'OperationTimedOut', 'retry', /busy/],
  [500, 'InternalError', 'retry', /fault of its own/],
  [400, 'Md5Mismatch', 'retry', /damaged/],
  [400, 'Crc64Mismatch', 'retry', /damaged/],
  [409, 'BlobImmutableDueToPolicy', 'retry', /cannot be replaced/],
  [409, 'BlobImmutableDueToLegalHold', 'retry', /cannot be replaced/],
  [409, 'SnapshotsPresent', 'retry', /cannot be replaced/],
  [409, 'BlobArchived', 'retry', /cannot be replaced/],
  [409, 'BlobBeingRehydrated', 'retry', /cannot be replaced/],
  [409, 'InvalidBlobType', 'retry', /cannot be replaced/],
  [413, 'RequestBodyTooLarge', 'give-up', /larger than/],
  [400, 'InvalidResourceName', 'give-up', /blob_template/],
  [400, 'InvalidUri', 'give-up', /blob_template/],
  [400, 'OutOfRangeInput', 'give-up', /blob_template/],
  [418, 'SomethingNew', 'retry', /418 SomethingNew/],
  [401, '', 'reconnect', /credentials/],
  [403, '', 'retry', /Write \(w\)/],
  [404, '', 'retry', /no container/],
  [413, '', 'give-up', /larger than/],
  [429, '', 'retry', /busy/],
  [507, '', 'retry', /full/],
  [502, '', 'retry', /fault/],
] as const)('%d %s: %s', async (status, code, fate, says) => {
  const error = await deliverTo(status, code);
  expect(error).toMatchObject({ fate, status });
  expect(error.message).toMatch(says);
  expect(`${error.message} ${error.excerpt}`).not.toMatch(/c2VjcmV0|RequestId/);
});

test('the time that Azure names is kept', async () => {
  expect((await deliverTo(503, 'ServerBusy', { 'retry-after': '9' })).retryAfter).toBe(9);
});
