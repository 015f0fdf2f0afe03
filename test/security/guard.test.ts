/**
 * No setting that a customer can make reaches this machine: every spelling of its address, in every kind that speaks to a
 * host, against the whole product as it runs in public. A trap listens; it must hear nothing. The addresses by
 * themselves, and rebinding with a real name server, stand in `src/lib/outbound/guard.test.ts`.
 */
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findKind, kindNames } from '../../src/destinations/registry.ts';
import { createOutbound } from '../../src/lib/outbound/client.ts';
import { createGuard } from '../../src/lib/outbound/guard.ts';
import { startApp, type TestApp } from '../helpers/app.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** Hosts as they may stand in a URL or a host field; `PORT` is the trap's. */
const hosts = [
  '127.0.0.1', '127.0.0.2', '127.1', '127.0.1', '127.255.255.254', '0', '0.0.0.0', '0.0.0.0.', '127.0.0.1.',
  '2130706433', '0x7f000001', '0x7f.1', '0x7f.0.0.1', '0177.0.0.1', '00000177.1', '017700000001', '0300.0250.1.1',
  '10.0.0.1', '10.1', '172.16.0.1', '192.168.1.1', '192.168.257', '169.254.169.254', '169.254.170.2', '2852039166',
  '0xa9fea9fe', '0251.0376.0251.0376', '100.100.100.200', '168.63.129.16', '100.64.0.1', '198.18.0.1', '224.0.0.1',
  '255.255.255.255', '192.0.0.192', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]',
  '[0:0:0:0:0:ffff:7f00:1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]',
  '[2001::1]', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[fd20:ce::254]', '[ff02::1]', '[fec0::1]', '[100::1]',
  '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[2a00:1450::5efe:7f00:1]', 'localhost', 'LOCALHOST', 'localhost.',
  'loc%61lhost', '127.0.0.1%2f', '127。0。0。1', '127．0．0．1', '①②⑦.0.0.1', '⑯⑨.254.169.254', 'ｌｏｃａｌｈｏｓｔ',
  'example.com@127.0.0.1', 'user:pw@127.0.0.1', 'example.com%40127.0.0.1', '127.0.0.1#@example.com', '127.0.0.1?@example.com',
  '127.0.0.1\\@example.com', 'example.com\\@127.0.0.1', '127.0.0.1%00.example.com', '127.0.0.1\t', ' 127.0.0.1',
]; // biome-ignore format: a list to read at a glance

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

/** The address of the tokens is in it, and so is the customer's. */
const serviceAccount = (tokens: string): string =>
  JSON.stringify({
    type: 'service_account',
    client_email: 'photos@example.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: tokens,
  });

interface Trap {
  port: number;
  visits: number;
  /** Told the address on which the visitor arrived. */
  onVisit?: (address: string) => void;
  close(): Promise<void>;
}

async function openTrap(): Promise<Trap> {
  const trap: Trap = { port: 0, visits: 0, close: async () => {} };
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    trap.visits += 1;
    trap.onVisit?.(socket.localAddress ?? '');
    socket.on('error', () => {}).end('220 come in\r\n');
  });
  // On every address of the machine, so that each spelling would arrive.
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  trap.port = (server.address() as AddressInfo).port;
  trap.close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return trap;
}

