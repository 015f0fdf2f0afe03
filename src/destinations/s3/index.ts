/** Amazon S3 and every store that speaks its protocol. Contract §6.3; guide in docs/destinations/s3.md. */
import { keptExcerpt, placeImage } from '../conflict.ts';
import {
  type Connection,
  type ConnectionServices,
  type DeliverableImage,
  DeliveryError,
  type DestinationKind,
  type Receipt,
} from '../destination.ts';
import { renderTemplate, templatePrefix } from '../templates.ts';
import { Bucket } from './bucket.ts';
import { checkBucket } from './check.ts';
import { holdsImage, putImage, type Written } from './put.ts';
import { config, credentials, prepareSettings, readSettings, type S3Settings } from './settings.ts';

export const s3 = {
  kind: 's3',
  aliases: ['amazon_s3', 'aws_s3'],
  label: 'Amazon S3',
  category: 'cloud storage',
  config,
  credentials,
  prepare: (settings) => ({ config: prepareSettings(settings.config), credentials: settings.credentials }),
  describe(stored) {
    const { bucket, template, endpoint } = readSettings(stored, {});
    const at = endpoint === undefined ? '' : ` at ${new URL(endpoint).host}`;
    return `s3://${bucket}/${templatePrefix(template)}${at}`;
  },
  connect: (settings, services) =>
    createConnection(readSettings(settings.config, settings.credentials), services),
} satisfies DestinationKind;

function createConnection(settings: S3Settings, services: ConnectionServices): Connection {
  const bucket = new Bucket(settings, services);

  async function deliver(image: DeliverableImage, signal: AbortSignal): Promise<Receipt> {
    const key = renderTemplate(settings.template, image);
    if (settings.conflict === 'overwrite') {
      return receiptOf(bucket, image, key, await overwrite(image, key, signal));
    }
    const placed = await placeImage(image, key, settings.conflict, {
      look: (candidate) => holdsImage(bucket, image, candidate, signal),
      writeIfFree: (candidate, found) => writeIfFree(image, candidate, found === 'nothing', signal),
      overwrite: (candidate) => overwrite(image, candidate, signal),
    });
    if (placed.outcome === 'written') return receiptOf(bucket, image, placed.path, placed.written);
    return {
      remotePath: placed.path,
      url: bucket.url(placed.path).href,
      bytes: image.sizeBytes,
      verifiedBy: placed.outcome === 'ours' ? 'hash' : 'none',
      excerpt: placed.outcome === 'ours' ? 'It was there already, from an earlier attempt.' : keptExcerpt,
    };
  }

  async function overwrite(image: DeliverableImage, key: string, signal: AbortSignal): Promise<Written> {
    const written = await putImage(bucket, image, key, {}, signal);
    if (typeof written !== 'string') return written;
    throw new DeliveryError(`The bucket refused to replace ${key} (412). Check its rules for overwriting.`, {
      fate: 'retry',
      status: 412,
    });
  }

  async function writeIfFree(
    image: DeliverableImage,
    key: string,
    seenFree: boolean,
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    const written = await putImage(bucket, image, key, { ifFree: true }, signal);
    if (written !== 'unconditional only') return written;
    // The store cannot write only where nothing is; that nothing was there a moment ago is the best there is.
    if (seenFree) return await overwrite(image, key, signal);
    throw new DeliveryError(
      'This store cannot write without overwriting (501), and the key may not look what is there. Choose overwrite, or allow s3:GetObject and s3:ListBucket.',
      { fate: 'give-up', status: 501 },
    );
  }

  return {
    deliver,
    check: (signal) => checkBucket(bucket, services, signal),
    close: async () => undefined,
  };
}

function receiptOf(bucket: Bucket, image: DeliverableImage, key: string, written: Written): Receipt {
  const { answer, verifiedBy } = written;
  return {
    remotePath: key,
    remoteId: answer.headers['x-amz-version-id'] ?? null,
    url: bucket.url(key).href,
    bytes: image.sizeBytes,
    verifiedBy,
    status: answer.status,
    phases: answer.phases,
    address: answer.address,
  };
}
