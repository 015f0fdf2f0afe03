/** Contract §5.2: live events over Socket.IO, as the published Java client uses it. */
import { io, type Socket } from 'socket.io-client';
import { expect, onTestFinished, test } from 'vitest';
import { eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { createWire } from '../helpers/wire.ts';

interface Listener {
  join(id: unknown): Promise<unknown>;
  readonly seen: [string, Record<string, unknown>][];
  readonly socket: Socket;
}

async function connect(app: TestApp, transports: string[]): Promise<Listener> {
  const socket = io(`${app.origin}/upload`, { path: '/socket.io', transports, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  const seen: [string, Record<string, unknown>][] = [];
  socket.onAny((name, data) => seen.push([name, data]));
  return { socket, seen, join: (id) => socket.timeout(60_000).emitWithAck('session:join', id) };
}

eachApp('live sockets', (start, engine) => {
  test.each([[['websocket']], [['polling']]])(
    '%s: joins, again without harm, and is told what happens',
    async (transports) => {
      const app = await start();
      const { id } = (await app.call('POST', '/upload-sessions', { body: { max_images: 2 } })).body;
      const other = (await app.call('POST', '/upload-sessions')).body.id;
      const listener = await connect(app, transports);
      expect(await listener.join(id)).toEqual({ ok: true });
      expect(await listener.join(id)).toEqual({ ok: true });
      await app.call('POST', `/upload/${other}/images`, { body: photoForm(await makeJpeg()) });
      const image = (await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }))
        .body;
      await app.call('POST', `/upload-sessions/${id}/close`);
      await until(() => listener.seen.length >= 2, 'two events');
      expect(listener.seen).toEqual([
        ['image:ready', { imageId: image.id, filename: 'image.jpg', sizeBytes: image.size_bytes }],
        ['session:completed', { sessionId: id }],
      ]);
    },
  );

  test('what is no session is refused with an object', async () => {
    const app = await start();
    const listener = await connect(app, ['websocket']);
    for (const id of ['sess_none', '', 5, null, { id: 'x' }, 'x'.repeat(500)]) {
      expect(await listener.join(id)).toEqual({ ok: false, error: 'There is no such session.' });
    }
    // Without an acknowledgement nothing is answered, and nothing breaks.
    listener.socket.emit('session:join', 'sess_none');
    listener.socket.emit('session:join');
    const { id } = (await app.call('POST', '/upload-sessions')).body;
    expect(await listener.join(id)).toEqual({ ok: true });
  });

  test('joins of one address have a limit', async () => {
    const app = await start();
    const listener = await connect(app, ['websocket']);
    const answers = await Promise.all(Array.from({ length: 301 }, () => listener.join('sess_none')));
    expect(answers.filter((one) => /Too many/.test(JSON.stringify(one)))).toHaveLength(1);
  });

  test('offers of other protocols are answered as HTTP/1.1 beside it (§17.25)', async () => {
    const app = await start();
    const wire = createWire(Number(new URL(app.origin).port));
    const request = (path: string, offer: string): Buffer =>
      Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ${offer}\r\n\r\n`);
    expect((await wire.send(request('/health', 'h2c')))?.status).toBe(200);
    expect((await wire.send(request('/health', 'websocket')))?.status).toBe(200);
    wire.close();
  });

  if (engine.name === 'postgres') {
    test('what one process does is told by another', async () => {
      const settings = { SECRET_KEY: '5e'.repeat(32) };
      const one = await start({ settings });
      const two = await start({ settings: { ...settings, DATABASE_URL: one.config.databaseUrl! } });
      const { id } = (await one.call('POST', '/upload-sessions')).body;
      const listener = await connect(two, ['websocket']);
      expect(await listener.join(id)).toEqual({ ok: true });
      await one.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) });
      await until(() => listener.seen.length > 0, 'an event');
      expect(listener.seen[0]![0]).toBe('image:ready');
    });
  }
});
