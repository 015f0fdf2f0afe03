/**
 * Signed, expiring links to the bytes of an image (contract §3.5): fetched without a credential by whoever was given
 * one, such as a receiver that takes a URL instead of bytes.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface DownloadLinks {
  /** `/api/v1/uploads/{id}/download?expires=…&signature=…`, valid until `expiresAt` (milliseconds). */
  path(imageId: string, expiresAt: number): string;
  /** Whether this signature was made by us for this image, and its time has not passed. */
  verify(imageId: string, expires: string, signature: string, now: number): boolean;
}

/** `secret` never leaves the server; whoever has it can open every photo. */
export function createDownloadLinks(secret: Buffer): DownloadLinks {
  const sign = (imageId: string, expires: string): Buffer =>
    createHmac('sha256', secret).update(`download\n${imageId}\n${expires}`).digest();
  return {
    path(imageId, expiresAt) {
      const expires = String(Math.floor(expiresAt / 1000));
      return `/api/v1/uploads/${imageId}/download?expires=${expires}&signature=${sign(imageId, expires).toString('hex')}`;
    },
    verify(imageId, expires, signature, now) {
      if (!/^\d{1,12}$/.test(expires) || !/^[0-9a-f]{64}$/.test(signature)) return false;
      if (Number(expires) * 1000 < now) return false;
      return timingSafeEqual(sign(imageId, expires), Buffer.from(signature, 'hex'));
    },
  };
}
