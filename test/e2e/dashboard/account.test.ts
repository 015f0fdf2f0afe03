/** An account from end to end: a forgotten password, a second step, a passkey, other devices. */
import { generate } from 'otplib';
import { expect, test } from 'vitest';
import { createSetupToken } from '../../../src/accounts/setup.ts';
import { patience } from '../../helpers/browser.ts';
import { readParts, startSmtp } from '../../helpers/smtp-server.ts';
import { arrived, button, dialog, panel as panelOf, says, settled, signIn, titled, useDesk } from './desk.ts';
import { owner, startServer } from './stage.ts';

const theDesk = useDesk();

test('a forgotten password is set anew with the link of a mail', async () => {
  const smtp = await startSmtp();
  const server = await startServer({
    SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    MAIL_FROM: 'Photos <photos@shop.example>',
  });
  const context = await theDesk().browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(patience);
  try {
    const token = await createSetupToken(server.app.db, server.app.clock.now());
    const made = await context.request.post(`${server.origin}/api/v1/setup`, {
      data: { token, ...owner },
      headers: { origin: server.origin },
    });
    expect(made.status()).toBe(201);
    const page = await context.newPage();
    await page.goto(`${server.origin}/sign-in`);
    await page.getByRole('link', { name: /Forgot/ }).click();
    await page.getByLabel('E-mail').fill(owner.email);
    await page.keyboard.press('Enter');
    await expect.poll(() => smtp.taken.length, { timeout: patience }).toBe(1);
    const said = readParts(smtp.taken[0]!.raw).map(({ body }) => body.toString());
    const link = /http[^\s"<]+reset-password[^\s"<]+/.exec(said.join('\n'))![0].replaceAll('&amp;', '&');
    await page.goto(server.origin + new URL(link).pathname + new URL(link).search);
    await page.locator('input[autocomplete=new-password]').first().fill('another long sentence');
    await page.keyboard.press('Enter');
    await titled(page, 'Sign in');
    await signIn(page);
    await says(page, 'This e-mail and password do not belong together.');
    await signIn(page, 'another long sentence');
    await expect.poll(() => new URL(page.url()).pathname, { timeout: patience }).not.toBe('/sign-in');
  } finally {
    await context.close();
    await server.stop();
  }
});

test('a passkey is added, signs in, and is removed after asking', async () => {
  const desk = theDesk();
  const page = await desk.open('/account');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  await settled(page);
  await page.getByLabel('Name, for example "laptop"').fill('This laptop');
  await button(page, 'Add a passkey').click();
  await says(page, 'The passkey was added.');
  await button(page, /^Your account/).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await titled(page, 'Sign in');
  await button(page, /passkey/i).click();
  await titled(page, 'Home');
  await page.goto(`${desk.stage.origin}/account`);
  await button(page, 'Remove: This laptop').click();
  await dialog(page).getByRole('button', { name: 'Remove' }).click();
  await expect.poll(() => page.getByText('This laptop').count(), { timeout: patience }).toBe(0);
});

test('a second step is set up, asked for at the next sign-in, and switched off', async () => {
  const desk = theDesk();
  // The test before signed out, and this one ends all sessions: it begins with one of its own.
  const page = await desk.open('/sign-in?next=/account', { signedIn: false });
  await signIn(page);
  await says(page, 'Two-step sign-in');
  await settled(page);
  const panel = panelOf(page, 'Two-step sign-in');
  const link = page.waitForResponse((response) => response.url().endsWith('/two-factor/enable'));
  await panel.getByLabel('Your password, to confirm it is you').fill(owner.password);
  await panel.getByRole('button', { name: 'Set it up' }).click();
  const { totpURI } = (await (await link).json()) as { totpURI: string };
  const secret = new URL(totpURI).searchParams.get('secret')!;
  await page.getByRole('region', { name: 'Backup codes' }).waitFor();
  await panel.getByRole('textbox').first().click();
  await page.keyboard.type(await generate({ secret }));
  await says(page, 'Two-step sign-in is on.');

  const other = await desk.open('/sign-in', { signedIn: false });
  await signIn(other);
  await other.getByRole('textbox').first().waitFor();
  await expect.poll(() => other.locator('h1').first().innerText(), { timeout: patience }).not.toBe('Sign in');
  await other.getByRole('textbox').first().click();
  // The code of the step before is used up; the next one is as good.
  await other.keyboard.type(await generate({ secret, epoch: Math.floor(Date.now() / 1_000) + 30 }));
  await titled(other, 'Home');

  await page.reload();
  await settled(page);
  await panel.getByLabel('Your password, to confirm it is you').fill(owner.password);
  await panel.getByRole('button', { name: 'Switch it off' }).click();
  await says(page, 'Two-step sign-in is off.');
});

test('another device is signed out from here', async () => {
  const desk = theDesk();
  const elsewhere = await desk.open('/sign-in', { signedIn: false });
  await signIn(elsewhere);
  await titled(elsewhere, 'Home');
  const context = await desk.browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(patience);
  const here = await context.newPage();
  await here.goto(`${desk.stage.origin}/sign-in?next=/account`);
  await signIn(here);
  await here.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await says(here, 'All other devices were signed out.');
  await context.close();
  await elsewhere.reload();
  await arrived(elsewhere, '/sign-in');
});
