/** What the browser says of the page's life: the line comes and goes, the phone wakes up, the person leaves. */

export interface LifeHandlers {
  /** Online again, or seen again: a phone that slept has lost its connections without a word. */
  onAlive(): void;
  onOffline(): void;
  /** Something would be left undone: whoever leaves is asked first. */
  isBusy(): boolean;
}

export function watchLife({ onAlive, onOffline, isBusy }: LifeHandlers): void {
  window.addEventListener('online', onAlive);
  window.addEventListener('offline', onOffline);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') onAlive();
  });
  window.addEventListener('beforeunload', (event) => {
    if (!isBusy()) return;
    event.preventDefault();
    event.returnValue = '';
  });
}
