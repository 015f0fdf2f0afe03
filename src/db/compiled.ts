/**
 * Queries of the busiest roads, built and turned into text once an engine instead of once a call: for a small query that
 * is most of its cost. Everywhere else a plain query is the better choice.
 *
 *     const findName = compileOnce((q, p: { id: string }) =>
 *       q.selectFrom('projects').select('name').where('id', '=', p.id));
 *     const [row] = await findName(tx.q, { id });
 */
import type { Compilable, CompiledQuery, DatabaseConnection, DialectAdapter, QueryResult } from 'kysely';
import type { Queries } from './database.ts';

/** One that answers at once. */
export interface ImmediateConnection extends DatabaseConnection {
  executeNow<Row>(query: CompiledQuery): QueryResult<Row>;
}

/** One that sends on: what is posted travels with what comes after it, and fails at the latest with the commit. */
export interface PostingConnection extends DatabaseConnection {
  post(query: CompiledQuery): void;
}

/** On transactions whose connection is theirs alone: to borrow it again for each query is half of what a small one costs. */
const shortWay = Symbol('short way');

type Connection = DatabaseConnection | ImmediateConnection | PostingConnection;

interface Shortened {
  [shortWay]?: Connection;
}

/** Says that queries of this transaction may go to its connection by the short way; it refuses them after the end. */
export function shortenWay(q: Queries, connection: Connection): void {
  (q as Shortened)[shortWay] = connection;
}

/** Stands in the query where the value of a call will be. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A function that runs the query with the values of a call and resolves to its rows: none for a write without
 * `returning`. `build` sees no values, only where they go, so it must neither look at them nor make lists of them.
 */
export function compileOnce<Values extends object, Row>(
  build: (q: Queries, values: Values) => Compilable<Row>,
): (q: Queries, values: Values) => Promise<Row[]> {
  const bind = createBinder(build);
  return async (q, values) => {
    const bound = bind(q, values);
    const connection = (q as Shortened)[shortWay];
    if (connection && 'executeNow' in connection) return connection.executeNow<Row>(bound).rows;
    const { rows } = await (connection ?? q).executeQuery<Row>(bound);
    return rows;
  };
}

/**
 * The same for a write whose answer nobody needs. In a transaction on PostgreSQL it does not wait for one: such writes
 * travel together with the commit, and one that fails makes the commit fail.
 */
export function compileWrite<Values extends object>(
  build: (q: Queries, values: Values) => Compilable<unknown>,
): (q: Queries, values: Values) => Promise<void> {
  const bind = createBinder(build);
  return async (q, values) => {
    const bound = bind(q, values);
    const connection = (q as Shortened)[shortWay];
    if (connection && 'post' in connection) connection.post(bound);
    else if (connection && 'executeNow' in connection) connection.executeNow(bound);
    else await (connection ?? q).executeQuery(bound);
  };
}

function createBinder<Values extends object, Row>(
  build: (q: Queries, values: Values) => Compilable<Row>,
): (q: Queries, values: Values) => CompiledQuery<Row> {
  const compiled = new WeakMap<DialectAdapter, CompiledQuery<Row>>();
  return (q, values) => {
    const { adapter } = q.getExecutor();
    let query = compiled.get(adapter);
    if (query === undefined) {
      query = build(q, places<Values>()).compile();
      compiled.set(adapter, query);
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Place ? values[parameter.name as keyof Values] : parameter,
    );
    return { ...query, parameters };
  };
}

function places<Values extends object>(): Values {
  return new Proxy({}, { get: (_, name) => new Place(String(name)) }) as Values;
}
