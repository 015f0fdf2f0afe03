/** Sessions with room for a benchmark's photos. */
import { createSession, type Product, type ProductKey } from '../test/helpers/product.ts';

/** As many as a session takes on the largest plan. */
const roomInOne = 200;

/** The upload path of each of `count` photos, over as many sessions as they need. */
export async function makeUploadPaths(
  product: Product,
  owner: ProductKey,
  count: number,
  session: Record<string, unknown> = {},
): Promise<string[]> {
  const paths: string[] = [];
  while (paths.length < count) {
    const id = await createSession(product, owner, {
      destination_ids: [],
      max_images: roomInOne,
      ...session,
    });
    const room = Math.min(roomInOne, count - paths.length);
    paths.push(...new Array<string>(room).fill(`/api/v1/upload/${id}/images`));
  }
  return paths;
}
