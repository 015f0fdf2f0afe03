import type { PostClient } from './post.ts';

/** What the webhook benchmark measures: something that takes events, keeps them and delivers each as a signed POST. */
export interface Contender {
  /** Takes an event; resolves when it is on the disk. */
  emit(event: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  /** Where events go. */
  url: string;
  /** Signs them: the characters of it are the key. */
  secret: string;
  /** Another receiver, which gets every event, too. */
  secondUrl?: string;
  /** PostgreSQL or Redis, where one is used. */
  serverUrl?: string;
  /** What a peer posts with. */
  client?: PostClient;
  /** A folder of its own. */
  folder: string;
  /** Deliveries in flight at most. */
  concurrency: number;
}

export const envelope = (event: string): string =>
  JSON.stringify({
    event: 'project.upload.completed',
    project_id: 'proj_01J9Z2A4C6E8G0J2L4N6P8R0TV',
    data: payload(event),
    timestamp: new Date().toISOString(),
  });

export const payload = (event: string) => ({
  session_id: 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC',
  image_id: 'img_01J9Z4C2Y7F3H9K1M5N8P0QRST',
  filename: 'roof.jpg',
  size_bytes: 482_113,
  mime_type: 'image/jpeg',
  tags: ['ticket:T-77'],
  bench_event: event,
});
