/** Keys come from our own ids, never from a client; that they do is checked all the same where they become paths. */

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

/** Throws when `folder` is not the plain first segment of a key, such as `2026-11-21`. */
export function assertFolder(folder: string): void {
  if (folder === 'tmp' || folder.length > 100 || !SEGMENT.test(folder)) {
    throw new Error(`Not a storage folder: ${JSON.stringify(folder.slice(0, 100))}`);
  }
}

/** Throws when `key` is not one to four plain path segments such as `2026-11-21/img_01J9Z3V7Q2M8D4K6T1R5W0XABC`. */
export function assertKey(key: string): void {
  const segments = key.split('/');
  const fits = key.length <= 200 && segments.length >= 2 && segments.length <= 4;
  if (!fits || segments[0] === 'tmp' || !segments.every((segment) => SEGMENT.test(segment))) {
    throw new Error(`Not a storage key: ${JSON.stringify(key.slice(0, 200))}`);
  }
}
