/** Prometheus metrics at `/metrics`, when the operator switches them on: requests, work that waits, the way out, Node. */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Services } from './services.ts';

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Adds the route and the counting. Paths are counted by their pattern, so that ids make no series of their own. */
export function addMetrics(app: FastifyInstance, services: Services): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countRequests(app, registry);
  gaugeWork(registry, services);
  gaugeOutbound(registry, services);
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

function countRequests(app: FastifyInstance, registry: Registry): void {
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Histogram({
    name: 'apertur_http_request_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames,
    buckets: seconds,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    requests.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
  });
}

/** Read from the rows when asked, so that every process says the same. */
function gaugeWork(registry: Registry, { db, clock, deliveries }: Services): void {
  const registers = [registry];
  const waiting = new Gauge({
    name: 'apertur_deliveries_waiting',
    help: 'Deliveries that are not final, by status.',
    labelNames: ['status'] as const,
    registers,
    async collect() {
      const rows = await db.read
        .selectFrom('deliveries')
        .select('status')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('due_at', 'is not', null)
        .groupBy('status')
        .execute();
      for (const status of ['pending', 'sending', 'retrying']) {
        waiting.set({ status }, Number(rows.find((row) => row.status === status)?.count ?? 0));
      }
    },
  });
  const oldest = new Gauge({
    name: 'apertur_delivery_oldest_seconds',
    help: 'Age of the oldest delivery that is not final.',
    registers,
    async collect() {
      const row = await db.read
        .selectFrom('deliveries')
        .select((eb) => eb.fn.min('created_at').as('at'))
        .where('due_at', 'is not', null)
        .executeTakeFirst();
      oldest.set(row?.at == null ? 0 : (clock.now() - Number(row.at)) / 1000);
    },
  });
  const inFlight: Gauge = new Gauge({
    name: 'apertur_deliveries_in_flight',
    help: 'Attempts under way in this process.',
    registers,
    collect(): void {
      inFlight.set(deliveries.inFlight);
    },
  });
}

function gaugeOutbound(registry: Registry, { outbound }: Services): void {
  for (const name of ['requests', 'connections', 'reused'] as const) {
    const counter = new Counter({
      name: `apertur_outbound_${name}_total`,
      help: `Outbound ${name === 'reused' ? 'requests on a reused connection' : name} since the start.`,
      registers: [registry],
      collect() {
        counter.reset();
        counter.inc(outbound.stats[name]);
      },
    });
  }
}
