/** What an operator sees of the work: metrics of every process, and traces that follow a photo to its receipt. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { eachApp, photoForm, type TestApp, testConfig, until } from '../helpers/app.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../helpers/otlp-receiver.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { startProduct } from '../helpers/product.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

interface Listener {
  url: string;
  heard: IncomingHttpHeaders[];
}

/** Answers as `statuses` says, then 200. */
async function listenAsWebhook(statuses: number[] = []): Promise<Listener> {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    request.resume().on('end', () => response.writeHead(statuses.shift() ?? 200).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard };
}

async function collect(): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  undo.push(() => receiver.close());
  return receiver;
}

async function sendPhoto(app: TestApp, url: string, headers: Record<string, string> = {}): Promise<string> {
  const { body: session } = await app.call('POST', '/upload-sessions', {
    body: { delivery_mode: 'webhook', webhook_url: url, webhook_format: 'binary' },
  });
  const sent = await app.call('POST', `/upload/${session.uuid}/images`, {
    body: photoForm(await makeJpeg()),
    key: null,
    headers,
  });
  expect(sent.status).toBe(201);
  return sent.body.id as string;
}

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

eachApp('observability', (start) => {
  test('metrics tell of photos, attempts, ages, storage and the event loop', async () => {
    const app = await start({ settings: { METRICS_PORT: '0', METRICS: 'on' } });
    const receiver = await listenAsWebhook([500]);
    await sendPhoto(app, receiver.url);
    const read = async () => (await fetch(`${app.origin}/metrics`)).text();
    const text = await until(async () => {
      const now = await read();
      return now.includes('apertur_attempts_total{queue="image",kind="webhook",outcome="sent"} 1') && now;
    });
    expect(text).toContain('apertur_attempts_total{queue="image",kind="webhook",outcome="retry"} 1');
    expect(text).toContain('apertur_photos_received_total 1');
    expect(text).toMatch(/apertur_photo_bytes_received_total [1-9]/);
    expect(text).toContain('apertur_attempt_seconds_count{queue="image",kind="webhook"} 2');
    expect(text).toContain('apertur_arrival_seconds_count{queue="image",kind="webhook"} 1');
    expect(text).toContain('apertur_storage_seconds_count{operation="commit"} 1');
    expect(text).toContain('apertur_storage_failures_total{operation="commit"} 0');
    for (const stem of ['apertur_deliveries', 'apertur_event_deliveries']) {
      expect(text).toContain(`${stem}_waiting{status="pending"} 0`);
      expect(text).toMatch(new RegExp(`${stem}_overdue_seconds 0`));
      expect(text).toMatch(new RegExp(`${stem}_in_flight 0`));
    }
    expect(text).toMatch(/apertur_data_free_bytes [1-9]/);
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds /);
    // The probe of readiness is no photo.
    expect(text).not.toMatch(/apertur_photos_received_total [2-9]/);
  });

  test('a trace follows the photo from the upload to its receipt, over a retry, and reaches the receiver', async () => {
    const traces = await collect();
    const app = await start({
      settings: { OTLP_URL: traces.url, OTLP_HEADERS: 'authorization=Bearer otlp' },
    });
    const receiver = await listenAsWebhook([503]);
    const id = await sendPhoto(app, receiver.url, { traceparent: caller });
    const spans = await until(() => {
      const own = traces.spans.filter((span) => span.attributes['apertur.image'] === id);
      return own.length >= 3 && own;
    });
    const receive = spans.find((span) => span.name === 'receive photo')!;
    const attempts = spans.filter((span) => span.name === 'deliver to webhook');
    expect(receive).toMatchObject({ parentSpanId: undefined, kind: 2, service: 'apertur' });
    // The caller's trace is linked, not obeyed.
    expect(receive.links).toEqual([
      { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
    ]);
    expect(attempts.map((span) => span.attributes['apertur.outcome'])).toEqual(['retry', 'sent']);
    expect(attempts.map((span) => span.status)).toEqual([2, 0]);
    for (const span of attempts) {
      expect(span).toMatchObject({ traceId: receive.traceId, parentSpanId: receive.spanId });
      expect(span.endedAt).toBeGreaterThanOrEqual(span.startedAt);
    }
    expect(receiver.heard.map(({ traceparent }) => traceparent)).toEqual(
      attempts.map((span) => `00-${receive.traceId}-${span.spanId}-01`),
    );
    expect(traces.headers.authorization).toBe('Bearer otlp');
  });

  test('an event webhook gets the trace of the photo that it tells of', async () => {
    const traces = await collect();
    const app = await start({ settings: { OTLP_URL: traces.url } });
    const receiver = await listenAsWebhook();
    const events = await listenAsWebhook();
    await app.call('POST', `/projects/${app.project.id}/webhooks`, {
      body: { url: events.url, topics: ['project.upload.completed'] },
    });
    const id = await sendPhoto(app, receiver.url);
    const sent = await until(() => traces.spans.find((span) => span.name.startsWith('send event')));
    const photo = await until(() => traces.spans.find((span) => span.name === 'receive photo'));
    expect(sent).toMatchObject({ traceId: photo.traceId, attributes: { 'apertur.image': id } });
    expect(events.heard[0]!.traceparent).toBe(`00-${photo.traceId}-${sent.spanId}-01`);
  });

  test('a share of no photos traces none, and says nothing to receivers', async () => {
    const traces = await collect();
    const app = await start({ settings: { OTLP_URL: traces.url, OTLP_SAMPLE: '0' } });
    const receiver = await listenAsWebhook();
    await sendPhoto(app, receiver.url, { traceparent: caller });
    await until(() => receiver.heard.length === 1);
    await app.stop();
    expect(traces.spans).toEqual([]);
    expect(receiver.heard[0]!.traceparent).toBeUndefined();
  });

  test('a collector that is away delays nothing', async () => {
    const gone = await collect();
    await gone.close();
    undo.length = 0;
    const app = await start({ settings: { OTLP_URL: gone.url } });
    const receiver = await listenAsWebhook();
    await sendPhoto(app, receiver.url);
    await until(() => receiver.heard.length === 1);
  });
});

test('a worker without an API tells its health and its metrics on a port of its own', async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  const worker = await startProduct({
    command: 'worker',
    databaseUrl: database.url!,
    settings: { METRICS_PORT: '0' },
  });
  onTestFinished(async () => {
    await worker.remove();
    await database.cleanup();
  });
  const line = worker.log.find((entry) => entry.msg === 'Listening for operators');
  const origin = `http://127.0.0.1:${line!.port}`;
  expect(await (await fetch(`${origin}/health`)).json()).toEqual({ status: 'ok' });
  const ready = await fetch(`${origin}/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', problems: [] }]);
  expect(await (await fetch(`${origin}/metrics`)).text()).toContain('apertur_deliveries_in_flight 0');
  expect((await fetch(`${origin}/openapi.json`)).status).toBe(404);
});

test('settings of traces that cannot be used are refused without repeating a secret', () => {
  expect(() => testConfig({ OTLP_URL: 'collector:4318' })).toThrow(/OTLP_URL/);
  expect(() => testConfig({ OTLP_URL: 'http://c:4318', OTLP_HEADERS: 'my secret' })).toThrow(
    /^((?!my secret).)*$/,
  );
});
