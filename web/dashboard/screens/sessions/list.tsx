import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/me.ts';
import { useData, useScope } from '../../api/queries.ts';
import type { SessionRow } from '../../api/types.ts';
import { FilterSelect, useFilters } from '../../parts/lists.tsx';
import { Empty, Load, NothingFound, PageHead, Pages, SearchField, useTitle } from '../../parts/page.tsx';
import { Ago, State, shortId } from '../../parts/text.tsx';
import { counted, figure, w } from '../../words.ts';

/** What a session says of itself in lists: pending is open for people. */
export const sessionState = (status: string): string => (status === 'pending' ? 'open' : status);

export function Sessions() {
  useTitle(w.sessions.title);
  const scope = useScope();
  const may = useMay();
  const { search, set, clear, filtered } = useFilters();
  const { page = 1, status } = search;
  const list = useData('/sessions', {
    query: { page, pageSize: 20, search: search.search, status },
    every: 5_000,
    keep: true,
  });
  const create = may.write ? (
    <Button
      component={Link}
      to="/p/$project/$env/sessions/new"
      params={scope as never}
      leftSection={<IconPlus size={18} />}
    >
      {w.sessions.create}
    </Button>
  ) : null;
  return (
    <>
      <PageHead title={w.sessions.title} lead={w.sessions.lead}>
        {create}
      </PageHead>
      <div className="filters">
        <SearchField
          value={search.search ?? ''}
          onChange={(text) => set({ search: text })}
          placeholder={w.sessions.search}
        />
        <FilterSelect
          label={w.common.status}
          any={w.sessions.anyStatus}
          value={status}
          onChange={(value) => set({ status: value as string })}
          options={[
            { value: 'pending', label: w.sessions.waitingStatus },
            { value: 'active', label: w.sessions.activeStatus },
            { value: 'completed', label: w.sessions.completedStatus },
            { value: 'expired', label: w.sessions.expiredStatus },
          ]}
        />
      </div>
      <Load of={list} rows={8}>
        {(found) => {
          if (found.total === 0) {
            return filtered ? (
              <NothingFound clear={clear} />
            ) : (
              <Empty text={w.sessions.empty} action={create} />
            );
          }
          return (
            <>
              <SessionTable rows={found.data} />
              <Pages
                page={page}
                pages={found.totalPages}
                total={found.total}
                onPage={(next) => set({ page: next })}
              />
            </>
          );
        }}
      </Load>
    </>
  );
}

export function SessionTable({ rows }: { rows: SessionRow[] }) {
  const scope = useScope();
  return (
    <div className="list">
      <table>
        <thead>
          <tr>
            <th scope="col">{w.sessions.label}</th>
            <th scope="col">{w.common.status}</th>
            <th scope="col" className="number">
              {w.sessions.photos}
            </th>
            <th scope="col" className="number">
              {w.sessions.delivered}
            </th>
            <th scope="col">{w.sessions.expires}</th>
            <th scope="col">{w.common.created}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <Link
                  to="/p/$project/$env/sessions/$session"
                  params={{ ...scope, session: row.id } as never}
                  className="row-link"
                >
                  {row.label ?? <code className="quiet">{shortId(row.id)}</code>}
                </Link>
                {row.tags?.length ? (
                  <div className="chips">
                    {row.tags.slice(0, 3).map((tag) => (
                      <span key={tag} className="chip">
                        {tag}
                      </span>
                    ))}
                  </div>
                ) : null}
              </td>
              <td data-label={w.common.status}>
                <State state={sessionState(row.status)} />
              </td>
              <td className="number" data-label={w.sessions.photos}>
                {figure(row.imagesCount)}
              </td>
              <td className="number" data-label={w.sessions.delivered}>
                <span>
                  {row.destinationsCount === 0 ? '–' : figure(row.imagesDelivered)}
                  {row.imagesFailed > 0 ? (
                    <div className="error bad">{counted(w.home.failedCount, row.imagesFailed)}</div>
                  ) : null}
                </span>
              </td>
              <td data-label={w.sessions.expires}>
                <Ago at={row.expiresAt} />
              </td>
              <td data-label={w.common.created}>
                <Ago at={row.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
