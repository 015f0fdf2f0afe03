/** What the page shows and says in every situation. Pure: a situation in, a screen out. */
import type { Trouble } from './places.ts';
import type { Queue } from './queue/options.ts';
import type { Photo } from './queue/photo.ts';
import type { Ending } from './refusal.ts';
import { isEndToEnd, type Session, takenTypes } from './session.ts';
import type { Screen, StatusPart } from './view/layout.ts';
import { describeTroubles } from './view/place-words.ts';
import type { Speech } from './words.ts';

export interface Situation {
  link: 'loading' | 'offline' | 'unavailable' | 'unknown' | 'open';
  session: Session | undefined;
  /** Images in the session, from every phone. */
  held: number;
  ended: Ending | undefined;
  password: 'none' | 'ask' | 'changed';
  photos: readonly Photo[];
  waitingFor: Queue['waitingFor'];
  /** Photos that are not yet kept on the phone itself: of those nobody may say so. */
  keeping: number;
  /** Places that photos have not reached. */
  troubles: readonly Trouble[];
  /** What became of the last choice, where something must be said about it. */
  notice: string;
  /** The person said that they are done. */
  left: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

export interface Wishes {
  reload(): void;
  tryNow(): void;
  leave(): void;
  comeBack(): void;
  /** To where the project wants people to go on. */
  goOn(url: string): void;
}

const CLOSED = 0;
const READY = 0.34;
const NARROW = 0.12;

export function isFull(situation: Situation): boolean {
  const { session, held } = situation;
  return session !== undefined && held >= session.effectiveMaxImages;
}

export function describeScreen(situation: Situation, speech: Speech, wishes: Wishes): Screen {
  const { session, link } = situation;
  if (link === 'unknown' || situation.ended === 'gone')
    return withPhotos(notFound(speech), situation, speech);
  if (link === 'offline' || link === 'unavailable') return unreachable(link, speech, wishes);
  if (session === undefined)
    return { name: 'loading', title: speech.say('title'), lead: [speech.say('opening')], opening: 0.2 };
  const received = countState(situation, 'received');
  const unsent = situation.photos.length - received - countState(situation, 'refused');
  if (isFull(situation) && unsent === 0 && (received > 0 || situation.ended !== 'expired')) {
    return withPhotos(
      branded(full(session, received, speech), session, received, speech, wishes),
      situation,
      speech,
    );
  }
  if (situation.ended === 'expired')
    return withPhotos(expired(situation, session, received, speech), situation, speech);
  if (situation.ended === 'completed') return withPhotos(completed(received, speech), situation, speech);
  if (situation.password !== 'none') return askPassword(situation, speech);
  if (situation.left && unsent === 0) return thanks(situation, received, speech, wishes);
  return open(situation, session, received, unsent, speech, wishes);
}

function open(
  situation: Situation,
  session: Session,
  received: number,
  unsent: number,
  speech: Speech,
  wishes: Wishes,
): Screen {
  const count = situation.photos.length;
  const max = session.effectiveMaxImages;
  const until = openUntil(session, situation.now, speech);
  const owner = session.branding?.name ?? session.projectName;
  const allStored = count > 0 && received === count;
  const title =
    count > 0
      ? speech.count('counted', max, { received: situation.held })
      : owner
        ? speech.say('titleFor', { project: owner })
        : speech.say('title');
  const introduction = [speech.count('introduction', max - situation.held), until];
  if (isEndToEnd(session)) introduction.push(speech.say('encrypted'));
  else if (session.photos?.gps === 'strip') introduction.push(speech.say('placeRemoved'));
  else if (session.photos?.gps === 'coarse') introduction.push(speech.say('placeCoarse'));
  if (situation.held > 0) introduction.unshift(speech.count('alreadyHere', situation.held, { max }));
  return {
    name: 'open',
    title,
    lead: count > 0 ? [] : introduction,
    opening: count === 0 ? READY : NARROW + (1 - NARROW) * progressOf(situation.photos),
    stored: allStored,
    status: status(situation, received, unsent, speech, wishes),
    pick: situation.held + unsent < max ? pick(session) : undefined,
    action: received > 0 && unsent === 0 ? { label: speech.say('done'), run: wishes.leave } : undefined,
  };
}

function status(
  situation: Situation,
  received: number,
  unsent: number,
  speech: Speech,
  wishes: Wishes,
): Screen['status'] {
  const parts: StatusPart[] = situation.notice === '' ? [] : [{ tone: 'calm', text: situation.notice }];
  if (unsent > 0) {
    const { waitingFor } = situation;
    if (waitingFor !== undefined && situation.keeping > 0)
      parts.push({ tone: 'calm', text: speech.count('keepingPhotos', situation.keeping) });
    else if (waitingFor === 'connection')
      parts.push({ tone: 'warn', text: speech.count('waitingConnection', unsent) });
    else if (waitingFor === 'service')
      parts.push({ tone: 'warn', text: speech.count('waitingService', unsent) });
    else parts.push({ tone: 'calm', text: speech.count('sendingPhotos', unsent) });
    parts.push({ tone: 'calm', text: speech.say('keepOpen') });
    const again = { label: speech.say('tryNow'), run: wishes.tryNow };
    return { parts, action: waitingFor === 'connection' ? again : undefined };
  }
  const offline = situation.waitingFor === 'connection';
  if (offline) parts.push({ tone: 'warn', text: speech.say('noConnection') });
  const refused = countState(situation, 'refused');
  if (received > 0) parts.push({ tone: 'good', text: speech.count('allSafe', received) });
  if (refused > 0) parts.push({ tone: 'bad', text: speech.count('someNotSent', refused) });
  parts.push(...describeTroubles(situation.troubles, speech));
  if (parts.length === 0) return undefined;
  return { parts, action: offline ? { label: speech.say('tryNow'), run: wishes.tryNow } : undefined };
}

/** Phone cameras hand over JPEG: where that is not accepted, the camera button would only disappoint. */
function pick(session: Session): Screen['pick'] {
  const types = takenTypes(session);
  return { camera: types.includes('image/jpeg'), types };
}

function openUntil(session: Session, now: number, speech: Speech): string {
  const at = Date.parse(session.expiresAt);
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  const time = speech.time(at);
  return today
    ? speech.say('openUntil', { time })
    : speech.say('openUntilDay', { day: speech.day(at, now), time });
}

function full(session: Session, received: number, speech: Speech): Screen {
  const max = session.effectiveMaxImages;
  if (received === 0) {
    const lead = [speech.count('fullAtStart', max)];
    return { name: 'full', title: speech.say('fullTitle'), lead, opening: 1, stored: true };
  }
  const lead = [speech.count('thanks', received), speech.say('allIn')];
  return { name: 'complete', title: speech.count('allInTitle', max), lead, opening: 1, stored: true };
}

function completed(received: number, speech: Speech): Screen {
  const title = speech.say('completedTitle');
  if (received === 0) return { name: 'completed', title, lead: [speech.say('completed')], opening: CLOSED };
  const lead = [speech.count('completedAfter', received), speech.say('closePage')];
  return { name: 'completed', title, lead, opening: 1, stored: true };
}

function expired(situation: Situation, session: Session, received: number, speech: Speech): Screen {
  const at = Date.parse(session.expiresAt);
  const lead = [speech.say('expired', { day: speech.day(at, situation.now), time: speech.time(at) })];
  if (received > 0) lead.push(speech.count('expiredAfter', received));
  return { name: 'expired', title: speech.say('expiredTitle'), lead, opening: CLOSED };
}

function thanks(situation: Situation, received: number, speech: Speech, wishes: Wishes): Screen {
  const screen: Screen = {
    name: 'thanks',
    title: speech.say('thanksTitle'),
    lead: [speech.count('thanks', received), speech.say('closePage')],
    opening: 1,
    stored: true,
    action: { label: speech.say('sendMore'), run: wishes.comeBack },
  };
  return withPhotos(branded(screen, situation.session, received, speech, wishes), situation, speech);
}

/** The project's own thanks, and where it wants people to go on. */
function branded(
  screen: Screen,
  session: Session | undefined,
  received: number,
  speech: Speech,
  wishes: Wishes,
): Screen {
  const { thankYou, redirectUrl } = session?.branding ?? {};
  if (received === 0) return screen;
  return {
    ...screen,
    lead: thankYou ? [thankYou, ...screen.lead] : screen.lead,
    ...(redirectUrl
      ? {
          action: {
            label: speech.say('passwordContinue'),
            primary: true,
            run: () => wishes.goOn(redirectUrl),
          },
        }
      : {}),
  };
}

/** Where the visit is over, photos that did not make it are still named. */
function withPhotos(screen: Screen, situation: Situation, speech: Speech): Screen {
  const refused = countState(situation, 'refused');
  const parts: StatusPart[] = situation.notice === '' ? [] : [{ tone: 'calm', text: situation.notice }];
  if (refused > 0) parts.push({ tone: 'bad', text: speech.count('someNotSent', refused) });
  parts.push(...describeTroubles(situation.troubles, speech));
  return parts.length === 0 ? screen : { ...screen, status: { parts } };
}

function askPassword(situation: Situation, speech: Speech): Screen {
  const changed = situation.password === 'changed';
  return {
    name: 'password',
    title: speech.say('passwordTitle'),
    lead: [speech.say(changed ? 'passwordChanged' : 'passwordAsk')],
    opening: NARROW,
    password: true,
  };
}

function notFound(speech: Speech): Screen {
  return {
    name: 'not-found',
    title: speech.say('notFoundTitle'),
    lead: [speech.say('notFound')],
    opening: CLOSED,
  };
}

function unreachable(link: 'offline' | 'unavailable', speech: Speech, wishes: Wishes): Screen {
  return {
    name: link,
    title: speech.say(`${link}Title`),
    lead: [speech.say(link)],
    opening: CLOSED,
    action: { label: speech.say('tryAgain'), run: wishes.reload, primary: true },
  };
}

function countState(situation: Situation, state: Photo['state']): number {
  return situation.photos.filter((photo) => photo.state === state).length;
}

function progressOf(photos: readonly Photo[]): number {
  const whole = photos.filter((photo) => photo.state !== 'refused');
  if (whole.length === 0) return 0;
  return whole.reduce((sum, photo) => sum + photo.progress, 0) / whole.length;
}
