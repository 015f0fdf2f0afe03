/** One visit to the page: holds what is known of the session, lets the queue work, shows what became of it. */

import { leftBehind } from './collector.ts';
import type { Embed } from './embed.ts';
import { followSession } from './live.ts';
import { rememberSession } from './offline/memory.ts';
import { keepPage } from './offline/register.ts';
import { type Answered, createOpening } from './opening.ts';
import { createPlaces, findTroubles, isEverywhere } from './places.ts';
import { createPulse } from './pulse.ts';
import type { Photo, Source } from './queue/photo.ts';
import { createQueue } from './queue/queue.ts';
import { type Ending, type Refusal, refusalSentence } from './refusal.ts';
import { describeScreen, isFull, type Situation, type Wishes } from './screens.ts';
import { loadSession, type Session, type SessionAnswer, verifyPassword } from './session.ts';
import { createLayout } from './view/layout.ts';
import { createPhotoList } from './view/photo-list.ts';
import { createWay } from './way.ts';
import type { Speech } from './words.ts';

export interface VisitOptions {
  sessionId: string;
  /** What the server knew of the link when it sent the page. */
  link: 'known' | 'unknown' | 'unavailable';
  root: HTMLElement;
  speech: Speech;
  embed: Embed;
  /** The first request for the session, under way while the words were loading. */
  first: Promise<SessionAnswer>;
}

/** So many photos are shown without haste. */
const FEW = 20;

/** Bytes that one look of the page leaves behind for each of many photos, more or less. */
const LOOK_BYTES = 65_536;

