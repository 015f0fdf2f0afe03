/** HEIC pictures as pixels. The picture library at hand cannot open them, because HEVC is patented; libheif can. */
import { Worker } from 'node:worker_threads';
import type { HeicAnswer } from './heic-worker.ts';

export interface Pixels {
  width: number;
  height: number;
  /** RGBA, eight bits each, upright. */
  data: Buffer;
}

export class HeicError extends Error {
  /** Ran out of its time: the same file may do better when the machine has less to do. */
  readonly late: boolean;
  constructor(message: string, late: boolean) {
    super(message);
    this.name = 'HeicError';
    this.late = late;
  }
}

/** Phones come to 48 megapixels; four bytes each. */
const mostPixels = 60_000_000;
const longestMs = 30_000;

/** Decodes in a thread of its own, which is ended when it takes too long. Throws HeicError. `bytes` is used up. */
export function decodeHeic(
  bytes: Buffer,
  { maxPixels = mostPixels, timeoutMs = longestMs }: { maxPixels?: number; timeoutMs?: number } = {},
): Promise<Pixels> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./heic-worker.ts', import.meta.url), {
      workerData: { bytes, maxPixels },
      resourceLimits: { maxOldGenerationSizeMb: 256 },
      // The library tells of each damaged picture; the answer says it too.
      stdout: true,
      stderr: true,
    });
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
      void worker.terminate();
    };
    const timer = setTimeout(
      () => end(() => reject(new HeicError('Decoding took too long', true))),
      timeoutMs,
    );
    worker.once('message', (answer: HeicAnswer) =>
      end(() => {
        if ('problem' in answer) return reject(new HeicError(answer.problem, false));
        const { width, height, pixels } = answer;
        resolve({ width, height, data: Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength) });
      }),
    );
    worker.once('error', (error) => end(() => reject(new HeicError(error.message, false))));
    worker.once('exit', () => end(() => reject(new HeicError('The decoder ended without an answer', false))));
  });
}
