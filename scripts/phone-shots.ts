/** The states of a link, as the person with the phone meets them. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { makeScene } from '../test/e2e/dashboard/scenery.ts';
import type { Stage } from '../test/e2e/dashboard/stage.ts';
import { phoneProfile } from '../test/helpers/browser.ts';
import type { Shot } from './shot.ts';

interface State {
  name: string;
  session?: Record<string, unknown>;
  query?: string;
  options?: Shot['options'];
  /** From the open link to the state. */
  arrive?(page: Page): Promise<void>;
  /** Once the session is made, before its link is opened. */
  prepare?(): unknown;
}

/** Also that of a project with a look of its own, and of a later hour: take them after all others. */
export async function phoneShotsOf(stage: Stage, destination: string): Promise<Shot[]> {
  const states: State[] = [
    { name: 'phone-open' },
    {
      name: 'phone-waiting',
      async arrive(page) {
        await page.context().setOffline(true);
        await choose(page, [0, 1, 2]);
        await page.getByText('Waiting for a connection').waitFor();
      },
    },
    {
      name: 'phone-delivered',
      async arrive(page) {
        await choose(page, [0, 1, 2, 3]);
        await page.locator('.photo[data-stage="delivered"]').nth(3).waitFor();
      },
    },
    {
      name: 'phone-problem',
      async arrive(page) {
        await choose(page, [4, 5], (await makeScene(6)).subarray(0, 9_000));
        await page.locator('.photo .sentence', { hasText: 'damaged' }).waitFor();
        await page.locator('.photo[data-stage="delivered"]').nth(1).waitFor();
      },
    },
    {
      name: 'phone-arabic',
      query: '?lang=ar',
      async arrive(page) {
        await choose(page, [7, 8]);
        await page.locator('.photo[data-stage="delivered"]').nth(1).waitFor();
      },
    },
    { name: 'phone-password', session: { password: 'open sesame' } },
    {
      name: 'phone-branded-dark',
      options: { colorScheme: 'dark' },
      prepare: () => stage.call('PUT', `/projects/${stage.project}/page`, { brand: looks }),
      async arrive(page) {
        await choose(page, [9, 10]);
        await page.getByRole('button', { name: 'Done' }).click();
        await page.getByText(looks.thank_you).waitFor();
      },
    },
    {
      name: 'phone-expired',
      session: { expires_in: 60 },
      prepare() {
        stage.clock.ahead += 3_600_000;
      },
    },
  ];
  looks.logo = (await sharp(Buffer.from(logo)).png().toBuffer()).toString('base64');
  return states.map((state) => toShot(stage, destination, state));
}

const looks = { name: 'North Wind', color: '#8fd3ff', thank_you: 'We look at them today.', logo: '' };
const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 24 24" fill="none" stroke="#8fd3ff"
  stroke-width="2" stroke-linecap="round"><path d="M3 9h11a3 3 0 1 0-3-3M3 14h14a3 3 0 1 1-3 3"/></svg>`;

function toShot(stage: Stage, destination: string, state: State): Shot {
  const body = { destination_ids: [destination], max_images: 12, expires_in: 86_400, ...state.session };
  return {
    name: state.name,
    async path() {
      const { id } = await stage.call<{ id: string }>('POST', '/upload-sessions', body);
      await state.prepare?.();
      return `/u/${id}${state.query ?? ''}`;
    },
    signedIn: false,
    options: { ...phoneProfile, ...state.options },
    async arrive(page) {
      await page.locator('#page:not([data-screen="loading"])').waitFor();
      await state.arrive?.(page);
    },
  };
}

/** As from the gallery; `damaged` is one that ends in its middle. */
async function choose(page: Page, scenes: number[], damaged?: Buffer): Promise<void> {
  const photos = await Promise.all(scenes.map(makeScene));
  await page
    .locator('input[type=file]')
    .last()
    .setInputFiles(
      [...photos, ...(damaged ? [damaged] : [])].map((buffer, index) => ({
        name: `IMG_${2101 + index}.jpg`,
        mimeType: 'image/jpeg',
        buffer,
      })),
    );
}
