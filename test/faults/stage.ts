/** What most fault tests begin with: the product, a receiver, a destination and a session; all removed after the test. */
import { onTestFinished } from 'vitest';
import {
  createDestination,
  createSession,
  type Product,
  type ProductKey,
  type ProductOptions,
  startProduct,
} from '../helpers/product.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../helpers/receiver.ts';

export interface Stage {
  product: Product;
  receiver: Receiver;
  owner: ProductKey;
  /** A session whose photos go to the receiver. */
  session: string;
}

const secret = 'a secret of the fault tests';

/** For a product that the test starts beside the stage's own. */
export async function startAnother(options: ProductOptions): Promise<Product> {
  const product = await startProduct(options);
  onTestFinished(() => product.remove());
  return product;
}

export async function setStage(
  options: ProductOptions = {},
  receiving: Omit<ReceiverOptions, 'secret'> = {},
): Promise<Stage> {
  const receiver = await startReceiver({ secret, ...receiving });
  onTestFinished(() => receiver.close());
  const product = await startAnother(options);
  const owner = await product.createKey();
  const destination = await createDestination(product, owner, {
    type: 'webhook',
    name: 'Receiver',
    config: { url: receiver.url, format: 'binary', secret },
  });
  const session = await createSession(product, owner, { destination_ids: [destination], max_images: 100 });
  return { product, receiver, owner, session };
}
