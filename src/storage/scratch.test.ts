import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createScratch } from './scratch.ts';

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-scratch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'tmp');
}

test('gives back what was written, as often as asked, and leaves no file', async () => {
  const directory = await place();
  const file = await createScratch({ directory }).create();
  expect(await readdir(directory)).toEqual([]);
  const chunks = [Buffer.from('one'), Buffer.alloc(300_000, 7), Buffer.alloc(0), Buffer.from('two')];
  for (const chunk of chunks) await file.write(chunk);
  for (const _turn of [1, 2]) {
    const read: Buffer[] = [];
    for await (const chunk of file.read()) read.push(chunk);
    expect(Buffer.concat(read).equals(Buffer.concat(chunks))).toBe(true);
  }
  await file.close();
  await file.close();
  expect(await readdir(directory)).toEqual([]);
});

test('sweeps what a crash left, and nothing of a living neighbour', async () => {
  const directory = await place();
  const scratch = createScratch({ directory });
  await scratch.sweep();
  await (await scratch.create()).close();
  const { temporaryName } = await import('./temporary.ts');
  const mine = temporaryName();
  const neighbour = mine.replace(`-${process.pid}-`, `-${process.ppid}-`);
  await writeFile(join(directory, mine), 'x');
  await writeFile(join(directory, neighbour), 'x');
  await scratch.sweep();
  expect(await readdir(directory)).toEqual([neighbour]);
});

test('a folder that cannot be made is told', async () => {
  const directory = await place();
  await writeFile(directory, 'a file');
  await expect(createScratch({ directory }).create()).rejects.toThrow();
});
