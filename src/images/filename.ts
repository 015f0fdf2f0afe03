/**
 * File names as clients send them, made safe to store, show and deliver: base name only, no control characters, at
 * most 255 bytes (contract §3.1). What a destination allows in a name is the destination's own business.
 */

const DEFAULT_NAME = 'image.jpg';
const MAX_BYTES = 255;
/** A longer "extension" is no extension, and is cut like the rest of the name. */
const MAX_EXTENSION_BYTES = 16;

/**
 * Control characters, and those that are invisible or turn the reading direction: `photo\u202Egpj.exe` must not show
 * as `photoexe.jpg`. A zero-width joiner goes too, although some emoji are made with it: they fall into their parts.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it removes
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]/gu;

/** A safe base name; `image.jpg` when nothing is left of it. Never longer than 255 bytes of UTF-8. */
export function cleanFilename(name: string | undefined): string {
  const base = (name ?? '').slice(-4_096).toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const clean = base.replace(UNSEEN, '').normalize('NFC').trim();
  if (clean === '' || clean === '.' || clean === '..') return DEFAULT_NAME;
  return shorten(clean);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  const keep = Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES ? extension : '';
  return firstBytes(name, MAX_BYTES - Buffer.byteLength(keep)) + keep;
}

/** As much of `text` as fits, never half of what a reader sees as one character. */
function firstBytes(text: string, limit: number): string {
  let kept = '';
  let length = 0;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
    length += Buffer.byteLength(segment);
    if (length > limit) break;
    kept += segment;
  }
  return kept.trimEnd();
}
