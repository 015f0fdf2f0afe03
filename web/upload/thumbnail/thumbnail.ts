/**
 * Small square pictures of large photos, made one after the other so that fifty photos do not fill the memory
 * of an old phone.
 */

/** Pixels: a tile of about 110 on a screen of three device pixels each. */
const SIDE = 320;

interface Drawable {
  readonly file: { readonly type: string };
  open(): Promise<Blob>;
}

let turn: Promise<unknown> = Promise.resolve();
const drawn = new WeakMap<Drawable, Promise<Blob | undefined>>();

/** An object URL of the thumbnail; undefined when this browser cannot draw the photo (HEIC outside Safari). */
export function createThumbnail(photo: Drawable): Promise<string | undefined> {
  const mine = turn.then(async () => draw(await photo.open(), photo.file.type)).catch(() => undefined);
  turn = mine;
  drawn.set(photo, mine);
  return mine.then((small) => small && URL.createObjectURL(small));
}

/** The thumbnail of this photo (JPEG) once it has been drawn; undefined when it could not be. */
export const thumbnailDrawn = async (photo: Drawable): Promise<Blob | undefined> => drawn.get(photo);

async function draw(file: Blob, type: string): Promise<Blob | undefined> {
  const picture = (await decodeSmall(file, type)) ?? (await decode(file));
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
    return small ?? undefined;
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

/**
 * A JPEG can be decoded at a fraction of its size, for a fraction of the time and the memory: 3 MB instead of 48 for
 * twelve megapixels, and beside the main thread. Undefined where the browser has no such decoder.
 */
async function decodeSmall(file: Blob, type: string): Promise<Picture | undefined> {
  if (typeof ImageDecoder !== 'function' || type === '') return undefined;
  let decoder: ImageDecoder | undefined;
  try {
    const wanted = { desiredWidth: SIDE * 3, desiredHeight: SIDE * 3 };
    decoder = new ImageDecoder({ type, data: file.stream(), ...wanted });
    const { image } = await decoder.decode();
    // A frame that is drawn as it is stays in a cache of the browser: 4 MB a photo.
    const bitmap = await createImageBitmap(image).finally(() => image.close());
    return pictureOf(bitmap);
  } catch {
    return undefined;
  } finally {
    decoder?.close();
  }
}

const pictureOf = (bitmap: ImageBitmap): Picture => ({
  source: bitmap,
  width: bitmap.width,
  height: bitmap.height,
  release: () => bitmap.close(),
});

/** createImageBitmap decodes off the main thread; older Safari has only the image element. */
async function decode(file: Blob): Promise<Picture> {
  if (typeof createImageBitmap === 'function') {
    try {
      const bitmap = await createImageBitmap(file, { resizeWidth: SIDE * 2, resizeQuality: 'medium' });
      return pictureOf(bitmap);
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
