/** graphile-worker on PostgreSQL. With its local queue, which fetches jobs in batches: its fastest setting. */
import { makeWorkerUtils, run } from 'graphile-worker';
import { Pool } from 'pg';
import { type Contender, type ContenderOptions, envelope } from './contender.ts';
import { createPost } from './post.ts';

interface EventData {
  event: string;
  body: string;
  url: string;
}

export async function startGraphile(options: ContenderOptions & { localQueue: boolean }): Promise<Contender> {
  const pgPool = new Pool({ connectionString: options.serverUrl, max: options.concurrency + 4 });
  pgPool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  const post = createPost(options.client ?? 'fetch', options.secret);
  const utils = await makeWorkerUtils({ pgPool });
  await utils.migrate();
  const { concurrency } = options;
  const batches = { localQueue: { size: concurrency * 4 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  const runner = await run({
    pgPool,
    preset: { worker: { concurrentJobs: concurrency, ...(options.localQueue ? batches : {}) } },
    noHandleSignals: true,
    taskList: {
      event: async (payload) => {
        const { url, event, body } = payload as EventData;
        await post.send(url, event, body);
      },
    },
  });
  const urls = [options.url, ...(options.secondUrl ? [options.secondUrl] : [])];
  return {
    async emit(event) {
      const body = envelope(event);
      for (const url of urls) await utils.addJob('event', { event, body, url }, { maxAttempts: 6 });
    },
    async stop() {
      await runner.stop();
      await utils.release();
      await post.close();
      await pgPool.end();
    },
  };
}
