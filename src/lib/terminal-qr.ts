/**
 * A QR code for a terminal: two modules a character, by half blocks, with the quiet zone of four modules that phones
 * need on a dark screen.
 */
import encodeQR from 'qr';

const quietModules = 4;
/** True black on true white of the 256 colours: the first 16 are themed, and themes make them grey. */
const blackOnWhite = '\u001b[38;5;16;48;5;231m';
const reset = '\u001b[0m';

export interface TerminalQrOptions {
  /** With colour the code is black on white on every terminal. Without, it suits a dark one. Default true. */
  colour?: boolean;
  /** Width of the terminal in characters. Default: any. */
  columns?: number;
}

/**
 * The code as lines, each ending with a line break; empty when it is wider than `columns`, because a wrapped code is
 * noise and the caller prints the link anyway. Throws RangeError when the text is longer than a code can hold.
 */
export function renderTerminalQr(text: string, options: TerminalQrOptions = {}): string {
  const colour = options.colour ?? true;
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: quietModules });
  const width = modules.length;
  if (width > (options.columns ?? Number.POSITIVE_INFINITY)) return '';
  const isDark = (x: number, y: number): boolean => modules[y]?.[x] ?? false;
  const lines: string[] = [];
  for (let y = 0; y < width; y += 2) {
    let line = '';
    // Without colour the ink is light: it draws what is light.
    for (let x = 0; x < width; x++) line += block(isDark(x, y) === colour, isDark(x, y + 1) === colour);
    lines.push(colour ? `${blackOnWhite}${line}${reset}\n` : `${line}\n`);
  }
  return lines.join('');
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
