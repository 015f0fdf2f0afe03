/** Phones that send photo after photo, each until it is taken; some connections break in the middle of a body. */
import { setTimeout as pause } from 'node:timers/promises';
import { makeJpeg } from '../../helpers/pictures.ts';
import { upload } from '../../helpers/product.ts';
import { between } from '../../helpers/seeded.ts';
import { sha256 } from '../aftermath.ts';
import { openUpload } from '../raw-upload.ts';

export interface Phones {
  /** Image id to the hash of the photo that was answered 201. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** No new photo is begun; resolves when all have ended. */
  finish(): Promise<void>;
}

const patienceMs = 180_000;

/** `origin` answers where the next request goes: of several processes, any. Empty: none is there at this moment. */
export function startPhones(
  origin: () => string,
  options: { sessions: readonly string[]; phones: number; random: () => number },
): Phones {
  const { sessions, phones, random } = options;
  const acknowledged = new Map<string, string>();
  let finished = false;
  let sent = 0;

  async function phone(): Promise<void> {
    while (!finished) {
      sent += 1;
      const photo = await makeJpeg({ seed: sent, bytes: between(random, 8_000, 400_000) });
      const session = sessions[sent % sessions.length]!;
      if (random() < 0.15) await breakOff(origin(), session, photo, random());
      acknowledged.set(await sendUntilTaken(origin, session, photo), sha256(photo));
      await pause(between(random, 0, 120));
    }
  }

  const running = Promise.all(Array.from({ length: phones }, phone));
  // Heard at `finish`; until then it must not end the process.
  running.catch(() => {});
  return {
    acknowledged,
    async finish() {
      finished = true;
      await running;
    },
  };
}

async function sendUntilTaken(origin: () => string, session: string, photo: Buffer): Promise<string> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await pause(60)) {
    const url = origin();
    if (url === '') continue;
    const answer = await upload(url, session, photo, { signal: AbortSignal.timeout(20_000) }).catch(
      () => undefined,
    );
    if (answer?.status === 201) return answer.body.id;
    const comesBack = answer === undefined || answer.status >= 500 || answer.status === 429;
    if (!comesBack) throw new Error(`A photo was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  throw new Error('A photo was not taken for three minutes');
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
