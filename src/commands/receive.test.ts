import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signBody, signTimestamped } from '../lib/signatures.ts';
import { type Receiver, type ReceiverOptions, runReceive } from './receive.ts';

const secret = '8f1d4c6ba2e93075d1c0fe4b7a695821';
const photo = randomBytes(300_000);
let base: string;
let receiver: Receiver | undefined;
let printed: string[];

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'apertur-receive-'));
});
afterEach(async () => {
  await receiver?.close();
  await rm(base, { recursive: true, force: true });
});

async function start(options: Partial<ReceiverOptions> = {}): Promise<Receiver> {
  const out = new PassThrough();
  printed = [];
  out.on('data', (chunk: Buffer) => printed.push(...chunk.toString().split('\n')));
  const clock = { now: () => new Date(2026, 2, 2, 14, 5, 12).getTime() };
  receiver = await runReceive({ port: 0, host: '127.0.0.1', directory: base, out, clock, ...options });
  return receiver;
}

const lastLine = async (matching: RegExp): Promise<string> => {
  await expect.poll(() => printed.findLast((line) => line !== '') ?? '').toMatch(matching);
  return printed.findLast((line) => line !== '')!;
};

async function files(): Promise<string[]> {
  const entries = await readdir(base, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)))
    .sort();
}

const jsonBody = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    session_id: 'sess_1',
    image_id: 'img_1',
    image_index: 0,
    mime_type: 'image/jpeg',
    filename: 'roof.jpg',
    size_bytes: photo.length,
    data: photo.toString('base64'),
    tags: {},
    ...changes,
  });

const headers = {
  'X-Aptr-Session-Id': 'sess_1',
  'X-Aptr-Image-Id': 'img_1',
  'X-Aptr-Image-Index': '2',
  'X-APTR-Delivery-ID': 'del_1',
};

function post(body: string | Buffer, more: Record<string, string> = {}): Promise<Response> {
  return fetch(`${receiver!.url}/photos`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'Content-Type': 'application/json', ...more },
  });
}

function multipart(filename: string): { body: Buffer; type: string } {
  const parts = [
    '--edge\r\nContent-Disposition: form-data; name="ticket"\r\n\r\nT-77\r\n',
    `--edge\r\nContent-Disposition: form-data; name="image"; filename="${filename}"\r\nContent-Type: image/jpeg\r\n\r\n`,
    photo,
    '\r\n--edge--\r\n',
  ];
  return {
    body: Buffer.concat(parts.map((part) => Buffer.from(part))),
    type: 'multipart/form-data; boundary=edge',
  };
}

