/** What an owner does with a session beside photos, and with the project itself. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { patience } from '../../helpers/browser.ts';
import { arrived, button, dialog, panel, says, settled, titled, useDesk, violationsOf } from './desk.ts';

const theDesk = useDesk();

test('a session is printed on one sheet, with its code and its short link', async () => {
  const desk = theDesk();
  const page = await desk.open('/sign-in', { signedIn: false });
  await desk.stage.signIn(page.context());
  await page.addInitScript('globalThis.printed = 0; globalThis.print = () => { globalThis.printed += 1; }');
  await page.goto(`${desk.stage.origin}${desk.live}/sessions/${desk.furniture.sessions[1]}`);
  await titled(page, 'Claim 2026-121, car park');
  const sheet = page.locator('.print-sheet');
  expect(await sheet.isVisible()).toBe(false);
  await button(page, 'Print sheet').click();
  expect(await page.evaluate('globalThis.printed')).toBe(1);
  await page.emulateMedia({ media: 'print' });
  await sheet.waitFor();
  expect(await page.locator('.frame').isVisible()).toBe(false);
  expect(await sheet.innerText()).toContain('Claim 2026-121, car park');
  const { shortUrl } = await desk.stage.call<{ shortUrl: string }>(
    'GET',
    `/upload-sessions/${desk.furniture.sessions[1]}/details`,
  );
  expect(await sheet.innerText()).toContain(shortUrl);
  const code = sheet.locator('img');
  await expect
    .poll(() => code.evaluate((node) => (node as unknown as { naturalWidth: number }).naturalWidth), {
      timeout: patience,
    })
    .toBeGreaterThan(0);
  const paper = await page.pdf({ format: 'A4' });
  expect(paper.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
});

test('a session gets a password, which the phone is asked for, and loses it again', async () => {
  const desk = theDesk();
  const session = desk.furniture.sessions[4]!;
  const page = await desk.open(`${desk.live}/sessions/${session}`);
  await titled(page, 'Move-in check, flat 12');
  const isProtected = async () =>
    (await desk.stage.call<{ password_protected: boolean }>('GET', `/upload/${session}/session`))
      .password_protected;
  await button(page, 'Actions').click();
  await page.getByRole('menuitem', { name: 'Set a password' }).click();
  await dialog(page).locator('input[autocomplete=new-password]').fill('green door');
  expect(await violationsOf(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await says(page, 'The phone is asked for the new password from now on.');
  expect(await isProtected()).toBe(true);
  const tried = async (password: string) =>
    desk.stage.call<object>('POST', `/upload/${session}/verify-password`, { password });
  expect(await tried('green window')).toEqual({ valid: false });
  expect(await tried('green door')).toEqual({ valid: true });
  await button(page, 'Actions').click();
  await page.getByRole('menuitem', { name: 'Change the password' }).click();
  await dialog(page).getByRole('button', { name: 'Remove the password' }).click();
  await says(page, 'The session opens without a password now.');
  expect(await isProtected()).toBe(false);
});

test('the call that would make a session is copied as it stands', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/sessions/${desk.furniture.sessions[1]}`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await button(page, 'Actions').click();
  await page.getByRole('menuitem', { name: 'Copy the API call' }).click();
  await says(page, 'Copied');
  const copied = (await page.evaluate('navigator.clipboard.readText()')) as string;
  expect(copied).toMatch(/^curl -X POST http:\/\/localhost:\d+\/api\/v1\/upload-sessions/);
  const body = JSON.parse(/-d '(.*)'/s.exec(copied)![1]!) as Record<string, unknown>;
  expect(body).toMatchObject({ label: 'Claim 2026-121, car park', tags: ['claim:2026-121'] });
  const made = await desk.stage.call<{ id: string }>('POST', '/upload-sessions', body);
  const details = await desk.stage.call<{ destinations: unknown[] }>(
    'GET',
    `/upload-sessions/${made.id}/details`,
  );
  expect(details.destinations).toHaveLength(2);
});

test('photos are encrypted with a key of the project, until somebody says no', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/settings`);
  await settled(page);
  const encryption = panel(page, 'End-to-end encryption');
  await encryption
    .getByLabel('Public key (PEM)')
    .fill('-----BEGIN PUBLIC KEY-----\nnothing\n-----END PUBLIC KEY-----');
  await encryption.getByRole('button', { name: 'Use this key' }).click();
  await encryption.getByRole('alert').waitFor();
  const pem = (): string =>
    generateKeyPairSync('rsa', { modulusLength: 2048 })
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString();
  const use = async (key: string) => {
    await encryption.getByRole('textbox', { name: 'Public key (PEM)' }).fill(key);
    await encryption.getByRole('button', { name: 'Use this key' }).click();
  };
  const stored = () =>
    desk.stage.call<{ publicKey: string; required: boolean }>(
      'GET',
      `/projects/${desk.stage.project}/e2e-key`,
    );
  const first = pem();
  await use(first);
  await encryption.getByText('On', { exact: true }).waitFor();
  expect(await stored()).toMatchObject({ publicKey: first, required: true });
  expect(await violationsOf(page)).toEqual([]);
  // Another one is asked for: the first may be the only one whose private half is known.
  const second = pem();
  await use(second);
  await dialog(page).getByRole('button', { name: 'Use this key' }).click();
  await expect.poll(async () => (await stored()).publicKey, { timeout: patience }).toBe(second);
  await encryption.getByRole('button', { name: 'Encrypt no longer' }).click();
  await dialog(page).getByRole('button', { name: 'Encrypt no longer' }).click();
  await encryption.getByText('Off', { exact: true }).waitFor();
});

test('another plan is chosen, and its limits hold', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/settings/plan`);
  await says(page, 'Plans cost nothing here');
  await panel(page, 'Starter').getByRole('button', { name: 'Choose' }).click();
  await dialog(page).getByText('Change to Starter?').waitFor();
  await dialog(page).getByRole('button', { name: 'Choose' }).click();
  await panel(page, 'Starter').getByText('Your plan').waitFor();
  await says(page, 'Plan and usage: Starter');
  const used = await desk.stage.call<{ plan: { id: string } }>(
    'GET',
    `/projects/${desk.stage.project}/usage`,
  );
  expect(used.plan.id).toBe('starter');
});

test('a project is made, and deleted by whoever writes its name', async () => {
  const desk = theDesk();
  const page = await desk.open('/new-project');
  await page.getByLabel('Name of the project').fill('Passing trade');
  await page.keyboard.press('Enter');
  await button(page, 'Project: Passing trade').waitFor();
  const path = new URL(page.url()).pathname;
  await page.goto(`${desk.stage.origin}${path}/settings`);
  await button(page, 'Delete the project').click();
  const confirm = dialog(page).getByRole('button', { name: 'Delete' });
  await dialog(page).getByRole('textbox').fill('passing trade');
  expect(await confirm.isDisabled()).toBe(true);
  expect(await violationsOf(page)).toEqual([]);
  await dialog(page).getByRole('textbox').fill('Passing trade');
  await confirm.click();
  await says(page, 'The project was deleted.');
  await arrived(page, desk.live);
  await button(page, /^Project: /).click();
  await page.getByRole('menuitem', { name: 'Northwind Claims' }).waitFor();
  expect(await page.getByRole('menuitem', { name: 'Passing trade' }).count()).toBe(0);
});
