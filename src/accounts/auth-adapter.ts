/**
 * The tables of accounts for better-auth. Each of its calls is one statement of its own: the group commit of SQLite takes
 * nothing but queries inside a write, and this library waits for hashes and mails between its queries.
 */
import { type CleanedWhere, type CustomAdapter, createAdapterFactory } from '@better-auth/core/db/adapter';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database, Queries, Tx } from '../db/database.ts';

/** Models of the library by our tables. */
const tables: Record<string, string> = {
  user: 'people',
  session: 'person_sessions',
  account: 'person_accounts',
  verification: 'verifications',
  twoFactor: 'second_factors',
  passkey: 'passkeys',
};

const columns: Record<string, string> = { userId: 'person_id', credentialID: 'credential_id' };

type Row = Record<string, unknown>;
/** Tables and columns come by name here. */
type Loose = Kysely<Record<string, Row>>;

const loose = (q: Queries): Loose => q as unknown as Loose;
const columnOf = (field: string): string =>
  columns[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function tableOf(model: string): string {
  const table = tables[model];
  if (table === undefined) throw new Error(`There is no table for the model ${model}.`);
  return table;
}

/** Times are milliseconds and flags are 0 or 1 in our tables. */
function toColumn(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value;
}

const toRow = (data: Row): Row =>
  Object.fromEntries(Object.entries(data).map(([field, value]) => [columnOf(field), toColumn(value)]));

/** The library finds its fields again by their own names. */
function toModel<T>(row: Row | undefined): T | null {
  if (row === undefined) return null;
  const names = new Map(Object.entries(columns).map(([field, column]) => [column, field]));
  const camel = (column: string): string =>
    names.get(column) ?? column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [camel(column), value])) as T;
}

const operators: Record<string, string> = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' };

function condition({ field, operator, value, mode }: CleanedWhere): RawBuilder<boolean> {
  const column = sql.ref(columnOf(field));
  const given = toColumn(value);
  if (operator === 'in' || operator === 'not_in') {
    const list = (Array.isArray(given) ? given : [given]).map((item: unknown) => sql`${item}`);
    const within = list.length === 0 ? sql<boolean>`1 = 0` : sql<boolean>`${column} in (${sql.join(list)})`;
    return operator === 'in' ? within : sql<boolean>`not (${within})`;
  }
  if (given === null) return operator === 'ne' ? sql`${column} is not null` : sql`${column} is null`;
  const comparison = operators[operator];
  // Nothing that we switch on searches by pattern.
  if (comparison === undefined) throw new Error(`Accounts are not searched with ${operator}.`);
  if (mode === 'insensitive' && typeof given === 'string') {
    return sql`lower(${column}) ${sql.raw(comparison)} ${given.toLowerCase()}`;
  }
  return sql`${column} ${sql.raw(comparison)} ${given}`;
}

/** All conditions that are joined by AND, and one of those that are joined by OR. */
function conditions(where: readonly CleanedWhere[] | undefined): RawBuilder<boolean> {
  const all = (where ?? []).filter(({ connector }) => connector !== 'OR').map(condition);
  const some = (where ?? []).filter(({ connector }) => connector === 'OR').map(condition);
  if (some.length > 0) all.push(sql`(${sql.join(some, sql` or `)})`);
  return all.length === 0 ? sql`1 = 1` : sql`(${sql.join(all, sql` and `)})`;
}

/** One row at most; the conditions again outside, so that a row that changed meanwhile is left alone. */
const one = (table: string, where: readonly CleanedWhere[]): RawBuilder<boolean> =>
  sql`id in (select id from ${sql.table(table)} where ${conditions(where)} limit 1) and ${conditions(where)}`;

function createQueries(db: Database): CustomAdapter {
  const write = <T>(run: (q: Loose) => Promise<T>): Promise<T> => db.write((tx: Tx) => run(loose(tx.q)));
  const read = (): Loose => loose(db.read);
  return {
    async create({ model, data }) {
      const table = tableOf(model);
      const row = await write((q) =>
        q.insertInto(table).values(toRow(data)).returningAll().executeTakeFirstOrThrow(),
      );
      return toModel(row)!;
    },
    async findOne({ model, where }) {
      const rows = read().selectFrom(tableOf(model)).selectAll().where(conditions(where)).limit(1);
      return toModel(await rows.executeTakeFirst());
    },
    async findMany({ model, where, limit, sortBy, offset }) {
      let query = read().selectFrom(tableOf(model)).selectAll().where(conditions(where)).limit(limit);
      if (sortBy) query = query.orderBy(sql.ref(columnOf(sortBy.field)), sortBy.direction);
      if (offset) query = query.offset(offset);
      return (await query.execute()).map((row) => toModel(row)!);
    },
    async count({ model, where }) {
      const query = read().selectFrom(tableOf(model)).select(sql<number>`count(*)`.as('count'));
      return Number((await query.where(conditions(where)).executeTakeFirst())?.count ?? 0);
    },
    async update({ model, where, update }) {
      const table = tableOf(model);
      const values = toRow(update as Row);
      const row = await write((q) =>
        q.updateTable(table).set(values).where(one(table, where)).returningAll().executeTakeFirst(),
      );
      return toModel(row);
    },
    async updateMany({ model, where, update }) {
      const values = toRow(update);
      const result = await write((q) =>
        q.updateTable(tableOf(model)).set(values).where(conditions(where)).executeTakeFirst(),
      );
      return Number(result.numUpdatedRows);
    },
    async delete({ model, where }) {
      await write((q) =>
        q
          .deleteFrom(tableOf(model))
          .where(one(tableOf(model), where))
          .execute(),
      );
    },
    async deleteMany({ model, where }) {
      const result = await write((q) =>
        q.deleteFrom(tableOf(model)).where(conditions(where)).executeTakeFirst(),
      );
      return Number(result.numDeletedRows);
    },
    async consumeOne({ model, where }) {
      const table = tableOf(model);
      const row = await write((q) =>
        q.deleteFrom(table).where(one(table, where)).returningAll().executeTakeFirst(),
      );
      return toModel(row);
    },
    async incrementOne({ model, where, increment, set }) {
      const table = tableOf(model);
      const steps = Object.entries(increment).map(([field, step]) => {
        const column = columnOf(field);
        return [column, sql`coalesce(${sql.ref(column)}, 0) + ${step}`] as const;
      });
      const values = { ...Object.fromEntries(steps), ...toRow(set ?? {}) };
      const row = await write((q) =>
        q.updateTable(table).set(values).where(one(table, where)).returningAll().executeTakeFirst(),
      );
      return toModel(row);
    },
  };
}

export function createAuthAdapter(db: Database) {
  return createAdapterFactory({
    config: {
      adapterId: 'apertur',
      supportsNumericIds: false,
      transaction: false,
      customTransformOutput: ({ data, fieldAttributes }) => {
        if (typeof data !== 'number') return data;
        if (fieldAttributes.type === 'date') return new Date(data);
        return fieldAttributes.type === 'boolean' ? data === 1 : data;
      },
    },
    adapter: () => createQueries(db),
  });
}
