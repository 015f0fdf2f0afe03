/**
 * What every kind of destination must do, as one suite that the test of each kind runs against a real server:
 *
 *     describeDestination('s3', { start: startHarness, verifiedBy: 'hash', … });
 *
 * A kind brings a **harness**: how to set it up, and a second way to the server that does not go through the kind, to
 * read back what is there. Where services differ in what they can do, the harness says what is right for this one and
 * why; no test is skipped in silence. Files stand in a folder of their own for each test, so one server serves all.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conflict } from './conflict.ts';
import { makePhoto, never, onePixel } from './contract.fixture.ts';
import { describeChecks } from './contract-checks.fixture.ts';
import { describeEconomy } from './contract-economy.fixture.ts';
import { describeFaults } from './contract-faults.fixture.ts';
import {
  type Definition,
  failure,
  type Harness,
  Scene,
  type Start,
  secretsOf,
} from './contract-scene.fixture.ts';
import { readSettings } from './settings.ts';

export { type Definition, failure, type Harness, until, type Wish } from './contract-scene.fixture.ts';

const names = [
  'photo of roof.jpg',
  'a+b&c=d;e,f.jpg',
  '100%25 sure #1.jpg',
  "it's [new] (2) {x}.jpg",
  '~$tilde! @home ^.jpg',
  '.hidden.jpg',
  '-rf.jpg',
  'no-extension',
  'büro-straße-ñ.jpg',
  '屋根の写真.jpg',
  'صورة السقف.jpg',
  'roof 📷🏠.jpg',
  'e\u0301 as two characters.jpg',
  `${'l'.repeat(251)}.jpg`,
  `${'é'.repeat(125)}.jpg`,
];

/** Registers the suite for one kind. */
export function describeDestination(name: string, definition: Definition): void {
  // Real servers on a busy machine: the time limit only ends what hangs.
  describe(`destination ${name}`, { timeout: 90_000 }, () => {
    let harness: Harness;
    beforeAll(async () => {
      harness = await definition.start();
    });
    afterAll(() => harness?.close());
    const scene = (): Scene => new Scene(harness);

    describeSettings(scene);
    describeDelivery(scene, definition);
    describeConflicts(scene);
    describeRefusals(scene, definition);
    describeFaults(scene);
    describeEconomy(scene, definition);
    describeChecks(scene, definition);
  });
}

function describeSettings(scene: Start): void {
  test('every setting has a title, a description and an example; secrets are credentials', () => {
    const { kind } = scene().harness;
    for (const schema of [kind.config, kind.credentials]) {
      for (const [field, help] of Object.entries(schema.properties)) {
        expect(help, field).toMatchObject({ title: expect.any(String), description: expect.any(String) });
        expect((help as { examples?: unknown[] }).examples?.length, field).toBeGreaterThan(0);
      }
    }
    expect(
      Object.keys(kind.config.properties).filter((field) => /password|secret|token$/.test(field)),
    ).toEqual([]);
  });

  test('its description names the place and no secret', () => {
    const here = scene();
    const { kind, services } = here.harness;
    const context = { env: 'live', localRoots: services?.localRoots ?? [] } as const;
    const line = kind.describe(readSettings(kind, here.settings(), context).config);
    expect(line.length).toBeGreaterThan(3);
    for (const secret of secretsOf(here)) expect(line).not.toContain(secret);
  });
}

function describeDelivery(scene: Start, { verifiedBy, renames }: Definition): void {
  test.each([
    ['a small one', { size: 5_000 }],
    ['a single pixel', { content: onePixel, filename: 'pixel.png' }],
    ['one byte', { size: 1 }],
    ['1 MB', { size: 1_048_576 }],
    ['25 MB', { size: 25_000_000 }],
  ])('photos arrive whole: %s', async (_, options) => {
    const here = scene();
    const photo = makePhoto(options);
    const receipt = await here.open().deliver(photo, never());
    await here.expectHeld(photo, receipt);
    expect(receipt.verifiedBy).toBe(verifiedBy);
    expect(await here.list()).toEqual([`${here.folder}/${photo.filename}`]);
  });

  test(`odd and foreign names are kept apart${renames ? ` (not kept as they are: ${renames})` : ''}`, async () => {
    const here = scene();
    const connection = here.open();
    const photos = names.map((filename) => makePhoto({ filename, size: 300 }));
    for (const photo of photos) {
      const receipt = await connection.deliver(photo, never());
      await here.expectHeld(photo, receipt);
    }
    const found = await here.list();
    expect(found).toHaveLength(names.length);
    if (renames) return;
    // A leading dot becomes _ and text is composed in the template, before any kind sees it.
    const wanted = names.map((filename) => `${here.folder}/${filename.normalize('NFC').replace(/^\./, '_')}`);
    expect(found.toSorted()).toEqual(wanted.toSorted());
  });

  test('folders of a template are made as needed', async () => {
    const here = scene();
    const photo = makePhoto();
    const receipt = await here
      .open({ template: `${here.folder}/a b/{session_id}/ünï/{image_index}.{ext}` })
      .deliver(photo, never());
    await here.expectHeld(photo, receipt);
  });

  test('delivered twice, it overwrites itself', async () => {
    const here = scene();
    const connection = here.open();
    const photo = makePhoto({ size: 40_000 });
    const first = await connection.deliver(photo, never());
    const second = await here.open().deliver(photo, never());
    expect(second.remotePath).toBe(first.remotePath);
    await here.expectHeld(photo, second);
    expect(await here.list()).toHaveLength(1);
  });

  test('eight at once do not mix', async () => {
    const here = scene();
    const connection = here.open();
    const photos = Array.from({ length: 8 }, () => makePhoto({ size: 400_000 }));
    const receipts = await Promise.all(photos.map((photo) => connection.deliver(photo, never())));
    for (const [at, photo] of photos.entries()) await here.expectHeld(photo, receipts[at]!);
    expect(await here.list()).toHaveLength(8);
  });

  test('eight at once into one new folder, through fresh connections', async () => {
    const here = scene();
    const template = `${here.folder}/new/deeper/{filename}`;
    const photos = Array.from({ length: 8 }, () => makePhoto({ size: 2_000 }));
    const receipts = await Promise.all(
      photos.map((photo) => here.open({ template }).deliver(photo, never())),
    );
    for (const [at, photo] of photos.entries()) await here.expectHeld(photo, receipts[at]!);
  });
}

