/**
 * Signed, expiring links to the bytes of an image (contract §3.5) or to its small picture: fetched without a credential
 * by whoever was given one, such as a receiver that takes a URL instead of bytes.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link opens; one for a thumbnail does not open the photo. */
export type Linked = 'download' | 'thumbnail';

export interface DownloadLinks {
  /** `/api/v1/uploads/{id}/download?expires=…&signature=…`, valid until `expiresAt` (milliseconds). */
  path(imageId: string, expiresAt: number, what?: Linked): string;
  /** Whether this signature was made by us for this image, and its time has not passed. */
  verify(imageId: string, expires: string, signature: string, now: number, what?: Linked): boolean;
}

/** `secret` never leaves the server; whoever has it can open every photo. */
export function createDownloadLinks(secret: Buffer): DownloadLinks {
  const sign = (what: Linked, imageId: string, expires: string): Buffer =>
    createHmac('sha256', secret).update(`${what}\n${imageId}\n${expires}`).digest();
  return {
    path(imageId, expiresAt, what = 'download') {
      const expires = String(Math.floor(expiresAt / 1000));
      const signature = sign(what, imageId, expires).toString('hex');
      return `/api/v1/uploads/${imageId}/${what}?expires=${expires}&signature=${signature}`;
    },
    verify(imageId, expires, signature, now, what = 'download') {
      if (!/^\d{1,12}$/.test(expires) || !/^[0-9a-f]{64}$/.test(signature)) return false;
      if (Number(expires) * 1000 < now) return false;
      return timingSafeEqual(sign(what, imageId, expires), Buffer.from(signature, 'hex'));
    },
  };
}
