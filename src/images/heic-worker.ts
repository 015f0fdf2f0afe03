/** Decodes one HEIC picture in a thread of its own: the work takes most of a second, and the server answers meanwhile. */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

interface HeifImage {
  get_width(): number;
  get_height(): number;
  display(
    target: { data: Uint8ClampedArray; width: number; height: number },
    done: (shown: unknown) => void,
  ): void;
}
interface Libheif {
  HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[] };
}

/** What the thread answers: pixels as RGBA, upright, or a sentence. */
export type HeicAnswer = { width: number; height: number; pixels: Uint8ClampedArray } | { problem: string };

const { bytes, maxPixels } = workerData as { bytes: Uint8Array; maxPixels: number };

async function decode(): Promise<HeicAnswer> {
  const libheif = createRequire(import.meta.url)('libheif-js/wasm-bundle') as Libheif;
  const [image] = new libheif.HeifDecoder().decode(bytes);
  if (image === undefined) return { problem: 'There is no picture in the file' };
  const [width, height] = [image.get_width(), image.get_height()];
  if (width * height > maxPixels) return { problem: `The picture has ${width} × ${height} pixels` };
  const target = { data: new Uint8ClampedArray(width * height * 4), width, height };
  const shown = await new Promise((resolve) => image.display(target, resolve));
  return shown ? { width, height, pixels: target.data } : { problem: 'The picture cannot be decoded' };
}

const answer = await decode().catch((error: unknown) => ({ problem: String(error) }));
parentPort?.postMessage(answer, 'pixels' in answer ? [answer.pixels.buffer as ArrayBuffer] : []);
