/** Thirty days as bars, drawn by hand: a charting library would weigh more than the rest of this screen. */
import { figure, shortDay } from '../words.ts';

export interface Bar {
  at: string;
  parts: { value: number; tone: 'accent' | 'good' | 'bad'; label: string }[];
}

const width = 600;
const height = 150;
const base = height - 22;

export function Bars({ bars, label }: { bars: Bar[]; label: string }) {
  const sums = bars.map((bar) => bar.parts.reduce((sum, part) => sum + part.value, 0));
  const highest = Math.max(4, ...sums);
  const step = width / bars.length;
  const said = (bar: Bar): string =>
    `${shortDay(bar.at)}: ${bar.parts.map((part) => `${figure(part.value)} ${part.label}`).join(', ')}`;
  return (
    <figure className="bars">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
        {[0.5, 1].map((share) => (
          <line
            key={share}
            x1="0"
            x2={width}
            y1={base - share * (base - 8)}
            y2={base - share * (base - 8)}
            className="bars-line"
          />
        ))}
        <line x1="0" x2={width} y1={base} y2={base} className="bars-line" />
        {bars.map((bar, index) => {
          let y = base;
          return (
            <g key={bar.at}>
              <title>{said(bar)}</title>
              <rect x={index * step} y="0" width={step} height={base} fill="transparent" />
              {bar.parts.map((part) => {
                const length = (part.value / highest) * (base - 8);
                y -= length;
                return (
                  <rect
                    key={part.tone}
                    x={index * step + step * 0.18}
                    y={y}
                    width={step * 0.64}
                    height={length}
                    rx={Math.min(3, length / 2)}
                    data-tone={part.tone}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
      <div className="bars-days" aria-hidden="true">
        <span>{bars[0] ? shortDay(bars[0].at) : ''}</span>
        <span>{bars[15] ? shortDay(bars[15].at) : ''}</span>
        <span>{bars.at(-1) ? shortDay(bars.at(-1)!.at) : ''}</span>
      </div>
      <span className="bars-top" aria-hidden="true">
        {figure(highest)}
      </span>
    </figure>
  );
}
