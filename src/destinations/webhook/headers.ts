/** The headers of an image delivery: ours (contract §9.2) and those that the destination's owner adds. */
import type { DeliverableImage } from '../destination.ts';

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
  if (image.traceparent !== undefined) headers.traceparent = image.traceparent;
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
