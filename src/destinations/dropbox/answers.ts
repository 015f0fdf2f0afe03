/** What a refusal of Dropbox means. www.dropbox.com/developers/documentation/http/documentation#error-handling */
import type { OutboundResponse } from '../../lib/outbound.ts';
import { readJson } from '../oauth-client.ts';
import type { Meaning, Refusal } from '../oauth-request.ts';

const wait = 'Nothing needs to be done; it will be tried again.';
const later = (says: string, advice = wait): Meaning => ({ fate: 'retry', step: 'write', says, advice });
const never = (says: string, advice: string): Meaning => ({ fate: 'give-up', step: 'write', says, advice });

const badName = never('Dropbox does not take {place} as a name ({status}).', 'Change file_template.');

/** By the parts of `error_summary`, the first that fits. */
const meanings: [RegExp, Meaning][] = [
  [/insufficient_space/, later('The Dropbox is full ({status}).', 'Free some space, or get more storage.')],
  [/too_many_(requests|write_operations)/, later('Dropbox asked to slow down ({status}).')],
  [/content_hash_mismatch/, later('The photo was damaged on its way to Dropbox ({status}).')],
  [/no_write_permission|access_error|access_denied/, later('Dropbox refused to write {place} ({status}).', 'The account needs the right to change that folder.')],
  [/disallowed_name|malformed_path/, badName],
  [/conflict\/(file_ancestor|folder)/, later('A file or folder of that name is in the way of {place} ({status}).', 'Rename it, or choose another folder.')],
  [/payload_too_large/, never('The photo is larger than Dropbox takes ({status}).', 'Limit the size of photos.')],
  [/not_found/, { ...later('Dropbox does not know {place} ({status}).', 'Choose another folder.'), step: 'make folder' }],
  [/email_unverified/, later('The e-mail address of the Dropbox account is not confirmed ({status}).', 'Its owner confirms it.')],
  [/paper_access_denied|team_folder/, later('That place of the Dropbox takes no files ({status}).', 'Choose another folder.')],
]; // biome-ignore format: one line a refusal

export function readRefusal(answer: OutboundResponse): Refusal {
  const body = readJson(answer) as {
    error_summary?: unknown;
    error?: { retry_after?: unknown };
    user_message?: { text?: unknown };
  };
  const summary = typeof body.error_summary === 'string' ? body.error_summary : '';
  const code = summary.replace(/[./]+$/, '');
  const text = body.user_message?.text;
  // A request that is malformed is answered in plain text.
  const message = typeof text === 'string' ? text : code === '' ? answer.body.toString('utf8', 0, 900) : '';
  const known = meanings.find(([pattern]) => pattern.test(code))?.[1];
  const retryAfter = Number(body.error?.retry_after);
  const meaning = known ?? meaningOfStatus(answer.status);
  return { code, message, meaning: retryAfter > 0 ? { ...meaning, retryAfter } : meaning };
}

function meaningOfStatus(status: number): Meaning {
  if (status === 429) return later('Dropbox asked to slow down ({status}).');
  if (status === 403) {
    return later(
      'Dropbox does not allow this account to do that ({status}).',
      'Its owner or team can tell why.',
    );
  }
  if (status >= 500) return later('Dropbox had a fault of its own ({status}).');
  return later('Dropbox did not take the photo ({status}).', 'The answer says more.');
}
