/**
 * The QR code of a session (contract §2.7): the options, their limits, and the refusals of what a phone cannot scan.
 * The drawing stands in `qr-drawing.ts`.
 */
import { invalid } from '../errors.ts';
import { drawRaster, drawSvg, layOut, type QrLook } from './qr-drawing.ts';

export type QrFormat = 'png' | 'svg' | 'jpeg';
export type QrStyle = 'square' | 'rounded';

/** Sizes in pixels, colours as six lower-case hex digits without `#`. */
export interface QrOptions {
  format: QrFormat;
  /** Outer width and height, frame and quiet zone included. */
  size: number;
  style: QrStyle;
  fg: string;
  bg: string;
  /** Frame outside the quiet zone. */
  borderSize: number;
  borderColor: string;
}

export const contentTypes: Record<QrFormat, string> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  jpeg: 'image/jpeg',
};

const minSize = 64;
const maxSize = 2_048;
const maxBorder = 512;
/** Longer links make codes too dense for a phone at arm's length. */
const maxTextBytes = 1_024;
/**
 * The contrast that three decoders (qr, jsQR, ZXing) need, measured with 196 random pairs of colours: from 3:1 on all
 * three read the plain picture every time; between 2:1 and 3:1 one in eight fails, and half of them with a simulated
 * camera's blur, glare and noise. The colours of brands that clients send (orange on white is 2.3:1, contract §17.14) are
 * not refused for that; below 2:1 hardly any phone reads it.
 */
const minContrast = 2;

/**
 * The options of a query string. Canonical names win over their snake_case aliases, an empty value means absent, and
 * unknown names are ignored. Throws AppError 400 with a sentence. Contract §2.7.
 */
export function parseQrOptions(query: Record<string, unknown>): QrOptions {
  const fg = readColour(query, 'fg') ?? '000000';
  const bg = readColour(query, 'bg') ?? 'ffffff';
  const options: QrOptions = {
    format: readFormat(query),
    size: readInteger(query, 'size', minSize, maxSize) ?? 300,
    style: readStyle(query),
    fg,
    bg,
    borderSize: readInteger(query, 'borderSize', 0, maxBorder, 'border_size') ?? 0,
    borderColor: readColour(query, 'borderColor', 'border_color') ?? fg,
  };
  assertScannable(fg, bg);
  return options;
}

/**
 * Draws the code with error correction M and a quiet zone of at least four modules. Throws AppError 400 when the colours
 * cannot be scanned, or when `size` leaves less than one and a half pixels a module.
 */
export async function renderQr(
  options: QrOptions & { text: string },
): Promise<{ bytes: Buffer; contentType: string }> {
  const { text, format, size, style, borderSize } = options;
  if (Buffer.byteLength(text) > maxTextBytes)
    throw invalid('The link is too long for a QR code that scans well');
  assertScannable(options.fg, options.bg);
  const layout = layOut(text, size, borderSize);
  if ('needed' in layout) {
    const frame = borderSize > 0 ? ` and a border of ${borderSize}` : '';
    throw invalid(
      `size ${size} is too small for this link${frame}: its modules would blur. Ask for ${layout.needed} or more`,
    );
  }
  const look: QrLook = {
    fg: options.fg,
    bg: options.bg,
    frame: options.borderColor,
    rounded: style === 'rounded',
  };
  const bytes = format === 'svg' ? drawSvg(layout, look) : await drawRaster(layout, look, format);
  return { bytes, contentType: contentTypes[format] };
}

/** Undefined when absent, null or empty. A name given twice is refused: nobody could say which one was meant. */
function read(query: Record<string, unknown>, name: string, alias?: string): string | undefined {
  const value = given(query, name) ?? (alias === undefined ? undefined : given(query, alias));
  if (value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
  throw invalid(`${name} must be given once`);
}

function given(query: Record<string, unknown>, name: string): unknown {
  const value = Object.hasOwn(query, name) ? query[name] : undefined;
  return value === null || value === '' ? undefined : value;
}

function readInteger(
  query: Record<string, unknown>,
  name: string,
  min: number,
  max: number,
  alias?: string,
): number | undefined {
  const text = read(query, name, alias);
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalid(`${name} must be a whole number of pixels from ${min} to ${max}`);
}

function readFormat(query: Record<string, unknown>): QrFormat {
  const text = (read(query, 'format') ?? 'png').toLowerCase();
  if (text === 'jpg') return 'jpeg';
  if (text === 'png' || text === 'svg' || text === 'jpeg') return text;
  throw invalid('format must be png, svg or jpeg');
}

function readStyle(query: Record<string, unknown>): QrStyle {
  const text = (read(query, 'style') ?? 'square').toLowerCase();
  if (text === 'square' || text === 'rounded') return text;
  throw invalid('style must be square or rounded');
}

/** Six lower-case digits. A `#`, also one that was encoded twice, is tolerated. */
function readColour(query: Record<string, unknown>, name: string, alias?: string): string | undefined {
  const text = read(query, name, alias)?.toLowerCase();
  if (text === undefined) return undefined;
  const digits = text.replace(/^(#|%23)/, '');
  if (/^[0-9a-f]{6}$/.test(digits)) return digits;
  if (/^[0-9a-f]{3}$/.test(digits)) return digits.replace(/./g, '$&$&');
  throw invalid(`${name} must be a colour of 3 or 6 hex digits, for example 1f6f5c`);
}

function assertScannable(fg: string, bg: string): void {
  const dark = luminance(fg);
  const light = luminance(bg);
  const contrast = (Math.max(dark, light) + 0.05) / (Math.min(dark, light) + 0.05);
  if (contrast < minContrast) {
    throw invalid(
      `fg ${fg} on bg ${bg} has a contrast of ${(Math.floor(contrast * 10) / 10).toFixed(1)}:1, which phones cannot scan. Choose a darker fg or a lighter bg, at least ${minContrast}:1`,
    );
  }
  if (dark > light) {
    throw invalid(
      `fg ${fg} is lighter than bg ${bg}, and many phones cannot scan that. Swap the two colours`,
    );
  }
}

/** Relative luminance of WCAG 2.2, 0 to 1. */
function luminance(colour: string): number {
  const [red, green, blue] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
