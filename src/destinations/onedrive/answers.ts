/**
 * What refusals of Microsoft mean: of Graph (learn.microsoft.com/graph/errors, /onedrive/developer/rest-api/concepts/errors)
 * and of the sign-in (learn.microsoft.com/entra/identity-platform/reference-error-codes).
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import { readJson } from '../oauth-client.ts';
import type { Meaning, Refusal } from '../oauth-request.ts';

const wait = 'Nothing needs to be done; it will be tried again.';
const later = (says: string, advice = wait): Meaning => ({ fate: 'retry', step: 'write', says, advice });
const never = (says: string, advice: string): Meaning => ({ fate: 'give-up', step: 'write', says, advice });

const slower = later('OneDrive asked to slow down ({status}).');
const full = later('The OneDrive is full ({status}).', 'Free some space, or get more storage.');
const gone: Meaning = {
  ...later('OneDrive does not know {place} ({status}).', 'It was moved or deleted. Choose another folder.'),
  step: 'make folder',
};
const refused = later(
  'OneDrive refused to write {place} ({status}).',
  'Connect the account again, so that Apertur may write outside of its own folder, or choose a folder that the account may change.',
);

const meanings: Record<string, Meaning> = {
  activityLimitReached: slower,
  TooManyRequests: slower,
  tooManyRequests: slower,
  quotaLimitReached: full,
  insufficientStorage: full,
  itemNotFound: gone,
  accessDenied: refused,
  nameAlreadyExists: later('Something of that name is in the way of {place} ({status}).', 'Rename it, or choose another folder.'),
  invalidRequest: never('OneDrive does not take {place} ({status}).', 'Its name may not be allowed there: change file_template.'),
  malwareDetected: never('OneDrive takes {place} for malware ({status}).', 'Look at the photo.'),
  resourceLocked: later('Somebody has locked {place} ({status}).'),
  serviceNotAvailable: later('OneDrive is not available just now ({status}).'),
  maxFileSizeExceeded: never('The photo is larger than OneDrive takes ({status}).', 'Limit the size of photos.'),
  notAllowed: later('The OneDrive of this account is read-only ({status}).', 'It may be locked by its organisation or for lack of space.'),
  ResourceNotFound: later('This account has no OneDrive ({status}).', 'Its organisation has to give it a licence, or it must be opened once.'),
}; // biome-ignore format: one line a refusal

export function readRefusal(answer: OutboundResponse): Refusal {
  const { error } = readJson(answer) as {
    error?: { code?: unknown; message?: unknown; innerError?: { code?: unknown } };
  };
  const outer = typeof error?.code === 'string' ? error.code : '';
  // The code may become more exact further in.
  const inner = typeof error?.innerError?.code === 'string' ? error.innerError.code : '';
  const code = Object.hasOwn(meanings, inner) ? inner : outer;
  const message = typeof error?.message === 'string' ? error.message : '';
  const known = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  return { code, message, meaning: known ?? meaningOfStatus(answer.status) };
}

function meaningOfStatus(status: number): Meaning {
  if (status === 429) return slower;
  if (status === 507) return full;
  if (status === 404) return gone;
  if (status === 403) return refused;
  if (status === 413) return meanings.maxFileSizeExceeded!;
  if (status >= 500) return later('OneDrive had a fault of its own ({status}).');
  return later('OneDrive did not take the photo ({status}).', 'The answer says more.');
}

const admin =
  'The administrator of this Microsoft 365 organisation has to allow Apertur first ({code}). Ask them to approve the app in the Entra admin centre under Enterprise applications, then connect again.';

const signIns: Record<string, string> = {
  '65001': admin,
  '90094': admin,
  '90093': admin,
  '90095': 'Your request to the administrator of this Microsoft 365 organisation was sent ({code}). Connect again once they have approved Apertur.',
  '65004': 'Access was not granted ({code}). Nothing was changed; begin again when you want to.',
  '50105': 'The administrator of this Microsoft 365 organisation has not assigned Apertur to this account ({code}). Ask them to.',
  '50020': 'This account is not of the organisation that this server serves ({code}). Its operator can set APERTUR_MICROSOFT_TENANT to common.',
  '700016': 'Microsoft does not know the app of this server in that organisation ({code}). Its operator checks APERTUR_MICROSOFT_CLIENT_ID and APERTUR_MICROSOFT_TENANT.',
  '7000215': 'The secret of the app of this server is wrong ({code}). Its operator sets APERTUR_MICROSOFT_CLIENT_SECRET to its value, not its id.',
  '7000222': 'The secret of the app of this server has expired ({code}). Its operator makes a new one.',
  '700082': 'the access has ended after a long time without use ({code})',
  '70008': 'the access has ended after a long time without use ({code})',
  '50173': 'the access ended, perhaps because the password was changed ({code})',
  '50076': 'the organisation asks for a second factor ({code})',
  '50079': 'the organisation asks for a second factor ({code})',
  '53003': 'the organisation does not allow access from here (conditional access, {code})',
}; // biome-ignore format: one line a code

/** A sentence for an AADSTS code; undefined for those that say nothing to people. */
export function explainSignIn(_error: string, description: string): string | undefined {
  const code = /\bAADSTS(\d+)/.exec(description)?.[1];
  if (code === undefined || !Object.hasOwn(signIns, code)) return undefined;
  return signIns[code]!.replace('{code}', `AADSTS${code}`);
}
