/** What deliveries may take: connections and memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { makePhoto, never } from './contract.fixture.ts';
import type { Definition, Start } from './contract-scene.fixture.ts';

export function describeEconomy(scene: Start, definition: Definition): void {
  test('photos one after another share a connection', async () => {
    const here = scene();
    const road = await here.road();
    const connection = here.open({ at: road });
    for (let turn = 0; turn < 12; turn++) await connection.deliver(makePhoto({ size: 20_000 }), never());
    expect(road.connections).toBeLessThanOrEqual(definition.connectionsInSequence ?? 1);
  });

  test('photos in parallel do not open connections without end', async () => {
    const here = scene();
    const road = await here.road();
    const connection = here.open({ at: road });
    const photos = Array.from({ length: 24 }, () => makePhoto({ size: 50_000 }));
    const eight = [0, 1, 2, 3, 4, 5, 6, 7].map(async () => {
      for (let photo = photos.pop(); photo; photo = photos.pop()) await connection.deliver(photo, never());
    });
    await Promise.all(eight);
    expect(road.connections).toBeLessThanOrEqual(definition.maxConnections);
    expect(await here.list()).toHaveLength(24);
  });

  test('a large photo is never held in memory', async () => {
    const here = scene();
    const connection = here.open();
    await connection.deliver(makePhoto({ size: 100_000 }), never());
    const collect = collector();
    const held = (): number => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let most = before;
    let pieces = 0;
    const onPiece = (): void => {
      if (++pieces % 128 === 0) most = Math.max(most, held());
    };
    await connection.deliver(makePhoto({ size: 40_000_000, onPiece }), never());
    expect(pieces).toBeGreaterThan(600);
    expect((most - before) / 1_000_000).toBeLessThan(definition.heldMegabytes ?? 20);
  });
}

/**
 * A full garbage collection, so that only what is still held counts. Twice: the memory of dead buffers is given back in
 * the background, and only the next collection waits for that, which a busy machine would otherwise count as held.
 */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    collect();
  };
}
