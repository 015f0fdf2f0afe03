/** What people do in the dashboard, from end to end, against the real server. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { createSetupToken } from '../../../src/accounts/setup.ts';
import { patience } from '../../helpers/browser.ts';
import {
  arrived,
  button,
  dialog,
  expectAccessibleDialog,
  says,
  settled,
  signIn,
  titled,
  useDesk,
} from './desk.ts';
import { startServer } from './stage.ts';

const theDesk = useDesk();

const url = (page: Page): string => new URL(page.url()).pathname;

test('the link of the first start makes the owner and the first project, once', async () => {
  const server = await startServer();
  const context = await theDesk().browser.newContext({ locale: 'en-GB' });
  try {
    const token = await createSetupToken(server.app.db, server.app.clock.now());
    const page = await context.newPage();
    await page.goto(`${server.origin}/setup?token=${token}`);
    await page.getByLabel('Your name').fill('Olive Owner');
    await page.getByLabel('E-mail').fill('olive@example.com');
    await page.locator('input[autocomplete=new-password]').fill('correct horse battery');
    await page.getByLabel('Name of the first project').fill('Claims');
    await button(page, 'Make the account').click();
    await says(page, 'Three steps to the first photo');
    await button(page, 'Project: Claims').waitFor();
    await page.goto(`${server.origin}/setup?token=${token}`);
    await says(page, 'This link does not open any more');
  } finally {
    await context.close();
    await server.stop();
  }
});

test('somebody signs in, comes to where they wanted, and signs out', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/keys?page=1`, { signedIn: false });
  await arrived(page, '/sign-in');
  await signIn(page, 'not the password');
  await says(page, 'This e-mail and password do not belong together.');
  await signIn(page);
  await titled(page, 'Keys');
  await button(page, /Your account/).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await arrived(page, '/sign-in');
  await page.goto(desk.stage.origin + desk.live);
  await arrived(page, '/sign-in');
});

test('a session that ended elsewhere asks to sign in, and comes back', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/destinations`);
  await settled(page);
  await page.context().clearCookies();
  // The page may learn of it from its own stream before the click; either way it says so.
  const told = says(page, 'You were signed out because the session ended.');
  await Promise.race([told, page.getByRole('link', { name: 'Claims folder' }).click()]);
  await told;
  expect(new URL(page.url()).searchParams.get('next')).toContain('/destinations');
});

test('a session is created, photos arrive while one looks, and it is closed', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/sessions/new`);
  await page.getByLabel('Label').fill('Broken window');
  await page.getByRole('combobox', { name: 'Destinations' }).click();
  await page.getByRole('option', { name: 'Claims folder' }).click();
  await page.keyboard.press('Escape');
  expect(await page.getByRole('figure', { name: 'The same with the API' }).innerText()).toContain(
    '"label": "Broken window"',
  );
  await button(page, 'Create the session').click();
  await titled(page, 'Broken window');
  await says(page, 'No photo yet.');
  const id = url(page).split('/').at(-1)!;

  await desk.stage.send(id, 3, 'window.jpg');
  await says(page, '1 photo received');
  await page.locator('.photo-state', { hasText: 'Delivered' }).waitFor();
  await expect
    .poll(() =>
      page
        .locator('.photo-frame img')
        .first()
        .evaluate((node) => (node as unknown as { naturalWidth: number }).naturalWidth),
    )
    .toBeGreaterThan(0);
  expect(await readdir(path.join(desk.stage.folder, 'claims', id))).toEqual(['0.jpg']);

  await page.getByText('Style', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Colour', exact: true }).fill('#1f6f5c');
  const qr = page.getByRole('img', { name: /^QR code/ });
  await expect.poll(() => qr.getAttribute('src')).toContain('fg=1f6f5c');
  const download = async (name: string): Promise<[name: string, bytes: Buffer]> => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name, exact: true }).click(),
    ]);
    return [file.suggestedFilename(), await readFile(await file.path())];
  };
  const [png, pixels] = await download('PNG');
  expect(png).toMatch(/^apertur-.*\.png$/);
  expect(pixels.subarray(1, 4).toString()).toBe('PNG');
  const [svg, drawing] = await download('SVG');
  expect(svg).toMatch(/^apertur-.*\.svg$/);
  expect(drawing.toString()).toMatch(/^(<\?xml[^>]*>\s*)?<svg[\s\S]*#1f6f5c/i);

  await button(page, 'Actions').click();
  await page.getByRole('menuitem', { name: 'Extend' }).click();
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'Extend' }).click();
  await says(page, 'The session stays open until');
  await button(page, 'Actions').click();
  await page.getByRole('menuitem', { name: 'Close the session' }).click();
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'Close the session' }).click();
  await says(page, 'The session is closed.');
  await page.getByText('Closed', { exact: true }).waitFor();
});

test('sessions are searched on the server, and the address keeps the search', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/sessions`);
  await page.getByRole('searchbox').fill('car park');
  await expect.poll(() => page.locator('tbody tr').count(), { timeout: patience }).toBe(1);
  expect(new URL(page.url()).searchParams.get('search')).toBe('car park');
  await page.reload();
  await says(page, 'Claim 2026-121, car park');
  expect(await page.locator('tbody tr').count()).toBe(1);
  await page.getByRole('searchbox').fill('no such session');
  await button(page, 'Clear the filters').click();
  await expect.poll(() => page.locator('tbody tr').count(), { timeout: patience }).toBeGreaterThan(3);
});

test('a destination is chosen, previewed, tested step by step, paused and deleted', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/destinations`);
  await page.getByRole('link', { name: 'Add a destination' }).click();
  await button(page, 'Local folder').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Second folder');
  const template = page.getByLabel('File path');
  await template.fill('{date}/{nonsense}');
  await says(page, /not known/);
  await template.fill('{date}/{image_id}.{ext}');
  await says(page, /^2\d{3}-\d\d-\d\d\/img_\w+\.jpg$/);
  await button(page, 'Add a destination').click();
  await titled(page, 'Second folder');
  await button(page, 'Test the connection').click();
  await says(page, 'It works.');
  expect(await page.locator('.check li').count()).toBeGreaterThan(1);
  await button(page, 'Pause').click();
  await page.getByText('Paused', { exact: true }).waitFor();
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await titled(page, 'Destinations');
  await expect.poll(() => page.getByText('Second folder').count()).toBe(0);
});

test('a secret that is stored never comes back, and stays when nothing is typed', async () => {
  const desk = theDesk();
  const { stage } = desk;
  const made = await stage.call<{ id: string }>('POST', `/projects/${stage.project}/destinations`, {
    type: 'webhook',
    name: 'Signed portal',
    config: { url: `${stage.good.url}/signed`, secret: 'the-very-secret-words' },
  });
  const page = await desk.open(`${desk.live}/destinations/${made.id}`);
  const bodies: string[] = [];
  page.on('response', async (response) => bodies.push(await response.text().catch(() => '')));
  await page.reload();
  await settled(page);
  await page.getByPlaceholder('Stored. Leave it empty to keep it.').waitFor();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Signed portal, new');
  await button(page, 'Save').click();
  await says(page, 'Saved');
  expect(await page.content()).not.toContain('the-very-secret-words');
  expect(bodies.join('\n')).not.toContain('the-very-secret-words');
});

test('what failed is found, shown with its attempts, and delivered again', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/deliveries?status=failed&kind=image`);
  await page
    .getByRole('link', { name: /Open the delivery of IMG_/ })
    .first()
    .click();
  await says(page, 'What happened');
  await says(page, 'Failed for good');
  await says(page, 'The receiver answered 507.');
  desk.stage.bad.status = 200;
  await button(page, 'Deliver again now').click();
  await says(page, 'It is on its way.');
  await page.getByText('Delivered', { exact: true }).first().waitFor();

  await page.goto(`${desk.stage.origin}${desk.live}/deliveries`);
  await button(page, 'Deliver again').click();
  await dialog(page).getByLabel('Where to').click();
  await page.getByRole('option', { name: 'Old archive' }).click();
  await dialog(page).getByRole('button', { name: 'Count them' }).click();
  await dialog(page)
    .getByText(/deliver(y|ies), done in about/)
    .waitFor();
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'Deliver them' }).click();
  await dialog(page).getByText('Finished').waitFor();
  await dialog(page).getByRole('button', { name: 'Close' }).last().click();

  // One that goes on is found again by whoever closed its window: here it waits for a destination that is paused.
  const { stage, furniture } = desk;
  const archive = `/projects/${stage.project}/destinations/${furniture.archive}`;
  await stage.call('PATCH', archive, { isActive: false });
  const again = { destinationId: furniture.archive, only: 'all' };
  const { total } = await stage.call<{ total: number }>('POST', `/projects/${stage.project}/replays`, again);
  await button(page, 'Deliver again').click();
  await dialog(page).getByText(`Under way: 0 of ${total}`).waitFor();
  await dialog(page).getByRole('button', { name: 'Show' }).click();
  await expectAccessibleDialog(page);
  await stage.call('PATCH', archive, { isActive: true });
  await dialog(page).getByText('Finished').waitFor();
  stage.bad.status = 507;
});

test('an event webhook is made, shows its secret once, hears a test, and gets a new secret', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/webhooks/new`);
  await page.getByLabel('Address').fill(`${desk.stage.good.url}/made-here`);
  await page.getByRole('switch', { name: 'All events, also those of the future' }).click();
  await page.getByRole('checkbox', { name: 'project.session.created' }).check();
  await says(page, 'after 30 s');
  await button(page, 'Add an event webhook').click();
  const secret = page.getByRole('region', { name: 'Secret' });
  await secret.waitFor();
  const shown = /[0-9a-f]{64}/.exec(await secret.innerText())![0];
  await page.reload();
  await settled(page);
  expect(await secret.count()).toBe(0);
  expect(await page.content()).not.toContain(shown);
  await button(page, 'Send a test event').click();
  await page.getByRole('link', { name: 'webhook.test' }).click();
  await says(page, 'Attempt 1');
  await page.goBack();
  await page.getByRole('tab', { name: 'Check signatures' }).click();
  for (const language of ['Node.js', 'Python', 'PHP', 'Ruby', 'Go']) {
    await page.getByRole('tab', { name: language }).click();
    await page.getByRole('figure', { name: language }).getByText('APERTUR_SECRET').first().waitFor();
  }
  await button(page, 'New secret').click();
  await dialog(page).getByRole('button', { name: 'New secret' }).click();
  await says(page, 'The old secret signs, too, until');
});

test('a key is shown once, works, and is protected', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/keys`);
  await button(page, 'New key').click();
  await dialog(page).getByLabel('Label').fill('Shop');
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'New key' }).click();
  const region = page.getByRole('region', { name: 'The key was made' });
  await region.waitFor();
  const key = /aptr_live_[\w-]+/.exec(await region.innerText())![0];
  const made = await fetch(`${desk.stage.origin}/api/v1/upload-sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  });
  expect(made.status).toBe(201);
  await button(page, 'Done').click();
  await page.getByRole('link', { name: 'Shop' }).click();
  await says(page, 'No protection yet');
  expect(await page.content()).not.toContain(key);
  await page.getByRole('textbox', { name: 'Addresses' }).fill('203.0.113.0/24');
  await button(page, 'Save').first().click();
  await says(page, 'Saved');
  const refused = await fetch(`${desk.stage.origin}/api/v1/stats`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(refused.status).toBe(403);
  await button(page, 'Make a signing secret').click();
  await page.getByRole('region', { name: 'Signing secret' }).waitFor();
});

test('somebody is invited, makes an account, and may only look', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/settings/members`);
  await button(page, 'Invite somebody').click();
  await dialog(page).getByLabel('E-mail').fill('vera@example.com');
  await dialog(page)
    .getByRole('radio', { name: /^Viewer/ })
    .check();
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'Send the invitation' }).click();
  const link = /http\S+invitation\?token=[\w-]+/.exec(await dialog(page).getByRole('figure').innerText())![0];

  const { pathname, search } = new URL(link);
  const guest = await desk.open(pathname + search, { signedIn: false });
  await says(guest, 'Join Northwind Claims');
  await guest.getByLabel('Your name').fill('Vera Viewer');
  await guest.locator('input[autocomplete=new-password]').fill('a sentence that is long');
  await button(guest, 'Make an account and join').click();
  await titled(guest, 'Home');
  await guest.getByRole('link', { name: 'Keys' }).click();
  await says(guest, 'Claims portal');
  expect(await button(guest, 'New key').count()).toBe(0);
});

test('the language and the appearance stay as they were chosen', async () => {
  const desk = theDesk();
  const page = await desk.open(desk.live);
  await settled(page);
  await button(page, /Your account/).click();
  await page.getByRole('menuitem', { name: 'Français' }).click();
  await titled(page, 'Accueil');
  await button(page, /Votre compte/).click();
  await page.getByRole('menuitem', { name: 'Sombre' }).click();
  await expect.poll(() => page.locator('html').getAttribute('data-color-scheme')).toBe('dark');
  await page.reload();
  await titled(page, 'Accueil');
  expect(await page.locator('html').getAttribute('lang')).toBe('fr');
  // What the server refuses, too; its own words are marked as English.
  await page.goto(`${desk.stage.origin}${desk.live}/destinations/dest_of_nobody`);
  await says(page, 'Cela n’existe pas, ou plus :');
  expect(await page.locator('[role=alert] [lang=en]').innerText()).toMatch(/^No such destination\./);
  expect(await page.locator('html').getAttribute('data-color-scheme')).toBe('dark');
});

const hasFocus = (target: Locator): Promise<boolean> =>
  target.evaluate((node) => node === node.ownerDocument.activeElement);

/** Goes on with Tab until the focus is on it. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await hasFocus(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The keyboard does not come to ${target}`);
}

/** Comes to it with Tab and presses a key there. */
async function press(page: Page, target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

test('a destination is made with the keyboard alone', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/destinations`);
  await settled(page);
  await press(page, page.getByRole('link', { name: 'Add a destination' }));
  await press(page, button(page, 'Local folder'));
  await tabTo(page, page.getByRole('textbox', { name: 'Name', exact: true }));
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('By keyboard');
  await press(page, button(page, 'Add a destination'));
  await titled(page, 'By keyboard');
});

test('a session is made and closed with the keyboard alone, and Escape is no', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/sessions`);
  await settled(page);
  const { keyboard } = page;
  await press(page, page.getByRole('link', { name: 'New session' }));
  await tabTo(page, page.getByLabel('Label'));
  await keyboard.type('Made by keyboard');
  await press(page, page.getByRole('combobox', { name: 'Destinations' }), 'ArrowDown');
  await keyboard.type('Claims f');
  await page.getByRole('option', { name: 'Claims folder' }).waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await keyboard.press('Escape');
  await press(page, button(page, 'Create the session'));
  await titled(page, 'Made by keyboard');
  await says(page, 'Claims folder');

  const closeByMenu = async () => {
    await press(page, button(page, 'Actions'));
    const close = page.getByRole('menuitem', { name: 'Close the session' });
    await close.waitFor();
    for (let presses = 0; presses < 10 && !(await hasFocus(close)); presses += 1)
      await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
  };
  await closeByMenu();
  await dialog(page).waitFor();
  await keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await closeByMenu();
  await press(page, dialog(page).getByRole('button', { name: 'Close the session' }));
  await page.getByText('Closed', { exact: true }).waitFor();
});

/** Runs in the page: what has the focus, unless a ring around it says so. */
const unseenFocus = `(() => {
  const element = document.activeElement;
  if (element === document.body || element.matches('main')) return [];
  const rings = [null, '::after'].map((part) => getComputedStyle(element, part));
  const isSeen = rings.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
  return isSeen ? [] : [element.outerHTML.slice(0, 120)];
})()`;

test('with the keyboard alone one skips to the content and opens a session', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/sessions`);
  await settled(page);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  const unseen: string[] = [];
  for (let presses = 0; presses < 25; presses += 1) {
    unseen.push(...((await page.evaluate(unseenFocus)) as string[]));
    await page.keyboard.press('Tab');
  }
  expect(unseen, 'what has the focus and does not show it').toEqual([]);
  await page.getByRole('link', { name: 'Claim 2026-118, roof' }).focus();
  await page.keyboard.press('Enter');
  await titled(page, 'Claim 2026-118, roof');
});
