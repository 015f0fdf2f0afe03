/**
 * Draws a QR code as SVG or pixels. Both come from one layout whose edges are whole pixels, so that modules stay crisp
 * at the asked size. Words: a **module** is one cell of the code; the **edges** are the pixel positions between modules.
 */
import encodeQR from 'qr';
import sharp from 'sharp';

/** ISO/IEC 18004 asks for four modules of background around the code. */
const quietModules = 4;
/**
 * Below one and a half pixels a module decoders begin to fail (measured with qr, jsQR and ZXing on pictures of 26 to
 * 201 characters). From two pixels on every module gets the same whole number of pixels; in between, one or two.
 */
const minModulePixels = 1.5;
/** A corner of one pixel is not seen, and costs contrast: two of 3,420 measured pictures failed to decode for it. */
const minRoundPixels = 3;

export interface QrLayout {
  size: number;
  /** Width of the frame in pixels. */
  frame: number;
  modules: boolean[][];
  /** One more than there are modules; the same across and down. */
  edges: number[];
  /** Whether modules are large enough for round corners. */
  canRound: boolean;
}

export interface QrLook {
  fg: string;
  bg: string;
  frame: string;
  rounded: boolean;
}

/** Places the code of `text` into `size` pixels, or says how many are needed. */
export function layOut(text: string, size: number, frame: number): QrLayout | { needed: number } {
  const modules = encodeModules(text);
  const across = modules.length + 2 * quietModules;
  const inner = size - 2 * frame;
  const exact = inner / across;
  if (exact < minModulePixels) return { needed: Math.ceil(across * minModulePixels) + 2 * frame };
  const whole = exact >= 2;
  const quiet = Math.ceil(quietModules * exact);
  const pixels = whole ? Math.floor(exact) : (inner - 2 * quiet) / modules.length;
  const start = whole ? Math.floor((size - pixels * modules.length) / 2) : frame + quiet;
  const edges = Array.from({ length: modules.length + 1 }, (_, at) => Math.round(start + at * pixels));
  return { size, frame, modules, edges, canRound: pixels >= minRoundPixels };
}

/** Dark modules are true. Error correction M: 15 % of the code may be dirty or covered. */
export function encodeModules(text: string): boolean[][] {
  const bordered = encodeQR(text, 'raw', { ecc: 'medium', border: 1 });
  return bordered.slice(1, -1).map((row) => row.slice(1, -1));
}

const isDark = (layout: QrLayout, x: number, y: number): boolean => layout.modules[y]?.[x] ?? false;

/** Calls `visit` for every dark module with its pixel box and the corners that stand free: both neighbours light. */
function forEachDark(layout: QrLayout, visit: (box: ModuleBox) => void): void {
  const { edges, modules } = layout;
  for (let y = 0; y < modules.length; y++) {
    for (let x = 0; x < modules.length; x++) {
      if (!isDark(layout, x, y)) continue;
      const above = isDark(layout, x, y - 1);
      const below = isDark(layout, x, y + 1);
      const before = isDark(layout, x - 1, y);
      const after = isDark(layout, x + 1, y);
      visit({
        left: edges[x]!,
        top: edges[y]!,
        right: edges[x + 1]!,
        bottom: edges[y + 1]!,
        after,
        below,
        free: [!above && !before, !above && !after, !below && !after, !below && !before],
      });
    }
  }
}

interface ModuleBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
  after: boolean;
  below: boolean;
  /** Top left, then clockwise. */
  free: [boolean, boolean, boolean, boolean];
}

const radiusOf = (box: ModuleBox): number => Math.min(box.right - box.left, box.bottom - box.top) / 2;

export function drawSvg(layout: QrLayout, look: QrLook): Buffer {
  const { size, frame } = layout;
  const inner = size - 2 * frame;
  const rounded = look.rounded && layout.canRound;
  const paths: string[] = [];
  forEachDark(layout, (box) => paths.push(rounded ? roundedPath(box) : squarePath(box)));
  const shape = rounded ? '' : ' shape-rendering="crispEdges"';
  const background =
    frame > 0
      ? `<path fill="#${look.frame}" d="M0 0h${size}v${size}h-${size}z"/><path fill="#${look.bg}" d="M${frame} ${frame}h${inner}v${inner}h-${inner}z"/>`
      : `<path fill="#${look.bg}" d="M0 0h${size}v${size}h-${size}z"/>`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}" role="img" aria-label="QR code"${shape}>${background}<path fill="#${look.fg}" d="${paths.join('')}"/></svg>\n`,
  );
}

const rectangle = (x: number, y: number, width: number, height: number): string =>
  `M${x} ${y}h${width}v${height}h${-width}z`;

