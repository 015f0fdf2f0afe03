import { expect, test } from 'vitest';
import { createEmbed } from './embed.ts';

/** A page in a frame, and what the page around it hears. */
function createFrame() {
  const heard: { type: string; data: Record<string, unknown> }[] = [];
  const parent = { postMessage: (message: (typeof heard)[number]) => heard.push(message) };
  return { embed: createEmbed({ parent } as unknown as Window, 'sess_1'), heard };
}

test('each image and each completion is told once, with its session', () => {
  const { embed, heard } = createFrame();
  const image = { id: 'img_1', filename: 'roof.jpg', size_bytes: 7 };
  embed.imageStored(image);
  // The stream of live events fell, and began anew.
  embed.imageStored(image);
  embed.imageReceived({ ...image, destinations: 2 });
  embed.sessionComplete(1);
  embed.sessionComplete(1);
  embed.error('This link has expired.');
  expect(heard).toEqual([
    { type: 'apertur:image:stored', data: { ...image, sessionId: 'sess_1' } },
    { type: 'apertur:image:received', data: { ...image, destinations: 2, sessionId: 'sess_1' } },
    { type: 'apertur:session:complete', data: { sessionId: 'sess_1', imageCount: 1 } },
    { type: 'apertur:error', data: { message: 'This link has expired.' } },
  ]);
});

test('a page that is in no frame tells nobody', () => {
  const heard: unknown[] = [];
  const alone = { postMessage: (message: unknown) => heard.push(message) } as unknown as Window;
  Object.assign(alone, { parent: alone });
  createEmbed(alone, 'sess_1').error('Nothing.');
  expect(heard).toEqual([]);
});
