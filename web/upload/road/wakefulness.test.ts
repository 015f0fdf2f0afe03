import { expect, test } from 'vitest';
import { createWakefulness } from './wakefulness.ts';

/** A phone whose browser hands out locks when it is told to, and takes them back when the page is hidden. */
function createPhone() {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' as DocumentVisibilityState });
  const held = new Set<EventTarget>();
  const waiting: (() => void)[] = [];
  const locks = {
    request: () =>
      new Promise<WakeLockSentinel>((resolve) => {
        const lock = Object.assign(new EventTarget(), { release: async () => release(lock) });
        waiting.push(() => {
          held.add(lock);
          resolve(lock as unknown as WakeLockSentinel);
        });
      }),
  };
  const release = (lock: EventTarget): void => {
    held.delete(lock);
    lock.dispatchEvent(new Event('release'));
  };
  const turn = (to: DocumentVisibilityState): void => {
    page.visibilityState = to;
    if (to === 'hidden') for (const lock of held) release(lock);
    page.dispatchEvent(new Event('visibilitychange'));
  };
  return {
    stayAwake: createWakefulness({ locks, page: page as unknown as Document }),
    held,
    hide: () => turn('hidden'),
    show: () => turn('visible'),
    /** How many the page asked for and has not been given. */
    asked: () => waiting.length,
    async give() {
      for (const one of waiting.splice(0)) one();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('the screen stays on while photos are on their way, and no longer', async () => {
  const phone = createPhone();
  expect(phone.asked()).toBe(0);
  phone.stayAwake(true);
  phone.stayAwake(true);
  await phone.give();
  expect(phone.held.size).toBe(1);
  phone.stayAwake(false);
  expect(phone.held.size).toBe(0);
});

test('it is asked for again when the page is seen again, once', async () => {
  const phone = createPhone();
  phone.stayAwake(true);
  await phone.give();
  phone.hide();
  expect([phone.held.size, phone.asked()]).toEqual([0, 0]);
  phone.show();
  phone.show();
  expect(phone.asked()).toBe(1);
  await phone.give();
  expect(phone.held.size).toBe(1);
  phone.stayAwake(false);
  phone.hide();
  phone.show();
  expect([phone.held.size, phone.asked()]).toEqual([0, 0]);
});

test('one that comes too late is given back, and new photos get their own', async () => {
  const phone = createPhone();
  phone.stayAwake(true);
  phone.stayAwake(false);
  await phone.give();
  expect(phone.held.size).toBe(0);
  phone.stayAwake(true);
  await phone.give();
  phone.stayAwake(false);
  phone.stayAwake(true);
  await phone.give();
  expect(phone.held.size).toBe(1);
});

test('where the browser knows no such thing, or refuses, nothing happens', async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' }) as unknown as Document;
  createWakefulness({ locks: undefined, page })(true);
  let asked = 0;
  const locks = {
    request: () => {
      asked++;
      return Promise.reject(new DOMException('Low battery', 'NotAllowedError'));
    },
  };
  createWakefulness({ locks, page })(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(1);
});
