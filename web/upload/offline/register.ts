/** Has the page itself kept on the phone (worker.js), so that it opens again without a connection. */

/** Quietly does nothing where that cannot be: without HTTPS, in some frames and private windows. */
export function keepPage(): void {
  // A short link has an address of its own.
  const scope = location.pathname.startsWith('/s/') ? '/s/' : '/u/';
  try {
    navigator.serviceWorker?.register('/u/worker.js', { scope }).catch(() => undefined);
  } catch {
    // A frame without an origin may not even ask.
  }
}
