/** Small things that stand everywhere: a state as a word with a colour, a time, an id, something to copy. */
import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { ago, exact, w } from '../words.ts';

type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet';

const tones: Record<string, Tone> = {
  sent: 'good',
  ok: 'good',
  on: 'good',
  connected: 'good',
  active: 'busy',
  open: 'busy',
  sending: 'busy',
  running: 'busy',
  retrying: 'warn',
  retry: 'warn',
  held: 'warn',
  paused: 'warn',
  reconnect_needed: 'bad',
  failed: 'bad',
  'give-up': 'bad',
  reconnect: 'bad',
};

/** Never by colour alone: the word says it, the dot helps the eye. */
export function State({ state, label }: { state: string; label?: string }) {
  const text = label ?? (w.states as Record<string, string>)[state] ?? state;
  return (
    <span className="state" data-tone={tones[state] ?? 'quiet'}>
      <span className="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

/** Paths of webhooks often hold a token, so a list shows the host alone. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** What should have begun by now waits for something else, such as a destination that is paused. */
export const isAhead = (time: string | null): time is string =>
  time !== null && Date.parse(time) > Date.now();

let ticks: Set<() => void> | undefined;

/** One clock for all times on the screen. */
function useMinute(): void {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!ticks) {
      ticks = new Set();
      const all = ticks;
      setInterval(() => {
        for (const tick of all) tick();
      }, 15_000);
    }
    const tick = () => redraw((count) => count + 1);
    ticks.add(tick);
    return () => void ticks?.delete(tick);
  }, []);
}

/** Relative; the exact time shows on hover and to a screen reader that asks. */
export function Ago({ at }: { at: string | null | undefined }) {
  useMinute();
  if (!at) return <span className="quiet">{w.common.never}</span>;
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at)}
    </time>
  );
}

export function CopyIcon({ value, label }: { value: string; label?: string }) {
  return (
    <CopyButton value={value} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? w.common.copied : (label ?? w.common.copy)}>
          <ActionIcon
            variant="subtle"
            size={26}
            className="copy"
            aria-label={copied ? w.common.copied : `${label ?? w.common.copy}: ${value.slice(0, 60)}`}
            onClick={(event) => {
              event.preventDefault();
              event.stopPropagation();
              copy();
            }}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** Head and tail of a long id: those that were made at the same time begin alike. */
export const shortId = (id: string): string => (id.length > 18 ? `${id.slice(0, 9)}…${id.slice(-4)}` : id);

/** An id in monospace with a copy button. */
export function Id({ value, short = false }: { value: string; short?: boolean }) {
  const text = short ? shortId(value) : value;
  return (
    <span className="id">
      <code title={value}>{text}</code>
      <CopyIcon value={value} />
    </span>
  );
}

/** Code or a command, with a button that copies all of it. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure className="code" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled with the keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyIcon value={text} label={w.common.copy} />
    </figure>
  );
}
