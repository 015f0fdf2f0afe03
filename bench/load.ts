/**
 * The load: uploads over raw sockets from bodies that were made before, so that the generator costs little and costs
 * the same whoever it is sent to.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { makeJpeg } from '../test/helpers/pictures.ts';

const boundary = 'apertur-benchmark-boundary';
const before = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
const after = `\r\n--${boundary}--\r\n`;

/** The body of an upload; whoever takes it whole takes a few bytes more than the photo. */
export function formOf(photo: Buffer): Buffer {
  return Buffer.concat([Buffer.from(before), photo, Buffer.from(after)]);
}

/** A photo of exactly so many bytes, nearly all of them coded picture as in a camera's. */
export async function makePhoto(bytes: number): Promise<Buffer> {
  // Noise takes about 0.53 bytes a pixel; what is missing to the size is filled up.
  const width = 4 * Math.floor(Math.sqrt((bytes * 1.75) / 12));
  const picture = await makeJpeg({ width, height: (width / 4) * 3, seed: bytes });
  if (picture.length > bytes) throw new Error(`The picture has ${picture.length} bytes, wanted ${bytes}`);
  return makeJpeg({ width, height: (width / 4) * 3, seed: bytes, bytes });
}

export function headOf(path: string, length: number): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\n` +
      `Content-Length: ${length}\r\n\r\n`,
  );
}

/** One connection that is kept and carries one request at a time. */
export class Connection {
  readonly socket: Socket;
  #answer = '';
  #heard: ((status: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  /** `performance.now()` when the first byte of the last answer came. */
  answeredAt = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    const end = (): void => this.#failed?.(new Error(`The connection ended: ${this.#answer.slice(0, 300)}`));
    socket.on('error', end);
    socket.on('close', end);
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Sends a request whole; resolves when it has been answered 201. */
  async send(head: Buffer, body: Buffer): Promise<void> {
    const status = this.answer();
    this.socket.cork();
    this.socket.write(head);
    this.socket.write(body);
    this.socket.uncork();
    const code = await status;
    if (code !== 201) throw new Error(`Answered ${code}: ${this.#answer}`);
  }

  /** The status of the next answer. */
  answer(): Promise<number> {
    this.#answer = '';
    return new Promise((resolve, reject) => {
      this.#heard = resolve;
      this.#failed = reject;
    });
  }

  close(): void {
    this.#failed = undefined;
    this.socket.destroy();
  }

  #hear(chunk: Buffer): void {
    if (this.#answer === '') this.answeredAt = performance.now();
    this.#answer += chunk.toString('latin1');
    const headEnd = this.#answer.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#answer)?.[1] ?? 0);
    if (this.#answer.length < headEnd + 4 + length) return;
    this.#heard?.(Number(this.#answer.slice(9, 12)));
  }
}

export interface Round {
  port: number;
  /** One a request: where it goes. */
  paths: readonly string[];
  body: Buffer;
  /** Connections. */
  atOnce: number;
}

/** Sends a request to each path, so many at once. Returns requests a second. */
export async function runRound({ port, paths, body, atOnce }: Round): Promise<number> {
  const connections = await Promise.all(Array.from({ length: atOnce }, () => Connection.open(port)));
  const heads = new Map(paths.map((path) => [path, headOf(path, body.length)]));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let mine = next++; mine < paths.length; mine = next++) {
        await connection.send(heads.get(paths[mine]!)!, body);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  for (const connection of connections) connection.close();
  return paths.length / seconds;
}