function describeConflicts(scene: Start): void {
  const theirs = Buffer.from('somebody else put this here');

  async function meet(conflict: Conflict) {
    const here = scene();
    const photo = makePhoto({ filename: 'roof.jpg', size: 30_000 });
    await here.harness.put(`${here.folder}/roof.jpg`, theirs);
    return { here, photo, connection: here.open({ conflict }) };
  }

  test('overwrite replaces what is there', async () => {
    const { here, photo, connection } = await meet('overwrite');
    await here.expectHeld(photo, await connection.deliver(photo, never()));
    expect(await here.list()).toEqual([`${here.folder}/roof.jpg`]);
  });

  test('skip keeps what is there, says so, and claims nothing', async () => {
    const { here, photo, connection } = await meet('skip');
    const receipt = await connection.deliver(photo, never());
    expect(receipt.verifiedBy).toBe('none');
    expect(receipt.excerpt).toMatch(/kept/);
    expect(await here.harness.read(`${here.folder}/roof.jpg`)).toEqual(theirs);
    expect(await here.list()).toHaveLength(1);
  });

  test('rename writes beside it, and a second delivery finds itself again', async () => {
    const { here, photo, connection } = await meet('rename');
    const receipt = await connection.deliver(photo, never());
    await here.expectHeld(photo, receipt);
    const again = await connection.deliver(photo, never());
    expect(again.remotePath).toBe(receipt.remotePath);
    const other = makePhoto({ filename: 'roof.jpg', size: 31_000 });
    await here.expectHeld(other, await connection.deliver(other, never()));
    expect(await here.harness.read(`${here.folder}/roof.jpg`)).toEqual(theirs);
    expect(await here.list()).toHaveLength(3);
  });

  test('fail ends the delivery and touches nothing', async () => {
    const { here, photo, connection } = await meet('fail');
    const error = await failure(connection.deliver(photo, never()));
    expect(error.fate).toBe('give-up');
    expect(error.message).toMatch(/there already/);
    expect(await here.harness.read(`${here.folder}/roof.jpg`)).toEqual(theirs);
    expect(await here.list()).toHaveLength(1);
  });

  test.each(['skip', 'rename', 'fail'] as const)(
    '%s writes where nothing is, and knows itself',
    async (conflict) => {
      const here = scene();
      const connection = here.open({ conflict });
      const photo = makePhoto({ size: 30_000 });
      const first = await connection.deliver(photo, never());
      await here.expectHeld(photo, first);
      const second = await connection.deliver(photo, never());
      expect(second.remotePath).toBe(first.remotePath);
      expect(await here.list()).toHaveLength(1);
    },
  );
}

function describeRefusals(scene: Start, { wrongCredentials, missingFolder }: Definition): void {
  test('refused credentials are told apart, without telling them', async () => {
    const here = scene();
    const error = await failure(here.open({ wrong: 'credentials' }).deliver(makePhoto(), never()));
    expect(error.fate).toBe(wrongCredentials.fate);
    expect(error.message).toMatch(wrongCredentials.says);
    const settings = here.settings({ wrong: 'credentials' });
    for (const secret of secretsOf(here, settings)) {
      expect(`${error.message} ${error.excerpt}`).not.toContain(secret);
    }
    expect(await here.list()).toEqual([]);
  });

  test('a bucket or folder that is not there', async () => {
    const here = scene();
    const delivered = here.open({ wrong: 'folder' }).deliver(makePhoto(), never());
    if (missingFolder === 'made') {
      expect((await delivered).remotePath).toBeTruthy();
      return;
    }
    const error = await failure(delivered);
    expect(error.fate).toBe(missingFolder.fate);
    expect(error.message).toMatch(missingFolder.says);
  });
}
