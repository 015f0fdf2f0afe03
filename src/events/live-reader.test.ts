import { expect, test } from 'vitest';
import { eachEngine } from '../../test/helpers/database.ts';
import type { Database } from '../db/database.ts';
import { emitLive, livePage } from './live.ts';
import { createLiveReader, followFromNow, type LiveReader } from './live-reader.ts';

const session = 'sess_1';
const now = 1_800_000_000_000;

const write = (db: Database, ...ids: (string | number)[]): Promise<void> =>
  db.write(async (tx) => {
    for (const imageId of ids) await emitLive(tx, session, 'image:ready', { imageId }, now);
  });

const idsOf = async (reader: LiveReader): Promise<unknown[]> =>
  (await reader.read(now)).map(({ data }) => data.imageId);

eachEngine('a live reader', (engine) => {
  test('tells each frame once, of its session only', async () => {
    const db = await engine.open();
    const reader = createLiveReader(db.read, session, 0);
    await write(db, 'a', 'b');
    await db.write((tx) => emitLive(tx, 'sess_2', 'image:ready', { imageId: 'other' }, now));
    expect(await idsOf(reader)).toEqual(['a', 'b']);
    expect(await idsOf(reader)).toEqual([]);
    await write(db, 'c');
    expect(await idsOf(reader)).toEqual(['c']);
  });

  test('tells more than one page of frames, and what comes behind them', async () => {
    const db = await engine.open();
    const all = Array.from({ length: livePage + 5 }, (_, index) => index);
    const reader = createLiveReader(db.read, session, 0);
    await write(db, ...all);
    expect(await idsOf(reader)).toEqual(all);
    await write(db, 'last');
    expect(await idsOf(reader)).toEqual(['last']);
  });

  test('from now on: not what is there, but all that comes', async () => {
    const db = await engine.open();
    await write(db, 'before');
    const reader = await followFromNow(db.read, session, now);
    await write(db, 'after');
    expect(await idsOf(reader)).toEqual(['after']);
  });

  if (engine.name === 'postgres') {
    test('a frame whose transaction commits late is told, though its number is lower than one that was', async () => {
      const db = await engine.open();
      const late = Promise.withResolvers<void>();
      const numbered = Promise.withResolvers<void>();
      const writing = db.write(async (tx) => {
        await emitLive(tx, session, 'image:ready', { imageId: 'late' }, now);
        numbered.resolve();
        await late.promise;
      });
      await numbered.promise;
      await write(db, 'early');
      const replaying = createLiveReader(db.read, session, 0);
      const following = await followFromNow(db.read, session, now);
      expect(await idsOf(replaying)).toEqual(['early']);
      late.resolve();
      await writing;
      expect(await idsOf(replaying)).toEqual(['late']);
      expect(await idsOf(following)).toEqual(['late']);
    });
  }
});
