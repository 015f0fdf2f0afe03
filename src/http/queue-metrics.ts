/** What waits and since when, read from the rows when somebody asks, so that every process says the same. */
import { sql } from 'kysely';
import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../db/database.ts';
import type { MetricsParts } from './metrics.ts';

const statuses = ['pending', 'sending', 'retrying'] as const;

interface Queue {
  /** Begins the names of its metrics. */
  stem: string;
  words: string;
  table: string;
  lane: string;
  lanes: string;
  /** Lanes that wait for a person, not for us: what lies there is not late. */
  held: string;
}

const queues: Record<'image' | 'event', Queue> = {
  image: {
    stem: 'apertur_deliveries',
    words: 'Deliveries of photos',
    table: 'deliveries',
    lane: 'destination_id',
    lanes: 'destinations',
    held: 'held_at is not null or l.is_active = 0',
  },
  event: {
    stem: 'apertur_event_deliveries',
    words: 'Deliveries of events',
    table: 'webhook_deliveries',
    lane: 'webhook_id',
    lanes: 'webhooks',
    held: 'is_active = 0',
  },
};

export function gaugeQueues(registry: Registry, parts: MetricsParts): void {
  for (const [name, queue] of Object.entries(queues)) {
    gaugeDepth(registry, queue, parts.db);
    gaugeAges(registry, queue, parts);
    const inFlight: Gauge = new Gauge({
      name: `${queue.stem}_in_flight`,
      help: `${queue.words}: attempts under way in this process.`,
      registers: [registry],
      collect(): void {
        inFlight.set(parts.inFlight[name as 'image' | 'event']());
      },
    });
  }
}

function gaugeDepth(registry: Registry, queue: Queue, db: Database): void {
  const waiting = new Gauge({
    name: `${queue.stem}_waiting`,
    help: `${queue.words} that are not final, by status.`,
    labelNames: ['status'] as const,
    registers: [registry],
    async collect() {
      const { rows } = await sql<{ status: string; count: number }>`
        select status, count(*) as count from ${sql.table(queue.table)}
        where due_at is not null group by status`.execute(db.read);
      for (const status of statuses) {
        waiting.set({ status }, Number(rows.find((row) => row.status === status)?.count ?? 0));
      }
    },
  });
}

/** Two ages: of the oldest that is not final, and how long the most overdue one that we may try has been due. */
function gaugeAges(registry: Registry, queue: Queue, { db, clock }: MetricsParts): void {
  const registers = [registry];
  const oldest = new Gauge({
    name: `${queue.stem}_oldest_seconds`,
    help: `${queue.words}: age of the oldest that is not final.`,
    registers,
    async collect() {
      const { rows } = await sql<{ at: number | null }>`
        select min(created_at) as at from ${sql.table(queue.table)} where due_at is not null`.execute(
        db.read,
      );
      const at = rows[0]?.at;
      oldest.set(at == null ? 0 : Math.max(0, clock.now() - Number(at)) / 1000);
    },
  });
  const overdue = new Gauge({
    name: `${queue.stem}_overdue_seconds`,
    help: `${queue.words}: how long the most overdue one has been due that no process has in hand. Held ones do not count.`,
    registers,
    async collect() {
      const now = clock.now();
      const { rows } = await sql<{ at: number | null }>`
        select min(d.due_at) as at from ${sql.table(queue.table)} d
        join ${sql.table(queue.lanes)} l on l.id = d.${sql.ref(queue.lane)}
        where d.due_at is not null and d.due_at <= ${now} and not (l.${sql.raw(queue.held)})`.execute(
        db.read,
      );
      const at = rows[0]?.at;
      overdue.set(at == null ? 0 : (now - Number(at)) / 1000);
    },
  });
}
