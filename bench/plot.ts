/**
 * Plots of the bars of a benchmark as SVG: a panel a bar, our row, the rows beside it, and the limit as a dashed line.
 * Colours follow the reader's scheme by themselves, also as an `<img>`.
 */
import { type Bar, isMet, type Row, round } from './report.ts';

const width = 760;
const pad = 24;
/** Where bars begin and how long the longest is; names stand before, figures in a column behind. */
const barsAt = 226;
const barsLong = 380;
const rowHeight = 26;
const barHeight = 12;

/** The tokens of web/shared/tokens.css that a plot uses. */
const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif; fill: #17191b; font-variant-numeric: tabular-nums }
.card { fill: #ffffff; stroke: #e2e3e1 } .track { fill: #f2f2f0 } .rule { stroke: #e2e3e1 }
.what { font-weight: 600; font-size: 15px } .muted { fill: #5b6166 } .end { text-anchor: end }
.ours { fill: #1f6f5c } .peer { fill: #a9aeb2 } .spread { stroke: #17191b; stroke-opacity: .55 }
.limit { stroke: #9a6200; stroke-width: 1.5; stroke-dasharray: 4 3 } .limit-word { fill: #9a6200 }
.good { fill: #1e7b45; font-weight: 600 } .bad { fill: #b3261e; font-weight: 600 } .us { font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #ecedee } .card { fill: #1c1e20; stroke: #2c2f32 } .track { fill: #141516 } .rule { stroke: #2c2f32 }
.muted { fill: #9ba1a6 } .ours { fill: #5cc2a8 } .peer { fill: #5d646a } .spread { stroke: #ecedee }
.limit { stroke: #e5b45a } .limit-word { fill: #e5b45a } .good { fill: #6bcb8f } .bad { fill: #f2867e }
}`;

/** One picture of all bars; empty text for none. */
export function drawPlot(title: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return '';
  let y = 1;
  const panels = bars.map((bar, at) => {
    const rule = at === 0 ? '' : `<path class="rule" d="M${pad} ${y + 0.5}H${width - pad}"/>`;
    const panel = drawPanel(bar, y);
    y += panel.height;
    return rule + panel.svg;
  });
  const height = y + 1;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${markup(title)}</title>
<style>${style}</style>
<rect class="card" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="10"/>
${panels.join('\n')}
</svg>
`;
}

function drawPanel(bar: Bar, top: number): { svg: string; height: number } {
  const { rows, limit } = bar;
  const most = Math.max(...rows.flatMap((row) => [row.figure, ...(row.rounds ?? [])]), limit ?? 0);
  const xOf = (figure: number): number => one(barsAt + (barsLong * Math.max(figure, 0)) / (most || 1));
  const first = top + 58;
  const last = first + rows.length * rowHeight;
  const lines = rows.map((row, at) => drawRow(row, bar.rowUnit, first + at * rowHeight, xOf));
  const word = isMet(bar) ? 'good' : 'bad';
  const verdict = `<tspan class="${word}">${isMet(bar) ? 'ok' : 'short'}</tspan>`;
  const head = [
    `<text class="what" x="${pad}" y="${top + 32}">${markup(bar.what)}</text>`,
    `<text class="end" x="${width - pad}" y="${top + 32}"><tspan class="us">${withUnit(bar.figure, bar.unit)}</tspan><tspan class="muted"> · ${bar.wants} ${withUnit(bar.goal, bar.unit)} · </tspan>${verdict}</text>`,
  ];
  const mark = limit === undefined ? '' : drawLimit(bar, xOf(limit), first - 6, last);
  return { svg: [...head, ...lines, mark].join('\n'), height: last - top + (limit === undefined ? 14 : 30) };
}

function drawRow(row: Row, unit: string, y: number, xOf: (figure: number) => number): string {
  const ours = isOurs(row);
  const middle = y + rowHeight / 2;
  const text = middle + 4.5;
  const long = Math.max(1, one(xOf(row.figure) - barsAt));
  const ends = row.rounds?.map(xOf) ?? [];
  const from = Math.min(...ends);
  const to = Math.max(...ends);
  const spread =
    ends.length > 1
      ? `<path class="spread" d="M${from} ${middle}H${to}M${from} ${middle - 3}v6M${to} ${middle - 3}v6"/>`
      : '';
  return `<text class="${ours ? 'us' : 'muted'}" x="${pad}" y="${text}">${markup(row.name)}</text>
<rect class="track" x="${barsAt}" y="${middle - barHeight / 2}" width="${barsLong}" height="${barHeight}" rx="3"/><rect class="${ours ? 'ours' : 'peer'}" x="${barsAt}" y="${middle - barHeight / 2}" width="${long}" height="${barHeight}" rx="3"/>${spread}
<text class="${ours ? 'us' : 'muted'} end" x="${width - pad}" y="${text}">${withUnit(row.figure, unit)}</text>`;
}

function drawLimit({ rowUnit, limit }: Bar, x: number, from: number, to: number): string {
  // The word stays inside of the picture, whichever end the line is at.
  const anchor = x > width / 2 ? ' end' : '';
  return `<path class="limit" d="M${x} ${from}V${to + 4}"/><text class="limit-word${anchor}" x="${x}" y="${to + 18}">limit ${withUnit(limit!, rowUnit)}</text>`;
}

/** Rows of ourselves begin with our name. */
export const isOurs = ({ name }: Row): boolean => name.startsWith('Apertur');

/** `4,050/s`, `5 ms`, `0.958`: three digits that count, whole numbers whole. */
export function withUnit(figure: number, unit: string): string {
  const shown = Number.isInteger(figure) || Math.abs(figure) >= 1_000 ? Math.round(figure) : round(figure);
  const text = shown.toLocaleString('en', { maximumFractionDigits: 6 }).replace('-', '−');
  if (unit === '') return text;
  return unit === '%' || unit === '×' ? `${text}${unit === '%' ? ' %' : '×'}` : `${text} ${unit}`;
}

const one = (value: number): number => Math.round(value * 10) / 10;

const markup = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);