describe('the receiver', () => {
  test('says where it listens and what it does', async () => {
    await start();
    await lastLine(/Ctrl\+C stops/);
    expect(printed.join('\n')).toContain(`Listens     ${receiver!.url}`);
    expect(printed.join('\n')).toContain('Signatures  not checked: add --secret to check them');
    expect(printed.join('')).not.toContain('\u001b');
  });

  test('saves a photo that comes as JSON', async () => {
    await start();
    const response = await post(jsonBody(), { 'X-APTR-Delivery-ID': 'del_1' });
    expect([response.status, await response.json()]).toEqual([200, { received: true }]);
    expect(await files()).toEqual(['sess_1/0-roof.jpg']);
    expect((await readFile(path.join(base, 'sess_1', '0-roof.jpg'))).equals(photo)).toBe(true);
    expect(await lastLine(/photo/)).toBe(
      `14:05:12  200  photo  roof.jpg  300 KB  json_base64  signature not checked  del_1  → ${base}/sess_1/0-roof.jpg`,
    );
  });

  test('saves a photo that comes as multipart', async () => {
    await start({ secret });
    const { body, type } = multipart('roof.jpg');
    const response = await post(body, {
      ...headers,
      'Content-Type': type,
      'X-Apertur-Signature': signBody(secret, body),
    });
    expect(response.status).toBe(200);
    expect(await files()).toEqual(['sess_1/2-roof.jpg']);
    expect((await readFile(path.join(base, 'sess_1', '2-roof.jpg'))).equals(photo)).toBe(true);
    await lastLine(/photo {2}roof\.jpg {2}300 KB {2}multipart {2}signature verified {2}del_1/);
  });

  test('saves a photo that comes as its bytes', async () => {
    await start({ secret });
    const response = await post(photo, {
      ...headers,
      'Content-Type': 'application/octet-stream',
      'X-Aptr-Filename': encodeURIComponent('Dach über.jpg'),
      'X-Aptr-Signature': signBody(secret, photo),
    });
    expect(response.status).toBe(200);
    expect(await files()).toEqual(['sess_1/2-Dach über.jpg']);
    expect((await readFile(path.join(base, 'sess_1', '2-Dach über.jpg'))).equals(photo)).toBe(true);
    await lastLine(/binary {2}signature verified/);
  });

  test('shows an event and checks its signature over time and body', async () => {
    await start({ secret });
    // Contract §8.5, known answer.
    const body =
      '{"event":"project.upload.completed","project_id":"proj_1","data":{"image_id":"img_1"},"timestamp":"2026-01-15T12:00:00.000Z"}';
    const signature = 'sha256=a361f088b9b290bbbb83a1cb9fe04a4d14889d82dcdc6ca8134e6b8157a25ea8';
    expect(signTimestamped(secret, 1_800_000_000, body)).toBe(signature);
    const response = await post(body, {
      'X-Apertur-Timestamp': '1800000000',
      'X-Apertur-Signature': signature,
    });
    expect(response.status).toBe(200);
    await lastLine(/200 {2}event {2}project\.upload\.completed {2}signature verified/);
    expect(await files()).toEqual([]);
  });

  test('refuses what is signed wrongly or not at all, and saves nothing', async () => {
    await start({ secret });
    const body = jsonBody();
    expect((await post(body, { 'X-Apertur-Signature': signBody('another', body) })).status).toBe(401);
    await lastLine(/401 {2}signature invalid: is --secret that of this project or destination\?/);
    expect((await post(body, { 'X-Apertur-Signature': signBody(secret, body).slice(7) })).status).toBe(401);
    expect((await post(body)).status).toBe(401);
    await lastLine(/401 {2}signature missing/);
    expect(await files()).toEqual([]);
    expect(printed.join('')).not.toContain(secret);
  });

  test('knows a delivery again', async () => {
    await start();
    await post(jsonBody(), headers);
    expect((await post(jsonBody({ filename: 'other.jpg' }), headers)).status).toBe(200);
    await lastLine(/200 {2}signature not checked {2}del_1 {2}duplicate/);
    expect(await files()).toEqual(['sess_1/0-roof.jpg']);
  });

  test('fails as often as it was asked to, then receives', async () => {
    await start({ failures: 2 });
    const statuses = [];
    for (let attempt = 0; attempt < 3; attempt++) statuses.push((await post(jsonBody(), headers)).status);
    expect(statuses).toEqual([500, 500, 200]);
    expect(printed.join('\n')).toContain('500  signature not checked  del_1  on purpose, 2 of 2');
    expect(await files()).toEqual(['sess_1/0-roof.jpg']);
  });

  test('answers a visitor', async () => {
    await start();
    const response = await fetch(receiver!.url);
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining('trial receiver'),
    ]);
    expect((await fetch(receiver!.url, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('bad input is answered, printed, leaves nothing, and the receiver goes on', () => {
  beforeEach(() => start());
  afterEach(async () => {
    expect((await post(jsonBody({ session_id: 'sess_after' }))).status).toBe(200);
    expect(await files()).toEqual(['sess_after/0-roof.jpg']);
  });

  test.each([
    ['no JSON', '{"data":', {}, 400, 'The body is not JSON.'],
    ['a list', '[]', {}, 400, 'The JSON is not an object.'],
    [
      'neither photo nor event',
      '{"data":{}}',
      {},
      400,
      'The JSON is neither a photo (data) nor an event (event, topic).',
    ],
    ['nothing', '', {}, 400, 'The body is not JSON.'],
    ['another type', 'x', { 'Content-Type': 'text/csv' }, 415, /text\/csv is none of/],
    ['no boundary', 'x', { 'Content-Type': 'multipart/form-data' }, 400, /boundary/],
    [
      'a multipart that breaks off',
      multipart('a.jpg').body.subarray(0, 200_000),
      { 'Content-Type': multipart('a.jpg').type },
      400,
      /ends before its last part/,
    ],
    [
      'a multipart without a file',
      '--e\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--e--\r\n',
      { 'Content-Type': 'multipart/form-data; boundary=e' },
      400,
      'The multipart body holds no file.',
    ],
  ])('%s', async (_name, body, more, status, message) => {
    const response = await post(body, more as Record<string, string>);
    expect(response.status).toBe(status);
    const answer = (await response.json()) as { received: boolean; message: string };
    expect(answer.received).toBe(false);
    if (message instanceof RegExp) expect(answer.message).toMatch(message);
    else expect(answer.message).toBe(message);
    await lastLine(new RegExp(`^14:05:12 {2}${status} `));
  });

  test('a client that goes away in mid-sending', async () => {
    const socket = connect(receiver!.port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nsome',
    );
    await expect.poll(files).toEqual([expect.stringMatching(/^\.receiving-/)]);
    socket.destroy();
    await lastLine(/400 {2}The request broke off/);
    await expect.poll(files).toEqual([]);
  });

  test('what is not HTTP', async () => {
    const socket = connect(receiver!.port, '127.0.0.1');
    socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
    await lastLine(/400 {2}not a request that can be read/);
    socket.destroy();
  });

  test('a body that is too large', async () => {
    const socket = connect(receiver!.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n');
    const answer = await new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(data.toString())),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s);
    await lastLine(/413 {2}The body is larger than 100 MB/);
    socket.destroy();
  });
});

describe('names that come over the network', () => {
  test('never lead out of the folder', async () => {
    await start({ directory: path.join(base, 'received') });
    await post(jsonBody({ session_id: '../../outside', filename: '../../../etc/passwd' }));
    await post(photo, {
      'Content-Type': 'application/octet-stream',
      'X-Aptr-Session-Id': '/etc',
      'X-Aptr-Filename': '..',
    });
    const { body, type } = multipart('..%2f..%2fx.jpg');
    await post(body, { 'Content-Type': type, 'X-Aptr-Session-Id': '..' });
    const saved = await files();
    expect(saved).toHaveLength(3);
    for (const file of saved) expect(file).toMatch(/^received\/[^/]+\/[^/]+$/);
  });

  test('never steer the terminal', async () => {
    await start();
    await post(JSON.stringify({ event: `\u001b[2J\u202eevil\n${'x'.repeat(500)}` }));
    const line = await lastLine(/event/);
    expect(line).toMatch(/^14:05:12 {2}200 {2}event {2}\[2Jevilx+… {2}signature not checked$/);
  });

  test('and sizes that do not match are noted', async () => {
    await start();
    await post(jsonBody({ size_bytes: 5 }));
    await lastLine(/size_bytes says 5, data holds 300000/);
  });
});

describe('the command', () => {
  function run(...args: string[]): { output: () => string; ended: Promise<number | null>; stop: () => void } {
    const script =
      "import { receiveCommand } from './src/commands/receive.ts'; process.exitCode = await receiveCommand(process.argv.slice(1));";
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
      cwd: path.resolve(import.meta.dirname, '../..'),
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { output: () => output, ended, stop: () => child.kill('SIGTERM') };
  }

  test('listens, saves where it was told, and ends well when asked to', async () => {
    const command = run('--port', '0', '--dir', base, '--secret', secret, '--fail', '1');
    await expect.poll(command.output, { timeout: 20_000 }).toContain('Waiting for photos');
    expect(command.output()).toContain('Fails       the first 1 on purpose');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(command.output())![0];
    const send = (): Promise<Response> =>
      fetch(url, {
        method: 'POST',
        body: jsonBody(),
        headers: { 'Content-Type': 'application/json', 'X-Apertur-Signature': signBody(secret, jsonBody()) },
      });
    expect([(await send()).status, (await send()).status]).toEqual([500, 200]);
    expect(await files()).toEqual(['sess_1/0-roof.jpg']);
    command.stop();
    expect(await command.ended).toBe(0);
    expect(command.output()).not.toContain(secret);
  });

  test('says what to do when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const command = run('--port', String(port), '--dir', base);
    expect(await command.ended).toBe(1);
    expect(command.output()).toContain(
      `Port ${port} is in use. Choose another: apertur receive --port ${port + 1}`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  test('refuses what is not a number, and explains itself', async () => {
    const wrong = run('--port', '70000');
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toContain('--port is a number from 0 to 65535.');
    const helped = run('--help');
    expect(await helped.ended).toBe(0);
    expect(helped.output()).toContain('--fail N');
  });
});
