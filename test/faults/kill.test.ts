/**
 * The promise: a photo that was answered 201 is there and gets delivered, whatever happens to the process (kills.ts).
 *
 * `FAULT_SEED=7 npx vitest run test/faults/kill.test.ts` plays another story; the seed of each is printed.
 * `npm run faults:kills -- --kills 1000` plays many.
 */
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { type Story, survive } from './kills.ts';

const seed = Number(process.env.FAULT_SEED ?? 2_026);

test('30 kills during 200 uploads lose nothing (SQLite)', { timeout: 240_000 }, async () => {
  await play({ seed, uploads: 200, kills: 30 });
});

test('8 kills during 60 uploads lose nothing (PostgreSQL)', { timeout: 240_000 }, async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  onTestFinished(() => database.cleanup());
  await play({ seed: seed + 1, uploads: 60, kills: 8, databaseUrl: database.url! });
});

async function play(story: Story): Promise<void> {
  const { broken, summary } = await survive(story);
  console.log(summary);
  expect(broken).toEqual([]);
}
