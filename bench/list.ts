/** Every benchmark, in the order in which the page tells of them. */
import type { Report } from './report.ts';

export interface Benchmark {
  run(report: Report): Promise<void>;
}

export interface Listed {
  /** Heading of its part of docs/benchmarks.md, when the page has none yet. */
  title: string;
  question: string;
  load: () => Promise<Benchmark>;
}

export const benchmarks: Readonly<Record<string, Listed>> = {
  upload: {
    title: 'Uploads',
    question:
      'How close do uploads come to a bare server that only hashes, writes and syncs, and what memory do 100 take?',
    load: () => import('./upload.ts'),
  },
  'upload-shared': {
    title: 'Uploads on PostgreSQL and S3',
    question:
      'How close do uploads on PostgreSQL and an S3-compatible store come to a bare server that writes to both?',
    load: () => import('./upload-shared.ts'),
  },
  latency: {
    title: 'Latency',
    question: 'How soon after its 201 is a photo at the webhook?',
    load: () => import('./latency.ts'),
  },
  webhooks: {
    title: 'Event webhooks',
    question: 'How many events a second reach a webhook, and how soon, beside BullMQ and graphile-worker?',
    load: () => import('./webhooks.ts'),
  },
  claim: {
    title: 'Claims',
    question:
      'Does a claim cost the same beside a thousand, a hundred thousand and three million finished rows?',
    load: () => import('./claim.ts'),
  },
  growth: {
    title: 'Growing tables',
    question:
      'What do receiving a photo and claiming its deliveries cost beside a thousand, a hundred thousand and a million photos?',
    load: () => import('./growth.ts'),
  },
  workers: {
    title: 'Two workers beside one',
    question: 'How much more do two workers deliver than one, when the receiver is not the limit?',
    load: () => import('./workers.ts'),
  },
  recovery: {
    title: 'Recovery after kill -9',
    question:
      'How soon does a delivery go on whose process was killed, by its own restart and by another process?',
    load: () => import('./recovery.ts'),
  },
  destinations: {
    title: 'Destinations beside rclone',
    question: 'How fast are photos delivered to file-like destinations, beside rclone?',
    load: () => import('./destinations.ts'),
  },
  page: {
    title: 'The phone page',
    question: 'What does the phone page weigh, and how soon can it be used on a 3G line, beside Uppy?',
    load: () => import('./page.ts'),
  },
  phone: {
    title: '500 photos through one page',
    question: 'What do 500 photos of 5 MB take of the memory of a tab, and how long is it busy at once?',
    load: () => import('./phone.ts'),
  },
};
