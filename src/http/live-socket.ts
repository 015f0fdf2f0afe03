/**
 * Live events over Socket.IO, for clients that speak it instead of server-sent events (contract §5.2): path `/socket.io`,
 * namespace `/upload`, anonymous. The id of a session is the permission; joining twice is harmless.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Server, type Socket } from 'socket.io';
import { sessionChanged } from '../events/live.ts';
import { followFromNow, type LiveReader } from '../events/live-reader.ts';
import { findSessionByLink } from '../sessions/find.ts';
import { clientAddress, countedAddress } from './client-address.ts';
import type { Services } from './services.ts';

const path = '/socket.io';

/** Sessions that one socket may follow at once. */
const mostJoined = 50;

/**
 * Whether an offer of another protocol is taken. Java clients offer h2c with every request; an offer that is not taken
 * is answered as plain HTTP/1.1 (contract §17.25).
 */
export const takesUpgrade = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' && (request.url ?? '').startsWith(`${path}/`);

type Answer = (answer: { ok: boolean; error?: string }) => void;

/** Adds the namespace to the server of `app`; it ends with it. */
export function installLiveSocket(app: FastifyInstance, services: Services): void {
  const io = new Server(app.server, {
    path,
    serveClient: false,
    cors: { origin: '*' },
    // A join is all that comes from a client.
    maxHttpBufferSize: 4_096,
  });
  const rooms = createRooms(io, services);
  io.of('/upload').on('connection', (socket) => {
    socket.on('session:join', (id: unknown, given: unknown) => {
      const answer: Answer = typeof given === 'function' ? (given as Answer) : () => undefined;
      join(app, services, { socket, id, watch: rooms.watch }).then(
        (error) => answer(error === undefined ? { ok: true } : { ok: false, error }),
        (error: unknown) => {
          services.logger.warn({ err: error }, 'A live socket could not join');
          answer({ ok: false, error: 'This does not work right now. Try again in a moment.' });
        },
      );
    });
  });
  app.addHook('preClose', (done) => {
    rooms.close();
    io.disconnectSockets(true);
    io.engine.close();
    done();
  });
}

interface Joining {
  socket: Socket;
  id: unknown;
  watch(sessionId: string): Promise<void>;
}

/** Resolves to why not, or to undefined when the socket has joined. */
async function join(
  app: FastifyInstance,
  { db, config }: Services,
  { socket, id, watch }: Joining,
): Promise<string | undefined> {
  const client = countedAddress(clientAddress(config.trustProxy, socket.request as IncomingMessage));
  const { allowed } = await app.rates.take('join', client);
  if (!allowed) return 'Too many joins in a minute. Try again in a moment.';
  if (socket.rooms.size > mostJoined) return `One socket follows ${mostJoined} sessions at most.`;
  const session =
    typeof id === 'string' && id.length <= 64 ? await findSessionByLink(db.read, id) : undefined;
  if (!session) return 'There is no such session.';
  // In the room first: while it is empty, the last one to leave would take what is watched along.
  await socket.join(session.id);
  await watch(session.id);
  return undefined;
}

interface Watched {
  reader: LiveReader;
  reading: boolean;
  again: boolean;
}

/** Reads each session that somebody has joined once, however many they are. */
function createRooms(io: Server, { db, clock, logger }: Services) {
  const watched = new Map<string, Promise<Watched>>();
  const namespace = io.of('/upload');

  async function tell(sessionId: string): Promise<void> {
    const one = await watched.get(sessionId);
    if (!one) return;
    // One reader at a time; a wake-up during a read makes it read once more.
    one.again = true;
    if (one.reading) return;
    one.reading = true;
    try {
      while (one.again) {
        one.again = false;
        for (const { name, data } of await one.reader.read(clock.now())) {
          namespace.to(sessionId).emit(name, data);
        }
      }
    } catch (error) {
      logger.warn({ err: error }, 'Live sockets could not be told; they will be with the next event');
    } finally {
      one.reading = false;
    }
  }

  const stop = db.listen(sessionChanged, (sessionId) => void tell(sessionId));
  namespace.adapter.on('delete-room', (room: string) => watched.delete(room));

  return {
    /** Events from now on are told to the room of this session. */
    async watch(sessionId: string): Promise<void> {
      const begun =
        watched.get(sessionId) ??
        followFromNow(db.read, sessionId, clock.now()).then((reader) => ({
          reader,
          reading: false,
          again: false,
        }));
      watched.set(sessionId, begun);
      await begun.catch((error: unknown) => {
        watched.delete(sessionId);
        throw error;
      });
    },
    close(): void {
      stop();
      watched.clear();
    },
  };
}
