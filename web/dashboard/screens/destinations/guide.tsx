/** The guide of a kind, the same text as in the docs; loaded when somebody fills in its form. */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Markdown } from '../../parts/markdown.tsx';
import { Panel } from '../../parts/page.tsx';
import { w } from '../../words.ts';

const guides = import.meta.glob<string>('../../../../docs/destinations/*.md', {
  query: '?raw',
  import: 'default',
});

const fileOf = (kind: string): string => `../../../../docs/destinations/${kind.replaceAll('_', '-')}.md`;

export function Guide({ kind }: { kind: string }) {
  const load = guides[fileOf(kind)];
  const guide = useQuery({
    queryKey: ['guide', kind],
    queryFn: () => load!(),
    enabled: load !== undefined,
    staleTime: Infinity,
  });
  if (!load) return null;
  return (
    <Panel title={w.destinations.guide}>
      {guide.data ? <Markdown text={guide.data} /> : <Skeleton height={240} />}
    </Panel>
  );
}
