import { w } from '../words.ts';
import { Code } from './text.tsx';

/** A secret right after it was made; nobody sees it again. */
export function SecretOnce({ title, value }: { title: string; value: string }) {
  return (
    <section className="note secret" data-tone="good" aria-label={title}>
      <strong>{title}</strong>
      <Code text={value} label={title} />
      <span className="help">{w.common.showOnce}</span>
    </section>
  );
}
