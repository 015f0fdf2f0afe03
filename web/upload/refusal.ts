/** Why a photo was not sent, and the sentence that says what to do about it (contract §1.11). */
import type { Session } from './session.ts';
import type { Speech } from './words.ts';

export type Refusal =
  | { reason: 'too-large'; size: number }
  | { reason: 'wrong-type' }
  | { reason: 'too-many-pixels' }
  | { reason: 'unreadable' }
  | { reason: 'empty' }
  | { reason: 'lost-file' }
  | { reason: 'full' }
  | { reason: 'completed' }
  | { reason: 'expired' }
  | { reason: 'gone' }
  | { reason: 'cannot-encrypt' }
  | { reason: 'other'; message: string };

/** These end the whole visit: what is refused for one photo is refused for every other. */
export type Ending = 'completed' | 'expired' | 'gone';

/** Contract §3.1, for a server that does not name its limit. */
const DEFAULT_LIMIT = 20 * 1_048_576;

const TYPE_NAMES: Record<string, string> = {
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/webp': 'WebP',
  'image/heic': 'HEIC',
};

/** Trying the same bytes again can only help where the fault may lie on the way or on the server. */
export function mayTryAgain(refusal: Refusal): boolean {
  return refusal.reason === 'unreadable' || refusal.reason === 'other';
}

export function typeNames(types: readonly string[]): string {
  return types.map((type) => TYPE_NAMES[type] ?? type.replace('image/', '').toUpperCase()).join(', ');
}

export function refusalSentence(refusal: Refusal, session: Session, speech: Speech): string {
  switch (refusal.reason) {
    case 'too-large':
      return speech.say('tooLarge', {
        size: speech.size(refusal.size),
        limit: speech.size(session.maxImageSizeBytes ?? DEFAULT_LIMIT, 'down'),
      });
    case 'wrong-type':
      return speech.say('wrongType', { types: typeNames(session.effectiveAllowedMimeTypes) });
    case 'too-many-pixels':
      // What is only too long is made smaller where the session wants that: here it is the pixels in all.
      return session.effectiveMaxImageDimension === null || session.photos?.downscale
        ? speech.say('muchTooManyPixels')
        : speech.say('tooManyPixels', { limit: session.effectiveMaxImageDimension });
    case 'full':
      return speech.count('full', session.effectiveMaxImages);
    case 'other':
      return speech.say('refused', { message: refusal.message });
    default:
      return speech.say(PLAIN[refusal.reason]);
  }
}

const PLAIN = {
  unreadable: 'unreadable',
  empty: 'empty',
  'lost-file': 'lostFile',
  completed: 'closedBefore',
  expired: 'expiredBefore',
  gone: 'goneBefore',
  'cannot-encrypt': 'cannotEncrypt',
} as const;
