/** The check that every storage shares: what goes in must come out. */
import { randomBytes } from 'node:crypto';
import type { Storage } from './storage.ts';

/** Writes, reads and removes a few bytes. Throws a sentence that says which of the three did not work. */
export async function probe(storage: Storage): Promise<void> {
  const key = `probe/check_${randomBytes(9).toString('hex')}`;
  const bytes = randomBytes(64);
  await step('cannot be written to', async () => {
    const writer = await storage.create(key);
    await writer.write(bytes);
    await writer.commit();
  });
  try {
    await step('cannot be read from', async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of await storage.open(key)) chunks.push(chunk as Buffer);
      if (!Buffer.concat(chunks).equals(bytes)) throw new Error('other bytes came back');
    });
  } finally {
    await step('does not let files be removed', () => storage.remove(key));
  }
}

async function step(trouble: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The storage ${trouble}: ${reason}`, { cause: error });
  }
}
