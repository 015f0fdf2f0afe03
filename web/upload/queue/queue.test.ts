import { describe, expect, test } from 'vitest';
import type { Refusal } from '../refusal.ts';
import type { ImageResult, SendResult } from '../send.ts';
import type { Queue, QueueOptions } from './options.ts';
import type { Photo } from './photo.ts';
import { createQueue } from './queue.ts';

/** One attempt that the test decides about. */
interface Attempt {
  photo: Photo;
  aborted: boolean;
  progress(fraction: number): void;
  answer(result: SendResult): Promise<void>;
}

interface Bench {
  queue: Queue;
  attempts: Attempt[];
  /** Lets every wait of at most this many milliseconds pass. */
  pass(ms: number): Promise<void>;
  /** What probes will answer. */
  lineUp: boolean;
  probes: number;
  received: ImageResult[];
  refused: Refusal[];
  passwordsAsked: number;
  refusal: Refusal | undefined;
  readable: boolean;
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

function createBench(): Bench {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const bench = {
    attempts: [] as Attempt[],
    lineUp: false,
    probes: 0,
    received: [] as ImageResult[],
    refused: [] as Refusal[],
    passwordsAsked: 0,
    refusal: undefined as Refusal | undefined,
    readable: true,
    async pass(ms: number) {
      const until = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.at;
        next.run();
        await settle();
      }
      now = until;
    },
  };
  const options: QueueOptions = {
    send(photo, onProgress) {
      let resolve!: (result: SendResult) => void;
      const result = new Promise<SendResult>((done) => {
        resolve = done;
      });
      const attempt: Attempt = {
        photo,
        aborted: false,
        progress: onProgress,
        async answer(given) {
          resolve(given);
          await settle();
        },
      };
      bench.attempts.push(attempt);
      const abort = (): void => {
        attempt.aborted = true;
        resolve(cut());
      };
      return { result, abort };
    },
    inspect: async () => bench.refusal,
    canRead: async () => bench.readable,
    async probe() {
      bench.probes++;
      return bench.lineUp;
    },
    later(delay, run) {
      const timer = { at: now + delay, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    random: () => 1,
    onChange() {},
    onProgress() {},
    onReceived: (_photo, image) => bench.received.push(image),
    onRefused: (_photo, refusal) => bench.refused.push(refusal),
    onPassword: () => {
      bench.passwordsAsked++;
    },
  };
  return Object.assign(bench, { queue: createQueue(options) });
}

const file = (name: string, bytes = 10): File => new File([new Uint8Array(bytes)], name, { lastModified: 1 });
const files = (count: number): File[] => Array.from({ length: count }, (_, i) => file(`${i + 1}.jpg`));
const image = (id: string, name = `${id}.jpg`): ImageResult => ({
  id,
  filename: name,
  size_bytes: 10,
  destinations: 1,
});
const received = (id: string): SendResult => ({ kind: 'received', image: image(id) });
const cut = (uncertain = false): SendResult => ({ kind: 'retry', cause: 'connection', uncertain });
const states = (queue: Queue): string[] => queue.photos.map((photo) => photo.state);

async function add(bench: Bench, count: number, room = 100): Promise<void> {
  bench.queue.add(files(count), 'gallery', room);
  await settle();
}

test('three photos go at once, the next when one is received', async () => {
  const bench = createBench();
  await add(bench, 5);
  expect(states(bench.queue)).toEqual(['sending', 'sending', 'sending', 'queued', 'queued']);
  await bench.attempts[1]!.answer(received('b'));
  expect(states(bench.queue)).toEqual(['sending', 'received', 'sending', 'sending', 'queued']);
  expect(bench.received).toEqual([image('b')]);
});

test('photos leave in the order that the person gave them, also after a lost line', async () => {
  const bench = createBench();
  await add(bench, 5);
  const [one, two, three, four, five] = [...bench.queue.photos];
  bench.queue.arrange([five!, one!, two!, three!, four!]);
  await bench.attempts[0]!.answer(cut());
  await bench.attempts[1]!.answer(cut());
  await bench.attempts[2]!.answer(cut());
  bench.queue.arrange([four!, three!, five!, one!, two!]);
  bench.lineUp = true;
  await bench.pass(60_000);
  expect(bench.attempts.slice(3).map(({ photo }) => photo)).toEqual([four, three, five]);
});

test('a photo that the look at the file refuses costs no attempt', async () => {
  const bench = createBench();
  bench.refusal = { reason: 'wrong-type' };
  await add(bench, 1);
  expect(bench.attempts).toEqual([]);
  expect(bench.queue.photos[0]).toMatchObject({ state: 'refused', refusal: { reason: 'wrong-type' } });
});

describe('a lost line', () => {
  test('stops everything but one small question, until that is answered', async () => {
    const bench = createBench();
    await add(bench, 5);
    await bench.attempts[0]!.answer(cut());
    await bench.attempts[1]!.answer(cut());
    await bench.attempts[2]!.answer(cut());
    expect(bench.queue.waitingFor).toBe('connection');
    expect(bench.attempts).toHaveLength(3);
    await bench.pass(60_000);
    expect(bench.attempts).toHaveLength(3);
    expect(bench.probes).toBeGreaterThan(2);
    expect(bench.probes).toBeLessThan(8);
    bench.lineUp = true;
    await bench.pass(30_000);
    expect(bench.queue.waitingFor).toBeUndefined();
    expect(bench.attempts).toHaveLength(6);
  });

  test('is tried again at once when the phone says that it is online', async () => {
    const bench = createBench();
    await add(bench, 1);
    await bench.attempts[0]!.answer(cut());
    bench.lineUp = true;
    bench.queue.wake();
    await settle();
    expect(bench.attempts).toHaveLength(2);
  });

  test('is open again when an attempt under way gets an answer after all', async () => {
    const bench = createBench();
    await add(bench, 4);
    bench.queue.loseLine();
    expect(bench.queue.waitingFor).toBe('connection');
    await bench.attempts[0]!.answer(received('a'));
    expect(bench.queue.waitingFor).toBeUndefined();
    expect(bench.attempts).toHaveLength(4);
  });

  test('is not blamed for a file that the phone has taken away', async () => {
    const bench = createBench();
    await add(bench, 1);
    bench.readable = false;
    await bench.attempts[0]!.answer(cut());
    expect(bench.queue.photos[0]).toMatchObject({ state: 'refused', refusal: { reason: 'lost-file' } });
  });
});

describe('an answer that got lost', () => {
  test('is made up for by the live event, without sending the photo twice', async () => {
    const bench = createBench();
    bench.lineUp = true;
    await add(bench, 1);
    await bench.attempts[0]!.answer(cut(true));
    bench.queue.noticeStored(image('late', '1.jpg'));
    await bench.pass(60_000);
    expect(states(bench.queue)).toEqual(['received']);
    expect(bench.attempts).toHaveLength(1);
    expect(bench.received).toEqual([image('late', '1.jpg')]);
  });

  test('leaves time for that event once the line is back, however long it was down', async () => {
    const bench = createBench();
    await add(bench, 1);
    await bench.attempts[0]!.answer(cut(true));
    await bench.pass(120_000);
    bench.lineUp = true;
    bench.queue.wake();
    await settle();
    await bench.pass(3_900);
    bench.queue.noticeStored(image('late', '1.jpg'));
    await bench.pass(60_000);
    expect(states(bench.queue)).toEqual(['received']);
    expect(bench.attempts).toHaveLength(1);
  });

  test('is sent again when no event makes up for it', async () => {
    const bench = createBench();
    bench.lineUp = true;
    await add(bench, 1);
    await bench.attempts[0]!.answer(cut(true));
    await bench.pass(10_000);
    expect(bench.attempts).toHaveLength(2);
  });

  test('is made up for by an event that came before the line broke', async () => {
    const bench = createBench();
    await add(bench, 1);
    bench.queue.noticeStored(image('early', '1.jpg'));
    await bench.attempts[0]!.answer(cut(true));
    expect(states(bench.queue)).toEqual(['received']);
  });

  test('is not taken from another photo, nor where bytes were still missing', async () => {
    const bench = createBench();
    bench.lineUp = true;
    await add(bench, 1);
    bench.queue.noticeStored(image('other', 'other.jpg'));
    await bench.attempts[0]!.answer(cut(true));
    expect(states(bench.queue)).toEqual(['waiting']);
    await bench.pass(5_000);
    bench.queue.noticeStored({ ...image('same name'), filename: '1.jpg', size_bytes: 11 });
    await bench.attempts[1]!.answer(cut(false));
    expect(states(bench.queue)).toEqual(['waiting']);
  });

  test('one image is the receipt of one photo only', async () => {
    const bench = createBench();
    bench.queue.add([file('1.jpg'), new File(['0123456789'], '1.jpg', { lastModified: 2 })], 'gallery', 9);
    await settle();
    await bench.attempts[0]!.answer({ kind: 'received', image: image('a', '1.jpg') });
    bench.queue.noticeStored(image('a', '1.jpg'));
    await bench.attempts[1]!.answer(cut(true));
    expect(states(bench.queue)).toEqual(['received', 'waiting']);
  });
});

describe('a service that asks for patience', () => {
  test('is left alone by all photos for as long as it says', async () => {
    const bench = createBench();
    await add(bench, 4);
    await bench.attempts[0]!.answer({ kind: 'retry', cause: 'service', after: 20_000, everyone: true });
    await bench.attempts[1]!.answer(received('b'));
    expect(bench.queue.waitingFor).toBe('service');
    await bench.pass(19_000);
    expect(bench.attempts).toHaveLength(3);
    await bench.pass(1_000);
    expect(bench.attempts).toHaveLength(5);
  });

  test('a fault of one photo holds up no other', async () => {
    const bench = createBench();
    await add(bench, 4);
    await bench.attempts[0]!.answer({ kind: 'retry', cause: 'service', after: undefined, everyone: false });
    expect(states(bench.queue)).toEqual(['waiting', 'sending', 'sending', 'sending']);
    expect(bench.queue.waitingFor).toBeUndefined();
    for (const attempt of bench.attempts.slice(1)) await attempt.answer(received(attempt.photo.file.name));
    expect(bench.queue.waitingFor).toBe('service');
  });
});

test('the password is asked once for all photos, and then they go', async () => {
  const bench = createBench();
  await add(bench, 4);
  for (const attempt of bench.attempts.slice(0, 3)) await attempt.answer({ kind: 'password' });
  expect(states(bench.queue)).toEqual(['queued', 'queued', 'queued', 'queued']);
  expect(bench.passwordsAsked).toBeGreaterThan(0);
  bench.queue.release();
  await settle();
  expect(bench.attempts).toHaveLength(6);
});

test('the end of the session stops what is under way and says so for each', async () => {
  const bench = createBench();
  await add(bench, 4);
  await bench.attempts[0]!.answer(received('a'));
  bench.queue.end('expired');
  await settle();
  expect(states(bench.queue)).toEqual(['received', 'refused', 'refused', 'refused']);
  expect(bench.attempts.map((attempt) => attempt.aborted)).toEqual([false, true, true, true]);
  expect(bench.refused).toEqual([{ reason: 'expired' }, { reason: 'expired' }, { reason: 'expired' }]);
  await bench.pass(60_000);
  expect(bench.attempts).toHaveLength(4);
});

describe('choosing', () => {
  test('the same file twice sends it once, a failed one again', async () => {
    const bench = createBench();
    await add(bench, 1);
    const twice = bench.queue.add(files(1), 'camera', 9);
    expect(twice.known).toHaveLength(1);
    await bench.attempts[0]!.answer({ kind: 'refused', refusal: { reason: 'unreadable' } });
    const again = bench.queue.add(files(1), 'gallery', 9);
    await settle();
    expect(again.known).toHaveLength(0);
    expect(bench.queue.photos).toHaveLength(1);
    expect(bench.attempts).toHaveLength(2);
  });

  test('two photos of one name are two photos', async () => {
    const bench = createBench();
    const { added } = bench.queue.add([file('image.jpg', 10), file('image.jpg', 11)], 'gallery', 9);
    expect(added).toHaveLength(2);
  });

  test('more than there is room for leaves the rest out', async () => {
    const bench = createBench();
    const { added, over } = bench.queue.add(files(5), 'gallery', 2);
    expect(added).toHaveLength(2);
    expect(over).toHaveLength(3);
  });

  test('a photo taken back is stopped and forgotten', async () => {
    const bench = createBench();
    await add(bench, 2);
    bench.queue.remove(bench.queue.photos[0]!);
    await settle();
    expect(bench.attempts[0]!.aborted).toBe(true);
    expect(bench.queue.photos.map((photo) => photo.file.name)).toEqual(['2.jpg']);
    expect(bench.refused).toEqual([]);
  });
});

test('progress of an attempt that is over changes nothing', async () => {
  const bench = createBench();
  await add(bench, 1);
  bench.attempts[0]!.progress(0.5);
  expect(bench.queue.photos[0]!.progress).toBe(0.5);
  await bench.attempts[0]!.answer(received('a'));
  bench.attempts[0]!.progress(0.2);
  expect(bench.queue.photos[0]!.progress).toBe(1);
});
