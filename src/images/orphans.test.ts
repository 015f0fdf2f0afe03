import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eachApp, photoForm } from '../../test/helpers/app.ts';
import { makeJpeg } from '../../test/helpers/pictures.ts';
import { removeOrphans } from './orphans.ts';

eachApp('orphans', (start) => {
  test('bytes without a row go, once they are old enough; a photo with its row stays', async () => {
    const app = await start();
    const session = (await app.call('POST', '/upload-sessions')).body.id;
    const photo = await makeJpeg();
    const image = (await app.call('POST', `/upload/${session}/images`, { body: photoForm(photo) })).body.id;
    const row = await app.db.read
      .selectFrom('images')
      .selectAll()
      .where('id', '=', image)
      .executeTakeFirstOrThrow();
    const folder = row.storage_key.split('/')[0]!;
    const orphan = `${folder}/img_01J9Z3V7Q2M8D4K6T1R5W0XABC`;
    const writer = await app.storage.create(orphan);
    await writer.write(Buffer.from('nobody was told of this'));
    await writer.commit();

    const now = Date.now();
    expect(await removeOrphans(app, { days: 2, now })).toBe(0);
    for (const key of [orphan, row.storage_key]) {
      await utimes(path.join(app.config.dataDir, 'images', key), now / 1000 - 7_200, now / 1000 - 7_200);
    }
    expect(await removeOrphans(app, { days: 2, now })).toBe(1);
    expect(await app.storage.size(orphan)).toBeUndefined();
    expect(await app.storage.size(row.storage_key)).toBe(photo.length);
  });
});
