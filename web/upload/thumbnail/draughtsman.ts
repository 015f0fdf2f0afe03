/** Draws in a worker, as soon as its code is here; in the page where there is none, and what the worker cannot draw. */
import { drawSmall } from './draw.ts';
import type { Commission, Drawn } from './draw-worker.ts';

/** Milliseconds for one picture: a worker that the phone ended for want of memory says nothing. */
const PATIENCE = 20_000;

export interface Draughtsman {
  /** One at a time. As `drawSmall`. */
  draw(file: Blob, type: string, side: number): Promise<Blob | undefined>;
}

export function createDraughtsman(): Draughtsman {
  let worker: Worker | undefined;
  let last = 0;
  hire((ready) => {
    worker = ready;
  });

  async function drawBeside(file: Blob, type: string, side: number): Promise<Blob | undefined> {
    const drawing = worker;
    if (drawing === undefined) return undefined;
    const number = ++last;
    return new Promise((resolve) => {
      const dismiss = (): void => {
        clearTimeout(watchdog);
        drawing.terminate();
        worker = undefined;
        resolve(undefined);
      };
      const watchdog = setTimeout(dismiss, PATIENCE);
      drawing.onerror = dismiss;
      drawing.onmessage = ({ data }: MessageEvent<Drawn>) => {
        if (data.number !== number) return;
        clearTimeout(watchdog);
        resolve(data.small);
      };
      drawing.postMessage({ number, file, type, side } satisfies Commission);
    });
  }

  return {
    // In the page there is the image element, too, which knows more formats.
    draw: async (file, type, side) => (await drawBeside(file, type, side)) ?? drawSmall(file, type, side),
  };
}

/** `use` is called once its code has come; never in a browser that cannot draw in a worker, or forbids one here. */
function hire(use: (ready: Worker) => void): void {
  if (typeof OffscreenCanvas !== 'function') return;
  try {
    const made = new Worker(new URL('./draw-worker.ts', import.meta.url));
    made.onmessage = () => use(made);
    made.onerror = () => made.terminate();
  } catch {
    // A frame without an origin may have none.
  }
}
