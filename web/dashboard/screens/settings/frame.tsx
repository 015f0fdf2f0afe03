import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useScope } from '../../api/queries.ts';
import { PageHead, useTitle } from '../../parts/page.tsx';
import { w } from '../../words.ts';

/** The settings of a project: six screens under one head. */
export function SettingsFrame({
  title,
  lead,
  children,
  actions,
}: {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const scope = useScope();
  useTitle(title);
  const tabs = [
    ['/p/$project/$env/settings', w.settings.project],
    ['/p/$project/$env/settings/page', w.settings.phonePage],
    ['/p/$project/$env/settings/plan', w.settings.plan],
    ['/p/$project/$env/settings/members', w.settings.members],
    ['/p/$project/$env/settings/apps', w.settings.apps],
    ['/p/$project/$env/settings/audit', w.settings.audit],
  ] as const;
  const nav = useRef<HTMLElement>(null);
  // On a phone the row is wider than the screen: where one is, is seen.
  useEffect(() => {
    const row = nav.current;
    const active = row?.querySelector('[data-status="active"]');
    if (!row || !active) return;
    const [outer, inner] = [row.getBoundingClientRect(), active.getBoundingClientRect()];
    row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }, []);
  return (
    <>
      <PageHead title={w.settings.title} lead={lead}>
        {actions}
      </PageHead>
      <nav ref={nav} className="tabs" aria-label={w.settings.title}>
        {tabs.map(([to, label]) => (
          <Link
            key={to}
            to={to}
            params={scope as never}
            search={{}}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {label}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}
