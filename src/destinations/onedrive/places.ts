/** Addresses of items in a OneDrive. learn.microsoft.com/onedrive/developer/rest-api/concepts/addressing-driveitems */

/** Where the target folder is: the app's own, one by its path, or one by its id. */
export type Top = { kind: 'app' } | { kind: 'path'; path: string } | { kind: 'id'; id: string };

/** `/me/drive/…` of an item at a path below the target folder; the empty path is that folder. */
export function addressOf(top: Top, path: string): string {
  const whole = top.kind === 'path' ? `${top.path}/${path}` : path;
  const names = whole.split('/').filter((name) => name !== '');
  const start = startOf(top);
  return names.length === 0 ? start : `${start}:/${names.map(encodeURIComponent).join('/')}:`;
}

function startOf(top: Top): string {
  if (top.kind === 'app') return '/me/drive/special/approot';
  return top.kind === 'path' ? '/me/drive/root' : `/me/drive/items/${encodeURIComponent(top.id)}`;
}

const reserved = /^(\.lock|desktop\.ini|con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * A name as OneDrive takes it: some characters, beginnings and names are refused there.
 * support.microsoft.com, "Restrictions and limitations in OneDrive and SharePoint"
 */
export function safeName(name: string): string {
  const plain = name
    .replace(/["*:<>?|\\]/g, '_')
    .replace(/^~\$/, '_$')
    .replace(/_vti_/gi, '_vti-')
    .trim();
  return reserved.test(plain) ? `_${plain}` : plain;
}

export const safePath = (path: string): string => path.split('/').map(safeName).join('/');
