/** A small square picture of a large photo. Runs in the page and in a worker beside it. */

/** What can be drawn, at its natural size. */
export interface Picture {
  source: CanvasImageSource;
  width: number;
  height: number;
  release(): void;
}

/** JPEG, `side` pixels square; undefined when this browser, here, cannot draw the photo (HEIC outside Safari). */
export async function drawSmall(file: Blob, type: string, side: number): Promise<Blob | undefined> {
  let picture: Picture | undefined;
  try {
    picture = (await decodeSmall(file, type, side)) ?? (await decode(file, side * 2));
    canvas ??= createCanvas(side);
    const scale = side / Math.min(picture.width, picture.height);
    const width = picture.width * scale;
    const height = picture.height * scale;
    const brush = canvas.getContext('2d') as CanvasRenderingContext2D | null;
    if (brush === null) return undefined;
    // A see-through PNG would turn black in the JPEG below.
    brush.fillStyle = '#fff';
    brush.fillRect(0, 0, side, side);
    brush.imageSmoothingQuality = 'high';
    brush.drawImage(picture.source, (side - width) / 2, (side - height) / 2, width, height);
    return await encode(canvas);
  } catch {
    return undefined;
  } finally {
    picture?.release();
  }
}

/** One for all: what is drawn on waits for the collector when nobody needs it any more. */
let canvas: HTMLCanvasElement | OffscreenCanvas | undefined;

function createCanvas(side: number): HTMLCanvasElement | OffscreenCanvas {
  if (typeof document === 'undefined') return new OffscreenCanvas(side, side);
  return Object.assign(document.createElement('canvas'), { width: side, height: side });
}

async function encode(canvas: HTMLCanvasElement | OffscreenCanvas): Promise<Blob | undefined> {
  const [type, quality] = ['image/jpeg', 0.82];
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality });
  const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  return small ?? undefined;
}

/**
 * A JPEG can be decoded at a fraction of its size, for a fraction of the time and the memory: 3 MB instead of 48 for
 * twelve megapixels. Undefined where the browser has no such decoder.
 */
async function decodeSmall(file: Blob, type: string, side: number): Promise<Picture | undefined> {
  if (typeof ImageDecoder !== 'function' || type === '') return undefined;
  let decoder: ImageDecoder | undefined;
  try {
    // Handed over, its memory is free as soon as the decoder is closed; the chunks of a stream would wait for the collector.
    const data = await file.arrayBuffer();
    const wanted = { desiredWidth: side * 3, desiredHeight: side * 3 };
    decoder = new ImageDecoder({ type, data, transfer: [data], ...wanted });
    const { image } = await decoder.decode();
    // A frame that is drawn as it is stays in a cache of the browser: 4 MB a photo.
    return pictureOf(await createImageBitmap(image).finally(() => image.close()));
  } catch {
    return undefined;
  } finally {
    decoder?.close();
  }
}

/**
 * createImageBitmap decodes off the main thread; older Safari has only the image element. `width` pixels wide where the
 * browser can do that on the way. Throws for what is no picture.
 */
export async function decode(file: Blob, width?: number): Promise<Picture> {
  if (typeof createImageBitmap === 'function') {
    try {
      const smaller: ImageBitmapOptions = width ? { resizeWidth: width, resizeQuality: 'medium' } : {};
      return pictureOf(await createImageBitmap(file, smaller));
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

const pictureOf = (bitmap: ImageBitmap): Picture => ({
  source: bitmap,
  width: bitmap.width,
  height: bitmap.height,
  release: () => bitmap.close(),
});
