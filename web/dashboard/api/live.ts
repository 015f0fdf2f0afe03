/**
 * The live line of a project: a frame says that something changed, and what stands on the screen is read anew. While the line is
 * down, screens read by the clock instead. Only a tab that somebody looks at holds a line: a browser has few for one server.
 */
import { useEffect, useSyncExternalStore } from 'react';
import { queryClient } from './queries.ts';

let connected = false;
const watchers = new Set<() => void>();

function setConnected(now: boolean): void {
  if (connected === now) return;
  connected = now;
  for (const watcher of watchers) watcher();
}

const subscribe = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

/** Whether changes come by themselves. */
export const useConnected = (): boolean => useSyncExternalStore(subscribe, () => connected);

/** Opens an event source while the page is seen; `open` is called anew after each pause. Returns the way to end it. */
export function whileSeen(open: () => EventSource): () => void {
  let source: EventSource | undefined;
  const follow = (): void => {
    if (document.visibilityState === 'hidden') {
      source?.close();
      source = undefined;
    } else source ??= open();
  };
  follow();
  document.addEventListener('visibilitychange', follow);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    source?.close();
  };
}

type Part = 'activity' | 'settings';

/** By the address of what is shown. Webhooks belong to both: they are set up, and they fail by what happens. */
const activity =
  /^\/(sessions|uploads|upload-sessions|stats|projects\/[^/]+\/(deliveries|overview|usage|replays))/;
const both = /^\/projects\/[^/]+\/webhooks/;

/** These count a month: not oftener than this, however much happens. */
const slow = /\/(overview|usage)/;
const slowMs = 5_000;

const isTouched = (address: string, parts: readonly Part[]): boolean =>
  both.test(address) || parts.includes(activity.test(address) ? 'activity' : 'settings');

/** Reads anew what these parts touch, of this project, where it is on the screen. */
function readAnew(project: string, parts: readonly Part[], alsoSlow: boolean): void {
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [of, , address] }) =>
      of === project && isTouched(String(address), parts) && (alsoSlow || !slow.test(String(address))),
  });
}

const backAfterMs = 10_000;

function listen(project: string): () => void {
  let slowTimer: ReturnType<typeof setTimeout> | undefined;
  let backTimer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => undefined;
  const readSlow = (): void => {
    slowTimer = undefined;
    readAnew(project, ['activity'], true);
  };
  const open = (): EventSource => {
    const source = new EventSource(`/api/v1/projects/${project}/live`);
    source.addEventListener('connected', () => {
      setConnected(true);
      // What happened before the line stood was not told.
      readAnew(project, ['activity', 'settings'], true);
    });
    source.addEventListener('changed', ({ data }: MessageEvent<string>) => {
      const { parts } = JSON.parse(data) as { parts: Part[] };
      readAnew(project, parts, false);
      if (parts.includes('activity')) slowTimer ??= setTimeout(readSlow, slowMs);
    });
    source.addEventListener('error', () => {
      setConnected(false);
      // Refused, which a browser takes as the end: a server that starts again refuses for a moment only.
      if (source.readyState === EventSource.CLOSED) backTimer = setTimeout(begin, backAfterMs);
    });
    return source;
  };
  const begin = (): void => {
    stop();
    stop = whileSeen(open);
  };
  begin();
  return () => {
    clearTimeout(slowTimer);
    clearTimeout(backTimer);
    stop();
    setConnected(false);
  };
}

/** Holds the line of a project while its screens are shown. */
export function useProjectLive(project: string | undefined): void {
  useEffect(() => (project ? listen(project) : undefined), [project]);
}
