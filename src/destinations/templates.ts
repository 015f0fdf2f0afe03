/**
 * Path templates (contract §6.4). The rendered path is a pure function of the photo, so that a repeated delivery writes
 * to the same place, and it never leaves the folder that it is joined to, whatever a phone put into a file name or tag.
 */
import { createHash } from 'node:crypto';
import { invalid } from '../errors.ts';
import type { DeliverableImage } from './destination.ts';

/** What a template can tell about a photo. */
export type TemplateImage = Pick<
  DeliverableImage,
  'id' | 'sessionId' | 'index' | 'filename' | 'ext' | 'tags' | 'createdAt'
>;

export interface TemplateRules {
  /** How the setting is called in a refusal. */
  field?: string;
  /** A `file` template ends with a file name, a `name` has no folders, a `folder` template may end with a slash. */
  names?: 'file' | 'name' | 'folder';
  /** Characters that the template itself must not hold, because some file systems refuse them. */
  without?: string;
}

/** What is wrong with a template, and where: in UTF-16 units from its start, as an input field counts. */
export interface TemplateProblem {
  position: number;
  length: number;
  /** The end of a sentence that begins with the name of the setting. */
  message: string;
}

const maxTemplateCharacters = 1_024;
const maxSegmentBytes = 255;
const tagName = /^[^{}/\\\p{C}]{1,64}$/u;

type Render = (image: TemplateImage) => string;

const variables: Record<string, Render> = {
  session_id: (image) => image.sessionId,
  image_index: (image) => String(image.index),
  ext: (image) => image.ext,
  image_id: (image) => image.id,
  filename: (image) => image.filename,
  date: (image) => new Date(image.createdAt).toISOString().slice(0, 10),
  timestamp: (image) => timestampText(image.createdAt),
};

/** The names that a template may use, as they are shown to people. */
export const templateVariables: readonly string[] = [...Object.keys(variables), 'tag.NAME'].map(
  (name) => `{${name}}`,
);

