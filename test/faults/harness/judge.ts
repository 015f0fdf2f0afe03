/** Names what must never be, from the books of a storm. Reads nothing by itself, so that each rule can be shown to bite. */
import type { LogLine } from '../../helpers/product.ts';
import type { Receiver } from '../../helpers/receiver.ts';
import { type Aftermath, findDamage, type StoredImage } from '../aftermath.ts';
import type { Books, Rows, VisibleFile } from './books.ts';
import type { Listener } from './listener.ts';

/** What is at stake where: the names of the destinations, by how they can be looked at. */
export interface Places {
  /** A receiver of photos. */
  receiver?: string;
  /** File stores whose template makes one file a photo, named by the photo. */
  filesByImage: readonly string[];
  /** File stores that take one photo a session under a fixed name and refuse the others. */
  onceASession: readonly string[];
}

export interface Evidence {
  books: Books;
  /** Image id to the hash of the photo that was answered 201. */
  acknowledged: ReadonlyMap<string, string>;
  arrivals: Receiver['arrivals'];
  heard: Listener['heard'];
  places: Places;
}

/** Sentences, one for each thing that is wrong. */
export function findBroken({ books, acknowledged, arrivals, heard, places }: Evidence): string[] {
  const { after, rows, visible } = books;
  const filesOf = (name: string): VisibleFile[] => visible.get(name) ?? [];
  return [
    ...findDamage(after),
    ...findLost(acknowledged, after),
    ...findOpen(after, rows),
    ...findMiscounted(after),
    ...findUnexplained(after, rows),
    ...rows.orphans,
    ...findMisusage(rows),
    ...findSilent(after, rows, heard),
    ...places.filesByImage.flatMap((name) => findUnequalFiles(name, after, rows, filesOf(name))),
    ...places.onceASession.flatMap((name) => findUnequalOnce(name, after, rows, filesOf(name))),
    ...(places.receiver ? findUnheard(places.receiver, after, rows, arrivals) : []),
    ...(rows.workers > 0 ? [`${rows.workers} processes are still in the row of workers`] : []),
  ];
}

/** A fault makes a program fail; it does not make it read a member of nothing. */
const mistakes = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError']);

/** Errors in what the product has logged that no fault explains. */
export function findMistakes(log: readonly LogLine[]): string[] {
  const stacks = log
    .map(({ err }) => err as { type?: string; stack?: string } | undefined)
    .filter((err) => mistakes.has(err?.type ?? ''))
    .map((err) => `a mistake in the log: ${err!.stack}`);
  return [...new Set(stacks)];
}

function findLost(acknowledged: ReadonlyMap<string, string>, { images }: Aftermath): string[] {
  const stored = new Map(images.map((image) => [image.id, image.sha256]));
  return [...acknowledged]
    .filter(([id, hash]) => stored.get(id) !== hash)
    .map(([id]) => `acknowledged and lost: ${id}`);
}

/** A delivery for each image and destination, each ended and in nobody's hands. */
function findOpen({ images, deliveries }: Aftermath, { expected }: Rows): string[] {
  const byImage = Map.groupBy(deliveries, (delivery) => delivery.imageId);
  const missing = images.filter(
    (image) => (byImage.get(image.id)?.length ?? 0) !== (expected.get(image.session) ?? 0),
  );
  const open = deliveries.filter(
    ({ status, leasedBy, dueAt }) =>
      !['sent', 'failed'].includes(status) || leasedBy !== null || dueAt !== null,
  );
  return [
    ...missing.map((image) => `not a delivery for each destination: ${image.id}`),
    ...open.map((delivery) => `not ended: ${delivery.id} ${delivery.status}`),
  ];
}

/** As many attempts as rows, numbered without a gap; the last of them is what the delivery says. */
function findMiscounted({ deliveries }: Aftermath): string[] {
  const broken: string[] = [];
  for (const { id, status, attempts, history } of deliveries) {
    const counted = history.filter((attempt) => attempt.outcome !== 'cancelled');
    if (counted.some(({ number }, index) => number !== index + 1))
      broken.push(`${id} numbers its attempts ${counted.map(({ number }) => number).join()}`);
    if (counted.length !== attempts)
      broken.push(`${id} counts ${attempts} attempts and has ${counted.length} rows`);
    if (counted.filter(({ outcome }) => outcome === 'sent').length !== (status === 'sent' ? 1 : 0))
      broken.push(`${id} is ${status} after ${counted.map(({ outcome }) => outcome).join()}`);
  }
  return broken;
}

function findUnexplained({ deliveries }: Aftermath, { reasons, silentAttempts }: Rows): string[] {
  const failed = deliveries.filter(({ id, status }) => status === 'failed' && !reasons.get(id)?.trim());
  return [
    ...failed.map(({ id }) => `failed without a reason: ${id}`),
    ...silentAttempts.map((id) => `an attempt of ${id} went wrong and does not say how`),
  ];
}

function findMisusage({ usage }: Rows): string[] {
  return usage
    .filter(({ counted, real }) => counted !== real)
    .map(({ project, counted, real }) => `usage of ${project} counts ${counted} sessions of ${real}`);
}

