/** Every state of a link, as the person with the phone meets it. */
import { describe, expect, test } from 'vitest';
import { usePhones } from '../helpers/browser.ts';
import {
  counts,
  createMovableClock,
  createSession,
  eventually,
  imagesOf,
  makePhotos,
  readPage,
  says,
  useApp,
  writePhotos,
} from './stage.ts';

const phones = usePhones();
const startApp = useApp();

describe('a protected link', () => {
  test('opens with its password, whatever letters that has, and sends it with each photo', async () => {
    const app = await startApp();
    const session = await createSession(app, { password: 'Zürich 100% ✓', max_images: 5 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    await says(view.heading, 'Enter the password');
    expect(await view.button('Continue').isVisible()).toBe(true);

    await page.getByLabel('Password').fill('Zürich');
    await view.button('Continue').click();
    await says(page.locator('#password-message'), 'That password is not right. Check it and try again.');
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');

    await page.getByLabel('Password').fill('Zürich 100% ✓');
    await page.keyboard.press('Enter');
    await says(view.heading, 'Photos for Claims');
    await view.gallery.setInputFiles(await makePhotos(2));
    await says(view.status, 'Received. Your 2 photos are safe.');
    expect(await imagesOf(app, session.id)).toBe(2);
  });

  test('shows what was typed on request', async () => {
    const app = await startApp();
    const session = await createSession(app, { password: 'open sesame' });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const field = page.getByLabel('Password');
    await field.fill('open sesame');
    expect(await field.getAttribute('type')).toBe('password');
    await readPage(page).button('Show').click();
    expect(await field.getAttribute('type')).toBe('text');
  });

  test('asks again when the password has changed meanwhile, and keeps the photos', async () => {
    const app = await startApp();
    const session = await createSession(app, { password: 'first word', max_images: 5 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    await page.getByLabel('Password').fill('first word');
    await view.button('Continue').click();
    await says(view.heading, 'Photos for Claims');
    await app.call('PATCH', `/upload-sessions/${session.id}`, { body: { password: 'second word' } });
    await view.gallery.setInputFiles(await makePhotos(2));
    await says(
      page.locator('.lead'),
      'The password has changed. Enter the new one to go on. Your photos are kept on this phone.',
    );
    await page.getByLabel('Password').fill('second word');
    await view.button('Continue').click();
    await says(view.status, 'Received. Your 2 photos are safe.');
  });

  test('says how long to wait after too many tries', async () => {
    // All tries fall into one minute, however long they take.
    const start = Date.now();
    const app = await startApp({ clock: { now: () => start } });
    const session = await createSession(app, { password: 'open sesame' });
    for (let tries = 0; tries < 20; tries++) {
      await app.call('POST', `/upload/${session.id}/verify-password`, {
        key: null,
        body: { password: 'wrong' },
      });
    }
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    await page.getByLabel('Password').fill('open sesame');
    await readPage(page).button('Continue').click();
    await says(page.locator('#password-message'), /^Too many tries\. Wait \d+ seconds?, then try again\.$/);
  });
});

describe('a full link', () => {
  test('fills up, says thank you, and takes no more', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 2 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    await view.gallery.setInputFiles(await makePhotos(3));
    await says(view.heading, '2 of 2 photos received');
    await says(view.status, '1 photo was not added, because the link is full.');
    expect(await imagesOf(app, session.id)).toBe(2);
    expect(await view.gallery.isVisible()).toBe(false);

    await page.reload();
    await says(view.heading, 'This link is full');
  });

  test('that another phone filled in the meantime refuses the photo with its reason', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 1 });
    const [first, second] = [await phones.open(), await phones.open()];
    await first.page.goto(session.upload_url);
    await second.page.goto(session.upload_url);
    const [a, b] = [readPage(first.page), readPage(second.page)];
    await says(b.heading, 'Photos for Claims');
    // The second phone does not hear of the first one's photo before it sends its own.
    await second.page.route('**/session', (route) => route.abort());
    await a.gallery.setInputFiles(await makePhotos(1));
    await says(a.heading, 'Photo received');
    await b.gallery.setInputFiles(await makePhotos(1, { from: 7 }));
    await says(
      b.stage('refused').locator('.sentence'),
      'This link already holds its one photo, so this one was not sent.',
    );
    await second.page.unroute('**/session');
  });
});