export function startVisit({ sessionId, link, root, speech, embed, first }: VisitOptions): void {
  const situation: Omit<Situation, 'photos' | 'waitingFor' | 'keeping' | 'troubles' | 'now'> = {
    link: link === 'known' ? 'loading' : link,
    session: undefined,
    held: 0,
    ended: undefined,
    password: 'none',
    notice: '',
    left: false,
  };
  let password: string | undefined;
  let heldAtStart = 0;
  let ownReceived = 0;
  let refreshTimer: ReturnType<typeof setTimeout> | undefined;
  let placesTimer: ReturnType<typeof setTimeout> | undefined;
  let newsTimer: ReturnType<typeof setTimeout> | undefined;
  let stopFollowing = (): void => {};
  /** How many of the last choice were chosen before. */
  let known = 0;

  const layout = createLayout(root, speech, {
    onFiles: addFiles,
    onPassword: (value) => void tryPassword(value),
  });
  const way = createWay({
    sessionId,
    session: () => situation.session,
    password: () => password,
    onStorageFull: () => say(speech.say('storageFull')),
  });
  const pulse = createPulse<Photo>(250, showChanges);
  const queue = createQueue({
    ...way,
    onKnown() {
      known++;
      say(speech.count('alreadySent', known));
    },
    async probe() {
      const answer = await loadSession(sessionId);
      if (answer.kind === 'unreachable') return answer.answered;
      take(answer);
      // The stream fell with the line; the browser by itself would take its time to raise it again.
      if (situation.ended === undefined) follow();
      return true;
    },
    later(delay, run) {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    onChange(photo) {
      if (photo === undefined) render();
      else noteChange(photo);
    },
    onProgress: (photo) => pulse(photo),
    onReceived(photo, image) {
      void way.settle(photo);
      ownReceived++;
      countHeld();
      if (image.destinations > 0) locateSoon();
      embed.imageReceived(image);
      tellWhenFull();
      noteChange(photo);
    },
    onRefused,
    onPassword() {
      // Three photos under way are refused together; the first of them asks.
      if (situation.password !== 'none') return;
      situation.password = password === undefined ? 'ask' : 'changed';
      password = undefined;
      render();
    },
  });
  const places = createPlaces({
    sessionId,
    own: () => queue.photos,
    onChange(photo) {
      if (photo === undefined) {
        list.updateAll();
        render();
      } else noteChange(photo);
      clearTimeout(newsTimer);
      newsTimer = setTimeout(tellArrived, 1_000);
    },
  });
  const list = createPhotoList(layout.photos, speech, {
    sentence,
    placesOf: places.of,
    retry: (refused) => queue.retry(refused),
    remove(photo) {
      queue.remove(photo);
      void way.remove(photo);
    },
    arrange(photos) {
      queue.arrange(photos);
      void way.arrange(photos);
    },
    announce: layout.announce,
  });
  const opening = createOpening({
    sessionId,
    onAnswer: begin,
    onRemembered: beginAlone,
    onLate: () => queue.wake(),
    onUnreachable: showUnreachable,
  });
  const wishes: Wishes = {
    reload: () => (link === 'unavailable' ? location.reload() : void opening.open()),
    tryNow: () => queue.wake(),
    leave() {
      situation.left = true;
      embed.sessionComplete(situation.held);
      render();
    },
    goOn: (url) => location.assign(url),
    comeBack() {
      situation.left = false;
      render();
    },
  };

  /** Photos that an earlier visit kept go on by themselves. */
  async function restore(): Promise<void> {
    places.remember(await way.earlier());
    void places.locate();
    const left = await way.restore();
    if (left.length === 0 || situation.ended !== undefined) return;
    queue.restore(left);
  }

  /** Of a few photos each change is seen at once; of many, what changed in a quarter of a second. */
  function noteChange(photo: Photo): void {
    if (queue.photos.length > FEW) pulse(photo);
    else showChanges([photo]);
  }

  function showChanges(photos: readonly Photo[]): void {
    for (const photo of photos) list.update(photo);
    render();
    if (queue.photos.length > FEW) leftBehind(LOOK_BYTES * queue.photos.length);
  }

  function say(notice: string): void {
    situation.notice = notice;
    render();
  }

  function begin(answer: Answered): void {
    if (answer.kind === 'session') {
      heldAtStart = answer.session.imagesUploaded ?? 0;
      if (answer.session.password_protected) situation.password = 'ask';
    }
    take(answer);
    if (answer.kind === 'session' && situation.ended !== 'expired') follow();
    if (situation.password !== 'none') queue.hold();
    void restore();
    tellStart();
    // Not before the page can be used: on a weak line each thing in its turn.
    if (situation.ended === undefined) keepPage();
  }

  /** Without the server: what is kept is shown, what is taken is kept. */
  function beginAlone(session: Session): void {
    heldAtStart = session.imagesUploaded ?? 0;
    show(session);
    queue.loseLine();
    void restore();
  }

  function showUnreachable(kind: 'offline' | 'unavailable'): void {
    if (situation.link !== kind) embed.error(speech.say(kind));
    situation.link = kind;
    render();
  }

  /** A fresh view of the session: its limits, its count, and whether it still takes photos. */
  function take(answer: Answered): void {
    if (answer.kind === 'not-found') {
      end('gone');
      return;
    }
    const { session } = answer;
    rememberSession(sessionId, session, Date.now());
    show(session);
    if (session.status === 'completed' || session.status === 'expired') end(session.status);
    else if (isFull(now())) queue.end('full');
    render();
  }

  function show(session: Session): void {
    situation.link = 'open';
    situation.session = session;
    countHeld();
    const name = session.branding?.name ?? session.projectName;
    layout.setOwner(name ?? undefined, session.env === 'test', session.branding ?? undefined);
    if (name) document.title = speech.say('titleFor', { project: name });
  }

  /** Own receipts may be ahead of the session's count, other phones' photos ahead of ours. */
  function countHeld(): void {
    situation.held = Math.max(situation.session?.imagesUploaded ?? 0, heldAtStart + ownReceived);
  }

  function end(how: Ending): void {
    if (situation.ended !== undefined) return;
    situation.ended = how;
    queue.end(how === 'completed' && isFull(now()) ? 'full' : how);
    if (how !== 'completed') stopFollowing();
    if (how === 'completed' && ownReceived > 0) embed.sessionComplete(situation.held);
    render();
  }

  function follow(): void {
    stopFollowing();
    stopFollowing = followSession(sessionId, {
      onConnected() {
        refreshSoon();
        void places.locate();
      },
      onReady({ imageId, filename, sizeBytes }) {
        embed.imageStored({ id: imageId, filename, size_bytes: sizeBytes });
        queue.noticeStored({ id: imageId, filename, size_bytes: sizeBytes, destinations: 0 });
        refreshSoon();
      },
      onPlace: places.hear,
      // Full or closed, and until when: the session itself says it best.
      onEnded: () => void refresh(),
    });
  }

  /** Several events in a row ask for one look. */
  function refreshSoon(): void {
    clearTimeout(refreshTimer);
    refreshTimer = setTimeout(() => void refresh(), 800);
  }

  /** Nothing live is told of a photo whose place takes nothing for now. */
  function locateSoon(): void {
    clearTimeout(placesTimer);
    placesTimer = setTimeout(() => void places.locate(), 3_000);
  }

  async function refresh(): Promise<void> {
    const answer = await loadSession(sessionId);
    if (answer.kind !== 'unreachable') take(answer);
  }

  function tellStart(): void {
    const screen = describeScreen(now(), speech, wishes);
    if (screen.name === 'full' || screen.name === 'completed') embed.sessionComplete(situation.held);
    else if (screen.name === 'expired' || screen.name === 'not-found')
      embed.error(screen.lead[0] ?? screen.title);
  }

  function tellWhenFull(): void {
    if (isFull(now()) && queue.unsent().length === 0) embed.sessionComplete(situation.held);
  }

  async function tryPassword(value: string): Promise<void> {
    layout.password.setBusy(true);
    const answer = await verifyPassword(sessionId, value);
    layout.password.setBusy(false);
    if (answer.kind === 'not-found') return end('gone');
    if (answer.kind === 'wrong') return layout.password.setMessage(speech.say('passwordWrong'));
    if (answer.kind === 'wait')
      return layout.password.setMessage(speech.count('passwordWait', answer.seconds));
    if (answer.kind === 'unreachable') return layout.password.setMessage(speech.say('passwordNoConnection'));
    password = value;
    situation.password = 'none';
    layout.password.setMessage('');
    render();
    queue.release();
  }

  function addFiles(files: File[], source: Source): void {
    if (situation.session === undefined) return;
    known = 0;
    const room = situation.session.effectiveMaxImages - situation.held - queue.unsent().length;
    situation.left = false;
    situation.notice = '';
    const { over } = queue.add(files, source, Math.max(0, room));
    if (over.length > 0) situation.notice = speech.count('notAdded', over.length);
    render();
  }

  function onRefused(photo: Photo, refusal: Refusal): void {
    embed.error(sentence(photo));
    const { reason } = refusal;
    if (reason === 'completed' || reason === 'expired' || reason === 'gone') void refreshThenEnd(reason);
    else if (reason === 'full') refreshSoon();
  }

  /** The session is asked once more, for its exact end; what the upload was told stands anyhow. */
  async function refreshThenEnd(how: Ending): Promise<void> {
    if (situation.ended !== undefined) return;
    await refresh();
    end(how);
  }

  /** Once for several: fifty photos that arrive are one piece of news. */
  function tellArrived(): void {
    const count = queue.photos.filter((photo) => isEverywhere(photo, places.of(photo))).length;
    if (count > 0) layout.announce(speech.count('arrived', count));
  }

  function sentence(photo: Photo): string {
    if (photo.refusal === undefined || situation.session === undefined) return '';
    return refusalSentence(photo.refusal, situation.session, speech);
  }

  function now(): Situation {
    return {
      ...situation,
      photos: queue.photos,
      troubles: findTroubles([...queue.photos, ...places.earlier], places.of),
      waitingFor: queue.waitingFor,
      keeping: queue.keeping,
      now: Date.now(),
    };
  }

  function render(): void {
    list.place([...queue.photos, ...places.earlier]);
    way.stayAwake(queue.unsent().length > 0 && situation.ended === undefined);
    layout.show(describeScreen(now(), speech, wishes));
  }

  function comeAlive(): void {
    if (situation.link === 'offline' || situation.link === 'unavailable') wishes.reload();
    else queue.wake();
  }

  window.addEventListener('online', comeAlive);
  window.addEventListener('offline', () => {
    if (situation.link === 'open' && situation.ended === undefined) queue.loseLine();
  });
  document.addEventListener('visibilitychange', () => {
    // A phone that slept has lost its connections without a word.
    if (document.visibilityState === 'visible') comeAlive();
  });
  window.addEventListener('beforeunload', (event) => {
    if (queue.unsent().length === 0) return;
    event.preventDefault();
    event.returnValue = '';
  });

  render();
  if (link === 'unavailable') {
    embed.error(speech.say('unavailable'));
    opening.later(8_000, wishes.reload);
  } else if (link === 'unknown') tellStart();
  else void opening.open(first);
}
