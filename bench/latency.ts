/**
 * From the 201 to the arrival at the webhook, on an idle server: one photo at a time. Sender and receiver live in this
 * process, so that one clock tells both moments.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createDestination, type Product, startProduct } from '../test/helpers/product.ts';
import { type Receiver, startReceiver } from '../test/helpers/receiver.ts';
import { Connection, formOf, headOf, makePhoto } from './load.ts';
import { percentile, type Report, round } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

const photoBytes = 200_000;
const samples = 400;
const warmUp = 30;
/** Between two photos, in milliseconds: the server has settled the last one and is idle. */
const restMs = 40;
const goalMs = 15;
const secret = 'the secret of the latency benchmark';

export async function run(report: Report): Promise<void> {
  const receiver = await startReceiver({ secret });
  const product = await startProduct();
  try {
    for (const format of ['json_base64', 'binary'] as const) {
      const { first, whole } = await measure(product, receiver, format);
      report.note(`${format}: head of the webhook ${spread(first)}`);
      report.note(`${format}: whole photo there    ${spread(whole)}`);
      if (format === 'json_base64') {
        const rows = [0.5, 0.95, 0.99].map((share) => ({
          name: `Apertur, p${share * 100}`,
          figure: percentile(whole, share),
        }));
        const what = 'From the 201 to the last byte at the webhook';
        const goal = { atMost: goalMs, unit: 'ms' };
        report.bar('latency-p95', percentile(whole, 0.95), goal, { what, rows, limit: goalMs });
      }
    }
  } finally {
    await product.stop();
    await product.remove();
    await receiver.close();
  }
}

interface Delays {
  /** Milliseconds from the 201 to the first sign of the webhook, and to its last byte. */
  first: number[];
  whole: number[];
}

async function measure(product: Product, receiver: Receiver, format: string): Promise<Delays> {
  const owner = await product.createKey();
  const config = { url: receiver.url, format, secret };
  const destination = await createDestination(product, owner, { type: 'webhook', name: format, config });
  const paths = await makeUploadPaths(product, owner, samples + warmUp, { destination_ids: [destination] });
  const body = formOf(await makePhoto(photoBytes));
  const connection = await Connection.open(Number(new URL(product.url).port));
  const delays: Delays = { first: [], whole: [] };
  for (const [index, path] of paths.entries()) {
    const arriving = receiver.nextArrival();
    await connection.send(headOf(path, body.length), body);
    const arrival = await arriving;
    if (!arrival.signatureValid || arrival.photoBytes !== photoBytes)
      throw new Error('Something else arrived');
    if (index >= warmUp) {
      delays.first.push(arrival.headAt - connection.answeredAt);
      delays.whole.push(arrival.bodyAt - connection.answeredAt);
    }
    await pause(restMs);
  }
  connection.close();
  return delays;
}

function spread(delays: number[]): string {
  const at = (share: number): number => round(percentile(delays, share));
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms (${delays.length} photos)`;
}
