/**
 * The kills of `test/faults/kill.test.ts`, as many as one likes: `npm run faults:kills -- --kills 1000 --seed 7`. They are
 * told in stories of thirty kills, one seed each, one in four of them on PostgreSQL, so that a broken one can be told again alone:
 * `--kills 30 --seed N`. Prints a line a story; ends with 1 when anything is broken.
 */
import { parseArgs } from 'node:util';
import { freshDatabases } from '../test/faults/fresh-database.ts';
import { survive } from '../test/faults/kills.ts';

const killsAStory = 30;
const uploadsAKill = 200 / 30;

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '2026' } },
});
const kills = Number(values.kills);
const first = Number(values.seed);
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(first)) {
  console.error('Give --kills and --seed as whole numbers, for example --kills 1000 --seed 7.');
  process.exit(2);
}

const stories = Math.ceil(kills / killsAStory);
const databases = freshDatabases();
let broken = 0;
let done = 0;
try {
  for (let n = 0; n < stories; n++) {
    const seed = first + n;
    const mine = Math.min(killsAStory, kills - done);
    const story = { seed, kills: mine, uploads: Math.ceil(mine * uploadsAKill) };
    const databaseUrl = seed % 4 === 3 ? await databases.create(`kills_${n}`) : undefined;
    const ending = await survive({ ...story, databaseUrl }).catch((error: unknown) => ({
      broken: [`it came to no end: ${(error as Error).message}`],
      summary: `seed ${seed}`,
    }));
    done += mine;
    broken += ending.broken.length;
    const where = databaseUrl ? 'PostgreSQL' : 'SQLite';
    console.log(
      `${ending.summary}; ${where}; ${ending.broken.length === 0 ? 'nothing broken' : 'BROKEN'}; ${done} kills so far`,
    );
    for (const sentence of ending.broken.slice(0, 20)) console.log(`  ${sentence}`);
  }
} finally {
  await databases.stop();
}
process.exitCode = broken === 0 ? 0 : 1;
