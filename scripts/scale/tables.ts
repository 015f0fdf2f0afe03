/** The tables of docs/scale.md, made from what was measured and simulated. */
import type { Costs, Line } from './costs.ts';
import { assumptions, loadOf, type Outcome, simulate, sizeCell } from './simulate.ts';

const perDay = 86_400;
/** Of the peak, over a day. */
const dayShare = 0.35;
const retentionDays = 30;

/** Name of a part of the page to its text. */
export function renderTables(costs: Costs, { seed = 1 } = {}): Record<string, string> {
  return {
    costs: renderCosts(costs),
    rows: renderRows(costs),
    cells: renderCells(costs, seed),
    strain: renderStrain(costs, seed),
    prune: renderPrune(costs),
  };
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const cost = ({ photo, each }: Line, destinations: number): number => photo + each * destinations;
const number = (figure: number): string =>
  figure >= 1_000 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)));

function bytes(figure: number): string {
  for (const [unit, size] of [
    ['PB', 1e15],
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (figure >= size) return `${number(figure / size)} ${unit}`;
  return `${number(figure)} bytes`;
}

function renderCosts(costs: Costs): string {
  const { processor, walBytes, transactions } = costs;
  const line = (name: string, value: Line, show: (figure: number) => string): string[] => [
    name,
    show(Math.max(0, value.photo)),
    show(value.each),
    show(cost(value, 2)),
  ];
  const ms = (figure: number): string => `${number(Math.max(0, figure))} ms`;
  const measured = `Measured on ${costs.date}: ${costs.machine}, ${costs.photos} photos to 1, 2 and 4 destinations each, load ${costs.load} before.`;
  const rows = table(
    ['', 'a photo', 'and each destination', 'with two'],
    [
      line('processor time of the api process', processor.api, ms),
      line('processor time of the worker', processor.worker, ms),
      line('processor time of PostgreSQL', processor.postgres, ms),
      line('transactions', transactions, number),
      line('WAL', walBytes, bytes),
    ],
  );
  return `${rows}\n\n${measured}${costs.load > 2 ? ' On a machine so busy processor times come out too high.' : ''}`;
}

function renderRows({ tables }: Costs): string {
  const rows = Object.entries(tables).map(([name, { rows, bytesARow }]) => [
    `\`${name}\``,
    number(Math.max(0, cost(rows, 1))),
    number(Math.max(0, cost(rows, 4))),
    bytes(bytesARow),
    bytes(Math.max(0, cost(rows, 4)) * bytesARow),
  ]);
  return table(
    ['', 'rows, 1 destination', 'rows, 4', 'a row with its indexes', 'a photo, 4 destinations'],
    rows,
  );
}

/** Bytes that a photo leaves in the database: for ever, and as long as events are kept. */
function keptBytes({ tables }: Costs, destinations: number): { record: number; history: number } {
  const of = (...names: string[]): number =>
    names.reduce(
      (sum, name) => sum + Math.max(0, cost(tables[name]!.rows, destinations)) * tables[name]!.bytesARow,
      0,
    );
  return { record: of('images', 'deliveries', 'sessions'), history: of('attempts', 'events') };
}

function renderCells(costs: Costs, seed: number): string {
  const destinations = 2;
  const kept = keptBytes(costs, destinations);
  const rows = [50, 125, 250, 500, 1_000].map((rate) => {
    const cell = sizeCell(costs, rate, destinations);
    const outcome = simulate(costs, cell, { seed });
    const aDay = rate * dayShare * perDay;
    return [
      number(rate),
      `${cell.apis} / ${cell.workers}`,
      String(cell.databaseCores),
      String((cell.apis + cell.workers) * assumptions.connections),
      `${bytes(rate * cost(costs.walBytes, destinations))}/s`,
      number(outcome.open.uploads),
      number(outcome.open.deliveries),
      latency(outcome.answered),
      latency(outcome.delivered),
      bytes(aDay * costs.photoBytes),
      bytes(aDay * kept.record),
      bytes(aDay * kept.history * retentionDays),
    ];
  });
  return table(
    [
      'photos/s at the peak',
      'api / worker processes',
      'PostgreSQL cores',
      'its connections, at the most',
      'WAL',
      'open uploads',
      'open deliveries',
      '201 after the last byte, p50 / p99',
      'delivered after the 201, p50 / p99',
      'photos a day',
      'record a day, for ever',
      `history, ${retentionDays} days`,
    ],
    rows,
  );
}

const latency = ([p50, p99]: [number, number]): string =>
  p99 >= 10_000 ? `${number(p50 / 1_000)} / ${number(p99 / 1_000)} s` : `${number(p50)} / ${number(p99)} ms`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** One cell of 250 photos a second, with something amiss, after half a minute. */
function renderStrain(costs: Costs, seed: number): string {
  const cell = sizeCell(costs, 250, 2);
  const stories: [string, Partial<typeof cell>][] = [
    ['as sized', {}],
    ['one worker fewer', { workers: Math.max(1, cell.workers - 1) }],
    ['half of the workers', { workers: Math.max(1, Math.ceil(cell.workers / 2)) }],
    ['one api process fewer', { apis: Math.max(1, cell.apis - 1) }],
    ['half of the PostgreSQL cores', { databaseCores: Math.max(1, Math.floor(cell.databaseCores / 2)) }],
    ['half as many photos again', { photosPerSecond: 375 }],
  ];
  const rows = stories.map(([name, change]) => {
    const story = { ...cell, ...change };
    const outcome: Outcome = simulate(costs, story, { seed, seconds: 30 });
    return [
      name,
      `${story.apis} / ${story.workers} / ${story.databaseCores}`,
      [outcome.busy.api, outcome.busy.worker, outcome.busy.database].map(percent).join(' / '),
      number(outcome.open.deliveries + outcome.open.waiting),
      latency(outcome.answered),
      latency(outcome.delivered),
    ];
  });
  return table(
    [
      '',
      'api / worker / cores',
      'busy',
      'open deliveries at the most',
      '201 after the last byte',
      'delivered after the 201',
    ],
    rows,
  );
}

function renderPrune({ prune }: Costs): string {
  const row = (name: string, { processorMs, walBytes }: Costs['prune']['deleted']): string[] => [
    name,
    `${number(processorMs)} ms`,
    bytes(walBytes),
    `${number((processorMs * 1_000) / prune.rows)} µs`,
  ];
  return table(
    [`${number(prune.rows)} records of attempts`, 'processor time of PostgreSQL', 'WAL', 'a row'],
    [
      row('deleted, a thousand at a time, and vacuumed', prune.deleted),
      row('dropped with their partition', prune.dropped),
    ],
  );
}

/** What the simulation takes for granted, in a sentence each. */
export function renderAssumptions(costs: Costs): string {
  const { phoneMs, storeMs, receiverMs, failing, commitMs, upkeep, busy, places } = assumptions;
  const load = loadOf(costs, 2);
  return [
    `- Photos of ${bytes(costs.photoBytes)}, two destinations each, at random moments (Poisson). A phone takes ${number(phoneMs.median)} ms for a photo (median; log-normal, σ ${phoneMs.sigma}),`,
    `  the store ${storeMs.median} ms (σ ${storeMs.sigma}), a receiver ${receiverMs.median} ms (σ ${receiverMs.sigma}); ${failing * 100} % of attempts are made again; a commit waits ${commitMs} ms.`,
    `- Vacuum, checkpoints and pruning add ${Math.round((upkeep - 1) * 100)} % to the processor time of PostgreSQL. No part is busier than ${busy * 100} % at the peak; a worker has ${places} places.`,
    `- With that a photo takes ${number(load.api)} ms of an api process, ${number(load.worker)} ms of a worker and ${number(load.database)} ms of PostgreSQL. A day holds ${dayShare * 100} % of its peak times 86,400 seconds.`,
  ].join('\n');
}
