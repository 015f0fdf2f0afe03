/**
 * What a refusal of the Blob service means. Codes:
 * learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and …/common-rest-api-error-codes
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import {
  credentialsRefused,
  failureOf,
  givenUp,
  type Meaning,
  nothingToDo,
  shownCode,
  topFolder,
  triedAgain,
  xmlText,
} from '../meanings.ts';
import type { TransferError } from '../transfer.ts';

/** The service's word for a refusal; HEAD has it in a header alone. */
export function readCode(answer: OutboundResponse): string {
  return shownCode(answer.headers['x-ms-error-code'] ?? xmlText(answer.body.toString('utf8'), 'Code'));
}

/** What sentences name. */
export interface Place {
  account: string;
  container: string;
  name: string;
  /** What is known about the end of the access, as a sentence; may be empty. */
  expiry: string;
}

const badCredentials = credentialsRefused(
  'The storage account {account} did not accept the credentials ({status}).{expiry}',
  'Put a valid SAS token or connection string into the destination, and see that the firewall of the account lets this server in.',
);
const refused = triedAgain(
  'The container refused the write ({status}).',
  'The SAS token may lack Write (w) for {container}/{folder}.',
);
const notThisWay = triedAgain(
  'The SAS token does not fit this request ({status}, {code}).',
  'Make one for the service Blob, the resource types Container and Object, this server’s address and the protocol of the endpoint.',
);
const noContainer = triedAgain(
  'There is no container {container} in {account} ({status}).',
  'Create it, or correct container_name or account_name.',
);
const busy = triedAgain('The storage account is busy ({status}).', nothingToDo);
const fault = triedAgain('The storage account had a fault of its own ({status}).', nothingToDo);
const damaged = triedAgain('The photo was damaged on its way to the container ({status}).', nothingToDo);
const locked = triedAgain(
  'The blob {name} cannot be replaced ({status}, {code}).',
  'End its lease, legal hold or immutability policy, or use a template with {image_id}.',
);
const disabled = triedAgain(
  'The storage account {account} is disabled ({status}).',
  'Look at it in the Azure portal.',
);
const full = triedAgain('The storage account is full ({status}).', 'Raise its limit or free some space.');
const badName = givenUp(
  'Azure does not take {name} as the name of a blob ({status}).',
  'Change blob_template.',
);
const tooLarge = givenUp(
  'The photo is larger than the container takes ({status}).',
  'Limit the size of photos.',
);

const meanings: Record<string, Meaning> = {
  AuthenticationFailed: badCredentials,
  AuthorizationFailure: badCredentials,
  InvalidAuthenticationInfo: badCredentials,
  NoAuthenticationInformation: badCredentials,
  KeyBasedAuthenticationNotPermitted: credentialsRefused(
    'The storage account {account} does not allow account keys ({status}).',
    'Use a SAS token that is signed with Microsoft Entra (user delegation).',
  ),
  AuthorizationPermissionMismatch: refused,
  InsufficientAccountPermissions: refused,
  AuthorizationProtocolMismatch: notThisWay,
  AuthorizationResourceTypeMismatch: notThisWay,
  AuthorizationServiceMismatch: notThisWay,
  AuthorizationSourceIPMismatch: notThisWay,
  ContainerNotFound: noContainer,
  ContainerBeingDeleted: noContainer,
  ContainerDisabled: noContainer,
  ResourceNotFound: noContainer,
  AccountIsDisabled: disabled,
  AccountBeingCreated: busy,
  ServerBusy: busy,
  OperationTimedOut: busy,
  InternalError: fault,
  Md5Mismatch: damaged,
  Crc64Mismatch: damaged,
  BlobImmutableDueToPolicy: locked,
  BlobImmutableDueToLegalHold: locked,
  LeaseIdMissing: locked,
  SnapshotsPresent: locked,
  BlobArchived: locked,
  BlobBeingRehydrated: locked,
  InvalidBlobType: locked,
  RequestBodyTooLarge: tooLarge,
  InvalidResourceName: badName,
  InvalidUri: badName,
  OutOfRangeInput: badName,
};

function meaningOfStatus(status: number): Meaning {
  if (status === 401) return badCredentials;
  if (status === 403) return refused;
  if (status === 404) return noContainer;
  if (status === 413) return tooLarge;
  if (status === 429 || status === 503) return busy;
  if (status === 507) return full;
  if (status >= 500) return fault;
  return triedAgain(
    'The container did not take the photo ({reason}).',
    'Check that the endpoint is a Blob service.',
  );
}

/** The failure that an answer stands for. `secrets` never appear in it. */
export function failureFromAnswer(
  answer: OutboundResponse,
  place: Place,
  now: number,
  secrets: readonly string[],
): TransferError {
  const code = readCode(answer);
  const meaning = (Object.hasOwn(meanings, code) && meanings[code]) || meaningOfStatus(answer.status);
  const words = {
    ...place,
    name: place.name.slice(0, 200),
    expiry: place.expiry && ` ${place.expiry}`,
    folder: topFolder(place.name),
    reason: code === '' ? String(answer.status) : `${answer.status} ${code}`,
  };
  // The details that Azure adds repeat what was signed; the first line says enough.
  const message = xmlText(answer.body.toString('utf8'), 'Message').split(/ ?RequestId:/, 1)[0]!;
  return failureOf({ answer, code, message }, meaning, { words, secrets, now });
}
