/** Finding stored images. Each finder says whose they are. */
import type { Selectable } from 'kysely';
import type { Queries } from '../db/database.ts';
import type { Env, ImageTable } from '../db/schema.ts';

export type StoredImage = Selectable<ImageTable>;

/** An image of a project, purged or not. */
export async function findImage(q: Queries, projectId: string, id: string): Promise<StoredImage | undefined> {
  return q
    .selectFrom('images')
    .selectAll()
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
}

/** Whether an image exists in any project: the difference between 403 and 404. */
export async function imageExists(q: Queries, id: string): Promise<boolean> {
  return (await q.selectFrom('images').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** An image for whoever holds a signed link to it; the signature was checked. */
export async function findImageByLink(q: Queries, id: string): Promise<StoredImage | undefined> {
  return q.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst();
}

export type UploadStatus = 'stored_only' | 'pending' | 'delivered' | 'failed' | 'partial';

export interface Upload {
  image: StoredImage;
  projectName: string;
  total: number;
  delivered: number;
  failed: number;
  breakdown: { type: string; count: number }[];
  status: UploadStatus;
}

/** Images of a project and environment, newest first, with where they went (contract §3.3). */
export async function listUploads(
  q: Queries,
  owner: { projectId: string; env: Env },
  page: { offset: number; limit: number },
): Promise<{ rows: Upload[]; total: number }> {
  const mine = q
    .selectFrom('images as i')
    .where('i.project_id', '=', owner.projectId)
    .where('i.env', '=', owner.env);
  const { total } = await mine.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const images = await mine
    .innerJoin('projects as p', 'p.id', 'i.project_id')
    .selectAll('i')
    .select('p.name as project_name')
    .orderBy('i.created_at', 'desc')
    .orderBy('i.id', 'desc')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return { total: Number(total), rows: await withDeliveries(q, images) };
}

/** The named images of a project, with where they went; unknown ones are left out. */
export async function listUploadsByIds(q: Queries, projectId: string, ids: string[]): Promise<Upload[]> {
  const images = await q
    .selectFrom('images as i')
    .innerJoin('projects as p', 'p.id', 'i.project_id')
    .selectAll('i')
    .select('p.name as project_name')
    .where('i.project_id', '=', projectId)
    .where('i.id', 'in', ids)
    .execute();
  return withDeliveries(q, images);
}

async function withDeliveries(
  q: Queries,
  images: (StoredImage & { project_name: string })[],
): Promise<Upload[]> {
  const deliveries = await deliveriesOf(
    q,
    images.map((image) => image.id),
  );
  return images.map(({ project_name, ...image }) => ({
    image,
    projectName: project_name,
    ...summarise(deliveries.get(image.id) ?? []),
  }));
}

interface DeliverySummary {
  image_id: string;
  type: string;
  status: string;
}

async function deliveriesOf(q: Queries, ids: string[]): Promise<Map<string, DeliverySummary[]>> {
  if (ids.length === 0) return new Map();
  const rows = await q
    .selectFrom('deliveries as d')
    .innerJoin('destinations as t', 't.id', 'd.destination_id')
    .select(['d.image_id', 'd.status', 't.type'])
    .where('d.image_id', 'in', ids)
    .execute();
  return Map.groupBy(rows, (row) => row.image_id);
}

function summarise(deliveries: DeliverySummary[]): Omit<Upload, 'image' | 'projectName'> {
  const count = (status: string): number =>
    deliveries.filter((delivery) => delivery.status === status).length;
  const total = deliveries.length;
  const delivered = count('sent');
  const failed = count('failed');
  const types = Map.groupBy(deliveries, (delivery) => delivery.type);
  return {
    total,
    delivered,
    failed,
    breakdown: [...types].map(([type, list]) => ({ type, count: list.length })),
    status: statusOf({ total, delivered, failed }),
  };
}

function statusOf({
  total,
  delivered,
  failed,
}: {
  total: number;
  delivered: number;
  failed: number;
}): UploadStatus {
  if (total === 0) return 'stored_only';
  if (delivered + failed < total) return 'pending';
  if (delivered === total) return 'delivered';
  return failed === total ? 'failed' : 'partial';
}
