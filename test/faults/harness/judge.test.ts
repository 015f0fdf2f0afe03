/** Every rule of the judge bites: good books pass, and one thing that must never be, done to them, is named. */
import { describe, expect, test } from 'vitest';
import type { Books } from './books.ts';
import { type Evidence, findBroken, findMistakes } from './judge.ts';

const hashOf = (image: string): string => `hash of ${image}`;
const session = 'sess_1';
/** `img_1` was delivered everywhere; `img_2` was refused where a session may leave one photo. */
const images = ['img_1', 'img_2'];
const names = ['Receiver', 'Inbox', 'Once'];
const sent = (image: string, name: string): boolean => name !== 'Once' || image === 'img_1';

function goodEvidence(): Evidence {
  const pairs = images.flatMap((image) => names.map((name) => ({ image, name, id: `del_${image}_${name}` })));
  const events = [
    { id: 'evt_1', topic: 'project.upload.completed', imageId: 'img_1' },
    { id: 'evt_2', topic: 'project.upload.failed', imageId: 'img_2' },
  ];
  const arrival = { sessionId: session, behaviour: 'ok' as const, photoBytes: 1, headAt: 0, bodyAt: 0 };
  return {
    books: {
      orphanFiles: 0,
      after: {
        images: images.map((id, position) => ({
          id,
          session,
          position,
          sizeBytes: 1,
          sha256: hashOf(id),
          storageKey: `key of ${id}`,
        })),
        deliveries: pairs.map(({ image, name, id }) => ({
          id,
          imageId: image,
          status: sent(image, name) ? 'sent' : 'failed',
          attempts: 2,
          leasedBy: null,
          dueAt: null,
          history: [
            { number: 1, outcome: 'retry' },
            { number: 2, outcome: 'cancelled' },
            { number: 2, outcome: sent(image, name) ? 'sent' : 'give-up' },
          ],
        })),
        counts: new Map([[session, 2]]),
        files: new Map(images.map((id) => [`key of ${id}`, hashOf(id)])),
        temporary: [],
      },
      rows: {
        destinations: new Map(pairs.map(({ id, name }) => [id, name])),
        expected: new Map([[session, names.length]]),
        reasons: new Map([['del_img_2_Once', 'it is there already']]),
        silentAttempts: [],
        orphans: [],
        usage: [{ project: 'proj_1', counted: 1, real: 1 }],
        events,
        eventDeliveries: events.map(({ id }) => ({
          id: `del_${id}`,
          eventId: id,
          status: 'sent',
          open: false,
          error: null,
        })),
        workers: 0,
      },
      visible: new Map([
        ['Inbox', images.map((id) => ({ name: id, folder: session, sha256: hashOf(id) }))],
        ['Once', [{ name: 'only', folder: session, sha256: hashOf('img_1') }]],
      ]),
    },
    acknowledged: new Map(images.map((id) => [id, hashOf(id)])),
    arrivals: images.map((imageId, index) => ({
      ...arrival,
      imageId,
      index,
      sha256: hashOf(imageId),
      deliveryId: `del_${imageId}_Receiver`,
      signatureValid: true,
    })),
    heard: events.map(({ id }) => ({ eventId: id, deliveryId: `del_${id}`, sha256: `body of ${id}` })),
    places: { receiver: 'Receiver', filesByImage: ['Inbox'], onceASession: ['Once'] },
  };
}

/** Readonly for the judge, but not for whoever breaks it. */
type Bent = {
  -readonly [Key in keyof Evidence]: Evidence[Key] extends readonly (infer One)[] ? One[] : Evidence[Key];
};
type Break = (evidence: Bent & { books: Books; acknowledged: Map<string, string> }) => void;

