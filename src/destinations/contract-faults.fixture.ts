/** Servers that break off, hang or are slow, and deliveries that are stopped: never half a file, never two. */
import { expect, test } from 'vitest';
import { type FaultProxy, makePhoto, never, type Photo } from './contract.fixture.ts';
import { failure, type Scene, type Start, until } from './contract-scene.fixture.ts';
import { type Connection, DeliveryError } from './destination.ts';

export function describeFaults(scene: Start): void {
  const final = (here: Scene, photo: Photo): string => `${here.folder}/${photo.filename}`;

  /** After a fault: nobody sees half of the photo, and the next attempt leaves exactly one whole file. */
  async function expectRecovery(here: Scene, road: FaultProxy, photo: Photo, connection: Connection) {
    const seen = await here.harness.read(final(here, photo));
    expect(seen === undefined || seen.equals(photo.bytes())).toBe(true);
    road.set();
    await here.expectHeld(photo, await connection.deliver(photo, never()));
    expect(await here.list()).toEqual([final(here, photo)]);
  }

  test.each([
    ['resets the connection in mid-upload', { resetAfter: 2_000_000 }],
    ['closes the connection in mid-upload', { closeAfter: 2_000_000 }],
    ['loses its answer', { loseAnswers: true }],
    ['refuses connections', { refuse: true }],
  ])('a server that %s: tried again, never half a file', async (_, faults) => {
    const here = scene();
    const road = await here.road();
    road.set(faults);
    const connection = here.open({ at: road });
    const photo = makePhoto({ size: 25_000_000 });
    const error = await failure(connection.deliver(photo, never()));
    expect(error.fate).toBe('retry');
    expect(error.message.length).toBeGreaterThan(10);
    await expectRecovery(here, road, photo, connection);
  });

  test('connections that died while idle are no failure', async () => {
    const here = scene();
    const road = await here.road();
    const connection = here.open({ at: road });
    const photos = [makePhoto(), makePhoto()];
    await connection.deliver(photos[0]!, never());
    road.cut();
    await here.expectHeld(photos[1]!, await connection.deliver(photos[1]!, never()));
  });

  test('a slow road is no failure', async () => {
    const here = scene();
    const road = await here.road();
    road.set({ latencyMs: 5, bytesPerSecond: 4_000_000 });
    const photo = makePhoto({ size: 2_000_000 });
    await here.expectHeld(photo, await here.open({ at: road }).deliver(photo, never()));
  });

  test('cancelled in mid-stream: nothing is half visible, and no attempt is used up', async () => {
    const here = scene();
    const road = await here.road();
    road.set({ stallAfter: 1_000_000 });
    const connection = here.open({ at: road });
    const photo = makePhoto({ size: 25_000_000 });
    const stop = new AbortController();
    const delivered = failure(connection.deliver(photo, stop.signal));
    await until(() => road.bytesUp > 1_000_000);
    stop.abort();
    expect((await delivered).fate).toBe('cancelled');
    await expectRecovery(here, road, photo, connection);
  });

  test('cancelled before it began: nothing is sent', async () => {
    const here = scene();
    const error = await failure(here.open().deliver(makePhoto(), AbortSignal.abort()));
    expect(error.fate).toBe('cancelled');
    expect(await here.list()).toEqual([]);
  });

  test('a stored photo that cannot be read is no fault of the other side, and leaves nothing there', async () => {
    const here = scene();
    const photo = makePhoto({ size: 3_000_000 });
    let pieces = 0;
    const breaking = makePhoto({
      size: 3_000_000,
      filename: photo.filename,
      onPiece: () => {
        if (++pieces > 10) throw new Error('the disk is gone');
      },
    });
    const error: unknown = await here
      .open()
      .deliver(breaking, never())
      .then(
        () => undefined,
        (reason) => reason,
      );
    expect(error).toBeInstanceOf(Error);
    if (error instanceof DeliveryError) expect(error.fate).toBe('retry');
    expect(await here.harness.read(final(here, photo))).toBeUndefined();
  });
}
