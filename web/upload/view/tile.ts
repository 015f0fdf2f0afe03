/** One photo on the page: its thumbnail, a ring that fills, then a tick that means stored. */
import type { Place } from '../places.ts';
import type { Photo } from '../queue/photo.ts';
import { mayTryAgain } from '../refusal.ts';
import { createThumbnail } from '../thumbnail/thumbnail.ts';
import type { PlainKey, Speech } from '../words.ts';
import { h, setText, svg } from './dom.ts';
import { icon } from './icons.ts';
import { createPicture, type TilePicture } from './picture.ts';
import { describePlaces, type PlaceWords } from './place-words.ts';

export interface TileActions {
  retry(photo: Photo): void;
  remove(photo: Photo): void;
  move(photo: Photo, by: Move): void;
  sentence(photo: Photo): string;
  placesOf(photo: Photo): readonly Place[];
}

/** Among the photos that wait: one place earlier or later, or before all others. */
export type Move = -1 | 1 | 'first';

export interface Tile {
  readonly element: HTMLLIElement;
  update(): void;
  close(): void;
}

/** Begins at the top, so that nothing has to be turned. */
const CIRCLE = 'M22 3a19 19 0 1 1 0 38a19 19 0 1 1 0 -38';

export function createTile(photo: Photo, speech: Speech, actions: TileActions): Tile {
  const name = photo.file.name;
  const ringFill = svg('path', { class: 'fill', d: CIRCLE, pathLength: 100 });
  const ring = h(
    'div',
    {
      class: 'ring',
      role: 'progressbar',
      'aria-label': speech.say('photoLabel', { name }),
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    svg('svg', { viewBox: '0 0 44 44', 'aria-hidden': 'true' }, svg('path', { d: CIRCLE }), ringFill),
  );
  const badge = h('span', { class: 'badge' });
  const remove = h('button', {
    type: 'button',
    class: 'discard',
    'aria-label': speech.say('removePhoto', { name }),
  });
  remove.append(h('span', {}, icon('cross')));
  remove.addEventListener('click', () => actions.remove(photo));
  const first = createMover(photo, speech, actions);
  const frame = h('div', { class: 'frame' }, ring, badge, first, remove);
  const caption = h('p', { class: 'caption' });
  const detail = h('p', { class: 'detail', 'aria-hidden': 'true' });
  const spoken = h('p', { class: 'unseen' });
  const element = h(
    'li',
    { class: 'photo', tabindex: -1 },
    frame,
    h('div', { class: 'words' }, caption, detail, spoken),
  );
  const close = showThumbnail(photo, element, frame, speech);
  let problem: HTMLElement | undefined;

  function update(): void {
    const places =
      photo.state === 'received' ? describePlaces(photo, actions.placesOf(photo), speech) : undefined;
    const stage = stageOf(photo, places);
    if (element.dataset.stage !== stage) {
      element.dataset.stage = stage;
      problem?.remove();
      problem = stage === 'refused' ? describeProblem(photo, speech, actions, element) : undefined;
      if (problem !== undefined) element.lastElementChild!.append(problem);
      remove.hidden =
        stage === 'received' || stage === 'delivered' || stage === 'refused' || stage === 'saving';
      first.hidden = stage !== 'waiting';
      ring.hidden = stage !== 'sending' && stage !== 'saving' && stage !== 'waiting';
      // It never comes back from there, and of five hundred photos every element is felt.
      if (stage === 'received' || stage === 'delivered')
        for (const part of [ring, first, remove]) part.remove();
    }
    const percent = Math.round(photo.progress * 100);
    ring.setAttribute('aria-valuenow', String(percent));
    ringFill.setAttribute('stroke-dashoffset', String(100 - percent));
    const onPhone = stage === 'waiting' && photo.hash !== undefined;
    const saying = speech.say(onPhone ? 'onPhone' : CAPTIONS[stage]);
    setText(caption, stage === 'sending' && percent > 0 ? `${percent} %` : (places?.caption ?? saying));
    setText(detail, places?.detail ?? '');
    setText(spoken, places?.spoken ?? '');
    const mark = markOf(stage, places);
    if (badge.dataset.mark === mark) return;
    badge.dataset.mark = mark;
    badge.replaceChildren(...(mark === '' ? [] : [icon(mark)]));
  }
  update();
  return { element, update, close };
}

/** Sends it first; with the arrow keys it goes one place earlier or later. */
function createMover(photo: Photo, speech: Speech, actions: TileActions): HTMLButtonElement {
  const button = h('button', {
    type: 'button',
    class: 'first',
    'aria-label': speech.say('sendFirst', { name: photo.file.name }),
    'aria-keyshortcuts': 'ArrowLeft ArrowRight',
  });
  button.append(h('span', {}, icon('first')));
  button.addEventListener('click', () => actions.move(photo, 'first'));
  button.addEventListener('keydown', (event) => {
    const isForward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    actions.move(photo, event.key === isForward ? 1 : -1);
  });
  return button;
}

type Stage = 'waiting' | 'sending' | 'saving' | 'received' | 'delivered' | 'refused';

const CAPTIONS: Record<Stage, PlainKey> = {
  waiting: 'waiting',
  sending: 'sending',
  saving: 'saving',
  received: 'received',
  delivered: 'delivered',
  refused: 'notSent',
};

function stageOf(photo: Photo, places: PlaceWords | undefined): Stage {
  if (photo.state === 'queued') return 'waiting';
  if (photo.state === 'sending') return photo.progress === 1 ? 'saving' : 'sending';
  if (photo.state !== 'received') return photo.state;
  return places?.everywhere ? 'delivered' : 'received';
}

/** One tick: the server has it. Two: so has a place, and the copy is whole. */
function markOf(stage: Stage, places: PlaceWords | undefined): 'check' | 'checks' | 'alert' | '' {
  if (places !== undefined) return places.checked ? 'checks' : 'check';
  return stage === 'refused' ? 'alert' : '';
}

/** What went wrong and what to do, with the buttons that do it. */
function describeProblem(photo: Photo, speech: Speech, actions: TileActions, tile: HTMLElement): HTMLElement {
  const sentence = h('p', { class: 'sentence' });
  const buttons = h('div', { class: 'choices' });
  const refusal = photo.refusal;
  if (refusal !== undefined && mayTryAgain(refusal)) {
    const retry = h('button', { type: 'button' }, speech.say('tryAgain'));
    retry.addEventListener('click', () => {
      actions.retry(photo);
      // The button is gone now: the focus stays with its photo.
      tile.focus();
    });
    buttons.append(retry);
  }
  const remove = h('button', { type: 'button' }, speech.say('remove'));
  remove.addEventListener('click', () => actions.remove(photo));
  buttons.append(remove);
  const box = h('div', { class: 'problem' }, h('p', { class: 'name' }, photo.file.name), sentence, buttons);
  sentence.setAttribute('role', 'alert');
  // An alert is spoken when its text arrives in a box that is already on the page.
  requestAnimationFrame(() => setText(sentence, actions.sentence(photo)));
  return box;
}

/** Answers the function that lets go of the picture. */
function showThumbnail(photo: Photo, tile: HTMLElement, frame: HTMLElement, speech: Speech): () => void {
  let picture: TilePicture | undefined;
  let closed = false;
  void createThumbnail(photo).then((small) => {
    if (closed) return;
    if (small === undefined) {
      const kind = photo.file.name.split('.').pop()?.slice(0, 5).toUpperCase() ?? '';
      frame.prepend(h('span', { class: 'blank' }, icon('image'), kind || speech.say('noPreview')));
      return;
    }
    picture = createPicture(tile, small, photo.file.name);
    frame.prepend(picture.element);
  });
  return () => {
    closed = true;
    picture?.close();
  };
}
