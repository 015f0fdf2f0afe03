/** What a row takes with its indexes: real rows, made many under other ids, because sixty of them fill no page. */
import type { Client } from 'pg';

const copies = 20_000;
/** Columns in which every copy differs, so that indexes have as many keys as in life. */
const differing = ['id', 'session_id', 'image_id', 'delivery_id', 'short_code'];

/** Bytes a row of the table, in a table of its own with the same indexes. */
export async function measureRow(client: Client, table: string): Promise<number> {
  const { rows: columns } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = $1`,
    [table],
  );
  const values = columns.map(({ name }) => {
    if (name === 'seq') return 'n';
    if (!differing.includes(name)) return `t.${name}`;
    return `overlay(t.${name} placing right(lpad(to_hex(n), 8, '0'), least(8, length(t.${name}))) from greatest(1, length(t.${name}) - 7))`;
  });
  const names = columns.map(({ name }) => name).join(', ');
  await client.query(`create table many_rows (like ${table} including all)`);
  await client.query(
    `insert into many_rows (${names})
     select ${values.join(', ')} from generate_series(1, ${copies}) as n
     join (select *, row_number() over () - 1 as place, count(*) over () as total from ${table}) t on t.place = n % t.total`,
  );
  await client.query('vacuum many_rows');
  const { rows } = await client.query<{ bytes: string; n: string }>(
    `select pg_total_relation_size('many_rows') as bytes, count(*) as n from many_rows`,
  );
  await client.query('drop table many_rows');
  return Math.round(Number(rows[0]!.bytes) / Number(rows[0]!.n));
}
