/** What a benchmark says: notes for people, bars that a machine can read, and what a plot of them shows. */

export interface Goal {
  /** Exactly one of both. */
  atLeast?: number;
  atMost?: number;
  /** Behind figure and goal, without a space: `ms`, `MB`. Empty for a ratio. */
  unit?: string;
}

/** One line of a plot: ourselves (a name that begins with `Apertur`), a peer, or one of several sizes. */
export interface Row {
  name: string;
  figure: number;
  /** Of which `figure` is the median. */
  rounds?: readonly number[];
}

/** What stands behind a bar, for the plot and the table. What is left out is taken from the bar itself. */
export interface Shown {
  /** What was measured, for people: `Photos of 5 MB, 8 at once`. */
  what?: string;
  /** Of rows and limit: `photos/s`. */
  unit?: string;
  rows?: readonly Row[];
  /** Where our row would just meet the bar, in `unit`. */
  limit?: number;
  /** Of the bar's own figure. */
  rounds?: readonly number[];
}

/** A bar with all that a plot and a table need. */
export interface Bar {
  name: string;
  figure: number;
  wants: 'at least' | 'at most';
  goal: number;
  unit: string;
  rounds?: readonly number[];
  what: string;
  rows: readonly Row[];
  /** Of rows and limit; `unit` is that of the figure. */
  rowUnit: string;
  limit?: number;
}

export interface Report {
  note(text: string): void;
  /** Prints `bar <name> <figure> <goal> ok|short`. */
  bar(name: string, figure: number, goal: Goal, shown?: Shown): void;
  /** What took part, beside Node and SQLite: `version('rclone', '1.60.1')`. */
  version(name: string, version: string): void;
  /** How many bars were missed. */
  readonly short: number;
  readonly bars: readonly Bar[];
  readonly notes: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

export function createReport(print: (line: string) => void = console.log): Report {
  const bars: Bar[] = [];
  const notes: string[] = [];
  const versions: Record<string, string> = {};
  return {
    note(text) {
      notes.push(text);
      print(`  ${text}`);
    },
    bar(name, figure, goal, shown) {
      const bar = barOf(name, figure, goal, shown);
      bars.push(bar);
      const sign = bar.wants === 'at least' ? '>=' : '<=';
      print(
        `bar ${name} ${round(figure)}${bar.unit} ${sign}${bar.goal}${bar.unit} ${isMet(bar) ? 'ok' : 'short'}`,
      );
    },
    version(name, version) {
      versions[name] = version;
    },
    get short() {
      return bars.filter((bar) => !isMet(bar)).length;
    },
    bars,
    notes,
    versions,
  };
}

function barOf(name: string, figure: number, { atLeast, atMost, unit = '' }: Goal, shown: Shown = {}): Bar {
  const goal = atLeast ?? atMost ?? 0;
  const rowUnit = shown.unit ?? unit;
  const limit = shown.limit ?? (shown.rows ? undefined : goal);
  return {
    name,
    figure,
    wants: atLeast === undefined ? 'at most' : 'at least',
    goal,
    unit,
    what: shown.what ?? name,
    rows: shown.rows ?? [{ name: 'Apertur', figure }],
    rowUnit,
    ...(limit === undefined ? {} : { limit }),
    ...(shown.rounds ? { rounds: shown.rounds } : {}),
  };
}

/** False for NaN, too: what was not measured is not met. */
export function isMet({ figure, wants, goal }: Bar): boolean {
  return wants === 'at least' ? figure >= goal : figure <= goal;
}

/** A row whose figure is the median of its rounds. */
export function rowOf(name: string, rounds: readonly number[]): Row {
  return { name, figure: median(rounds), rounds };
}

/** Three digits that count. */
export function round(figure: number): number {
  return Number(figure.toPrecision(3));
}

export function median(figures: readonly number[]): number {
  return percentile(figures, 0.5);
}

/** The smallest figure that is not less than `share` of all (nearest rank); NaN for none. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** `0.81 0.84 0.79`, to show how far rounds lie apart. */
export function listOf(figures: readonly number[]): string {
  return figures.map(round).join(' ');
}
