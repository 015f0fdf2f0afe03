/** The path that settings would lead to. */
import { describe, expect, test } from 'vitest';
import { previewPath } from './preview.ts';
import { findKind, kindNames } from './registry.ts';
import { sampleImage } from './templates.ts';

const preview = (type: string, given: Record<string, unknown> = {}, stored = {}) =>
  previewPath(findKind(type)!, given, sampleImage, stored);

const { sessionId } = sampleImage;

test.each([
  ['s3', `uploads/${sessionId}/0.jpg`],
  ['azure_blob', `uploads/${sessionId}/0.jpg`],
  ['gcs', `uploads/${sessionId}/0.jpg`],
  ['ftp', `${sessionId}/0.jpg`],
  ['webdav', `${sessionId}/0.jpg`],
  ['local', `${sessionId}/0.jpg`],
  ['google_drive', `${sessionId}/0.jpg`],
  ['dropbox', `${sessionId}/0.jpg`],
  ['onedrive', `${sessionId}/0.jpg`],
  ['box', `${sessionId}/0.jpg`],
])('%s without any setting leads to its default', (type, path) => {
  expect(preview(type)).toMatchObject({ path, errors: [], warnings: [] });
});

test('every kind has a preview, or no path at all', () => {
  const without = kindNames().filter((type) => preview(type).templates.length === 0);
  expect(without.sort()).toEqual(['odoo', 'webhook']);
});

test('what the body says stands above what is stored, in any spelling', () => {
  const stored = { key_template: 'stored/{image_id}.{ext}', bucket: 'claims' };
  expect(preview('s3', {}, stored).path).toBe(`stored/${sampleImage.id}.jpg`);
  expect(preview('s3', { keyTemplate: 'new/{image_id}.{ext}' }, stored).path).toBe(
    `new/${sampleImage.id}.jpg`,
  );
  expect(preview('s3', { key_template: null }, stored).path).toBe(`uploads/${sessionId}/0.jpg`);
});

test('a drive joins its folder and its name; an empty folder is none', () => {
  const given = { subfolder_template: '{date}/', file_template: '{image_id}.{ext}' };
  expect(preview('dropbox', given)).toMatchObject({
    path: `2026-03-02/${sampleImage.id}.jpg`,
    templates: [
      { field: 'subfolder_template', template: '{date}/' },
      { field: 'file_template', template: '{image_id}.{ext}' },
    ],
  });
  expect(preview('dropbox', { ...given, subfolder_template: '' }).path).toBe(`${sampleImage.id}.jpg`);
});

test('photos that would overwrite each other are warned of', () => {
  expect(preview('s3', { key_template: '{filename}' }).warnings).toEqual([
    expect.stringContaining('the same path'),
  ]);
});

describe('what is wrong is said with its place', () => {
  test.each([
    [
      's3',
      { key_template: 'in/{sesion_id}/{image_index}.{ext}' },
      'key_template',
      3,
      11,
      /{sesion_id}, which/,
    ],
    ['s3', { key_template: 'in/{session_id/0.jpg' }, 'key_template', 3, 1, /brace without its partner/],
    ['s3', { key_template: '/in/{image_id}' }, 'key_template', 0, 1, /absolute path/],
    ['s3', { key_template: 'in/../{image_id}' }, 'key_template', 3, 2, /could leave the folder/],
    ['s3', { key_template: 'in/./{image_id}' }, 'key_template', 3, 1, /folder called/],
    ['s3', { key_template: 'in/{image_id}/' }, 'key_template', 13, 1, /ends with/],
    ['s3', { key_template: 'in\\{image_id}' }, 'key_template', 2, 1, /backslash/],
    ['s3', { key_template: 'in\n{image_id}' }, 'key_template', 2, 1, /control character/],
    ['s3', { key_template: '//' }, 'key_template', 0, 1, /absolute path/],
    ['s3', { key_template: '  ' }, 'key_template', 0, 0, /is empty/],
    ['s3', { key_template: 7 }, 'key_template', 0, 0, /is a text/],
    ['s3', { key_template: `{image_id}${'x'.repeat(1_020)}` }, 'key_template', 1_024, 6, /longer/],
    ['local', { path_template: 'a:b/{image_id}' }, 'path_template', 0, 2, /absolute path/],
    ['local', { path_template: 'a/b?{image_id}' }, 'path_template', 3, 1, /not allowed in file names/],
    ['box', { file_template: 'a/{image_id}' }, 'file_template', 1, 1, /without folders/],
    ['box', { subfolder_template: '{day}' }, 'subfolder_template', 0, 5, /{day}, which/],
  ])('%s %j', (type, given, field, position, length, message) => {
    const { path, errors } = preview(type, given);
    expect(path).toBeNull();
    expect(errors[0]).toEqual({ field, position, length, message: expect.stringMatching(message) });
  });

  test('all of it at once', () => {
    const { errors } = preview('s3', { key_template: '/a/{x}/../{y}/' });
    expect(errors.map(({ position }) => position)).toEqual([0, 3, 10, 7, 13]);
  });
});
