/** One visit to the page: holds what is known of the session, lets the queue work, shows what became of it. */
import type { Embed } from './embed.ts';
import { watchLife } from './life.ts';
import { createNews } from './news.ts';
import { rememberSession } from './offline/memory.ts';
import { keepPage } from './offline/register.ts';
import { type Answered, createOpening } from './opening.ts';
import { createPace } from './pace.ts';
import { createPlaces, findTroubles, isEverywhere } from './places.ts';
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
  let arrivedTimer: ReturnType<typeof setTimeout> | undefined;
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
  const pace = createPace(() => queue.photos.length, showChanges);
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
      if (situation.ended === undefined) news.follow();
      return true;
    },
    later(delay, run) {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    onChange(photo) {
      if (photo === undefined) render();
      else pace.note(photo);
    },
    onProgress: pace.progress,
    onReceived(photo, image) {
      void way.settle(photo);
      ownReceived++;
      countHeld();
      if (image.destinations > 0) news.locateSoon();
      embed.imageReceived(image);
      tellWhenFull();
      pace.note(photo);
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
      } else pace.note(photo);
      clearTimeout(arrivedTimer);
      arrivedTimer = setTimeout(tellArrived, 1_000);
    },
  });
  const news = createNews({
    sessionId,
    places,
    onSession: take,
    onImage(image) {
      embed.imageStored(image);
      queue.noticeStored(image);
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

  function showChanges(photos: readonly Photo[]): void {
    for (const photo of photos) list.update(photo);
    render();
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
    if (answer.kind === 'session' && situation.ended !== 'expired') news.follow();
    if (situation.password !== 'none') queue.hold();
    void restore();
    if (situation.ended === undefined) tellEnding();
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
    if (how !== 'completed') news.stop();
    render();
    tellEnding();
  }

  /** To the page around, of a link that takes no more. */
  function tellEnding(): void {
    const screen = describeScreen(now(), speech, wishes);
    if (['full', 'complete', 'completed'].includes(screen.name)) embed.sessionComplete(situation.held);
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
    else if (reason === 'full') news.refreshSoon();
  }

  /** The session is asked once more, for its exact end; what the upload was told stands anyhow. */
  async function refreshThenEnd(how: Ending): Promise<void> {
    if (situation.ended !== undefined) return;
    await news.refresh();
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

  watchLife({
    onAlive() {
      if (situation.link === 'offline' || situation.link === 'unavailable') wishes.reload();
      else queue.wake();
    },
    onOffline() {
      if (situation.link === 'open' && situation.ended === undefined) queue.loseLine();
    },
    isBusy: () => queue.unsent().length > 0,
  });

  render();
  if (link === 'unavailable') {
    embed.error(speech.say('unavailable'));
    opening.later(8_000, wishes.reload);
  } else if (link === 'unknown') tellEnding();
  else void opening.open(first);
}