const breaks: Record<string, { says: string; do: Break }> = {
  'an acknowledged photo has no row': {
    says: 'acknowledged and lost: img_9',
    do: ({ acknowledged }) => acknowledged.set('img_9', 'any'),
  },
  'an acknowledged photo is stored as another': {
    says: 'acknowledged and lost: img_1',
    do: ({ acknowledged }) => acknowledged.set('img_1', 'another'),
  },
  'stored bytes are gone': {
    says: 'a row without a file: img_1',
    do: ({ books }) => books.after.files.delete('key of img_1'),
  },
  'stored bytes are others': {
    says: 'other bytes than received: img_1',
    do: ({ books }) => books.after.files.set('key of img_1', 'x'),
  },
  'bytes have no row': {
    says: 'a file without a row: key of img_9',
    do: ({ books }) => books.after.files.set('key of img_9', 'x'),
  },
  'a half-written file stays': {
    says: 'half-written: tmp/1',
    do: ({ books }) => books.after.temporary.push('tmp/1'),
  },
  'a session counts wrong': {
    says: 'sess_1 counts 3 images and has 2',
    do: ({ books }) => books.after.counts.set(session, 3),
  },
  'a place in a session is empty': {
    says: 'positions of sess_1: 0,2',
    do({ books }) {
      books.after.images[1]!.position = 2;
    },
  },
  'usage counts wrong': {
    says: 'usage of proj_1 counts 2 sessions of 1',
    do({ books }) {
      books.rows.usage[0]!.counted = 2;
    },
  },
  'an image has no delivery for a destination': {
    says: 'not a delivery for each destination: img_1',
    do: ({ books }) => books.after.deliveries.shift(),
  },
  'a delivery never ends': {
    says: 'not ended: del_img_1_Receiver retrying',
    do({ books }) {
      books.after.deliveries[0]!.status = 'retrying';
    },
  },
  'a delivery stays in the hands of a dead worker': {
    says: 'not ended: del_img_1_Receiver sent',
    do({ books }) {
      books.after.deliveries[0]!.leasedBy = 'wrk_1';
    },
  },
  'an attempt was not written down': {
    says: 'del_img_1_Receiver counts 2 attempts and has 1 rows',
    do: ({ books }) => books.after.deliveries[0]!.history.pop(),
  },
  'two attempts have one number': {
    says: 'del_img_1_Receiver numbers its attempts 1,1',
    do({ books }) {
      books.after.deliveries[0]!.history[2]!.number = 1;
    },
  },
  'it was sent twice by its own count': {
    says: 'del_img_1_Receiver is sent after sent,sent',
    do({ books }) {
      books.after.deliveries[0]!.history[0]!.outcome = 'sent';
    },
  },
  'a failure has no reason': {
    says: 'failed without a reason: del_img_2_Once',
    do: ({ books }) => books.rows.reasons.set('del_img_2_Once', ' '),
  },
  'an attempt does not say what went wrong': {
    says: 'an attempt of del_1 went wrong and does not say how',
    do: ({ books }) => books.rows.silentAttempts.push('del_1'),
  },
  'a row belongs to nothing': {
    says: 'a row of attempts without its delivery_id: del_1',
    do: ({ books }) => books.rows.orphans.push('a row of attempts without its delivery_id: del_1'),
  },
  'a process did not say goodbye': {
    says: '1 processes are still in the row of workers',
    do({ books }) {
      books.rows.workers = 1;
    },
  },
  'a file that was told as delivered is not there': {
    says: 'Inbox: told as delivered and not there: img_1',
    do: ({ books }) => books.visible.get('Inbox')!.shift(),
  },
  'a file is not whole, though nobody called it delivered': {
    says: 'Inbox: other bytes: img_1',
    do({ books }) {
      books.visible.get('Inbox')![0]!.sha256 = 'half';
      books.after.deliveries[1]!.status = 'failed';
    },
  },
  'a photo lies there twice': {
    says: 'Inbox: more than one file: img_1',
    do: ({ books }) => books.visible.get('Inbox')!.push(books.visible.get('Inbox')![0]!),
  },
  'a file lies there that nobody sent': {
    says: 'Inbox: a file that nobody sent: img_1 (2)',
    do: ({ books }) =>
      books.visible.get('Inbox')!.push({ name: 'img_1 (2)', folder: session, sha256: hashOf('img_1') }),
  },
  'a refused photo took the place of another': {
    says: 'Once: told as failed and there: img_2',
    do({ books }) {
      books.visible.get('Once')![0]!.sha256 = hashOf('img_2');
    },
  },
  'a second file lies where one may': {
    says: 'Once: more than one file: sess_1',
    do: ({ books }) => books.visible.get('Once')!.push(books.visible.get('Once')![0]!),
  },
  'the receiver never saw what was told as delivered': {
    says: 'Receiver: told as delivered and not there: img_1',
    do: ({ arrivals }) => arrivals.shift(),
  },
  'the receiver saw other bytes': {
    says: 'Receiver: other bytes or no signature: img_1',
    do(evidence) {
      evidence.arrivals[0] = { ...evidence.arrivals[0]!, sha256: 'half' };
    },
  },
  'the receiver saw no signature': {
    says: 'Receiver: other bytes or no signature: img_1',
    do(evidence) {
      evidence.arrivals[0] = { ...evidence.arrivals[0]!, signatureValid: false };
    },
  },
  'the receiver saw another place': {
    says: 'Receiver: another session or place: img_1',
    do(evidence) {
      evidence.arrivals[0] = { ...evidence.arrivals[0]!, index: 1 };
    },
  },
  'a repetition came under another delivery id': {
    says: 'Receiver: two delivery ids: img_1',
    do: ({ arrivals }) => arrivals.push({ ...arrivals[0]!, deliveryId: 'del_9' }),
  },
  'a photo came that nobody sent': {
    says: 'Receiver: a photo that nobody sent: img_9',
    do: ({ arrivals }) => arrivals.push({ ...arrivals[0]!, imageId: 'img_9' }),
  },
  'nobody was told that a photo was delivered': {
    says: 'img_1 told 0 times that it was delivered',
    do: ({ books }) => books.rows.events.shift(),
  },
  'a failure was told twice': {
    says: 'img_2 told 2 of 1 failures',
    do: ({ books }) => books.rows.events.push({ ...books.rows.events[1]!, id: 'evt_3' }),
  },
  'an event has no delivery': {
    says: 'project.upload.completed evt_1 is told 0 times, not once',
    do: ({ books }) => books.rows.eventDeliveries.shift(),
  },
  'an event never ends': {
    says: 'not ended: del_evt_1 sent',
    do({ books }) {
      books.rows.eventDeliveries[0]!.open = true;
    },
  },
  'an event was not heard': {
    says: 'told and not heard: project.upload.completed evt_1',
    do: ({ heard }) => heard.shift(),
  },
  'an event failed without a reason': {
    says: 'failed without a reason: del_evt_1',
    do({ books }) {
      books.rows.eventDeliveries[0]!.status = 'failed';
    },
  },
  'an event came under another delivery id': {
    says: 'heard under two names or with two bodies: project.upload.completed evt_1',
    do: ({ heard }) => heard.push({ ...heard[0]!, deliveryId: 'del_9' }),
  },
  'an event was repeated with another body': {
    says: 'heard under two names or with two bodies: project.upload.completed evt_1',
    do: ({ heard }) => heard.push({ ...heard[0]!, sha256: 'another' }),
  },
  'an event came that nobody told': {
    says: 'heard, and never told: evt_9',
    do: ({ heard }) => heard.push({ ...heard[0]!, eventId: 'evt_9' }),
  },
};

describe('the judge', () => {
  test('passes good books', () => {
    expect(findBroken(goodEvidence())).toEqual([]);
  });

  test.each(Object.entries(breaks))('names it when %s', (_what, { says, do: bend }) => {
    const evidence = goodEvidence() as Parameters<Break>[0];
    bend(evidence);
    expect(findBroken(evidence)).toContain(says);
  });

  test('names mistakes in the log once, and no failures that faults explain', () => {
    const failed = (type: string) => ({
      level: 50,
      msg: 'A request failed',
      err: { type, stack: `${type} at x` },
    });
    const log = [{ level: 30, msg: 'ready' }, failed('Error'), failed('TypeError'), failed('TypeError')];
    expect(findMistakes(log)).toEqual(['a mistake in the log: TypeError at x']);
  });
});