test('a link that its owner closes says so while it is open, and afterwards', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await view.gallery.setInputFiles(await makePhotos(1));
  await says(view.status, 'Received. Your photo is safe.');
  await app.db.write((tx) =>
    tx.q.updateTable('sessions').set({ completed_at: Date.now() }).where('id', '=', session.id).execute(),
  );
  // The next photo is the first to find out.
  await view.gallery.setInputFiles(await makePhotos(1, { from: 2 }));
  await says(view.heading, 'This link is closed');
  await says(
    view.stage('refused').locator('.sentence'),
    'The link was closed before this photo was sent. Ask for a new one.',
  );
  await page.reload();
  await says(page.locator('.lead'), 'No more photos are needed here. To send more, ask for a new link.');
});

describe('an expired link', () => {
  test('says when it expired', async () => {
    const clock = createMovableClock();
    const app = await startApp({ clock });
    const session = await createSession(app, { expires_in: 60 });
    const expiresAt = new Date(Date.now() + 60_000);
    clock.ahead = 3_600_000;
    const { page } = await phones.open({ timezoneId: 'Asia/Kolkata' });
    await page.goto(session.upload_url);
    await says(readPage(page).heading, 'This link has expired');
    const zone = { timeZone: 'Asia/Kolkata' };
    const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', ...zone }).format(
      expiresAt,
    );
    await says(
      page.locator('.lead'),
      new RegExp(`^This link expired on ${day}.* at \\d\\d:\\d\\d\\. Ask for a new one\\.$`),
    );
  });

  test('ends an open page by itself, and names what is safe and what was not sent', async () => {
    const clock = createMovableClock();
    const app = await startApp({ clock });
    const session = await createSession(app, { expires_in: 600, max_images: 5 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    await view.gallery.setInputFiles(await makePhotos(1));
    await says(view.status, 'Received. Your photo is safe.');
    clock.ahead = 601_000;
    await says(view.heading, 'This link has expired');
    await says(page.locator('.lead p:nth-child(2)'), 'The photo that you sent is safe.');
    await counts(view.stored, 1);
  });
});

test('an address with nothing behind it is explained, with status 404', async () => {
  const app = await startApp();
  const { page } = await phones.open();
  const answer = await page.goto(`${app.origin}/u/sess_00000000000000000000000000`);
  expect(answer?.status()).toBe(404);
  await says(readPage(page).heading, 'This link does not work');
});

test('done is said by the person, and can be taken back', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  expect(await view.button('Done').isVisible()).toBe(false);
  await view.gallery.setInputFiles(await makePhotos(1));
  await view.button('Done').click();
  await says(view.heading, 'Thank you');
  await view.button('Send more photos').click();
  await view.gallery.setInputFiles(await makePhotos(1, { from: 2 }));
  await says(view.heading, '2 of 5 photos');
});

test('a test session is marked as one', async () => {
  const app = await startApp();
  const [live, trial] = [await createSession(app), await createSession(app, {}, app.project.test)];
  const { page } = await phones.open();
  await page.goto(live.upload_url);
  await says(readPage(page).heading, 'Photos for Claims');
  expect(await page.getByText('TEST', { exact: true }).isVisible()).toBe(false);
  await page.goto(trial.upload_url);
  await eventually(() => page.getByText('TEST', { exact: true }).isVisible()).toBe(true);
});

test('opening the page, however often, changes nothing', async () => {
  const app = await startApp();
  const session = await createSession(app);
  const tables = () =>
    Promise.all([
      app.db.read.selectFrom('sessions').selectAll().execute(),
      app.db.read.selectFrom('events').selectAll().execute(),
    ]);
  const before = await tables();
  const { page } = await phones.open();
  await page.goto(session.upload_url);
  await says(readPage(page).heading, 'Photos for Claims');
  await page.reload();
  await says(readPage(page).heading, 'Photos for Claims');
  expect(await tables()).toEqual(before);
});

