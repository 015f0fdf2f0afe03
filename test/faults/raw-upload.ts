/** An upload sent byte by byte over a socket, for what no well-behaved client does. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const connectWithinMs = 20_000;
const boundary = 'the-line-between-the-parts';

export interface RawUpload {
  readonly socket: Socket;
  /** The head of the request and everything before the photo's first byte. */
  readonly head: Buffer;
  /** What follows the photo. */
  readonly tail: Buffer;
  /** What has been answered so far. */
  readonly answer: string;
  send(bytes: Buffer): void;
  /** Resolves when the server has closed the connection. */
  closed(): Promise<void>;
}

/** Connects and sends nothing yet. `sizeBytes` is that of the photo which the head promises. */
export async function openUpload(origin: string, session: string, sizeBytes: number): Promise<RawUpload> {
  const { hostname, port } = new URL(origin);
  const before = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const request =
    `POST /api/v1/upload/${session}/images HTTP/1.1\r\nHost: ${hostname}\r\n` +
    `Content-Type: multipart/form-data; boundary=${boundary}\r\n` +
    `Content-Length: ${before.length + sizeBytes + tail.length}\r\n\r\n`;
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closing = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // On a road that is cut nobody answers, and nobody refuses either.
  const patience = setTimeout(() => socket.destroy(new Error('Not connected in time')), connectWithinMs);
  await once(socket, 'connect').finally(() => clearTimeout(patience));
  return {
    socket,
    head: Buffer.concat([Buffer.from(request), before]),
    tail,
    get answer() {
      return answer;
    },
    send: (bytes) => void socket.write(bytes),
    closed: () => closing,
  };
}
