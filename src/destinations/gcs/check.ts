/** The connection test of a bucket: needs no more than a delivery does. Contract §6.3. */
import { createHash } from 'node:crypto';
import type { CheckResult, ConnectionServices } from '../destination.ts';
import { checkStore } from '../store-check.ts';
import { templatePrefix } from '../templates.ts';
import { readJson } from './answers.ts';
import type { GcsBucket } from './bucket.ts';

const text = 'A test by Apertur. This file can be removed.\n';
const md5 = createHash('md5').update(text).digest('base64');

export async function checkGcsBucket(
  bucket: GcsBucket,
  services: ConnectionServices,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { template, endpoint } = bucket.settings;
  // Always the same name, so that an account that cannot delete leaves one object, not one for each test.
  const name = `${templatePrefix(template)}apertur-test.txt`;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return await checkStore(
    {
      settings: { template, field: 'object_template', url: endpoint },
      place: `gs://${bucket.settings.bucket}/${name}`,
      signIn: async () => void (await bucket.tokens.take(signal)),
      async write() {
        const url = bucket.uploadUrl({ uploadType: 'media', name });
        const answer = await bucket.demand({ method: 'POST', url, headers, body: text }, name, signal);
        return { answer, verified: readJson(answer).md5Hash === md5 };
      },
      async remove() {
        await bucket.demand({ method: 'DELETE', url: bucket.objectUrl(name) }, name, signal);
      },
    },
    services.now,
  );
}