/** An image whose deliveries were all sent told so once; each that failed told it once; and each event reached who asked. */
function findSilent({ images, deliveries }: Aftermath, rows: Rows, heard: Evidence['heard']): string[] {
  const byImage = Map.groupBy(deliveries, (delivery) => delivery.imageId);
  const told = Map.groupBy(rows.events, ({ topic, imageId }) => `${topic} ${imageId}`);
  const times = (topic: string, image: StoredImage): number => told.get(`${topic} ${image.id}`)?.length ?? 0;
  const broken: string[] = [];
  for (const image of images) {
    const mine = byImage.get(image.id) ?? [];
    const failed = mine.filter(({ status }) => status === 'failed').length;
    const completed = mine.length > 0 && mine.every(({ status }) => status === 'sent') ? 1 : 0;
    if (times('project.upload.completed', image) !== completed)
      broken.push(`${image.id} told ${times('project.upload.completed', image)} times that it was delivered`);
    if (times('project.upload.failed', image) !== failed)
      broken.push(`${image.id} told ${times('project.upload.failed', image)} of ${failed} failures`);
  }
  return [...broken, ...findUntold(rows, heard)];
}

function findUntold({ events, eventDeliveries }: Rows, heard: Evidence['heard']): string[] {
  const byEvent = Map.groupBy(eventDeliveries, (delivery) => delivery.eventId);
  const heardOf = Map.groupBy(heard, (one) => one.eventId);
  const broken: string[] = [];
  for (const { id, topic } of events) {
    const [delivery, ...more] = byEvent.get(id) ?? [];
    const times = heardOf.get(id) ?? [];
    if (delivery === undefined || more.length > 0) {
      broken.push(`${topic} ${id} is told ${more.length + (delivery ? 1 : 0)} times, not once`);
      continue;
    }
    if (delivery.open || !['sent', 'failed'].includes(delivery.status))
      broken.push(`not ended: ${delivery.id} ${delivery.status}`);
    if (delivery.status === 'sent' && times.length === 0) broken.push(`told and not heard: ${topic} ${id}`);
    if (delivery.status === 'failed' && !delivery.error?.trim())
      broken.push(`failed without a reason: ${delivery.id}`);
    if (times.some((one) => one.deliveryId !== delivery.id || one.sha256 !== times[0]!.sha256))
      broken.push(`heard under two names or with two bodies: ${topic} ${id}`);
  }
  const known = new Set(events.map(({ id }) => id));
  return [
    ...broken,
    ...[...heardOf.keys()].filter((id) => !known.has(id)).map((id) => `heard, and never told: ${id}`),
  ];
}

/** What was told as delivered lies there; whatever is to be seen is a photo, whole, and there once. */
function findUnequalFiles(
  name: string,
  { images, deliveries }: Aftermath,
  { destinations }: Rows,
  files: readonly VisibleFile[],
): string[] {
  const hashes = new Map(images.map((image) => [image.id, image.sha256]));
  const byImage = Map.groupBy(files, (file) => file.name);
  const broken: string[] = [];
  for (const { id, imageId, status } of deliveries) {
    if (destinations.get(id) === name && status === 'sent' && !byImage.has(imageId))
      broken.push(`${name}: told as delivered and not there: ${imageId}`);
  }
  for (const [imageId, same] of byImage) {
    if (!hashes.has(imageId)) broken.push(`${name}: a file that nobody sent: ${imageId}`);
    else if (same.some((file) => file.sha256 !== hashes.get(imageId)))
      broken.push(`${name}: other bytes: ${imageId}`);
    if (same.length > 1) broken.push(`${name}: more than one file: ${imageId}`);
  }
  return broken;
}

/** One file a session; who was told as delivered is the one who lies there, and who failed is not. */
function findUnequalOnce(
  name: string,
  { images, deliveries }: Aftermath,
  { destinations }: Rows,
  files: readonly VisibleFile[],
): string[] {
  const byId = new Map(images.map((image) => [image.id, image]));
  const bySession = Map.groupBy(files, (file) => file.folder);
  const broken: string[] = [];
  for (const [session, same] of bySession) {
    if (same.length > 1) broken.push(`${name}: more than one file: ${session}`);
  }
  for (const { id, imageId, status } of deliveries) {
    if (destinations.get(id) !== name) continue;
    const image = byId.get(imageId);
    const lies = bySession.get(image?.session ?? '')?.[0]?.sha256 === image?.sha256;
    if (lies !== (status === 'sent'))
      broken.push(`${name}: told as ${status} and ${lies ? '' : 'not '}there: ${imageId}`);
  }
  return broken;
}

function findUnheard(
  name: string,
  { images, deliveries }: Aftermath,
  { destinations }: Rows,
  arrivals: Evidence['arrivals'],
): string[] {
  const arrived = Map.groupBy(arrivals, (arrival) => arrival.imageId);
  const byId = new Map(images.map((image) => [image.id, image]));
  const broken: string[] = [];
  for (const { id, imageId, status } of deliveries) {
    if (destinations.get(id) !== name) continue;
    const mine = arrived.get(imageId) ?? [];
    const image = byId.get(imageId);
    if (status === 'sent' && mine.length === 0)
      broken.push(`${name}: told as delivered and not there: ${imageId}`);
    if (mine.some((one) => one.sha256 !== image?.sha256 || !one.signatureValid))
      broken.push(`${name}: other bytes or no signature: ${imageId}`);
    if (mine.some((one) => one.sessionId !== image?.session || one.index !== image?.position))
      broken.push(`${name}: another session or place: ${imageId}`);
    if (mine.some(({ deliveryId }) => deliveryId !== id))
      broken.push(`${name}: two delivery ids: ${imageId}`);
  }
  for (const imageId of arrived.keys())
    if (!byId.has(imageId)) broken.push(`${name}: a photo that nobody sent: ${imageId}`);
  return broken;
}
