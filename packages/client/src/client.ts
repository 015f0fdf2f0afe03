/** The client: the API in groups, each call typed by the OpenAPI document. */
import {
  createDestinations,
  createEncryption,
  createKeys,
  createPlans,
  createReplays,
  createWebhooks,
} from './projects.ts';
import { createSessions } from './sessions.ts';
import { type AperturOptions, createHttp, dataOf } from './transport.ts';
import { createPolling, createUploads } from './uploads.ts';

/**
 * Every call resolves with the data of the answer and throws AperturError for a refusal. What asks to come back (429) is
 * tried again by itself. `http` reaches what has no call of its own.
 *
 * @example
 * const apertur = createApertur({ apiKey: process.env.APERTUR_KEY });
 * const session = await apertur.sessions.create({ max_images: 5 });
 */
export function createApertur(options: AperturOptions = {}) {
  const http = createHttp(options);
  return {
    sessions: createSessions(http),
    uploads: createUploads(http),
    polling: createPolling(http),
    destinations: createDestinations(http),
    webhooks: createWebhooks(http),
    replays: createReplays(http),
    keys: createKeys(http),
    plans: createPlans(http),
    encryption: createEncryption(http),
    stats: () => dataOf(http.GET('/api/v1/stats')),
    /** The API path by path, as typed as the rest; hand its answers to `dataOf`. */
    http,
  };
}

export type Apertur = ReturnType<typeof createApertur>;
