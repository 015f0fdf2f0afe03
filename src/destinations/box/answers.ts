/** What a refusal of Box means. developer.box.com/guides/api-calls/permissions-and-errors/common-errors */
import type { OutboundResponse } from '../../lib/outbound.ts';
import { readJson } from '../oauth-client.ts';
import type { Meaning, Refusal } from '../oauth-request.ts';

const wait = 'Nothing needs to be done; it will be tried again.';
const later = (says: string, advice = wait): Meaning => ({ fate: 'retry', step: 'write', says, advice });
const never = (says: string, advice: string): Meaning => ({ fate: 'give-up', step: 'write', says, advice });

const slower = later('Box asked to slow down ({status}).');
const gone: Meaning = {
  ...later(
    'Box does not know {place} ({status}).',
    'It was moved, deleted or is in the bin. Choose another folder.',
  ),
  step: 'make folder',
};
const refused = later(
  'Box refused to write {place} ({status}).',
  'The account needs the role of an editor or uploader in that folder.',
);
const badName = never('Box does not take {place} as a name ({status}).', 'Change file_template.');

const meanings: Record<string, Meaning> = {
  rate_limit_exceeded: slower,
  storage_limit_exceeded: later('The Box is full ({status}).', 'Free some space, or get more storage.'),
  folder_not_found: gone,
  not_found: gone,
  trashed: gone,
  insufficient_scope: {
    fate: 'reconnect',
    step: 'sign in',
    says: 'The app of this server may not write to Box ({status}).',
    advice: 'Its operator gives it "Write all files and folders" in the Box developer console; then connect again.',
  },
  access_denied_insufficient_permissions: refused,
  access_denied_item_locked: later('Somebody has locked {place} ({status}).'),
  item_name_invalid: badName,
  item_name_too_long: badName,
  item_name_in_use: later('Something of that name is in the way of {place} ({status}).', 'Rename it, or choose another folder.'),
  name_temporarily_reserved: later('Another upload holds the name {place} for a moment ({status}).'),
  operation_blocked_temporary: later('The folder is busy just now ({status}).'),
  bad_digest: later('The photo was damaged on its way to Box ({status}).'),
  file_size_limit_exceeded: never('The photo is larger than this Box account takes ({status}).', 'Limit the size of photos.'),
  unavailable: later('Box is not available just now ({status}).'),
}; // biome-ignore format: one line a refusal

interface BoxError {
  code?: unknown;
  message?: unknown;
  context_info?: { conflicts?: Conflict | Conflict[] };
}

export interface Conflict {
  type: string;
  id: string;
  sha1?: string;
}

export function readRefusal(answer: OutboundResponse): Refusal {
  const { code, message } = readJson(answer) as BoxError;
  const word = typeof code === 'string' ? code : '';
  const known = Object.hasOwn(meanings, word) ? meanings[word] : undefined;
  return {
    code: word,
    message: typeof message === 'string' ? message : '',
    meaning: known ?? meaningOfStatus(answer.status),
  };
}

/** What has the name already: Box says one file as an object and folders as a list. */
export function readConflict(answer: OutboundResponse): Conflict | undefined {
  const { code, context_info: context } = readJson(answer) as BoxError;
  if (answer.status !== 409 || code !== 'item_name_in_use') return undefined;
  return [context?.conflicts ?? []].flat()[0];
}

function meaningOfStatus(status: number): Meaning {
  if (status === 429) return slower;
  if (status === 404) return gone;
  if (status === 403) return refused;
  if (status === 413) return meanings.file_size_limit_exceeded!;
  if (status >= 500) return later('Box had a fault of its own ({status}).');
  return later('Box did not take the photo ({status}).', 'The answer says more.');
}
