/**
 * Something between here and the service answers in its place: a proxy that says sorry, the sign-in page of a hotel. It
 * says 200, and nothing was stored. No kind may take that for a delivery.
 */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Lie, startLiar } from '../../test/faults/harness/liar.ts';
import { startApacheDav } from '../../test/helpers/apache-dav.ts';
import { azureBlob } from './azure-blob/index.ts';
import { makePhoto, never, openKind } from './contract.fixture.ts';
import { failure } from './contract.ts';
import type { DestinationKind } from './destination.ts';
import { gcs } from './gcs/index.ts';
import { s3 } from './s3/index.ts';
import { webdav } from './webdav/index.ts';

const page = '<!doctype html><title>Welcome</title><h1>Sign in to use this network</h1>';

/** Answers everything with a page, but for what `honest` answers. */
async function startPage(honest?: (request: IncomingMessage) => string | undefined): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const known = honest?.(request);
      const type = known === undefined ? 'text/html' : 'application/json';
      response.writeHead(200, { 'Content-Type': type }).end(known ?? page);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

const kinds: [DestinationKind, (origin: string) => Record<string, unknown>][] = [
  [
    s3,
    (origin) => ({
      bucket: 'photos',
      endpoint: origin,
      access_key_id: 'AKIATEST',
      secret_access_key: 'secret',
    }),
  ],
  [
    azureBlob,
    (origin) => ({
      account_name: 'photos',
      container: 'photos',
      endpoint: `${origin}/photos`,
      sas_token: 'sv=2024-11-04&sr=c&sp=rcwd&se=2099-01-01T00%3A00%3A00Z&sig=c2ln',
    }),
  ],
  [
    gcs,
    (origin) => ({
      bucket: 'photos',
      endpoint: origin,
      credentials_json: JSON.stringify({
        type: 'service_account',
        client_email: 'photos@example.iam.gserviceaccount.com',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        token_uri: `${origin}/token`,
      }),
    }),
  ],
  [webdav, (origin) => ({ url: `${origin}/dav/`, username: 'anna', password: 'secret' })],
];

for (const [kind, settings] of kinds) {
  for (const size of [5_000, 9_000_000]) {
    test(`${kind.kind}: a made-up answer to a photo of ${size} bytes is no delivery`, async () => {
      const token = JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3600 });
      const origin = await startPage(({ url }) => (url?.startsWith('/token') ? token : undefined));
      const connection = openKind(kind, settings(origin));
      const refused = await failure(connection.deliver(makePhoto({ size }), never()));
      expect(refused.fate).toBe('retry');
    });
  }
}

for (const [lie, times] of [
  ['page', 1],
  ['forget', 1],
  ['forget', 2],
  ['truncate', 1],
  ['drop', 1],
] satisfies [Lie, number][]) {
  for (const at of [1, 2, 3, 4, 5]) {
    test(`webdav: whatever is told is true when ${times} that change something meet "${lie}" from request ${at}`, async () => {
      const server = await startApacheDav();
      onTestFinished(() => server.stop());
      const liar = await startLiar({ port: server.port, path: '/basic/' });
      onTestFinished(() => liar.close());
      let seen = 0;
      liar.tell(() => (++seen >= at && seen < at + times ? lie : 'none'));
      const connection = openKind(webdav, {
        url: liar.url,
        username: server.user.name,
        password: server.user.password,
        path_template: '{image_id}.{ext}',
      });
      for (let turn = 0; turn < 4; turn += 1) {
        const photo = makePhoto({ size: 20_000 });
        const told = await connection.deliver(photo, never()).catch(() => undefined);
        if (told === undefined) continue;
        const stored = await fetch(`http://127.0.0.1:${server.port}/basic/${photo.id}.jpg`, {
          headers: { authorization: `Basic ${btoa(`${server.user.name}:${server.user.password}`)}` },
        });
        expect(stored.status).toBe(200);
        expect(Buffer.from(await stored.arrayBuffer()).equals(photo.bytes())).toBe(true);
      }
      expect(seen).toBeGreaterThanOrEqual(at);
    });
  }
}
