/** What the file system's refusals mean for a delivery, in words for people. */
import { DeliveryError, type Fate } from '../destination.ts';

interface Meaning {
  fate: Fate;
  /** What happened and what to do. */
  say: (place: string) => string;
}

const retry = (say: Meaning['say']): Meaning => ({ fate: 'retry', say });
const giveUp = (say: Meaning['say']): Meaning => ({ fate: 'give-up', say });

const full = retry((place) => `The disk is full at ${place}. Free some space; the photo is kept until then.`);
const refused = retry(
  (place) => `The server may not write to ${place}. Give its user the right to write there (chown or chmod).`,
);
const inTheWay = giveUp(
  (place) =>
    `A file stands where a folder is needed, or a folder where a file is, at ${place}. Move it away or change the template.`,
);

const meanings: Record<string, Meaning> = {
  ENOSPC: full,
  EDQUOT: full,
  EACCES: refused,
  EPERM: refused,
  EROFS: retry((place) => `The disk at ${place} is mounted read-only. Mount it for writing.`),
  ENOENT: retry((place) => `The folder ${place} is not there. Mount its disk, or make the folder.`),
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  EEXIST: inTheWay,
  ENOTEMPTY: inTheWay,
  ENAMETOOLONG: giveUp(
    (place) => `The path is too long for this disk: ${place.slice(0, 200)}… Shorten the template.`,
  ),
  ELOOP: giveUp((place) => `The links at ${place} lead in a circle. Remove them.`),
  ENOTSUP: giveUp(
    () =>
      'This disk has no hard links, which this conflict rule needs. Choose overwrite and a template with {image_id}.',
  ),
};

/** The delivery error for what a file operation threw; `place` is the path that it was about. */
export function toDeliveryError(error: unknown, place: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  if (meaning) return new DeliveryError(meaning.say(place), { fate: meaning.fate, cause: error });
  return new DeliveryError(`Writing to ${place} failed${code ? ` (${code})` : ''}. It will be tried again.`, {
    fate: 'retry',
    cause: error,
  });
}

/** Runs a file operation, and says its failure in our words. */
export async function sayingWhy<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDeliveryError(error, place);
  }
}

export const stopped = (): DeliveryError =>
  new DeliveryError('Stopped in the middle of writing; nothing half-written was left.', {
    fate: 'cancelled',
  });
