import { Button } from '@mantine/core';
import { AperturError } from '../../api/call.ts';
import { useMay } from '../../api/me.ts';
import { useChange, useData } from '../../api/queries.ts';
import type { Plan } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Load } from '../../parts/page.tsx';
import { State } from '../../parts/text.tsx';
import { figure, fill, w } from '../../words.ts';
import { UsagePanel } from '../home.tsx';
import { SettingsFrame } from './frame.tsx';

export function Plans() {
  const usage = useData('/projects/{project}/usage', { every: 30_000 });
  const plans = useData('/plans');
  return (
    <SettingsFrame title={w.plan.title}>
      <Load of={usage}>
        {(used) => (
          <>
            <UsagePanel usage={used} link={false} />
            <Load of={plans}>
              {(all) => (
                <ul className="cards">
                  {all.map((plan) => (
                    <PlanCard key={plan.id} plan={plan} current={plan.id === used.plan.id} />
                  ))}
                </ul>
              )}
            </Load>
          </>
        )}
      </Load>
    </SettingsFrame>
  );
}

function PlanCard({ plan, current }: { plan: Plan; current: boolean }) {
  const may = useMay();
  const limit = (value: number | null): string => (value === null ? w.common.unlimited : figure(value));
  // Where plans are paid for, the server refuses a change by itself and names the way.
  const choose = useChange(
    async (_: undefined, send) => {
      try {
        return await send('put', '/projects/{project}/plan', { body: { plan: plan.id } });
      } catch (error) {
        if (!(error instanceof AperturError) || error.status !== 403) throw error;
        const { url } = await send('post', '/projects/{project}/billing/checkout', {
          body: { plan: plan.id },
        });
        location.assign(url);
        return undefined;
      }
    },
    ['/projects/{project}/usage'],
  );
  const askChange = () =>
    ask({
      title: fill(w.plan.changeTitle, { plan: plan.name }),
      text: w.plan.changeText,
      confirm: w.plan.choose,
      danger: false,
      run: () => choose.mutateAsync(undefined).then(() => tell(w.plan.changed), tellProblem),
    });
  const rows: [string, string][] = [
    [w.plan.sessions, limit(plan.sessionsPerMonth)],
    [w.plan.images, figure(plan.imagesPerSession)],
    [w.plan.size, fill(w.plan.megabytes, { count: plan.imageMegabytes })],
    [w.plan.expiry, fill(w.plan.hours, { count: plan.longestExpiryHours })],
    [w.plan.destinations, limit(plan.activeDestinations)],
    [w.plan.password, plan.password ? w.common.yes : w.common.no],
    [w.plan.branding, plan.branding ? w.common.yes : w.common.no],
    [w.plan.endToEnd, plan.endToEnd ? w.common.yes : w.common.no],
  ];
  return (
    <li className="panel" aria-current={current}>
      <div className="row spread">
        <h2>{plan.name}</h2>
        {current ? <State state="on" label={w.plan.current} /> : null}
      </div>
      <dl className="facts split">
        {rows.map(([term, value]) => (
          <div key={term} className="fact">
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {may.billing && !current ? (
        <Button variant="default" loading={choose.isPending} onClick={askChange}>
          {w.plan.choose}
        </Button>
      ) : null}
    </li>
  );
}
