/** Two partitions with as many records of attempts each: what one costs to delete in batches, and the other to drop. */
import type { Client } from 'pg';
import { processorMs } from '../../bench/process-tree.ts';
import { idAt } from '../../src/db/partitions.ts';
import type { Costs } from './costs.ts';

const rows = 200_000;
const batch = 1_000;

export async function measurePruning(client: Client, server: number): Promise<Costs['prune']> {
  const years = [2020, 2021].map((year) => Date.UTC(year, 0));
  await client.query('drop table attempts_start');
  for (const ms of years) await fill(client, ms);
  await client.query('vacuum analyze attempts');
  const deleted = await spent(client, server, async () => {
    for (let left = rows; left > 0; left -= batch) {
      await client.query(
        `delete from attempts_${years[0]} where id in (select id from attempts_${years[0]} order by id limit ${batch})`,
      );
    }
    await client.query(`vacuum attempts_${years[0]}`);
  });
  const dropped = await spent(client, server, () => client.query(`drop table attempts_${years[1]}`));
  return { rows, deleted, dropped };
}

async function fill(client: Client, ms: number): Promise<void> {
  await client.query(
    `create table attempts_${ms} partition of attempts for values from ('${idAt('att', ms)}') to ('${idAt('att', ms + 86_400_000)}')`,
  );
  await client.query(
    `insert into attempts_${ms} (id, delivery_id, number, started_at, duration_ms, phases, address, outcome, status_code)
     select '${idAt('att', ms)}' || lpad(n::text, 16, '0'), 'del_' || md5(n::text), 1, ${ms} + n, 12.5,
       '{"resolve":0.1,"connect":0.4,"firstByte":12,"total":15}', '127.0.0.1', 'sent', 200
     from generate_series(1, ${rows}) as n`,
  );
}

async function spent(
  client: Client,
  server: number,
  work: () => Promise<unknown>,
): Promise<{ processorMs: number; walBytes: number }> {
  const wal = async (): Promise<number> =>
    Number((await client.query(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as at`)).rows[0].at);
  await client.query('checkpoint');
  const before = { ms: processorMs(server), wal: await wal() };
  await work();
  return { processorMs: processorMs(server) - before.ms, walBytes: (await wal()) - before.wal };
}
