/**
 * The one page: heading with the aperture, the photos, and a dock at the thumb with what to do next. Every
 * screen is this layout with other words; its parts stay in place, so that focus and live regions survive.
 */
import type { Source } from '../queue/photo.ts';
import type { Speech } from '../words.ts';
import { bladePaths } from './aperture.ts';
import { h, setText, svg } from './dom.ts';
import { icon } from './icons.ts';
import { createPasswordForm, type PasswordForm } from './password-form.ts';

export interface Action {
  label: string;
  /** The one thing to do next. */
  primary?: boolean;
  run(): void;
}

export interface StatusPart {
  text: string;
  tone: 'calm' | 'good' | 'warn' | 'bad';
}

export interface Screen {
  /** For styles and tests. */
  name: string;
  title: string;
  lead: string[];
  /** From 0 to 1. */
  opening: number;
  /** All is stored: the aperture shows the tick. */
  stored?: boolean;
  /** Spoken by screen readers as it changes. */
  status?: { parts: StatusPart[]; action?: Action };
  pick?: { camera: boolean; types: readonly string[] };
  password?: boolean;
  /** The button below. */
  action?: Action;
}

export interface Layout {
  readonly photos: HTMLUListElement;
  readonly password: PasswordForm;
  show(screen: Screen): void;
  /** For the ear alone: what the eye sees at the photos. */
  announce(text: string): void;
  /** Who asks for the photos, and whether this is only a test. */
  setOwner(project: string | undefined, test: boolean, brand?: Look): void;
}

export interface Look {
  color: string | null;
  logoUrl: string | null;
}

export interface LayoutHandlers {
  onFiles(files: File[], source: Source): void;
  onPassword(password: string): void;
}

export function createLayout(root: HTMLElement, speech: Speech, handlers: LayoutHandlers): Layout {
  const blades = bladePaths(0.2).map((d) => svg('path', { d }));
  const tick = svg('path', { class: 'tick', d: 'M10.8 16.4l3.6 3.6 7-7.6' });
  const aperture = svg(
    'svg',
    { viewBox: '0 0 32 32', class: 'aperture', 'aria-hidden': 'true' },
    ...blades,
    tick,
  );
  const logo = h('img', { class: 'logo', alt: '', hidden: true });
  const project = h('span', { class: 'project' });
  const test = h(
    'span',
    { class: 'test', hidden: true, title: speech.say('testMeaning') },
    speech.say('test'),
  );
  const heading = h('h1', { tabindex: -1 });
  const lead = h('div', { class: 'lead' });
  const password = createPasswordForm(speech, handlers.onPassword);
  const photos = h('ul', { class: 'photos', role: 'list', 'aria-label': speech.say('yourPhotos') });
  const status = h('p', { class: 'status', role: 'status' });
  const news = h('p', { class: 'unseen', 'aria-live': 'polite' });
  const statusAction = actionButton('button small');
  const pick = createPicker(speech, handlers.onFiles);
  const action = actionButton('button plain');
  const dock = h(
    'section',
    { class: 'dock', 'aria-label': speech.say('title') },
    pick.element,
    action.element,
  );
  root.replaceChildren(
    h('header', {}, logo, project, test),
    h(
      'main',
      {},
      h(
        'div',
        { class: 'hero' },
        aperture,
        h('div', { class: 'truth' }, heading, lead, status, statusAction.element, news),
      ),
      password.element,
      photos,
      dock,
    ),
  );
  keepDockModest(dock);
  let shown = '';

  return {
    photos,
    password,
    announce: (text) => setText(news, text),
    setOwner(name, isTest, look) {
      logo.hidden = !look?.logoUrl;
      if (look?.logoUrl && logo.getAttribute('src') !== look.logoUrl) logo.src = look.logoUrl;
      if (look?.color) paint(root, look.color);
      setText(project, name ?? '');
      test.hidden = !isTest;
    },
    show(screen) {
      root.dataset.screen = screen.name;
      root.classList.toggle('has-photos', photos.childElementCount > 0);
      for (const [index, d] of bladePaths(screen.opening).entries()) blades[index]?.setAttribute('d', d);
      aperture.classList.toggle('stored', screen.stored === true);
      setText(heading, screen.title);
      setParagraphs(lead, screen.lead);
      setStatus(status, screen.status?.parts ?? []);
      statusAction.set(screen.status?.action);
      pick.set(screen.pick);
      password.element.hidden = screen.password !== true;
      action.set(screen.action);
      dock.hidden = screen.pick === undefined && screen.action === undefined;
      // Another screen took the place of the one that was read: start at its heading. Never when the page
      // has just opened, and never out of another document (the one that embeds this page).
      const replaced = shown !== '' && shown !== 'loading' && shown !== screen.name;
      if (replaced && document.hasFocus()) (screen.password ? password : heading).focus();
      shown = screen.name;
    },
  };
}

