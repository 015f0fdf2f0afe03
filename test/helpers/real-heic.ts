/** A HEIC that any viewer opens, made by libheif's own encoder. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Encodes a picture that the encoder can read (JPEG, PNG) as HEIC; its EXIF goes along. */
export async function encodeHeic(picture: Buffer, ending: 'jpg' | 'png' = 'jpg'): Promise<Buffer> {
  const place = await mkdtemp(path.join(tmpdir(), 'apertur-heic-'));
  try {
    const source = path.join(place, `picture.${ending}`);
    await writeFile(source, picture);
    await run('heif-enc', ['-q', '60', source, '-o', path.join(place, 'picture.heic')]);
    return await readFile(path.join(place, 'picture.heic'));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