describe('choosing', () => {
  test('a photo twice sends it once and says so', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 5 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    const [first, second] = await writePhotos(app, await makePhotos(2));
    await view.gallery.setInputFiles(first!);
    await says(view.status, 'Received. Your photo is safe.');
    await view.gallery.setInputFiles([first!, second!]);
    await says(view.status, 'That photo was already sent. Received. Your 2 photos are safe.');
    expect(await imagesOf(app, session.id)).toBe(2);
  });

  test('a file of another type, and one too large, are each refused with what is accepted', async () => {
    const app = await startApp();
    const session = await createSession(app, {
      allowed_mime_types: ['image/jpeg', 'image/png'],
      max_image_size_mb: 1,
      max_images: 5,
    });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    const [large] = await makePhotos(1, { bytes: 1_600_000 });
    const gif = { name: 'cat.gif', mimeType: 'image/gif', buffer: Buffer.from('GIF89a with nothing in it') };
    await view.gallery.setInputFiles([large!, gif]);
    const sentence = (name: string) =>
      page.getByRole('listitem').filter({ hasText: name }).locator('.sentence');
    await says(sentence('photo-1.jpg'), 'This photo is 1.6 MB. The limit is 1 MB. Choose a smaller one.');
    // The GIF goes to the server, which is the one to say what it is.
    await says(sentence('cat.gif'), 'This kind of file is not accepted here. Accepted: JPEG, PNG.');
    await view.button('Remove').first().click();
    await counts(view.photos, 1);
    expect(await imagesOf(app, session.id)).toBe(0);
  });

  test('a damaged photo can be tried again or removed', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 5 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    const [photo] = await makePhotos(1, { bytes: 100_000 });
    await view.gallery.setInputFiles({ ...photo!, buffer: photo!.buffer.subarray(0, 50_000) });
    await says(
      view.stage('refused').locator('.sentence'),
      'This photo could not be read. It may be damaged. Take it again, or choose another.',
    );
    const refusal = (answer: { url(): string; status(): number }) =>
      answer.url().includes('/resumable') && answer.status() === 400;
    const again = page.waitForResponse(refusal);
    await view.button('Try again').click();
    await again;
    await counts(view.stage('refused'), 1);
  });

  test('more pixels than the session takes are refused with the limit', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_image_dimension: 100 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    await view.gallery.setInputFiles(await makePhotos(1));
    await says(
      view.stage('refused').locator('.sentence'),
      'This photo is too large. The limit is 100 pixels on the longer side. Choose a smaller one.',
    );
  });
});

describe('languages and colours', () => {
  test.each([
    ['fr', 'Photos pour Claims', 'Prendre une photo'],
    ['es', 'Fotos para Claims', 'Hacer una foto'],
  ])('?lang=%s speaks it throughout', async (lang, heading, button) => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 5 });
    const { page } = await phones.open();
    await page.goto(`${session.upload_url}?lang=${lang}`);
    await says(readPage(page).heading, heading);
    await counts(page.getByLabel(button), 1);
    expect(await page.locator('html').getAttribute('lang')).toBe(lang);
  });

  test('without it the browser decides', async () => {
    const app = await startApp();
    const session = await createSession(app);
    const { page } = await phones.open({ locale: 'fr-CA' });
    await page.goto(session.upload_url);
    await says(readPage(page).heading, 'Photos pour Claims');
  });

  test('colorScheme wins over the phone', async () => {
    const app = await startApp();
    const session = await createSession(app);
    const { page } = await phones.open({ colorScheme: 'light' });
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.goto(`${session.upload_url}?colorScheme=dark`);
    expect(await background()).toBe('rgb(20, 21, 22)');
    await page.goto(session.upload_url);
    expect(await background()).toBe('rgb(251, 251, 250)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe('rgb(20, 21, 22)');
    await page.goto(`${session.upload_url}?colorScheme=light`);
    expect(await background()).toBe('rgb(251, 251, 250)');
  });
});