/** The brand's colour for the one thing to do next, and black or white upon it, whichever is read better. */
function paint(root: HTMLElement, color: string): void {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  root.style.setProperty('--brand', color);
  root.style.setProperty('--on-brand', luminance > 0.179 ? '#000000' : '#ffffff');
}

function createPicker(speech: Speech, onFiles: LayoutHandlers['onFiles']) {
  const input = (
    source: Source,
    label: string,
    look: string,
    attributes: Record<string, string | boolean>,
  ) => {
    const field = h('input', { type: 'file', ...attributes });
    field.addEventListener('change', () => {
      const files = Array.from(field.files ?? []);
      // The same photo can be chosen again after an error only if the field has forgotten it.
      field.value = '';
      if (files.length > 0) onFiles(files, source);
    });
    const face = h(
      'span',
      { class: `button ${look}` },
      icon(source === 'camera' ? 'camera' : 'images'),
      label,
    );
    return { field, element: h('label', { class: `pick ${source}` }, field, face), face };
  };
  const camera = input('camera', speech.say('takePhoto'), 'primary', {
    accept: 'image/*',
    capture: 'environment',
  });
  const gallery = input('gallery', speech.say('choosePhotos'), '', { multiple: true });
  const element = h('div', { class: 'picks' }, camera.element, gallery.element);
  return {
    element,
    set(pick: Screen['pick']): void {
      element.hidden = pick === undefined;
      if (pick === undefined) return;
      camera.element.hidden = !pick.camera;
      gallery.face.classList.toggle('primary', !pick.camera);
      // Naming the exact types makes an iPhone turn HEIC into JPEG by itself where HEIC is not wanted.
      const accept = pick.types.join(',');
      if (gallery.field.accept !== accept) gallery.field.accept = accept;
    },
  };
}

function actionButton(look: string) {
  const element = h('button', { type: 'button', class: look, hidden: true });
  let run = (): void => {};
  element.addEventListener('click', () => run());
  return {
    element,
    set(action: Action | undefined): void {
      element.hidden = action === undefined;
      if (action === undefined) return;
      run = action.run;
      element.classList.toggle('primary', action.primary === true);
      setText(element, action.label);
    },
  };
}

function setStatus(box: HTMLElement, parts: readonly StatusPart[]): void {
  const text = parts.map((part) => part.text).join(' ');
  if (box.textContent === text) return;
  box.replaceChildren();
  for (const [index, part] of parts.entries()) {
    box.append(index > 0 ? ' ' : '', h('span', { 'data-tone': part.tone }, part.text));
  }
}

function setParagraphs(box: HTMLElement, texts: readonly string[]): void {
  const same =
    box.childElementCount === texts.length && texts.every((text, i) => box.children[i]?.textContent === text);
  if (!same) box.replaceChildren(...texts.map((text) => h('p', {}, text)));
}

/** With very large text the dock would cover the photos: then it scrolls with the page. */
function keepDockModest(dock: HTMLElement): void {
  const judge = (): void => {
    dock.classList.toggle('tall', dock.offsetHeight > window.innerHeight * 0.36);
  };
  window.addEventListener('resize', judge);
  if (typeof ResizeObserver === 'function') new ResizeObserver(judge).observe(dock);
}
