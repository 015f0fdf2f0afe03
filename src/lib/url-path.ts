/** Names as parts of a URL's path. */

/** Everything but unreserved characters (RFC 3986: letters, digits, `-._~`) and `/` is percent-encoded, once. */
export function encodePath(path: string): string {
  return path.split('/').map(encodePart).join('/');
}

/** The same for one value, slashes included. */
export function encodePart(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
