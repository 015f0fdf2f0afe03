/** Phones that send photo after photo, each until it is taken; some connections break in the middle of a body. */
import { setTimeout as pause } from 'node:timers/promises';
import { makeJpeg } from '../../helpers/pictures.ts';
import { upload } from '../../helpers/product.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import { sha256 } from '../aftermath.ts';
import { openUpload } from '../raw-upload.ts';

export interface Phones {
  /** Image id to the hash of the photo that was answered 201. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** When each of them was answered (`performance.now()`), in that order. */
  readonly moments: readonly number[];
  /** What a phone was told that it should never be told. */
  readonly refusals: readonly string[];
  /** No new photo is begun; resolves when all have ended. */
  finish(): Promise<void>;
}

export interface PhonesOptions {
  sessions: readonly string[];
  phones: number;
  seed: number;
  /** Of the largest photo. Default 400,000. */
  maxBytes?: number;
  /** Longest pause of a phone between two photos, in milliseconds. Default 120. */
  restMs?: number;
  /** How long photos are sent again and again after `finish` before that counts as a refusal. Default: five minutes. */
  patienceMs?: number;
}

/** `origin` answers where the next request goes: of several processes, any. Empty: none is there at this moment. */
export function startPhones(
  origin: () => string,
  { sessions, phones, seed, maxBytes = 400_000, restMs = 120, patienceMs = 300_000 }: PhonesOptions,
): Phones {
  const acknowledged = new Map<string, string>();
  const moments: number[] = [];
  const refusals: string[] = [];
  // In the midst of a storm a phone is patient: on a slow machine all its photos may fall into one fault after the other.
  let until = Number.POSITIVE_INFINITY;

  async function phone(own: number): Promise<void> {
    // A source of its own: what one phone draws does not depend on how fast the others are.
    const random = seeded(seed * 1_000 + own);
    for (let sent = own; until === Number.POSITIVE_INFINITY; sent += phones) {
      const photo = await makeJpeg({ seed: sent, bytes: between(random, 8_000, maxBytes) });
      const session = sessions[sent % sessions.length]!;
      const breaks = random() < 0.15;
      const part = random();
      const rest = between(random, 0, restMs);
      if (breaks) await breakOff(origin(), session, photo, part);
      const answer = await sendUntilTaken(origin, session, photo, () => performance.now() < until);
      if ('refused' in answer) refusals.push(answer.refused);
      else {
        if (acknowledged.has(answer.id)) refusals.push(`one id for two photos: ${answer.id}`);
        acknowledged.set(answer.id, sha256(photo));
        moments.push(performance.now());
      }
      await pause(rest);
    }
  }

  const running = Promise.all(Array.from({ length: phones }, (_, own) => phone(own)));
  // Heard at `finish`; until then it must not end the process.
  running.catch(() => {});
  return {
    acknowledged,
    moments,
    refusals,
    async finish() {
      until = performance.now() + patienceMs;
      await running;
    },
  };
}

async function sendUntilTaken(
  origin: () => string,
  session: string,
  photo: Buffer,
  isPatient: () => boolean,
): Promise<{ id: string } | { refused: string }> {
  for (; isPatient(); await pause(60)) {
    const url = origin();
    if (url === '') continue;
    const answer = await upload(url, session, photo, { signal: AbortSignal.timeout(20_000) }).catch(
      () => undefined,
    );
    if (answer?.status === 201) return { id: answer.body.id };
    const comesBack = answer === undefined || answer.status >= 500 || answer.status === 429;
    if (!comesBack)
      return { refused: `a photo was refused: ${answer.status} ${JSON.stringify(answer.body)}` };
  }
  return { refused: 'a photo was not taken in good weather' };
}

async function breakOff(url: string, session: string, photo: Buffer, part: number): Promise<void> {
  try {
    const raw = await openUpload(url, session, photo.length);
    raw.send(Buffer.concat([raw.head, photo.subarray(0, Math.floor(photo.length * part))]));
    await pause(5);
    raw.socket.resetAndDestroy();
  } catch {
    // It was not there to be broken off.
  }
}
