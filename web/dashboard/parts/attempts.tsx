/** Every attempt of a delivery as a line of time: how it went, how long each part took, what the other side said. */
import type { Attempt } from '../api/types.ts';
import { clockTime, exact, fill, milliseconds, w } from '../words.ts';
import { Code, State } from './text.tsx';

/** One that would be tried again, but has no next time, was the last. */
const outcomeOf = ({ outcome, nextAt }: Attempt): string =>
  outcome === 'retry' && nextAt === null ? 'give-up' : outcome;

export function Attempts({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return <p className="quiet">{w.delivery.none}</p>;
  return (
    <ol className="attempts">
      {[...attempts].reverse().map((attempt) => (
        <li key={attempt.number} data-outcome={outcomeOf(attempt)}>
          <div className="row spread">
            <span className="row">
              <strong>{fill(w.delivery.attempt, { number: attempt.number })}</strong>
              <State state={outcomeOf(attempt)} />
              {attempt.statusCode ? <code>HTTP {attempt.statusCode}</code> : null}
            </span>
            <time dateTime={attempt.startedAt} title={exact(attempt.startedAt)} className="quiet">
              {clockTime(attempt.startedAt)} · {milliseconds(attempt.durationMs)}
            </time>
          </div>
          {attempt.error ? <p>{attempt.error}</p> : null}
          {attempt.phases ? <Phases phases={attempt.phases} /> : null}
          {attempt.address ? (
            <p className="help">
              {w.delivery.address} <code>{attempt.address}</code>
            </p>
          ) : null}
          {attempt.nextAt ? (
            <p className="quiet">
              {fill(w.delivery.nextAt, { time: clockTime(attempt.nextAt) })}
              {attempt.nextReason ? ` (${attempt.nextReason})` : ''}
            </p>
          ) : null}
          {attempt.responseExcerpt ? (
            <details className="more">
              <summary>{w.delivery.answer}</summary>
              <Code text={attempt.responseExcerpt} label={w.delivery.answer} />
            </details>
          ) : null}
        </li>
      ))}
    </ol>
  );
}

function Phases({ phases }: { phases: Record<string, number> }) {
  const { total, ...parts } = phases;
  const shown = Object.entries(parts).filter(([, ms]) => ms > 0);
  const sum = Math.max(
    total ?? 0,
    shown.reduce((all, [, ms]) => all + ms, 0),
  );
  if (shown.length === 0 || sum === 0) return null;
  const name = (phase: string): string => (w.delivery.phase as Record<string, string>)[phase] ?? phase;
  return (
    <div className="phases">
      <div className="phases-bar" role="img" aria-label={w.delivery.phases}>
        {shown.map(([phase, ms]) => (
          <span
            key={phase}
            data-phase={phase}
            title={`${name(phase)}: ${milliseconds(ms)}`}
            style={{ flexGrow: ms / sum }}
          />
        ))}
      </div>
      <ul>
        {shown.map(([phase, ms]) => (
          <li key={phase}>
            <span className="swatch" data-phase={phase} aria-hidden="true" />
            {name(phase)} <span className="quiet">{milliseconds(ms)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