/** `20261121-202354-250`: UTC, sorts by time, holds nothing that a file system refuses. */
function timestampText(ms: number): string {
  const digits = new Date(ms).toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${digits.slice(14)}`;
}

/**
 * Refuses a template that could not be rendered or that points outside its folder. Throws AppError 400 that names the
 * unknown variable and lists the known ones. Contract §6.4.
 */
export function checkTemplate(template: string, rules: TemplateRules = {}): void {
  const [first] = findTemplateProblems(template, rules);
  if (first) throw invalid(`${rules.field ?? 'template'} ${first.message}`);
}

/** Everything that `checkTemplate` would refuse, the gravest first; empty for a good template. */
export function findTemplateProblems(template: string, rules: TemplateRules = {}): TemplateProblem[] {
  const whole = { position: 0, length: template.length };
  if (template.trim() === '')
    return [{ ...whole, message: 'is empty. A good one is uploads/{session_id}/{image_index}.{ext}' }];
  if (template.length > maxTemplateCharacters) {
    const length = template.length - maxTemplateCharacters;
    return [{ position: maxTemplateCharacters, length, message: 'is longer than 1024 characters' }];
  }
  return [
    ...findCharacters(template, rules.without ?? ''),
    ...readPieces(template).flatMap((piece) => piece.problem ?? []),
    ...findShapes(template, rules.names ?? 'file'),
  ];
}

const absolute = /^(\/|[A-Za-z]:|~)/;

function findCharacters(template: string, without: string): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const say = (found: RegExpExecArray | null, message: string): void => {
    if (found) problems.push({ position: found.index, length: found[0].length, message });
  };
  say(/[\p{Cc}\p{Cs}]/u.exec(template), 'holds a control character');
  say(/\\/.exec(template), 'holds a backslash. Folders are separated by /');
  say(
    absolute.exec(template),
    'starts like an absolute path. Leave out the leading / or drive: it is joined to the folder',
  );
  const odd = [...template].find((character) => without.includes(character));
  if (odd !== undefined) {
    const message = `holds ${odd}, which is not allowed in file names everywhere`;
    problems.push({ position: template.indexOf(odd), length: odd.length, message });
  }
  return problems;
}

/** What is wrong with the folders and the name, whatever the variables stand for. */
function findShapes(template: string, names: 'file' | 'name' | 'folder'): TemplateProblem[] {
  // As long as the template, so that positions are those of the template.
  const outline = template.replace(/\{[^{}]*\}/g, (variable) => 'x'.repeat(variable.length));
  const problems: TemplateProblem[] = [];
  let position = 0;
  for (const segment of outline.split('/')) {
    const dots = segment.indexOf('..');
    if (dots >= 0)
      problems.push({
        position: position + dots,
        length: 2,
        message: 'holds "..", which could leave the folder',
      });
    if (segment === '.') problems.push({ position, length: 1, message: 'holds a folder called "."' });
    position += segment.length + 1;
  }
  const last = { position: outline.length - 1, length: 1 };
  const slash = outline.indexOf('/');
  if (outline.replaceAll('/', '') === '')
    problems.push({ position: 0, length: outline.length, message: 'names no file or folder' });
  else if (names === 'name' && slash >= 0)
    problems.push({
      position: slash,
      length: 1,
      message: 'is a name without folders. Put them into subfolder_template',
    });
  else if (names !== 'folder' && outline.endsWith('/'))
    problems.push({
      ...last,
      message: 'ends with /. End it with a file name, for example {image_index}.{ext}',
    });
  return problems;
}

interface Piece {
  /** Literal text, or the function that stands for a variable. */
  means: string | Render;
  problem?: TemplateProblem;
}

function readPieces(template: string): Piece[] {
  let position = 0;
  return template.split(/(\{[^{}]*\})/).map((text, index) => {
    const at = position;
    position += text.length;
    return index % 2 === 1 ? readVariable(text, at) : readLiteral(text, at);
  });
}

function readLiteral(text: string, at: number): Piece {
  const brace = text.search(/[{}]/);
  if (brace < 0) return { means: text };
  const message = `has a brace without its partner near "${text.slice(0, 40)}"`;
  return { means: text, problem: { position: at + brace, length: 1, message } };
}

function readVariable(text: string, position: number): Piece {
  const name = text.slice(1, -1);
  if (Object.hasOwn(variables, name)) return { means: variables[name]! };
  if (name.startsWith('tag.') && tagName.test(name.slice(4))) {
    return { means: (image) => findTag(image.tags, name.slice(4)) };
  }
  const message = `uses {${name.slice(0, 80)}}, which is not known. Known are ${templateVariables.join(', ')}`;
  return { means: text, problem: { position, length: text.length, message } };
}

/** A tag's value from an object, or from a list of `NAME:value`; a missing one is empty. */
function findTag(tags: TemplateImage['tags'], name: string): string {
  if (tags === null || tags === undefined) return '';
  if (!Array.isArray(tags)) return Object.hasOwn(tags, name) ? String(tags[name] ?? '') : '';
  const found = tags.find((tag) => typeof tag === 'string' && tag.startsWith(`${name}:`));
  return found === undefined ? '' : found.slice(name.length + 1);
}

/**
 * The path of a photo, relative, with `/` between its segments: never empty, no segment empty, `.`, `..` or longer than
 * 255 bytes of UTF-8. What a photo lacks (a tag) becomes `_`. Throws AppError 400 as `checkTemplate` when a variable is
 * unknown. Contract §6.4.
 */
export function renderTemplate(template: string, image: TemplateImage): string {
  const text = readPieces(template)
    .map(({ means, problem }) => {
      if (problem) throw invalid(`template ${problem.message}`);
      return typeof means === 'string' ? means : safeValue(means(image));
    })
    .join('');
  const segments = text.split(/[/\\]/).filter((segment) => segment !== '');
  return segments.map(safeSegment).join('/') || '_';
}

/** The folders that every photo has in common under this template, with a slash at the end; may be empty. */
export function templatePrefix(template: string): string {
  const fixed = template.split('{', 1)[0]!;
  const folders = fixed.split('/').slice(0, -1).map(safeSegment);
  return folders.map((folder) => `${folder}/`).join('');
}

/** An imagined photo, for showing people a path before there is one. */
export const sampleImage: TemplateImage = {
  id: 'img_01J9Z4P3C8N5E7K2T1R6W0XABC',
  sessionId: 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC',
  index: 0,
  filename: 'roof.jpg',
  ext: 'jpg',
  tags: null,
  createdAt: Date.UTC(2026, 2, 2, 8, 15, 30, 250),
};

/**
 * Why photos could overwrite each other under this template, or undefined when each has a path of its own. Phones call
 * many photos image.jpg, so a file name alone tells nothing apart.
 */
export function templateCollision(template: string): string | undefined {
  const has = (name: string): boolean => template.includes(`{${name}}`);
  if (has('image_id') || (has('session_id') && has('image_index'))) return undefined;
  return 'Two photos can get the same path. Add {image_id}, or {session_id} and {image_index}, to tell them apart.';
}

/** Invisible characters that turn or cut what people see: controls, line separators, direction marks, BOM. */
const invisible = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** One value inside a segment. The leading dot goes so that a phone cannot name a hidden file. */
function safeValue(value: string): string {
  const text = value
    .slice(0, 4 * maxTemplateCharacters)
    .toWellFormed()
    .normalize('NFC')
    .replace(invisible, '')
    .replace(/[/\\<>:"|?*]/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^\./, '_')
    .trim();
  return text === '' ? '_' : text;
}

/** Windows opens a device for these, whatever the extension. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i;

/** One segment of the path; leaves an already safe one as it is. */
function safeSegment(segment: string): string {
  let text = segment
    .toWellFormed()
    .replace(invisible, '')
    .replace(/\.{2,}/g, '.')
    .replace(/[. ]+$/, '');
  if (text === '') text = '_';
  if (reserved.test(text)) text = `_${text}`;
  return Buffer.byteLength(text) <= maxSegmentBytes ? text : shorten(text);
}

/** Keeps a short extension, and a digest of the whole, so that two long names stay two names. */
function shorten(text: string): string {
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(text)?.[0] ?? '';
  const tail = `~${createHash('sha256').update(text).digest('hex').slice(0, 8)}${extension}`;
  let head = '';
  let room = maxSegmentBytes - Buffer.byteLength(tail);
  for (const character of text.slice(0, text.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    head += character;
  }
  return head + tail;
}
