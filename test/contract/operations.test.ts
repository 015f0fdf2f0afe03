/** What an operator asks: health, readiness, metrics, the API's own description. */
import { expect, test } from 'vitest';
import { eachApp } from '../helpers/app.ts';

eachApp('operations', (start) => {
  test('health and readiness answer without a credential', async () => {
    const { origin } = await start();
    expect(await (await fetch(`${origin}/health`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${origin}/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  test('metrics are off, or tell of requests and work', async () => {
    const off = await start();
    expect((await fetch(`${off.origin}/metrics`)).status).toBe(404);
    const { origin, call } = await start({ settings: { METRICS: 'on' } });
    const made = await call('POST', '/upload-sessions');
    const text = await (await fetch(`${origin}/metrics`)).text();
    expect(text).toMatch(
      /apertur_http_request_seconds_count\{method="POST",route="\/api\/v1\/upload-sessions",status="201"\} 1/,
    );
    expect(text).toContain('apertur_deliveries_waiting{status="retrying"} 0');
    expect(text).toContain('apertur_outbound_requests_total 0');
    expect(text).not.toContain(made.body.id);
  });

  test('the OpenAPI document names each operation once, by its canonical path', async () => {
    const { origin } = await start();
    const document = (await (await fetch(`${origin}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { summary?: string }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(document.paths['/api/v1/upload-sessions']).toHaveProperty('post');
    for (const path of Object.keys(document.paths)) expect(path).toMatch(/^\/api\/v1\//);
    expect(document.paths).not.toHaveProperty('/api/v1/sessions/{session}/qr');
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    for (const operation of operations) expect(operation.summary).toBeTruthy();
  });
});
