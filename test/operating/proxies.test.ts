/** The proxy examples of deploy/, each in its real proxy with a certificate of its own, in front of the whole app. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caCertificate, serverCertificate, serverKey } from '../../src/lib/outbound/certificates.fixture.ts';
import { startApp, type TestApp, until } from '../helpers/app.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** The name in the test's certificate. */
const name = 'receiver.example';
/** Documentation addresses: nobody's (RFC 5737). */
const elsewhere = '203.0.113.9';

interface Place {
  folder: string;
  port: number;
  plainPort: number;
  app: number;
}

interface Proxy {
  program: string;
  args(place: Place): string[];
  /** The files of the proxy, made from the example by changing only names, ports and paths. */
  files(place: Place): Record<string, string>;
}

const read = (file: string): string => readFileSync(path.join(root, 'deploy', file), 'utf8');

const proxies: Record<string, Proxy> = {
  nginx: {
    program: '/usr/sbin/nginx',
    args: ({ folder }) => ['-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`, '-g', 'daemon off;'],
    files: ({ folder, port, plainPort, app }) => {
      const server = read('nginx/apertur.conf')
        .replaceAll('photos.example', name)
        .replace(/^ *listen \[::\].*$/gm, '')
        .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
        .replace('listen 80;', `listen 127.0.0.1:${plainPort};`)
        .replace('server 127.0.0.1:3000;', `server 127.0.0.1:${app};`)
        .replaceAll(`/etc/ssl/${name}`, folder);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${folder}/temp-${kind};`)
        .join('\n');
      return {
        'nginx.conf': `pid ${folder}/pid;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${server}}\n`,
      };
    },
  },
  caddy: {
    program: '/usr/bin/caddy',
    args: ({ folder }) => ['run', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
    files: ({ folder, port, app }) => ({
      Caddyfile: `{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port ${port}\n\tdefault_bind 127.0.0.1\n}\n${read(
        'caddy/Caddyfile',
      )
        .replaceAll('photos.example', name)
        .replace('# tls /', 'tls /')
        .replaceAll(`/etc/ssl/${name}`, folder)
        .replace('reverse_proxy 127.0.0.1:3000', `reverse_proxy 127.0.0.1:${app}`)}`,
    }),
  },
  apache: {
    program: '/usr/sbin/apache2',
    args: ({ folder }) => ['-DFOREGROUND', '-f', `${folder}/httpd.conf`],
    files: ({ folder, port, plainPort, app }) => {
      const sites = read('apache/apertur.conf')
        .replaceAll('photos.example', name)
        .replace('<VirtualHost *:80>', `<VirtualHost 127.0.0.1:${plainPort}>`)
        .replace('<VirtualHost *:443>', `<VirtualHost 127.0.0.1:${port}>`)
        .replace('http://127.0.0.1:3000/', `http://127.0.0.1:${app}/`)
        .replaceAll(`/etc/ssl/${name}`, folder);
      // Those that the example names, and those that Debian always has on.
      const named = /a2enmod (.*) && a2ensite/.exec(sites)![1]!.split(' ');
      const modules = ['mpm_event', 'authz_core', 'socache_shmcb', ...named];
      return {
        'httpd.conf': [
          'ServerRoot /usr/lib/apache2',
          'ServerName localhost',
          `PidFile ${folder}/pid`,
          `ErrorLog ${folder}/error.log`,
          `DefaultRuntimeDir ${folder}`,
          `Mutex file:${folder} default`,
          ...(process.getuid!() === 0 ? ['User www-data', 'Group www-data'] : []),
          ...modules.map((module) => `LoadModule ${module}_module modules/mod_${module}.so`),
          ...[port, plainPort].map((at) => `Listen 127.0.0.1:${at}`),
          sites,
        ].join('\n'),
      };
    },
  },
};

