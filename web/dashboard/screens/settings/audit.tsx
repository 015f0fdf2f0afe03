import { Select } from '@mantine/core';
import { useData } from '../../api/queries.ts';
import { useFilters } from '../../parts/lists.tsx';
import { Empty, Load, NothingFound, Pages, SearchField } from '../../parts/page.tsx';
import { Ago, Id } from '../../parts/text.tsx';
import { w } from '../../words.ts';
import { SettingsFrame } from './frame.tsx';

/** "keys.create" finds one kind of change, "keys" all of that noun. */
const nouns = (): [string, string][] => [
  ['keys', w.nav.keys],
  ['destinations', w.nav.destinations],
  ['webhooks', w.nav.webhooks],
  ['members', w.settings.members],
  ['invitations', w.members.pending],
  ['projects', w.settings.project],
  ['sessions', w.nav.sessions],
  ['oauth-apps', w.settings.apps],
];

/** The name of what was changed, and which members of it. */
function detailOf(detail: unknown): string {
  if (detail === null || detail === undefined) return '';
  if (typeof detail !== 'object') return String(detail);
  const { name, members, ...rest } = detail as { name?: unknown; members?: unknown };
  const parts = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  if (Array.isArray(members)) parts.unshift(members.join(', '));
  if (typeof name === 'string') parts.unshift(name);
  return parts.join(' · ');
}

export function Audit() {
  const { search, set, clear, filtered } = useFilters();
  const { page = 1 } = search;
  const list = useData('/projects/{project}/audit', {
    query: { page, pageSize: 25, action: search.kind, search: search.search },
    every: 15_000,
    keep: true,
  });
  return (
    <SettingsFrame title={w.settings.audit} lead={w.audit.lead}>
      <div className="filters">
        <SearchField
          value={search.search ?? ''}
          placeholder={w.audit.search}
          onChange={(text) => set({ search: text })}
        />
        <Select
          aria-label={w.audit.what}
          className="filter"
          value={search.kind ?? ''}
          data={[{ value: '', label: w.common.all }, ...nouns().map(([value, label]) => ({ value, label }))]}
          onChange={(kind) => set({ kind: kind ?? '' })}
        />
      </div>
      <Load of={list} rows={8}>
        {(found) =>
          found.total === 0 ? (
            filtered ? (
              <NothingFound clear={clear} />
            ) : (
              <Empty text={w.audit.empty} />
            )
          ) : (
            <>
              <div className="list">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{w.audit.what}</th>
                      <th scope="col">{w.audit.who}</th>
                      <th scope="col">{w.audit.target}</th>
                      <th scope="col">{w.audit.when}</th>
                      <th scope="col">{w.audit.address}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.data.map((entry) => (
                      <tr key={entry.id}>
                        <td>
                          <code>{entry.action}</code>
                          {detailOf(entry.detail) ? (
                            <div className="error">{detailOf(entry.detail).slice(0, 200)}</div>
                          ) : null}
                        </td>
                        <td data-label={w.audit.who}>{entry.actor.name}</td>
                        <td data-label={w.audit.target}>
                          {entry.targetId ? <Id value={entry.targetId} short /> : '–'}
                        </td>
                        <td data-label={w.audit.when}>
                          <Ago at={entry.createdAt} />
                        </td>
                        <td data-label={w.audit.address}>
                          <code className="quiet">{entry.address ?? '–'}</code>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <Pages
                page={page}
                pages={found.totalPages}
                total={found.total}
                onPage={(next) => set({ page: next })}
              />
            </>
          )
        }
      </Load>
    </SettingsFrame>
  );
}
