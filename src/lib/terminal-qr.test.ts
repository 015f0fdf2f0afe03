import decodeQR from 'qr/decode.js';
import { describe, expect, test } from 'vitest';
import { renderTerminalQr } from './terminal-qr.ts';

const link = 'http://192.168.178.123:3000/u/sess_01J9Z3V7Q2M8D4K6T1R5W0XABC';

/** Paints the characters as a terminal does, 4 pixels a module, with `ink` and `paper` 0 or 255. */
function paint(
  lines: string[],
  ink: number,
  paper: number,
): { width: number; height: number; data: Uint8Array } {
  const scale = 4;
  const width = [...lines[0]!].length * scale;
  const height = lines.length * 2 * scale;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const character = [...lines[Math.floor(y / scale / 2)]!][Math.floor(x / scale)];
      const upper = Math.floor(y / scale) % 2 === 0;
      const inked = character === '█' || character === (upper ? '▀' : '▄');
      data.fill(inked ? ink : paper, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, height, data };
}

const decode = (picture: { width: number; height: number; data: Uint8Array }): string =>
  decodeQR(picture, { effort: Number.POSITIVE_INFINITY, timeLimit: Number.POSITIVE_INFINITY });

describe('the code in a terminal', () => {
  test('with colour is black on white whatever the theme, and decodes', () => {
    const lines = renderTerminalQr(link).split('\n').slice(0, -1);
    for (const line of lines) {
      expect(line.startsWith('\u001b[38;5;16;48;5;231m')).toBe(true);
      expect(line.endsWith('\u001b[0m')).toBe(true);
    }
    const plain = lines.map((line) => line.slice('\u001b[38;5;16;48;5;231m'.length, -'\u001b[0m'.length));
    expect(decode(paint(plain, 0, 255))).toBe(link);
  });

  test('without colour decodes on a dark terminal', () => {
    const text = renderTerminalQr(link, { colour: false });
    expect(text).not.toContain('\u001b');
    expect(decode(paint(text.split('\n').slice(0, -1), 255, 0))).toBe(link);
  });

  test('keeps four light modules on every side', () => {
    const lines = renderTerminalQr('https://a.ca/s/x', { colour: false }).split('\n').slice(0, -1);
    expect(lines.slice(0, 2)).toEqual(['█'.repeat(29), '█'.repeat(29)]);
    expect(lines[13]).toBe('█'.repeat(29));
    for (const line of lines) {
      expect(line.startsWith('████')).toBe(true);
      expect(line.endsWith('████')).toBe(true);
      expect(line.length).toBe(29);
    }
  });

  test('is left out when it would wrap', () => {
    expect(renderTerminalQr(link, { columns: 40 })).toBe('');
    expect(renderTerminalQr(link, { columns: 41 })).not.toBe('');
  });
});
