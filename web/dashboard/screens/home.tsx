/** Today, what needs somebody now, how much of the plan is used, and the last thirty days. */
import { Button, Progress } from '@mantine/core';
import { IconArrowRight, IconCircleCheck, IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../api/me.ts';
import { useData, useScope } from '../api/queries.ts';
import type { Overview, Usage } from '../api/types.ts';
import { Bars } from '../parts/bars.tsx';
import { KindIcon } from '../parts/kind-icon.tsx';
import { Load, PageHead, Panel, useTitle } from '../parts/page.tsx';
import { Ago, hostOf } from '../parts/text.tsx';
import { counted, figure, fill, size, w } from '../words.ts';
import { SessionTable } from './sessions/list.tsx';

/** When the day of whoever looks began. */
function midnight(): string {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  return day.toISOString();
}

export function Home() {
  useTitle(w.home.title);
  const scope = useScope();
  const may = useMay();
  const overview = useData('/projects/{project}/overview', { query: { today: midnight() }, every: 10_000 });
  const usage = useData('/projects/{project}/usage', { every: 30_000 });
  const recent = useData('/sessions', { query: { pageSize: 5 }, every: 10_000 });
  return (
    <>
      <PageHead title={w.home.title}>
        {may.write ? (
          <Button
            component={Link}
            to="/p/$project/$env/sessions/new"
            params={scope as never}
            leftSection={<IconPlus size={18} />}
          >
            {w.sessions.create}
          </Button>
        ) : null}
      </PageHead>
      <Load of={overview}>
        {(found) => (
          <>
            <Today days={found.days} />
            {recent.data?.total === 0 ? <Welcome /> : <Failing failing={found.failing} />}
            <div className="halves">
              <Chart days={found.days} kind="photos" />
              <Chart days={found.days} kind="deliveries" />
            </div>
          </>
        )}
      </Load>
      <Load of={usage} rows={1}>
        {(used) => <UsagePanel usage={used} />}
      </Load>
      {recent.data && recent.data.total > 0 ? (
        <section className="stack">
          <div className="row spread">
            <h2>{w.home.recent}</h2>
            <Link to="/p/$project/$env/sessions" params={scope as never}>
              {w.home.allSessions}
            </Link>
          </div>
          <SessionTable rows={recent.data.data} />
        </section>
      ) : null}
    </>
  );
}

function Today({ days }: { days: Overview['days'] }) {
  const today = days.at(-1);
  if (!today) return null;
  const figures = [
    [w.home.sessions, today.sessions, ''],
    [w.home.photos, today.images, ''],
    [w.home.delivered, today.sent, ''],
    [w.home.failed, today.failed, today.failed > 0 ? 'bad' : ''],
  ] as const;
  return (
    <section aria-label={w.home.today}>
      <dl className="figures">
        {figures.map(([label, value, tone]) => (
          <div key={label}>
            <dt>
              {label} <span className="quiet">{w.home.today.toLowerCase()}</span>
            </dt>
            <dd data-tone={tone}>{figure(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Failing({ failing }: { failing: Overview['failing'] }) {
  const scope = useScope();
  if (failing.length === 0) {
    return (
      <p className="note row" data-tone="good">
        <IconCircleCheck size={20} aria-hidden="true" className="good" />
        {w.home.calm}
      </p>
    );
  }
  return (
    <Panel title={w.home.failing}>
      <ul className="failing">
        {failing.map((row) => (
          <li key={row.id}>
            <KindIcon kind={row.kind === 'webhook' ? 'event_webhook' : row.type} />
            <div>
              <div className="row">
                <strong>{row.kind === 'webhook' ? hostOf(row.name) : row.name}</strong>
                {row.failed > 0 ? (
                  <span className="bad">{counted(w.home.failedCount, row.failed)}</span>
                ) : null}
                {row.retrying > 0 ? (
                  <span className="warn">{counted(w.home.retryingCount, row.retrying)}</span>
                ) : null}
                <span className="quiet">
                  <Ago at={row.lastAt} />
                </span>
              </div>
              {row.lastError ? <p>{row.lastError}</p> : null}
            </div>
            <Button
              component={Link}
              variant="default"
              size="xs"
              to={
                row.kind === 'webhook'
                  ? '/p/$project/$env/webhooks/$webhook'
                  : '/p/$project/$env/destinations/$destination'
              }
              params={{ ...scope, webhook: row.id, destination: row.id } as never}
            >
              {row.held && row.kind === 'destination' ? w.home.reconnect : w.home.look}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Chart({ days, kind }: { days: Overview['days']; kind: 'photos' | 'deliveries' }) {
  const title = kind === 'photos' ? w.home.photosChart : w.home.deliveriesChart;
  const sum = days.reduce((all, day) => all + (kind === 'photos' ? day.images : day.sent + day.failed), 0);
  const bars = days.map((day) => ({
    at: day.at,
    parts:
      kind === 'photos'
        ? [{ value: day.images, tone: 'accent' as const, label: w.home.photos }]
        : [
            { value: day.sent, tone: 'good' as const, label: w.home.delivered },
            { value: day.failed, tone: 'bad' as const, label: w.home.failed },
          ],
  }));
  const said = fill(w.home.chartSum, { count: sum });
  return (
    <Panel title={title} help={said}>
      <Bars bars={bars} label={`${title}: ${said}`} />
    </Panel>
  );
}

function Meter({ label, used, limit }: { label: string; used: number; limit: number | null }) {
  const share = limit === null || limit === 0 ? 0 : Math.min(100, (used / limit) * 100);
  return (
    <div className="meter">
      <div className="row spread">
        <span>{label}</span>
        <span className="quiet">
          {limit === null ? `${figure(used)} · ${w.common.unlimited}` : fill(w.home.ofLimit, { used, limit })}
        </span>
      </div>
      {limit === null ? null : (
        <Progress
          value={share}
          color={share >= 90 ? 'var(--bad)' : 'var(--accent)'}
          aria-label={label}
          size="sm"
        />
      )}
    </div>
  );
}

export function UsagePanel({ usage, link = true }: { usage: Usage; link?: boolean }) {
  const scope = useScope();
  return (
    <Panel
      title={`${w.home.usage}: ${usage.plan.name}`}
      help={fill(w.home.photosReceived, { count: usage.images, size: size(usage.imageBytes) })}
      actions={
        link ? (
          <Link to="/p/$project/$env/settings/plan" params={scope as never}>
            {w.plan.title}
          </Link>
        ) : null
      }
    >
      <div className="halves">
        <Meter label={w.home.sessionsUsed} used={usage.sessions} limit={usage.plan.sessionsPerMonth} />
        <Meter
          label={w.home.destinationsUsed}
          used={usage.activeDestinations}
          limit={usage.plan.activeDestinations}
        />
      </div>
    </Panel>
  );
}

/** For whoever is here for the first time. */
function Welcome() {
  const scope = useScope();
  const destinations = useData('/projects/{project}/destinations', { query: { pageSize: 1 } });
  const keys = useData('/projects/{project}/keys', { query: { env: scope.env, pageSize: 1 } });
  const steps = [
    [
      '/p/$project/$env/destinations/new',
      w.home.step1,
      w.home.step1Help,
      (destinations.data?.length ?? 0) > 0,
    ],
    ['/p/$project/$env/sessions/new', w.home.step2, w.home.step2Help, false],
    ['/p/$project/$env/keys', w.home.step3, w.home.step3Help, (keys.data?.length ?? 0) > 0],
  ] as const;
  return (
    <Panel title={w.home.welcome} help={w.home.welcomeLead}>
      <ol className="steps">
        {steps.map(([to, title, help, done], index) => (
          <li key={to} data-done={done}>
            <Link to={to} params={scope as never}>
              <span className="step-number" aria-hidden="true">
                {done ? <IconCircleCheck size={20} /> : index + 1}
              </span>
              <span>
                <strong>{title}</strong>
                <span className="help">{help}</span>
              </span>
              <IconArrowRight size={18} aria-hidden="true" />
            </Link>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