for (const [which, proxy] of Object.entries(proxies)) {
  describe(`behind ${which}`, () => {
    let place: Place;
    let app: TestApp;
    let database: TestDatabase;
    let stop: () => Promise<void>;

    beforeAll(async () => {
      database = await createTestDatabase('sqlite', { migrated: true });
      const engine = { name: 'sqlite' as const, open: async () => app.db, place: async () => database };
      app = await startApp(engine, { settings: { TRUST_PROXY: '127.0.0.1' } });
      const folder = mkdtempSync(path.join(memoryFolder(), `apertur-${which}-`));
      chmodSync(folder, 0o755);
      const [port, plainPort] = [await freePort(), await freePort()];
      place = { folder, port, plainPort, app: Number(new URL(app.origin).port) };
      writeFileSync(path.join(folder, 'fullchain.pem'), serverCertificate);
      writeFileSync(path.join(folder, 'privkey.pem'), serverKey);
      for (const [file, text] of Object.entries(proxy.files(place)))
        writeFileSync(path.join(folder, file), text);
      stop = await run(proxy, place);
    });

    afterAll(async () => {
      await stop?.();
      await app?.stop();
      await database?.cleanup();
      rmSync(place.folder, { recursive: true, force: true });
    });

    const ask = (where: string, headers: Record<string, string> = {}): Promise<Heard> =>
      request(place, 'GET', where, headers);

    test('a photo streams through: Apertur has its first bytes before its last are sent', async () => {
      const { body: session } = await app.call('POST', '/upload-sessions', { body: { max_images: 5 } });
      const photo = await makeJpeg({ bytes: 3_000_000 });
      const [before, after] = frame();
      const sent = open(place, 'POST', `/api/v1/upload/${session.uuid}/images`, {
        'content-type': 'multipart/form-data; boundary=line',
        'content-length': String(before.length + photo.length + after.length),
      });
      sent.outgoing.write(before);
      sent.outgoing.write(photo.subarray(0, 1_500_000));
      await until(() => temporaryBytes(app.config.dataDir) > 500_000, 'the first bytes');
      sent.outgoing.write(photo.subarray(1_500_000));
      sent.outgoing.end(after);
      const answer = await sent.answer;
      expect([answer.statusCode, JSON.parse(await text(answer)).size_bytes]).toEqual([201, 3_000_000]);
    });

    test('live events arrive while the stream is open', async () => {
      const { body: session } = await app.call('POST', '/upload-sessions', { body: {} });
      const live = open(place, 'GET', `/api/v1/upload/${session.uuid}/events`);
      live.outgoing.end();
      const answer = await live.answer;
      let heard = '';
      answer.on('data', (chunk) => {
        heard += chunk;
      });
      await until(() => heard.includes('event: connected'), 'the first event');
      live.outgoing.destroy();
    });

    test('a WebSocket is opened through it', async () => {
      const { outgoing } = open(place, 'GET', '/socket.io/?EIO=4&transport=websocket', {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
      });
      const upgraded = once(outgoing, 'upgrade') as Promise<[IncomingMessage, net.Socket]>;
      outgoing.end();
      const [answer, socket] = await upgraded;
      expect(answer.statusCode).toBe(101);
      socket.destroy();
    });

    test('the address of a client is what the proxy saw, whatever the client says', async () => {
      const { id, key } = await limitedKey(app);
      const headers = {
        authorization: `Bearer ${key}`,
        'x-forwarded-for': elsewhere,
        forwarded: `for=${elsewhere}`,
      };
      const refused = await ask('/api/v1/upload-sessions', headers);
      expect([refused.status, refused.body.code]).toEqual([403, 'IP_NOT_ALLOWED']);
      await app.call('PATCH', `/projects/${app.project.id}/keys/${id}`, {
        body: { allowedIps: ['127.0.0.1'] },
      });
      expect((await ask('/api/v1/upload-sessions', headers)).status).toBe(200);
    });

    test('operators alone see metrics, and the pages come through', async () => {
      expect((await ask('/metrics')).status).toBe(404);
      expect((await ask('/health')).body).toEqual({ status: 'ok' });
    });

    test('TLS is that of the certificate, and nothing older than 1.2', async () => {
      const connect = (options: tls.ConnectionOptions): Promise<string | null> =>
        new Promise((resolve, reject) => {
          const socket = tls.connect({
            port: place.port,
            host: '127.0.0.1',
            servername: name,
            ca: caCertificate,
            ...options,
          });
          socket.once('secureConnect', () => resolve(socket.end() && socket.getProtocol()));
          socket.once('error', reject);
        });
      expect(await connect({})).toMatch(/^TLSv1\.[23]$/);
      await expect(
        connect({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
      ).rejects.toThrow();
    });
  });
}

/** A key that may only be used from elsewhere. */
async function limitedKey(app: TestApp): Promise<{ id: string; key: string }> {
  const { body } = await app.call('POST', `/projects/${app.project.id}/keys`, {
    body: { label: 'limited', env: 'live' },
  });
  const { id, plainTextKey: key } = body as { id: string; plainTextKey: string };
  await app.call('PATCH', `/projects/${app.project.id}/keys/${id}`, { body: { allowedIps: [elsewhere] } });
  return { id, key };
}

async function run(proxy: Proxy, place: Place): Promise<() => Promise<void>> {
  // What Caddy keeps, it keeps here.
  const env = {
    PATH: process.env.PATH,
    HOME: place.folder,
    XDG_DATA_HOME: place.folder,
    XDG_CONFIG_HOME: place.folder,
  };
  const child = spawn(proxy.program, proxy.args(place), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log = `${log}${chunk}`.slice(-4_000);
    });
  }
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${proxy.program} did not start:\n${log}`);
    return answers(place.port);
  }, proxy.program);
  return async () => {
    process.removeListener('exit', end);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
}

interface Heard {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the server sent
  body: any;
}

function open(place: Place, method: string, where: string, headers: Record<string, string> = {}) {
  const outgoing = https.request({
    ...{ host: '127.0.0.1', port: place.port, servername: name, ca: caCertificate, agent: false },
    ...{ method, path: where, headers: { host: name, ...headers } },
  });
  outgoing.on('error', () => {});
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  answer.catch(() => {});
  return { outgoing, answer };
}

async function request(
  place: Place,
  method: string,
  where: string,
  headers: Record<string, string>,
): Promise<Heard> {
  const { outgoing, answer } = open(place, method, where, headers);
  outgoing.end();
  const got = await answer;
  const said = await text(got);
  return { status: got.statusCode!, body: said.startsWith('{') ? JSON.parse(said) : said };
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const frame = (): [Buffer, Buffer] => [
  Buffer.from('--line\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'),
  Buffer.from('\r\n--line--\r\n'),
];

/** Bytes that are on their way into the storage of the app. */
function temporaryBytes(dataDir: string): number {
  const images = path.join(dataDir, 'images');
  mkdirSync(images, { recursive: true });
  return readdirSync(images, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + readFileSync(path.join(entry.parentPath, entry.name)).length, 0);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket.destroy() !== undefined)).once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
