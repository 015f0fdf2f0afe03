/** What the project may do and has used, and how that is paid for. */
import { Button } from '@mantine/core';
import { IconCreditCard } from '@tabler/icons-react';
import { useMay } from '../../api/me.ts';
import { useChange, useData } from '../../api/queries.ts';
import type { Billing, Plan } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Load, Panel } from '../../parts/page.tsx';
import { State } from '../../parts/text.tsx';
import { counted, figure, fill, w } from '../../words.ts';
import { UsagePanel } from '../home.tsx';
import { SettingsFrame } from './frame.tsx';

export function Plans() {
  const usage = useData('/projects/{project}/usage', { every: 30_000 });
  const plans = useData('/plans');
  const billing = useData('/projects/{project}/billing');
  return (
    <SettingsFrame title={w.plan.title}>
      <Load of={usage}>
        {(used) => (
          <>
            <UsagePanel usage={used} link={false} />
            <Load of={billing} rows={1}>
              {(paying) => (
                <>
                  <Paying billing={paying} />
                  <Load of={plans}>
                    {(all) => (
                      <ul className="cards">
                        {all.map((plan) => (
                          <PlanCard
                            key={plan.id}
                            plan={plan}
                            current={plan.id === used.plan.id}
                            billing={paying}
                          />
                        ))}
                      </ul>
                    )}
                  </Load>
                </>
              )}
            </Load>
          </>
        )}
      </Load>
    </SettingsFrame>
  );
}

/** The page of the provider where a subscription is changed, its card and its invoices are; or why there is none. */
function Paying({ billing }: { billing: Billing }) {
  const may = useMay();
  const open = useChange(async (_: undefined, send) => {
    const { url } = await send('post', '/projects/{project}/billing/portal');
    location.assign(url);
  });
  if (!billing.enabled) return <p className="note">{w.plan.billingOff}</p>;
  return (
    <Panel
      title={w.plan.billing}
      help={billing.hasCustomer ? w.plan.billingHelp : w.plan.billingNothing}
      actions={
        may.billing ? (
          <Button
            variant="default"
            leftSection={<IconCreditCard size={16} />}
            disabled={!billing.hasCustomer}
            loading={open.isPending}
            onClick={() => void open.mutateAsync(undefined).catch(tellProblem)}
          >
            {w.plan.portal}
          </Button>
        ) : null
      }
    >
      {may.billing ? null : <p className="quiet">{w.plan.billingRole}</p>}
    </Panel>
  );
}

const longest = (hours: number): string =>
  hours % 24 === 0 ? counted(w.newSession.days, hours / 24) : fill(w.plan.hours, { count: hours });

function PlanCard({ plan, current, billing }: { plan: Plan; current: boolean; billing: Billing }) {
  const may = useMay();
  const limit = (value: number | null): string => (value === null ? w.common.unlimited : figure(value));
  // Where plans are paid for, paying changes the plan.
  const choose = useChange(
    async (_: undefined, send) => {
      const body = { plan: plan.id };
      if (!billing.enabled) {
        await send('put', '/projects/{project}/plan', { body });
        return tell(w.plan.changed);
      }
      const { url } = await send('post', '/projects/{project}/billing/checkout', { body });
      location.assign(url);
    },
    ['/projects/{project}/usage'],
  );
  const mayChoose = may.billing && !current && (!billing.enabled || billing.plans.includes(plan.id));
  const askChange = () =>
    ask({
      title: fill(w.plan.changeTitle, { plan: plan.name }),
      text: billing.enabled ? w.plan.payText : w.plan.changeText,
      confirm: w.plan.choose,
      danger: false,
      run: () => choose.mutateAsync(undefined).catch(tellProblem),
    });
  const rows: [string, string][] = [
    [w.plan.sessions, limit(plan.sessionsPerMonth)],
    [w.plan.images, figure(plan.imagesPerSession)],
    [w.plan.size, fill(w.plan.megabytes, { count: plan.imageMegabytes })],
    [w.plan.expiry, longest(plan.longestExpiryHours)],
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
      {mayChoose ? (
        <Button variant="default" loading={choose.isPending} onClick={askChange}>
          {w.plan.choose}
        </Button>
      ) : null}
    </li>
  );
}
