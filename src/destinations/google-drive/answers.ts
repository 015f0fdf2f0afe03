/**
 * What a refusal of Google Drive means. Reasons: developers.google.com/workspace/drive/api/guides/handle-errors
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import { readJson } from '../oauth-client.ts';
import type { Meaning, Refusal } from '../oauth-request.ts';

const wait = 'Nothing needs to be done; it will be tried again.';

const later = (says: string, advice = wait): Meaning => ({ fate: 'retry', step: 'write', says, advice });

const slower = later('Google Drive asked to slow down ({status}).');
const full = later('The Google Drive is full ({status}).', 'Free some space, or get more storage.');
const gone: Meaning = {
  fate: 'retry',
  step: 'make folder',
  says: 'Google Drive does not show us {place} ({status}).',
  advice:
    'Apertur sees only what it made itself. Choose a folder through Apertur, or take it back out of the bin.',
};
const refused = later(
  'Google Drive refused to write {place} ({status}).',
  'The account needs the right to edit that folder.',
);
const scope: Meaning = {
  fate: 'reconnect',
  step: 'sign in',
  says: 'The connected account did not allow Apertur to write files ({status}).',
  advice: 'Connect it again and tick the permission for files.',
};

const meanings: Record<string, Meaning> = {
  userRateLimitExceeded: slower,
  rateLimitExceeded: slower,
  sharingRateLimitExceeded: slower,
  dailyLimitExceeded: later(
    'The app of this server has used up its calls to Google Drive for today ({status}).',
    'The operator raises the quota in the Google Cloud console.',
  ),
  quotaExceeded: full,
  storageQuotaExceeded: full,
  teamDriveFileLimitExceeded: later(
    'The shared drive holds as many files as it may ({status}).',
    'Use another folder, or clear it.',
  ),
  numChildrenInNonRootLimitExceeded: later(
    'The folder holds as many files as it may ({status}).',
    'Use a subfolder template, e.g. {session_id}.',
  ),
  notFound: gone,
  parentNotAFolder: later('{place} is a file and no folder ({status}).', 'Choose a folder.'),
  insufficientFilePermissions: refused,
  insufficientParentPermissions: refused,
  cannotAddParent: refused,
  insufficientPermissions: scope,
  insufficientScopes: scope,
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: scope,
  appNotAuthorizedToFile: gone,
  accessNotConfigured: later(
    'The Google Drive API is not switched on for the app of this server ({status}).',
    'The operator enables it in the Google Cloud console.',
  ),
  domainPolicy: later(
    'The Google Workspace of this account does not allow apps such as Apertur ({status}).',
    'Its administrator can allow it.',
  ),
};

export function readRefusal(answer: OutboundResponse): Refusal {
  const { error } = readJson(answer) as {
    error?: { message?: string; errors?: { reason?: string }[]; status?: string };
  };
  const code = error?.errors?.[0]?.reason ?? error?.status ?? '';
  const message = typeof error?.message === 'string' ? error.message : '';
  const known = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  return { code, message, meaning: known ?? meaningOfStatus(answer.status) };
}

function meaningOfStatus(status: number): Meaning {
  if (status === 429) return slower;
  if (status === 404) return gone;
  if (status === 403) return refused;
  if (status >= 500) return later('Google Drive had a fault of its own ({status}).');
  if (status === 413) {
    return { ...later('The photo is larger than Google Drive takes ({status}).'), fate: 'give-up' };
  }
  return later('Google Drive did not take the photo ({status}).', 'The answer says more.');
}
