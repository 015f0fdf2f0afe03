/** The connection test of a bucket: needs no more than a delivery does, which is s3:PutObject. Contract §6.3. */
import { createHash } from 'node:crypto';
import type { CheckResult, ConnectionServices } from '../destination.ts';
import { checkStore } from '../store-check.ts';
import { templatePrefix } from '../templates.ts';
import type { Bucket } from './bucket.ts';

const text = 'A test by Apertur. This file can be removed.\n';
const md5 = createHash('md5').update(text).digest('hex');

export async function checkBucket(
  bucket: Bucket,
  services: ConnectionServices,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { template, conflict } = bucket.settings;
  // Always the same name, so that a key that cannot delete leaves one file, not one for each test.
  const key = `${templatePrefix(template)}apertur-test.txt`;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return await checkStore(
    {
      settings: { template, field: 'key_template', url: bucket.url('').href },
      note: () => regionNote(bucket),
      place: `s3://${bucket.settings.bucket}/${key}`,
      async write() {
        const answer = await bucket.demand({ method: 'PUT', key, headers, body: text }, signal);
        return { answer, verified: (answer.headers.etag ?? '').includes(md5) };
      },
      ...(conflict === 'overwrite' ? {} : { tryConflict: () => tryCondition(bucket, key, signal) }),
      remove: async () => void (await bucket.demand({ method: 'DELETE', key }, signal)),
    },
    services.now,
  );
}

function regionNote({ correctedRegion, settings }: Bucket): { message: string; advice: string } | undefined {
  if (correctedRegion === undefined) return undefined;
  const message = `The bucket is in ${correctedRegion}, not in ${settings.region}.`;
  return { message, advice: `Set region to ${correctedRegion}; it saves a request.` };
}

/** A store that ignores the condition overwrites in silence, so it is tried on an object that is surely there. */
async function tryCondition(bucket: Bucket, key: string, signal: AbortSignal): Promise<string | undefined> {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'if-none-match': '*' };
  const { status } = await bucket.send({ method: 'PUT', key, headers, body: text }, signal);
  if (status === 412) return undefined;
  return `This store cannot write only where nothing is (If-None-Match, ${status}), so two photos at the same moment could overwrite each other.`;
}
