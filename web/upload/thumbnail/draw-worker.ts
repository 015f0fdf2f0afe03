/** The draughtsman beside the page: small pictures are made where no finger waits for them. */
import { drawSmall } from './draw.ts';

export interface Commission {
  number: number;
  file: Blob;
  type: string;
  /** Pixels. */
  side: number;
}

export interface Drawn {
  number: number;
  /** Undefined: it cannot be drawn here. */
  small: Blob | undefined;
}

addEventListener('message', ({ data: { number, file, type, side } }: MessageEvent<Commission>) => {
  void drawSmall(file, type, side).then((small) => postMessage({ number, small } satisfies Drawn));
});
postMessage('ready');
