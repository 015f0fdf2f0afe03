/** BullMQ on Redis, which syncs its log before it answers: the event is on the disk when `emit` resolves, as with us. */
import { Queue, Worker } from 'bullmq';
import type { Contender, ContenderOptions } from './contender.ts';
import { envelope } from './contender.ts';
import { createPost } from './post.ts';

interface EventData {
  event: string;
  body: string;
  url: string;
}

export async function startBullmq(options: ContenderOptions): Promise<Contender> {
  const connection = { url: options.serverUrl };
  const post = createPost(options.client ?? 'fetch', options.secret);
  const queue = new Queue<EventData>('events', { connection });
  // One queue for each receiver, as one lane for each: a receiver that hangs then keeps no other.
  const urls = [options.url, ...(options.secondUrl ? [options.secondUrl] : [])];
  const queues = urls.map((url, n) => ({
    url,
    queue: n === 0 ? queue : new Queue<EventData>('second', { connection }),
  }));
  const workers = queues.map(
    ({ queue: { name } }) =>
      new Worker<EventData>(name, ({ data }) => post.send(data.url, data.event, data.body), {
        connection,
        concurrency: options.concurrency,
      }),
  );
  for (const worker of workers) worker.on('error', () => {});
  await Promise.all([
    ...queues.map((item) => item.queue.waitUntilReady()),
    ...workers.map((w) => w.waitUntilReady()),
  ]);
  return {
    async emit(event) {
      const body = envelope(event);
      await Promise.all(
        queues.map(({ url, queue: to }) =>
          to.add(
            'event',
            { event, body, url },
            { attempts: 6, backoff: { type: 'exponential', delay: 30_000 } },
          ),
        ),
      );
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.close(true)));
      await Promise.all(queues.map((item) => item.queue.close()));
      await post.close();
    },
  };
}
