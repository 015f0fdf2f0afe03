/** The headers of an image delivery: ours (contract §9.2) and those that the destination's owner adds. */
import { invalid } from '../../errors.ts';
import type { DeliverableImage } from '../destination.ts';

export const maxCustomHeaders = 20;
const maxCustomCharacters = 8_192;

/** Longer tags are left out of the header: many servers refuse a request with more than 8 KB of headers. */
const maxTagsHeader = 4_096;

/** What every delivery says about itself, without the signature. `now` in milliseconds. */
export function deliveryHeaders(image: DeliverableImage, now: number): Record<string, string> {
  const headers: Record<string, string> = {
    'User-Agent': 'Apertur-Webhooks/1.0',
    'X-Apertur-Timestamp': String(Math.floor(now / 1_000)),
    'X-Aptr-Session-Id': image.sessionId,
    'X-Apertur-Session-Id': image.sessionId,
    'X-Aptr-Image-Id': image.id,
    'X-Apertur-Image-Id': image.id,
    'X-Aptr-Image-Index': String(image.index),
    'X-Apertur-Image-Index': String(image.index),
    'X-APTR-Delivery-ID': image.deliveryId,
    'X-Apertur-Delivery-Id': image.deliveryId,
    'X-Aptr-Filename': percentEncoded(image.filename),
    'X-Aptr-Mime-Type': image.mimeType,
  };
  const tags = image.tags === null ? '' : asciiJson(image.tags);
  if (tags !== '' && tags.length <= maxTagsHeader) headers['X-Aptr-Tags'] = tags;
  return headers;
}

/** Plain ASCII stays readable; all else, and the percent sign, is UTF-8 in percent form: `decodeURIComponent` reads it. */
export function percentEncoded(text: string): string {
  return text.toWellFormed().replace(/^ +| +$|[^\x20-\x7e]+|%/g, encodeURIComponent);
}

/** JSON that holds ASCII alone, which any JSON parser reads. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const reserved = [
  /^(host|connection|keep-alive|transfer-encoding|upgrade|te|trailer|expect|user-agent|accept-encoding)$/,
  /^(content-|proxy-|x-apertur-|x-aptr-)/,
];

/**
 * Checks the headers that a destination's owner adds, and returns them trimmed. Throws AppError 400 for a name or value
 * that HTTP does not allow, for a reserved name, and for too many.
 */
export function checkCustomHeaders(given: Record<string, string>): Record<string, string> {
  const checked: Record<string, string> = {};
  const seen = new Set<string>();
  let characters = 0;
  for (const [rawName, rawValue] of Object.entries(given)) {
    const [name, value] = [rawName.trim(), rawValue.trim()];
    const key = name.toLowerCase();
    checkHeader(name, value);
    if (seen.has(key))
      throw invalid(`headers holds ${name} twice. Names differ by more than upper and lower case.`);
    seen.add(key);
    characters += name.length + value.length;
    checked[name] = value;
  }
  if (seen.size > maxCustomHeaders) throw invalid(`headers holds more than ${maxCustomHeaders} headers.`);
  if (characters > maxCustomCharacters) {
    throw invalid(`headers holds more than ${maxCustomCharacters} characters in total.`);
  }
  return checked;
}

function checkHeader(name: string, value: string): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) {
    const shown = name.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
    throw invalid(`headers holds "${shown}", which is not a header name.`);
  }
  if (reserved.some((pattern) => pattern.test(name.toLowerCase()))) {
    throw invalid(`headers holds ${name}, which this server sets itself. Leave it out.`);
  }
  if (!/^[\t\x20-\x7e]*$/.test(value)) {
    throw invalid(`The value of the header ${name} may hold printable ASCII characters alone.`);
  }
}
