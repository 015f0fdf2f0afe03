/**
 * The peer of uploads to PostgreSQL and an S3-compatible store: a bare node:http server that hashes a body, puts it into the same store under its
 * hash, writes one row into the same database, and answers 201 after both. It reads no form, knows no session and promises nothing else.
 *
 * `BARE_DATABASE=postgres://… BARE_STORE=http://host:port/bucket BARE_KEY=id:secret node bench/peers/bare-shared.ts` prints its port.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { signAwsRequest } from '../../src/lib/aws-signature.ts';

const { BARE_DATABASE = '', BARE_STORE = '', BARE_KEY = '' } = process.env;
const [accessKeyId = '', secretAccessKey = ''] = BARE_KEY.split(':');
const pool = new Pool({ connectionString: BARE_DATABASE, max: 10 });
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const insert = {
  name: 'insert',
  text: 'insert into bare_photos (id, sha256, size_bytes, created_at) values ($1, $2, $3, $4)',
};

async function take(request: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    chunks.push(chunk);
    length += chunk.length;
  }
  const sha256 = hash.digest('hex');
  const id = randomUUID();
  await put(id, chunks, { length, sha256 });
  await pool.query({ ...insert, values: [id, sha256, length, Date.now()] });
  return sha256;
}

/** The signature names the hash, so the store takes those bytes or none. */
async function put(id: string, chunks: Buffer[], body: { length: number; sha256: string }): Promise<void> {
  const url = new URL(`${BARE_STORE}/bare/${id}`);
  const owner = { accessKeyId, secretAccessKey };
  const signed = { method: 'PUT', url, payloadSha256: body.sha256, headers: {} };
  const headers = signAwsRequest(signed, owner, { region: 'us-east-1', now: Date.now() });
  const sending = send(url, { method: 'PUT', agent, headers: { ...headers, 'content-length': body.length } });
  for (const chunk of chunks) sending.write(chunk);
  sending.end();
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`The store answered ${answer.statusCode}`);
}

await pool.query(
  'create table if not exists bare_photos (id text primary key, sha256 text not null, size_bytes bigint not null, created_at bigint not null)',
);
const server = createServer((request, response) => {
  take(request).then(
    (sha256) => {
      const body = JSON.stringify({ sha256 });
      response
        .writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': body.length })
        .end(body);
    },
    () => response.destroy(),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log((server.address() as AddressInfo).port);
