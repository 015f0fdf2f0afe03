/** The dashboard, the alerts and the page about metrics name only metrics that exist, and the page names all of ours. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseYaml } from '@redocly/openapi-core';
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { eachEngine } from '../helpers/database.ts';

const read = (file: string): string => readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8');

/** Names of metrics in a query or a text, without what Prometheus appends to a histogram's. */
const namesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:apertur|nodejs|process)_[a-z0-9_]+/g)].map((match) =>
      match[0].replace(/_(bucket|count|sum)$/, ''),
    ),
  ),
];

eachEngine('metrics', (engine) => {
  test('the dashboard, the alerts and the page know the metrics that there are', async () => {
    const metrics = createMetrics({
      db: await engine.open(),
      clock: systemClock,
      outbound: { stats: { requests: 0, connections: 0, reused: 0 } },
      dataDir: import.meta.dirname,
      inFlight: { image: () => 0, event: () => 0 },
    });
    const there = [...(await metrics.render()).matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
    expect(there.length).toBeGreaterThan(30);
    const dashboard = JSON.parse(read('deploy/grafana/apertur.json')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const queries = dashboard.panels
      .flatMap((panel) => panel.targets.map((target) => target.expr))
      .join('\n');
    const alerts = parseYaml(read('deploy/prometheus/alerts.yaml')) as {
      groups: {
        rules: { alert: string; expr: string; annotations: { summary: string; action: string } }[];
      }[];
    };
    const rules = alerts.groups.flatMap((group) => group.rules);
    for (const rule of rules)
      expect(rule.annotations).toEqual({ summary: expect.any(String), action: expect.any(String) });
    expect(dashboard.panels.length).toBeGreaterThan(10);
    expect(rules.length).toBeGreaterThan(6);
    const page = read('docs/observability.md');
    for (const text of [queries, rules.map((rule) => rule.expr).join('\n'), page]) {
      expect(namesIn(text).filter((name) => !there.includes(name))).toEqual([]);
    }
    const ours = there.filter((name) => name.startsWith('apertur_'));
    expect(ours.filter((name) => !namesIn(page).includes(name))).toEqual([]);
  });
});
