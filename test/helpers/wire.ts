/** HTTP/1.1 over a raw socket, for requests that no well-behaved client can make. Keeps its connection while it may. */
import net from 'node:net';

export interface RawAnswer {
  status: number;
  /** Names in lower case; of several with one name, the last. */
  headers: Record<string, string>;
  body: string;
}

export interface Wire {
  /**
   * Sends bytes and reads one answer. Resolves to undefined when the server closed the connection without one. Rejects
   * when nothing comes within the deadline. `stream` ends an answer that would never end at its head.
   */
  send(bytes: Buffer, options?: WireOptions): Promise<RawAnswer | undefined>;
  /** Connections that were opened. */
  readonly opened: number;
  close(): void;
}

export interface WireOptions {
  /** The answer has no body: of HEAD. */
  headOnly?: boolean;
  /** Says that nothing more comes: for a request that the server could wait for. */
  end?: boolean;
  deadlineMs?: number;
}

export function createWire(port: number): Wire {
  let socket: net.Socket | undefined;
  let opened = 0;

  function connect(): net.Socket {
    if (socket && !socket.destroyed && socket.writable) return socket;
    opened++;
    socket = net.connect(port, '127.0.0.1').setNoDelay(true);
    // Errors show as the end of the connection.
    socket.on('error', () => undefined);
    return socket;
  }

  return {
    get opened() {
      return opened;
    },
    send(bytes, options = {}) {
      return new Promise((resolve, reject) => {
        const isKept = socket !== undefined && !socket.destroyed && socket.writable;
        const one = connect();
        let held = Buffer.alloc(0);
        const timer = setTimeout(() => finish(new Error('No answer came')), options.deadlineMs ?? 20_000);
        const finish = (result: RawAnswer | undefined | Error): void => {
          clearTimeout(timer);
          one.off('data', read).off('close', closed);
          if (result === undefined || result instanceof Error || options.end || mustClose(result))
            one.destroy();
          if (result instanceof Error) reject(result);
          else resolve(result);
        };
        const read = (chunk: Buffer): void => {
          held = Buffer.concat([held, chunk]);
          const answer = parseAnswer(held, options.headOnly ?? false);
          if (answer) finish(answer);
        };
        const closed = (): void => {
          const answer = parseAnswer(held, options.headOnly ?? false, true);
          // The server may let go of a connection between two requests; a client then takes another one.
          if (answer === undefined && held.length === 0 && isKept && !options.end) {
            clearTimeout(timer);
            resolve(this.send(bytes, options));
          } else finish(answer);
        };
        one.on('data', read).on('close', closed);
        if (options.end) one.end(bytes);
        else one.write(bytes);
      });
    },
    close: () => void socket?.destroy(),
  };
}

const mustClose = ({ status, headers }: RawAnswer): boolean =>
  headers.connection === 'close' || status === 101 || isStream(headers);
const isStream = (headers: Record<string, string>): boolean =>
  headers['content-type']?.startsWith('text/event-stream') ?? false;

/** The whole answer, once it is there. `ended`: the connection is closed, so what is there is all. */
function parseAnswer(bytes: Buffer, headOnly: boolean, ended = false): RawAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(first.split(' ')[1]);
  const rest = bytes.subarray(end + 4);
  if (status >= 100 && status < 200 && status !== 101) return parseAnswer(rest, headOnly, ended);
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  if (headOnly || status === 204 || status === 304 || isStream(headers)) return { status, headers, body: '' };
  const body = readBody(rest, headers, ended);
  return body === undefined ? undefined : { status, headers, body };
}

function readBody(bytes: Buffer, headers: Record<string, string>, ended: boolean): string | undefined {
  if (headers['transfer-encoding']?.includes('chunked')) return readChunks(bytes);
  const length = headers['content-length'];
  if (length === undefined) return ended ? bytes.toString() : undefined;
  return bytes.length >= Number(length) ? bytes.subarray(0, Number(length)).toString() : undefined;
}

function readChunks(bytes: Buffer): string | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (size === 0) return Buffer.concat(parts).toString();
    if (bytes.length < line + 2 + size + 2) return undefined;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
