/**
 * The carriers: threads that share the destinations between them. All connections to one destination are in one
 * carrier, so that its limits and what it learnt are in one place (docs/adr/0011-carriers.md).
 */
import { Carrier, type CarrierOptions, type Wanted } from './carrier.ts';
import type { StoredConnection } from './carrier-words.ts';

export interface Carriers {
  /** A connection in the carrier that has the fewest. Its thread starts with the first photo. */
  connect(wanted: Wanted): StoredConnection;
  close(): Promise<void>;
}

export function createCarriers(count: number, options: CarrierOptions): Carriers {
  const carriers = Array.from({ length: count }, () => new Carrier(options));
  return {
    connect: (wanted) =>
      carriers.reduce((best, carrier) => (carrier.load < best.load ? carrier : best)).connect(wanted),
    async close() {
      await Promise.all(carriers.map((carrier) => carrier.close()));
    },
  };
}
