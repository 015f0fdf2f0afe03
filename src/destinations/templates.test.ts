import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import {
  checkTemplate,
  findTemplateProblems,
  renderTemplate,
  sampleImage,
  type TemplateImage,
  templateCollision,
} from './templates.ts';

const image = (changes: Partial<TemplateImage> = {}): TemplateImage => ({ ...sampleImage, ...changes });

describe('a template is refused', () => {
  test.each([
    ['', /is empty/],
    ['   ', /is empty/],
    ['x'.repeat(1025), /longer than 1024/],
    [
      '{sesion_id}/{ext}',
      /uses \{sesion_id\}, which is not known.*\{session_id\}, \{image_index\}.*\{tag\.NAME\}/,
    ],
    ['{constructor}', /not known/],
    ['{}', /not known/],
    ['{tag.}', /not known/],
    ['{tag.a/b}', /not known/],
    ['{session_id', /brace without its partner/],
    ['session_id}', /brace without its partner/],
    ['{{session_id}}', /brace without its partner/],
    ['../{ext}', /"\.\."/],
    ['a/../b', /"\.\."/],
    ['a/..', /"\.\."/],
    ['./a', /folder called "\."/],
    ['/uploads/{ext}', /absolute/],
    ['C:/uploads/{ext}', /absolute/],
    ['~/uploads/{ext}', /absolute/],
    ['\\\\server\\share', /backslash/],
    ['a\nb', /control character/],
    ['a\0b', /control character/],
    ['uploads/{session_id}/', /ends with \//],
  ])('%j', (template, sentence) => {
    let refusal: unknown;
    try {
      checkTemplate(template);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' });
    expect((refusal as AppError).message).toMatch(sentence);
    expect((refusal as AppError).message).toMatch(/^template /);
  });

  test('under the name of its setting', () => {
    expect(() => checkTemplate('', { field: 'key_template' })).toThrow(/^key_template is empty/);
  });

  test('for a file only when it ends with a slash', () => {
    expect(() => checkTemplate('uploads/{session_id}/', { names: 'folder' })).not.toThrow();
    expect(findTemplateProblems('uploads/{date}/', { names: 'folder' })).toEqual([]);
    expect(renderTemplate('uploads/{date}/', sampleImage)).toBe('uploads/2026-03-02');
  });
});

describe('a template renders', () => {
  test.each([
    ['uploads/{session_id}/{image_index}.{ext}', {}, 'uploads/sess_01J9Z3V7Q2M8D4K6T1R5W0XABC/0.jpg'],
    ['{image_id}.{ext}', { ext: 'heic' }, 'img_01J9Z4P3C8N5E7K2T1R6W0XABC.heic'],
    ['{date}/{timestamp}.{ext}', {}, '2026-03-02/20260302-081530-250.jpg'],
    ['{tag.ticket}/{filename}', { tags: { ticket: 'T-77' } }, 'T-77/roof.jpg'],
    ['{tag.ticket}/{filename}', { tags: ['x', 'ticket:T-77', 'ticket:T-78'] }, 'T-77/roof.jpg'],
    ['{tag.n}/{tag.yes}', { tags: { n: 42, yes: true } }, '42/true'],
    ['{tag.odoo}', { tags: ['odoo:res.partner:42'] }, 'res.partner_42'],
    ['{tag.room}/{filename}', { tags: null }, '_/roof.jpg'],
    ['{tag.toString}/{filename}', { tags: {} }, '_/roof.jpg'],
    ['{filename}', { filename: '../../etc/passwd' }, '__._etc_passwd'],
    ['{filename}', { filename: '..' }, '_'],
    ['{filename}', { filename: '.htaccess' }, '_htaccess'],
    ['{filename}', { filename: '/absolute' }, '_absolute'],
    ['{filename}', { filename: 'C:\\x' }, 'C__x'],
    ['{filename}', { filename: 'a\0b\nc' }, 'abc'],
    ['{filename}', { filename: 'gpj.\u202eexe.jpg' }, 'gpj.exe.jpg'],
    ['{filename}', { filename: 'NUL' }, '_NUL'],
    ['{filename}', { filename: 'com1.jpg' }, '_com1.jpg'],
    ['{filename}', { filename: 'comics.jpg' }, 'comics.jpg'],
    ['{filename}', { filename: 'roof. ' }, 'roof'],
    ['aux/{filename}', {}, '_aux/roof.jpg'],
    ['{filename}', { filename: 'Zu\u0308rich.jpg' }, 'Z\u00fcrich.jpg'],
    ['a//b///{ext}', {}, 'a/b/jpg'],
    ['{tag.a}.{tag.b}', { tags: { a: 'x.', b: '.y' } }, 'x._y'],
  ] as [string, Partial<TemplateImage>, string][])('%s with %j', (template, changes, path) => {
    checkTemplate(template);
    expect(renderTemplate(template, image(changes))).toBe(path);
  });

  test('a long name cut to 255 bytes, with its extension, and apart from its neighbour', () => {
    const one = renderTemplate('{filename}', image({ filename: `${'é'.repeat(300)}1.jpg` }));
    const two = renderTemplate('{filename}', image({ filename: `${'é'.repeat(300)}2.jpg` }));
    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255);
    expect(one).toMatch(/^é+~[0-9a-f]{8}\.jpg$/);
    expect(one).not.toBe(two);
  });

  test('an unknown variable never, even when it was not checked', () => {
    expect(() => renderTemplate('{nonsense}', image())).toThrow(AppError);
  });
});

test('a template says when photos could overwrite each other', () => {
  expect(templateCollision('{session_id}/{image_index}.{ext}')).toBeUndefined();
  expect(templateCollision('{image_id}')).toBeUndefined();
  for (const template of [
    '{filename}',
    '{date}/{filename}',
    '{image_index}.{ext}',
    '{session_id}/{filename}',
    'x',
  ]) {
    expect(templateCollision(template), template).toContain('{image_id}');
  }
});

describe('whatever a phone sends', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({
      unit: fc.constantFrom('.', '/', '\\', ' ', '\0', ':', '_', 'a', '\u202e', '\ud800', 'é', '~'),
    }),
    fc.constantFrom(
      '..',
      '.',
      '',
      '/',
      '../..',
      'CON',
      'nul.txt',
      'COM¹',
      '. .',
      '.. ',
      '...',
      'a/..',
      '\ufeff',
    ),
  );
  const images = fc.record({
    id: nasty,
    sessionId: nasty,
    index: fc.nat(),
    filename: nasty,
    ext: nasty,
    tags: fc.oneof(
      fc.constant(null),
      fc.dictionary(fc.constantFrom('a', 'b'), nasty),
      fc.array(nasty.map((value) => `a:${value}`)),
    ),
    createdAt: fc.nat({ max: 4_102_444_800_000 }),
  });
  const pieces = fc.constantFrom(
    '{session_id}', '{image_index}', '{ext}', '{image_id}', '{filename}', '{date}', '{timestamp}', '{tag.a}', '{tag.b}',
    '/', '.', ' ', '-', 'con', 'photos', 'é',
  ); // biome-ignore format: one list to read at a glance
  const accepted = fc
    .array(pieces, { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join(''))
    .filter((template) => {
      try {
        checkTemplate(template);
        return true;
      } catch {
        return false;
      }
    });

  test('the path stays in its folder and every system can store it', () => {
    fc.assert(
      fc.property(accepted, images, (template, photo) => {
        const path = renderTemplate(template, photo);
        expect(posix.join('/root/folder', path).startsWith('/root/folder/')).toBe(true);
        expect(win32.resolve('C:\\root', path).startsWith('C:\\root\\')).toBe(true);
        expect(path).not.toMatch(/\.\.|\p{Cc}|\\|^\/|\/$|\/\//u);
        expect(path.isWellFormed()).toBe(true);
        for (const segment of path.split('/')) {
          expect(segment).not.toMatch(/^$|^\.$|[. ]$|^(con|nul|com¹)(\.|$)/i);
          expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(255);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('the path is the same every time, and a safe path stays as it is', () => {
    fc.assert(
      fc.property(accepted, images, (template, photo) => {
        const path = renderTemplate(template, photo);
        expect(renderTemplate(template, structuredClone(photo))).toBe(path);
        expect(renderTemplate(path.replace(/[{}]/g, ''), photo)).toBe(path.replace(/[{}]/g, ''));
      }),
      { numRuns: 2_000 },
    );
  });
});
