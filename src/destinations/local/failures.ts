/** What the file system's refusals mean for a delivery, in words for people. */
import { DeliveryError, type Fate } from '../destination.ts';

interface Meaning {
  fate: Fate;
  /** What happened. */
  says: (place: string) => string;
  /** What to do. */
  advice: string;
}

const full: Meaning = {
  fate: 'retry',
  says: (place) => `The disk is full at ${place}.`,
  advice: 'Free some space; the photo is kept until then.',
};
const refused: Meaning = {
  fate: 'retry',
  says: (place) => `The server may not write to ${place}.`,
  advice: 'Give its user the right to write there (chown or chmod).',
};
const inTheWay: Meaning = {
  fate: 'give-up',
  says: (place) => `A file stands where a folder is needed, or a folder where a file is, at ${place}.`,
  advice: 'Move it away or change the template.',
};

const meanings: Record<string, Meaning> = {
  ENOSPC: full,
  EDQUOT: full,
  EACCES: refused,
  EPERM: refused,
  EROFS: {
    fate: 'retry',
    says: (place) => `The disk at ${place} is mounted read-only.`,
    advice: 'Mount it for writing.',
  },
  ENOENT: {
    fate: 'retry',
    says: (place) => `The folder ${place} is not there.`,
    advice: 'Mount its disk, or make the folder.',
  },
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  EEXIST: inTheWay,
  ENOTEMPTY: inTheWay,
  ENAMETOOLONG: {
    fate: 'give-up',
    says: (place) => `The path is too long for this disk: ${place.slice(0, 200)}…`,
    advice: 'Shorten the template.',
  },
  ELOOP: {
    fate: 'give-up',
    says: (place) => `The links at ${place} lead in a circle.`,
    advice: 'Remove them.',
  },
  ENOTSUP: {
    fate: 'give-up',
    says: () => 'This disk has no hard links, which this conflict rule needs.',
    advice: 'Choose overwrite and a template with {image_id}.',
  },
};

/** A failure whose advice also stands by itself, for the steps of a connection test. */
export class LocalError extends DeliveryError {
  readonly what: string;
  readonly advice: string;

  constructor(fate: Fate, what: string, advice: string, cause?: unknown) {
    super(`${what} ${advice}`, { fate, cause });
    this.what = what;
    this.advice = advice;
  }
}

/** The delivery error for what a file operation threw; `place` is the path that it was about. */
export function toDeliveryError(error: unknown, place: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  if (meaning) return new LocalError(meaning.fate, meaning.says(place), meaning.advice, error);
  const what = `Writing to ${place} failed${code ? ` (${code})` : ''}.`;
  return new LocalError('retry', what, 'It will be tried again; look at the disk if it stays so.', error);
}

/** Runs a file operation, and says its failure in our words. */
export async function sayingWhy<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDeliveryError(error, place);
  }
}

export const stopped = (): LocalError =>
  new LocalError('cancelled', 'Stopped in the middle of writing;', 'nothing half-written was left.');

export const outside = (): LocalError =>
  new LocalError(
    'give-up',
    'The folder of this destination is no longer open for deliveries.',
    'Ask the operator to list it in APERTUR_LOCAL_ROOTS, or choose another folder.',
  );

export const leadsOut = (folder: string): LocalError =>
  new LocalError(
    'give-up',
    `${folder} leads out of the folder that is open for deliveries, through a link.`,
    'Remove the link, or ask the operator to open the folder that it leads to.',
  );
