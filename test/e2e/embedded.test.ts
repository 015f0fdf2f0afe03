/** The page in a frame of somebody else's, as known embeds have it (contract §13). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FrameLocator, Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { type Phone, usePhones } from '../helpers/browser.ts';
import { createMovableClock, createSession, eventually, makePhotos, says, useApp } from './stage.ts';

const phones = usePhones();
const startApp = useApp();
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

interface Message {
  type: string;
  data: Record<string, unknown>;
  origin: string;
}

/** A page of another origin that embeds the link and writes down what it is told. */
async function embed(
  phone: Phone,
  url: string,
): Promise<{ frame: FrameLocator; messages(): Promise<Message[]> }> {
  const html = `<!doctype html><title>Shop</title><script>
    const messages = [];
    // What the session has, from whichever phone, comes beside what the contract names (see widget.test.ts).
    addEventListener('message', ({ data, origin }) => {
      if (data.type !== 'apertur:image:stored') messages.push({ ...data, origin });
    });
  </script>
  <iframe title="Photos" width="460" height="700" src="${url}" allow="camera; clipboard-write"
    sandbox="allow-scripts allow-same-origin allow-popups allow-forms"></iframe>`;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  await phone.page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { frame: phone.page.frameLocator('iframe'), messages: () => readMessages(phone.page) };
}

const readMessages = (page: Page): Promise<Message[]> => page.evaluate('messages');

test('each photo and the end of the visit are told to the page around', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { frame, messages } = await embed(await phones.open(), session.upload_url);
  await says(frame.getByRole('heading', { level: 1 }), 'Photos for Claims');
  await frame.getByLabel('Choose photos').setInputFiles(await makePhotos(2, { bytes: 60_000 }));
  await says(frame.getByRole('status'), 'Received. Your 2 photos are safe.');
  await frame.getByRole('button', { name: 'Done' }).click();
  await says(frame.getByRole('heading', { level: 1 }), 'Thank you');

  const heard = await messages();
  expect(heard.map(({ type }) => type)).toEqual([
    'apertur:image:received',
    'apertur:image:received',
    'apertur:session:complete',
  ]);
  expect(heard[0]).toEqual({
    type: 'apertur:image:received',
    origin: app.origin,
    data: {
      id: expect.stringMatching(/^img_/),
      filename: expect.stringMatching(/^photo-[12]\.jpg$/),
      size_bytes: 60_000,
      destinations: 0,
      long_polling: false,
      sessionId: session.id,
    },
  });
  expect(heard[2]!.data).toEqual({ sessionId: session.id, imageCount: 2 });
});

test('a session that fills up is complete without a word of the person, once', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 1 });
  const { frame, messages } = await embed(await phones.open(), session.upload_url);
  await frame.getByLabel('Choose photos').setInputFiles(await makePhotos(1));
  await says(frame.getByRole('heading', { level: 1 }), 'Photo received');
  await eventually(async () => (await messages()).at(-1)?.type).toBe('apertur:session:complete');
  expect((await messages()).filter(({ type }) => type === 'apertur:session:complete')).toHaveLength(1);
});

test('what went wrong is told as a sentence', async () => {
  const app = await startApp();
  const session = await createSession(app, { allowed_mime_types: ['image/png'] });
  const { frame, messages } = await embed(await phones.open(), `${session.upload_url}?lang=en`);
  await frame.getByLabel('Choose photos').setInputFiles(await makePhotos(1));
  await eventually(messages).toEqual([
    {
      type: 'apertur:error',
      origin: app.origin,
      data: { message: 'This kind of file is not accepted here. Accepted: PNG.' },
    },
  ]);
});

test('a link without a session behind it is an error too', async () => {
  const app = await startApp();
  const { messages } = await embed(await phones.open(), `${app.origin}/u/sess_0`);
  await eventually(async () => (await messages()).map(({ type, data }) => [type, data.message])).toEqual([
    ['apertur:error', expect.stringContaining('There is nothing at this address.')],
  ]);
});

test('a link that ends while somebody looks is told once, and so is one that its owner closes', async () => {
  const clock = createMovableClock();
  const app = await startApp({ clock });
  const [short, closed] = await Promise.all([
    createSession(app, { expires_in: 600 }),
    createSession(app, { expires_in: 86_400 }),
  ]);
  const hears = async (
    { frame, messages }: Awaited<ReturnType<typeof embed>>,
    title: string,
    expected: unknown[],
  ) => {
    await says(frame.getByRole('heading', { level: 1 }), title);
    const told = async () =>
      (await messages()).map(({ type, data }) => [type, data.message ?? data.imageCount]);
    await eventually(told).toEqual(expected);
  };
  const [one, two] = [
    await embed(await phones.open(), short.upload_url),
    await embed(await phones.open(), closed.upload_url),
  ];
  await hears(one, 'Photos for Claims', []);
  await hears(two, 'Photos for Claims', []);
  clock.ahead = 601_000;
  await hears(one, 'This link has expired', [
    ['apertur:error', expect.stringMatching(/^This link expired on .* Ask for a new one\.$/)],
  ]);
  await app.call('POST', `/upload-sessions/${closed.id}/close`);
  await hears(two, 'This link is closed', [['apertur:session:complete', 0]]);
});

test('a page that stands by itself tells nobody', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 1 });
  const { page } = await phones.open();
  await page.addInitScript('messages = []; addEventListener("message", ({ data }) => messages.push(data));');
  await page.goto(session.upload_url);
  await page.getByLabel('Choose photos').setInputFiles(await makePhotos(1));
  await says(page.getByRole('heading', { level: 1 }), 'Photo received');
  expect(await readMessages(page)).toEqual([]);
});
