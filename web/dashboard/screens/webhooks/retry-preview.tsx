/** When an event would be tried again: the same rule as the server's (the last interval repeats). */
import { clockTime, fill, w } from '../../words.ts';

export function retryTimes(retries: number, intervals: number[]): number[] {
  let after = 0;
  return Array.from({ length: Math.min(retries, 50) }, (_, index) => {
    after += intervals[Math.min(index, intervals.length - 1)] ?? 0;
    return after;
  });
}

/** "1 h 30 min", "45 s". */
function duration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), w.common.daySign],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([value]) => value > 0).slice(0, 2);
  return shown.length === 0 ? '0 s' : shown.map(([value, unit]) => `${value} ${unit}`).join(' ');
}

export function RetryPreview({ retries, intervals }: { retries: number; intervals: number[] }) {
  const times = retryTimes(retries, intervals);
  const now = Date.now();
  return (
    <div className="stack tight">
      <span className="field-label">{w.webhooks.preview}</span>
      <ol className="retry-line">
        <li>{w.webhooks.previewNow}</li>
        {times.slice(0, 12).map((after, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two tries may come after the same time
          <li key={index} title={clockTime(now + after * 1_000)}>
            {fill(w.webhooks.previewAfter, { time: duration(after) })}
          </li>
        ))}
      </ol>
    </div>
  );
}
