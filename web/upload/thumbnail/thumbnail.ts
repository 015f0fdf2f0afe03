/** Small square pictures of photos, made one after the other so that fifty photos do not fill the memory of an old phone. */
import { createDraughtsman, type Draughtsman } from './draughtsman.ts';

/** Pixels: a tile of about 110 on this screen; what a screen of more than three device pixels each shows is fine enough. */
const SIDE = Math.min(320, Math.ceil(116 * devicePixelRatio));

interface Drawable {
  readonly file: { readonly type: string };
  open(): Promise<Blob>;
}

let turn: Promise<unknown> = Promise.resolve();
let draughtsman: Draughtsman | undefined;
const drawn = new WeakMap<Drawable, Promise<Blob | undefined>>();

/** The thumbnail (JPEG); undefined when this browser cannot draw the photo (HEIC outside Safari). */
export function createThumbnail(photo: Drawable): Promise<Blob | undefined> {
  draughtsman ??= createDraughtsman();
  const { draw } = draughtsman;
  const mine = turn.then(async () => draw(await photo.open(), photo.file.type, SIDE)).catch(() => undefined);
  turn = mine;
  drawn.set(photo, mine);
  return mine;
}

/** The thumbnail of this photo once it has been drawn; undefined when it could not be. */
export const thumbnailDrawn = async (photo: Drawable): Promise<Blob | undefined> => drawn.get(photo);