describe('a public install', () => {
  let app: TestApp;
  let database: TestDatabase;
  let trap: Trap;

  beforeAll(async () => {
    database = await createTestDatabase('sqlite', { migrated: true });
    const engine = { name: 'sqlite' as const, open: async () => app.db, place: async () => database };
    app = await startApp(engine, { settings: { PUBLIC_URL: 'https://photos.example' } });
    trap = await openTrap();
  });

  afterAll(async () => {
    await trap?.close();
    await app?.stop();
    await database?.cleanup();
  });

  test('there are at least sixty spellings', () => {
    expect(new Set(hosts).size).toBeGreaterThanOrEqual(60);
  });

  test.each(hosts)('sends no request to http://%s', async (host) => {
    const request = { method: 'GET', url: `http://${host}:${trap.port}/`, deadlineMs: 3_000 };
    await expect(app.outbound.request(request)).rejects.toThrow();
    expect(trap.visits).toBe(0);
  });

  test.each(['gopher', 'file', 'ftp', 'dict', 'ldap', 'data', 'javascript', 'jar', 'unix'])(
    'speaks no %s: to anybody',
    async (scheme) => {
      const url = `${scheme}://127.0.0.1:${trap.port}/etc/passwd`;
      await expect(app.outbound.request({ method: 'GET', url })).rejects.toThrow();
      expect(trap.visits).toBe(0);
    },
  );

  const settings = (host: string, port: number): Record<string, Record<string, unknown>> => ({
    webhook: { url: `http://${host}:${port}/`, format: 'binary' },
    s3: {
      endpoint: `http://${host}:${port}`,
      bucket: 'photos',
      region: 'us-east-1',
      access_key_id: 'KEY',
      secret_access_key: 'SECRET',
    },
    webdav: { url: `http://${host}:${port}/dav/`, username: 'u', password: 'p' },
    ftp: { protocol: 'ftp', host, port, username: 'u', password: 'p' },
    ftps: { protocol: 'ftps', host, port, username: 'u', password: 'p' },
    sftp: { protocol: 'sftp', host, port, username: 'u', password: 'p' },
    gcs: {
      bucket: 'photos',
      endpoint: `http://${host}:${port}`,
      credentials_json: serviceAccount(`http://${host}:${port}/token`),
    },
    odoo: { url: `http://${host}:${port}/` },
    azure_blob: {
      connection_string: `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${Buffer.alloc(64).toString('base64')};BlobEndpoint=http://${host}:${port}/a;`,
      container: 'photos',
    },
  });

  /** They speak to hosts that the operator names, or to none. */
  const named = ['google_drive', 'dropbox', 'onedrive', 'box', 'local'];

  test('every kind whose host a customer names is tried', () => {
    const tried = Object.keys(settings('', 0)).map((type) => findKind(type)?.kind);
    expect(kindNames().filter((kind) => !named.includes(kind) && !tried.includes(kind))).toEqual([]);
  });

  test.each(Object.keys(settings('', 0)))('a destination of kind %s reaches nothing inside', async (type) => {
    const outcomes: string[] = [];
    for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '127.1', '[::ffff:127.0.0.1]', 'localhost']) {
      const bare = type.endsWith('ftp') || type === 'ftps' ? host.replace(/[[\]]/g, '') : host;
      const stem = `/projects/${app.project.id}/destinations`;
      const made = await app.call('POST', stem, {
        body: { type, name: host, config: settings(bare, trap.port)[type] },
      });
      if (made.status !== 201) {
        outcomes.push(`refused ${made.status}`);
        continue;
      }
      const { body } = await app.call('POST', `${stem}/${made.body.id}/test`);
      outcomes.push(body.success === true ? 'REACHED' : 'test failed');
    }
    expect(outcomes).not.toContain('REACHED');
    expect(trap.visits).toBe(0);
    // Something was really tried: not everything was refused for another reason.
    expect(outcomes.length).toBe(6);
  });

  test('an event webhook reaches nothing inside', async () => {
    const stem = `/projects/${app.project.id}/webhooks`;
    const made = await app.call('POST', stem, {
      body: { url: `http://127.0.0.1:${trap.port}/`, topics: ['*'] },
    });
    if (made.status === 201) await app.call('POST', `${stem}/${made.body.id ?? made.body.webhook?.id}/test`);
    expect(trap.visits).toBe(0);
  });
});

describe('where one network is open', () => {
  test('a redirect into another is an answer, and not followed', async () => {
    const trap = await openTrap();
    const server = http.createServer(({ url }, response) => {
      response.writeHead(Number(url!.slice(1)), { location: `http://127.0.0.2:${trap.port}/secret` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = createOutbound({ guard: createGuard({ allow: ['127.0.0.1/32'] }) });
    for (const status of [301, 302, 303, 307, 308]) {
      for (const method of ['GET', 'POST']) {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${status}`;
        expect((await client.request({ method, url })).status).toBe(status);
      }
    }
    expect(trap.visits).toBe(0);
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await trap.close();
  });

  test('an FTP server that names another address for the data is not followed there', async () => {
    const data = await openTrap();
    const said: string[] = [];
    const heard: string[] = [];
    const visited = Promise.withResolvers<void>();
    data.onVisit = (address) => {
      heard.push(address);
      visited.resolve();
    };
    const open = new Set<net.Socket>();
    const control = net.createServer((socket) => {
      open.add(socket);
      socket.on('error', () => {}).write('220 ready\r\n');
      socket.on('data', (chunk) => {
        for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
          said.push(line);
          const command = line.split(' ')[0]!.toUpperCase();
          const named = `227 Entering Passive Mode (127,0,0,2,${data.port >> 8},${data.port & 255})`;
          const answers: Record<string, string> = {
            USER: '331 password',
            PASS: '230 in',
            PASV: named,
            EPSV: '500 no',
            PWD: '257 "/"',
            SYST: '215 UNIX',
          };
          const transfers = /^(STOR|LIST|NLST|MLSD)$/.test(command);
          socket.write(`${answers[command] ?? (transfers ? '150 go on' : '200 ok')}\r\n`);
          // It has seen what it wanted to see; silence instead would cost the patience of a test.
          if (transfers) void visited.promise.then(() => socket.write('426 broken off\r\n'));
        }
      });
    });
    await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
    const database = await createTestDatabase('sqlite', { migrated: true });
    const engine = { name: 'sqlite' as const, open: async () => app.db, place: async () => database };
    const app: TestApp = await startApp(engine, {
      settings: { PUBLIC_URL: 'https://photos.example', ALLOW_PRIVATE_NETWORKS: '127.0.0.1/32' },
    });
    const stem = `/projects/${app.project.id}/destinations`;
    const { port } = control.address() as AddressInfo;
    const config = { protocol: 'ftp', host: '127.0.0.1', port, username: 'u', password: 'p' };
    const made = await app.call('POST', stem, { body: { type: 'ftp', name: 'liar', config } });
    expect(made.status).toBe(201);
    const { body } = await app.call('POST', `${stem}/${made.body.id}/test`);
    expect(body.success).toBe(false);
    expect(said.some((line) => /^PASV|^EPSV/.test(line))).toBe(true);
    // The server's own address would be permitted; the one that it named is not.
    expect(new Set(heard)).toEqual(new Set(['127.0.0.1']));
    for (const socket of open) socket.destroy();
    control.close();
    await app.stop();
    await data.close();
    await database.cleanup();
  });
});
