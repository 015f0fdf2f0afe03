import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type OdooServer, startOdooServer } from '../../../test/helpers/odoo-server.ts';
import { closedPort, serve } from '../../lib/outbound/servers.fixture.ts';
import { makePhoto, never, openKind, type Photo } from '../contract.fixture.ts';
import { failure } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { readSettings } from '../settings.ts';
import { odoo } from './index.ts';

const secret = 'whsec of odoo';
let server: OdooServer;
let photos: Map<string, Photo>;
let store = '';
beforeEach(async () => {
  server = await startOdooServer(() => secret);
  onTestFinished(() => server.close());
  photos = new Map();
  store = await serve((request, response) => {
    const photo = photos.get(request.url!.slice(1));
    response.writeHead(photo ? 200 : 404).end(photo?.bytes());
  });
});

const open = (settings: Record<string, unknown> = {}): Connection =>
  openKind(odoo, { url: server.url, secret, ...settings }, { downloadUrl: (id) => `${store}/${id}` });

function photoOf(change: Partial<Photo> = {}): Photo {
  const photo = Object.assign(makePhoto({ size: 30_000 }), change);
  photos.set(photo.id, photo);
  return photo;
}

describe('Odoo', () => {
  test('is told of a photo with a signature over the body, and fetches it', async () => {
    const photo = photoOf({
      tags: { ticket: 'T-77', floor: 3 },
      metadata: { odoo: { model: 'res.partner', res_id: 42, mode: 'contact' }, other: 1 },
    });
    const receipt = await open().deliver(photo, never());
    expect(receipt).toMatchObject({ bytes: 30_000, status: 200, verifiedBy: 'none' });
    expect(server.messages).toHaveLength(1);
    const [message] = server.messages;
    expect(message!.photo.equals(photo.bytes())).toBe(true);
    expect(message).toMatchObject({
      topic: 'image.delivered',
      data: {
        id: photo.id,
        filename: photo.filename,
        size_bytes: 30_000,
        mime_type: 'image/jpeg',
        session_id: photo.sessionId,
        download_url: `${store}/${photo.id}`,
        tags: ['ticket:T-77', 'floor:3', 'odoo:res.partner:42'],
        metadata: { odoo: { model: 'res.partner', res_id: 42, mode: 'contact' }, other: 1 },
      },
    });
  });

  test('a tag names the record where the metadata does not', async () => {
    await open().deliver(photoOf({ tags: ['urgent', 'odoo:stock.picking:7'] }), never());
    expect(server.messages[0]!.data).toMatchObject({
      tags: ['urgent', 'odoo:stock.picking:7'],
      metadata: { odoo: { model: 'stock.picking', res_id: 7, mode: 'internal' } },
    });
    await open().deliver(photoOf(), never());
    expect(server.messages[1]!.data).toMatchObject({ tags: [], metadata: {} });
  });

  test.each(['', '/', '/apertur/webhook', '/apertur/webhook/'])(
    'an address that ends with "%s"',
    async (end) => {
      await open({ url: server.url + end }).deliver(photoOf(), never());
      expect(server.messages).toHaveLength(1);
    },
  );

  test.each([
    [
      'an error in the envelope',
      { body: { jsonrpc: '2.0', result: { status: 'error', message: 'No such record' } } },
      /did not take the photo: No such record/,
    ],
    [
      'a fault of Odoo',
      { body: { jsonrpc: '2.0', error: { message: 'Odoo Server Error', data: { message: 'boom' } } } },
      /boom/,
    ],
    [
      'an ignored topic',
      { body: { jsonrpc: '2.0', result: { status: 'ignored' } } },
      /did not take the photo: ignored/,
    ],
    ['another page', { body: '<html>Welcome</html>' }, /not that of the Apertur module/],
    ['ok with another status', { status: 500, body: { result: { status: 'ok' } } }, /answered 500/],
    [
      'a database to choose',
      { status: 303, body: '', headers: { location: '/web/database/selector' } },
      /dbfilter/,
    ],
    ['busy', { status: 503, body: '', headers: { 'retry-after': '9' } }, /answered 503/],
  ])('%s is a failed attempt', async (name, answer, says) => {
    server.answerNext(answer);
    const error = await failure(open().deliver(photoOf(), never()));
    expect(error).toMatchObject({ fate: 'retry', ...(name === 'busy' ? { retryAfter: 9 } : {}) });
    expect(error.message).toMatch(says);
    expect(server.messages).toEqual([]);
  });

  test('another secret is told apart, without telling it', async () => {
    const error = await failure(open({ secret: 'wrong secret' }).deliver(photoOf(), never()));
    expect(error.message).toMatch(/Invalid signature.*same webhook secret/);
    expect(`${error.message} ${error.excerpt}`).not.toContain('wrong secret');
  });

  test('without a secret of its own the project signs', async () => {
    const other = await startOdooServer(() => 'whsec_contract');
    onTestFinished(() => other.close());
    await open({ url: other.url, secret: '' }).deliver(photoOf(), never());
    expect(other.messages).toHaveLength(1);
  });

  test('each call has a connection of its own, so that no call is sent twice', async () => {
    const connection = open();
    for (let turn = 0; turn < 3; turn++) await connection.deliver(photoOf(), never());
    expect(server.connections).toBe(3);
    server.loseNextAnswer();
    const error = await failure(connection.deliver(photoOf(), never()));
    expect(error.fate).toBe('retry');
    expect(server.calls).toBe(4);
  });

  test('stopped before it began, nothing is sent', async () => {
    const error = await failure(open().deliver(photoOf(), AbortSignal.abort()));
    expect([error.fate, server.calls]).toEqual(['cancelled', 0]);
  });

  test('the connection test is signed, and posts no message', async () => {
    const good = await open().check(never());
    expect(good).toMatchObject({ success: true, status: 200 });
    expect(good.steps.map(({ step }) => step)).toEqual([
      'settings',
      'resolve',
      'connect',
      'tls',
      'write',
      'verify',
    ]);
    expect(server.messages).toEqual([]);
    const closed = `http://127.0.0.1:${await closedPort()}`;
    for (const settings of [
      { secret: 'wrong secret' },
      { url: `${server.url}/elsewhere` },
      { url: closed },
    ]) {
      const bad = await open(settings).check(never());
      expect(bad.success).toBe(false);
      const failed = bad.steps.find(({ outcome }) => outcome === 'failed');
      expect(failed?.advice, JSON.stringify(bad)).toBeTruthy();
      expect(JSON.stringify(bad)).not.toContain('wrong secret');
    }
    expect((await open().check(AbortSignal.abort())).success).toBe(false);
  });

  test.each([
    [{}, /url/],
    [{ url: 'erp.acme.example' }, /url/],
    [{ url: 'http://erp.acme.example' }, /https/],
    [{ url: 'https://u:p@erp.acme.example' }, /user name/],
  ])('%j is refused when saved', (settings, says) => {
    expect(() => readSettings(odoo, settings, { env: 'live', localRoots: [] })).toThrow(says);
  });

  test('its description names the host and no secret', () => {
    const context = { env: 'live', localRoots: [] } as const;
    const { config } = readSettings(odoo, { url: 'https://erp.acme.example/x', secret }, context);
    expect(odoo.describe(config)).toBe('Odoo at erp.acme.example');
  });
});
