/**
 * Small square pictures of large photos, made one after the other so that fifty photos do not fill the memory
 * of an old phone.
 */

/** Pixels: a tile of about 110 on a screen of three device pixels each. */
const SIDE = 320;

let turn: Promise<unknown> = Promise.resolve();

/** An object URL of the thumbnail; undefined when this browser cannot draw the photo (HEIC outside Safari). */
export function createThumbnail(open: () => Promise<Blob>): Promise<string | undefined> {
  const mine = turn.then(async () => draw(await open())).catch(() => undefined);
  turn = mine;
  return mine;
}

/** Resolves when every thumbnail that was asked for has been drawn, or could not be. */
export const thumbnailsDrawn = (): Promise<unknown> => turn;

async function draw(file: Blob): Promise<string | undefined> {
  const picture = await decode(file);
  try {
    const canvas = document.createElement('canvas');
    canvas.width = SIDE;
    canvas.height = SIDE;
    const scale = SIDE / Math.min(picture.width, picture.height);
    const width = picture.width * scale;
    const height = picture.height * scale;
    const brush = canvas.getContext('2d');
    if (brush === null) return undefined;
    // A see-through PNG would turn black in the JPEG below.
    brush.fillStyle = '#fff';
    brush.fillRect(0, 0, SIDE, SIDE);
    brush.imageSmoothingQuality = 'high';
    brush.drawImage(picture.source, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.82));
    return small === null ? undefined : URL.createObjectURL(small);
  } finally {
    picture.release();
  }
}

interface Picture {
  source: CanvasImageSource;
  width: number;
  height: number;
  release(): void;
}

/** createImageBitmap decodes off the main thread; older Safari has only the image element. */
async function decode(file: Blob): Promise<Picture> {
  if (typeof createImageBitmap === 'function') {
    try {
      const bitmap = await createImageBitmap(file, { resizeWidth: SIDE * 2, resizeQuality: 'medium' });
      return { source: bitmap, width: bitmap.width, height: bitmap.height, release: () => bitmap.close() };
    } catch {
      // The image element may still know the format.
    }
  }
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  const release = (): void => {
    image.src = '';
    URL.revokeObjectURL(url);
  };
  try {
    await image.decode();
  } catch (error) {
    release();
    throw error;
  }
  return { source: image, width: image.naturalWidth, height: image.naturalHeight, release };
}
