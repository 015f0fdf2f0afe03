/**
 * What happens when a file of that name is there already: one setting with one meaning for every kind. A kind brings
 * how to write only where nothing is, and how to look at what is there; the decisions are made here.
 */
import path from 'node:path';
import { Type } from 'typebox';
import { type DeliverableImage, DeliveryError } from './destination.ts';

export const conflicts = ['overwrite', 'skip', 'rename', 'fail'] as const;
export type Conflict = (typeof conflicts)[number];

/** The settings field; every kind calls it `conflict`. */
export const conflictField = Type.Optional(
  Type.Enum([...conflicts], {
    title: 'When a file of that name is there',
    description:
      'overwrite replaces it; skip keeps it and counts the photo as delivered; rename writes beside it; fail ends the delivery.',
    examples: ['overwrite'],
    aliases: ['conflict_policy', 'on_conflict'],
    default: 'overwrite',
  }),
);

/**
 * What lies at a path: nothing, this photo (from an attempt whose end was never written down), something else, or we may
 * not look (credentials that can only write).
 */
export type Found = 'nothing' | 'ours' | 'another' | 'unknown';

export interface ConflictSteps<Written> {
  /** Writes where nothing is, in one step where the service can; `taken` when something was there after all. */
  writeIfFree(path: string, found: Found): Promise<Written | 'taken'>;
  /** Replaces whatever is there. */
  overwrite(path: string): Promise<Written>;
  look(path: string): Promise<Found>;
}

export type Placed<Written> =
  | { outcome: 'written'; path: string; written: Written }
  /** The photo was there already. */
  | { outcome: 'ours'; path: string }
  /** `skip` kept what was there. */
  | { outcome: 'kept'; path: string };

const maxNumbered = 1_000;

/** Writes an image to `wanted` under a policy other than overwrite. Throws DeliveryError `give-up`. */
export async function placeImage<Written>(
  image: Pick<DeliverableImage, 'id'>,
  wanted: string,
  conflict: Exclude<Conflict, 'overwrite'>,
  steps: ConflictSteps<Written>,
): Promise<Placed<Written>> {
  const found = await steps.look(wanted);
  if (found === 'ours') return { outcome: 'ours', path: wanted };
  if (found !== 'another') {
    const written = await steps.writeIfFree(wanted, found);
    if (written !== 'taken') return { outcome: 'written', path: wanted, written };
    if ((await steps.look(wanted)) === 'ours') return { outcome: 'ours', path: wanted };
  }
  if (conflict === 'skip') return { outcome: 'kept', path: wanted };
  if (conflict === 'rename') return await placeBeside(image, wanted, steps);
  throw new DeliveryError(`${wanted} is there already and the conflict rule is fail.`, { fate: 'give-up' });
}

async function placeBeside<Written>(
  image: Pick<DeliverableImage, 'id'>,
  wanted: string,
  steps: ConflictSteps<Written>,
): Promise<Placed<Written>> {
  for (let number = 2; number <= maxNumbered; number++) {
    const candidate = suffixPath(wanted, ` (${number})`);
    const found = await steps.look(candidate);
    if (found === 'ours') return { outcome: 'ours', path: candidate };
    if (found === 'another') continue;
    if (found === 'unknown') {
      // Trying number after number would send the photo each time. This name is the photo's own, so that another
      // attempt writes to it again.
      const own = suffixPath(wanted, ` (${image.id})`);
      return { outcome: 'written', path: own, written: await steps.overwrite(own) };
    }
    const written = await steps.writeIfFree(candidate, found);
    if (written !== 'taken') return { outcome: 'written', path: candidate, written };
    if ((await steps.look(candidate)) === 'ours') return { outcome: 'ours', path: candidate };
  }
  throw new DeliveryError(
    `There are ${maxNumbered} files named like ${wanted} already. Add {image_id} to the template.`,
    { fate: 'give-up' },
  );
}

/** `a/roof.jpg` and ` (2)` give `a/roof (2).jpg`; the name stays within the 255 bytes that a name may have. */
export function suffixPath(place: string, suffix: string): string {
  const { dir, name, ext } = path.posix.parse(place);
  const tail = suffix + ext;
  let head = name;
  while (Buffer.byteLength(head) + Buffer.byteLength(tail) > 255) head = [...head].slice(0, -1).join('');
  return dir === '' ? head + tail : `${dir}/${head}${tail}`;
}

/** For the excerpt of a receipt when `skip` kept what was there. */
export const keptExcerpt = 'A file of that name was there already and was kept.';
