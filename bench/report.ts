/** What a benchmark says: notes for people, and bars that a machine can read. */

export interface Goal {
  /** Exactly one of both. */
  atLeast?: number;
  atMost?: number;
  /** Behind figure and goal, without a space: `ms`, `MB`. Empty for a ratio. */
  unit?: string;
}

export interface Report {
  note(text: string): void;
  /** Prints `bar <name> <figure> <goal> ok|short`. */
  bar(name: string, figure: number, goal: Goal): void;
  /** How many bars were missed. */
  readonly short: number;
}

export function createReport(print: (line: string) => void = console.log): Report {
  let short = 0;
  return {
    note: (text) => print(`  ${text}`),
    bar(name, figure, { atLeast, atMost, unit = '' }) {
      const met =
        figure >= (atLeast ?? Number.NEGATIVE_INFINITY) && figure <= (atMost ?? Number.POSITIVE_INFINITY);
      if (!met) short += 1;
      const goal = atLeast === undefined ? `<=${atMost}` : `>=${atLeast}`;
      print(`bar ${name} ${round(figure)}${unit} ${goal}${unit} ${met ? 'ok' : 'short'}`);
    },
    get short() {
      return short;
    },
  };
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
