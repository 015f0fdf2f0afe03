import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { openStorage } from './open.ts';
import { put } from './storage-suite.ts';

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'apertur-open-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('without a URL, photos rest in the data directory', async () => {
  const dataDir = await newDirectory();
  const storage = await openStorage({ url: undefined, dataDir, logger: silentLogger });
  await put(storage, '2026-11-21/img_1', Buffer.from('x'));
  await access(join(dataDir, 'images/2026-11-21/img_1'));
});

test('with a file: URL, in that directory, whatever is in its name', async () => {
  const place = join(await newDirectory(), 'my photos');
  for (const [index, url] of [`file:${pathToFileURL(place).pathname}`, pathToFileURL(place).href].entries()) {
    const storage = await openStorage({ url, dataDir: '/nowhere', logger: silentLogger });
    await put(storage, `2026-11-21/img_${index}`, Buffer.from('x'));
    await access(join(place, `2026-11-21/img_${index}`));
  }
});

test('an s3: URL opens without asking the store anything', async () => {
  const url = 's3://KEY:SECRET@127.0.0.1:1/photos?tls=off';
  const storage = await openStorage({ url, dataDir: await newDirectory(), logger: silentLogger });
  await storage.close();
});

test.each(['photos', 'ftp://host', 'file:', 's3://KEY:hidden@host/'])(
  '%s is refused without its secret',
  async (url) => {
    const opening = openStorage({ url, dataDir: '/nowhere', logger: silentLogger });
    await expect(opening).rejects.toThrow(/^The storage URL (?!.*hidden)/);
  },
);
