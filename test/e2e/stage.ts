/** What the browser tests share: the app on a clock that can be moved, sessions, photos as a phone hands them over. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterEach, expect } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { type StartOptions, startApp, type TestApp } from '../helpers/app.ts';
import { patience } from '../helpers/browser.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { makeJpeg } from '../helpers/pictures.ts';

export interface MovableClock extends Clock {
  /** Milliseconds, from now on ahead of the real time. */
  ahead: number;
}

export function createMovableClock(): MovableClock {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  return clock;
}

/** Starts apps on SQLite, stopped after the test: what the page shows does not depend on the engine. */
export function useApp(): (options?: StartOptions) => Promise<TestApp> {
  const undo: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  return async (options) => {
    const place = async (how?: { migrated?: boolean }) => {
      const database = await createTestDatabase('sqlite', how);
      undo.push(() => database.cleanup());
      return database;
    };
    const unused = (): never => {
      throw new Error('The app opens its database itself');
    };
    const app = await startApp({ name: 'sqlite', place, open: unused }, options);
    undo.push(() => app.stop());
    return app;
  };
}

export interface CreatedSession {
  id: string;
  upload_url: string;
  short_url: string;
}

export async function createSession(app: TestApp, body: unknown = {}, key?: string): Promise<CreatedSession> {
  const answer = await app.call('POST', '/upload-sessions', { body, ...(key ? { key } : {}) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

export async function imagesOf(app: TestApp, sessionId: string): Promise<number> {
  const answer = await app.call('GET', `/upload/${sessionId}/session`, { key: null });
  return answer.body.imagesUploaded;
}

export interface PhotoFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** Photos that differ in every byte of their picture. `bytes` makes each file exactly that long. */
export async function makePhotos(
  count: number,
  options: { bytes?: number; from?: number } = {},
): Promise<PhotoFile[]> {
  const from = options.from ?? 1;
  return Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      name: `photo-${from + index}.jpg`,
      mimeType: 'image/jpeg',
      buffer: await makeJpeg({
        width: 320,
        height: 240,
        seed: from + index,
        ...(options.bytes === undefined ? {} : { bytes: options.bytes }),
      }),
    })),
  );
}

/** As files on disk, which keep their name, size and date from one choice to the next. Answers their paths. */
export async function writePhotos(app: TestApp, photos: PhotoFile[]): Promise<string[]> {
  return Promise.all(
    photos.map(async ({ name, buffer }) => {
      const file = path.join(app.config.dataDir, name);
      await writeFile(file, buffer);
      return file;
    }),
  );
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The parts of the page, by what a person sees or hears. */
export interface PhonePage {
  camera: Locator;
  gallery: Locator;
  heading: Locator;
  status: Locator;
  photos: Locator;
  /** Photos in a stage: waiting, sending, saving, received, delivered, refused. */
  stage(name: string): Locator;
  /** Photos that the server has, delivered or not yet. */
  stored: Locator;
  button(name: string): Locator;
}

export function readPage(page: Page): PhonePage {
  return {
    camera: page.getByLabel('Take a photo'),
    gallery: page.getByLabel('Choose photos'),
    heading: page.getByRole('heading', { level: 1 }),
    status: page.getByRole('status'),
    photos: page.getByRole('list', { name: 'Your photos' }).getByRole('listitem'),
    stage: (name) => page.locator(`.photo[data-stage="${name}"]`),
    stored: page.locator('.photo[data-stage="received"], .photo[data-stage="delivered"]'),
    button: (name) => page.getByRole('button', { name, exact: true }),
  };
}

/** `expect.poll` with our patience: what is read must come to be as expected. */
export const eventually = <T>(read: () => T | Promise<T>) =>
  expect.poll(read, { timeout: patience, interval: 20 });

/** Waits until the element says exactly this, or matches it. */
export async function says(locator: Locator, text: string | RegExp): Promise<void> {
  const expected = typeof text === 'string' ? text : expect.stringMatching(text);
  await eventually(async () => (await locator.textContent()) ?? '').toEqual(expected);
}

/** Waits until there are exactly so many. */
export async function counts(locator: Locator, expected: number): Promise<void> {
  await eventually(() => locator.count()).toBe(expected);
}