const squarePath = (box: ModuleBox): string =>
  rectangle(box.left, box.top, box.right - box.left, box.bottom - box.top);

/** Joints reach to the middle of dark neighbours, so that no hair line shows between modules when it is scaled. */
function roundedPath(box: ModuleBox): string {
  const { left, top, right, bottom, free } = box;
  const width = right - left;
  const height = bottom - top;
  const [a, b, c, d] = free.map((corner) => (corner ? radiusOf(box) : 0)) as [number, number, number, number];
  const arc = (radius: number, x: number, y: number): string =>
    radius > 0 ? `a${radius} ${radius} 0 0 1 ${x * radius} ${y * radius}` : '';
  const body = [
    `M${left + a} ${top}h${width - a - b}`,
    `${arc(b, 1, 1)}v${height - b - c}`,
    `${arc(c, -1, 1)}h${c + d - width}`,
    `${arc(d, -1, -1)}v${a + d - height}`,
    `${arc(a, 1, -1)}z`,
  ].join('');
  const across = box.after ? rectangle(left + width / 2, top, width, height) : '';
  const down = box.below ? rectangle(left, top + height / 2, width, height) : '';
  return body + across + down;
}

export async function drawRaster(layout: QrLayout, look: QrLook, format: 'png' | 'jpeg'): Promise<Buffer> {
  const { size, frame } = layout;
  const canvas = new Canvas(size, look.frame);
  canvas.fill(frame, frame, size - frame, size - frame, toBytes(look.bg));
  const fg = toBytes(look.fg);
  forEachDark(layout, (box) => {
    canvas.fill(box.left, box.top, box.right, box.bottom, fg);
    if (look.rounded && layout.canRound) canvas.roundCorners(box, fg, toBytes(look.bg));
  });
  const picture = sharp(canvas.pixels, { raw: { width: size, height: size, channels: 3 } });
  // Full chroma resolution: coloured edges would smear over two pixels otherwise.
  if (format === 'jpeg') return await picture.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
  return await picture.png({ compressionLevel: 9 }).toBuffer();
}

const toBytes = (colour: string): Buffer => Buffer.from(colour, 'hex');

class Canvas {
  readonly pixels: Buffer;
  readonly #size: number;
  readonly #corners = new Map<number, number[]>();

  constructor(size: number, colour: string) {
    this.#size = size;
    this.pixels = Buffer.alloc(size * size * 3, toBytes(colour));
  }

  fill(left: number, top: number, right: number, bottom: number, colour: Buffer): void {
    for (let y = top; y < bottom; y++) {
      this.pixels.fill(colour, (y * this.#size + left) * 3, (y * this.#size + right) * 3);
    }
  }

  /** Blends the free corners of a module back into the background, with smooth edges. */
  roundCorners(box: ModuleBox, fg: Buffer, bg: Buffer): void {
    const radius = radiusOf(box);
    const reach = Math.ceil(radius);
    const covers = this.#cornerOf(radius);
    const [topLeft, topRight, bottomRight, bottomLeft] = box.free;
    for (let y = 0; y < reach; y++) {
      for (let x = 0; x < reach; x++) {
        const cover = covers[y * reach + x]!;
        if (topLeft) this.#blend(box.left + x, box.top + y, cover, fg, bg);
        if (topRight) this.#blend(box.right - 1 - x, box.top + y, cover, fg, bg);
        if (bottomRight) this.#blend(box.right - 1 - x, box.bottom - 1 - y, cover, fg, bg);
        if (bottomLeft) this.#blend(box.left + x, box.bottom - 1 - y, cover, fg, bg);
      }
    }
  }

  #blend(x: number, y: number, cover: number, fg: Buffer, bg: Buffer): void {
    if (cover === 1) return;
    const at = (y * this.#size + x) * 3;
    for (let part = 0; part < 3; part++) {
      this.pixels[at + part] = Math.round(bg[part]! + (fg[part]! - bg[part]!) * cover);
    }
  }

  /** How much of each pixel near a corner lies inside a quarter circle, from 4 × 4 samples; one table a radius. */
  #cornerOf(radius: number): number[] {
    const known = this.#corners.get(radius);
    if (known) return known;
    const reach = Math.ceil(radius);
    const covers = Array.from({ length: reach * reach }, (_, at) => {
      const x = at % reach;
      const y = Math.floor(at / reach);
      let inside = 0;
      for (let sample = 0; sample < 16; sample++) {
        const dx = Math.max(0, radius - (x + ((sample % 4) + 0.5) / 4));
        const dy = Math.max(0, radius - (y + (Math.floor(sample / 4) + 0.5) / 4));
        if (dx * dx + dy * dy <= radius * radius) inside++;
      }
      return inside / 16;
    });
    this.#corners.set(radius, covers);
    return covers;
  }
}
