/**
 * The dashboard, the alerts and the page about metrics name only metrics that exist, and the page names all of ours. Prometheus's
 * own tool reads all of it, and tries each alert.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseYaml } from '@redocly/openapi-core';
import { expect, onTestFinished, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { eachEngine } from '../helpers/database.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Names of metrics in a query or a text, without what Prometheus appends to a histogram's. */
const namesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:apertur|nodejs|process)_[a-z0-9_]+/g)].map((match) =>
      match[0].replace(/_(bucket|count|sum)$/, ''),
    ),
  ),
];

function promtool(args: string[], input = ''): void {
  const { status, error, stdout, stderr } = spawnSync('promtool', args, {
    cwd: root,
    input,
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(status, `${stdout}${stderr}`).toBe(0);
}

/** Queries as rules, which is the form in which the tool reads them; what Grafana fills in is filled in. */
function checkQueries(queries: readonly string[]): void {
  const rules = queries.map((query, at) => {
    const expr = query.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*');
    return `      - {record: query_${at}, expr: ${JSON.stringify(expr)}}`;
  });
  const folder = mkdtempSync(path.join(memoryFolder(), 'apertur-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'rules.yaml');
  writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${rules.join('\n')}\n`);
  promtool(['check', 'rules', file]);
}

/** Without those of Node's library, whose names are not ours to choose. */
const linesOfOurs = (text: string): string =>
  `${text
    .split('\n')
    .filter((line) => /^(?:# \w+ )?apertur_/.test(line))
    .join('\n')}\n`;

test('each alert fires when it should and is silent when it should be', () => {
  promtool(['check', 'rules', 'deploy/prometheus/alerts.yaml']);
  promtool(['test', 'rules', 'deploy/prometheus/alerts.test.yaml']);
});

eachEngine('metrics', (engine) => {
  test('the dashboard, the alerts and the page know the metrics that there are', async () => {
    const metrics = createMetrics({
      db: await engine.open(),
      clock: systemClock,
      outbound: { stats: { requests: 0, connections: 0, reused: 0 } },
      dataDir: import.meta.dirname,
      inFlight: { image: () => 0, event: () => 0 },
    });
    const text = await metrics.render();
    promtool(['check', 'metrics'], linesOfOurs(text));
    const there = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
    expect(there.length).toBeGreaterThan(30);
    const dashboard = JSON.parse(read('deploy/grafana/apertur.json')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const asked = dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr));
    checkQueries(asked);
    const queries = asked.join('\n');
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
