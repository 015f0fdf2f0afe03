/** One line in a page of another origin: a button, a QR code, and the photos as they come. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { expect, onTestFinished, test } from 'vitest';
import { photoForm } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { createSession, eventually, makePhotos, says, useApp } from './stage.ts';

const phones = usePhones();
const startApp = useApp();

test('the widget shows the code, takes photos, and tells of those that other phones send', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const html = `<!doctype html><html lang="en"><title>Shop</title><main><h1>Order 7</h1>
    <script src="${app.origin}/widget.js" data-session="${session.id}"></script></main>
    <script>
      const heard = [];
      for (const type of ['image:stored', 'session:complete']) {
        addEventListener('apertur:' + type, ({ detail }) => heard.push([type, detail.sessionId]));
      }
    </script></html>`;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { page } = await phones.open({ viewport: { width: 1000, height: 800 }, isMobile: false });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const button = page.getByRole('button', { name: /^Send photos/ });
  await says(button, 'Send photos');
  await button.click();
  await page.getByRole('img', { name: 'Scan with your phone' }).waitFor();
  const width = 'document.querySelector("main span").shadowRoot.querySelector("img").naturalWidth';
  await eventually(() => page.evaluate(width)).toBeGreaterThan(100);
  await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = (await page.evaluate('axe.run(document, { iframes: false })')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
  const inside = page.frameLocator('iframe[title="Send photos"]');
  await says(inside.getByRole('heading', { level: 1 }), 'Photos for Claims');
  const [own, other] = await makePhotos(2);
  await inside.getByLabel('Choose photos').setInputFiles(own!);
  await says(inside.getByRole('status'), 'Received. Your photo is safe.');
  await app.call('POST', `/upload/${session.id}/images`, { key: null, body: photoForm(other!.buffer) });
  await page.getByRole('button', { name: 'Close' }).click();
  await says(button, 'Send photos · 2 received');
  expect(await page.evaluate('heard.map(([type, id]) => type + " " + id)')).toEqual([
    `image:stored ${session.id}`,
    `image:stored ${session.id}`,
  ]);
});
