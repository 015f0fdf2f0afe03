/** Photos and events in one list that is searched on the server; its filters stand in the address. */
import { Button, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconRefresh } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/me.ts';
import { useData, useScope } from '../../api/queries.ts';
import type { DeliveryRow } from '../../api/types.ts';
import { TargetField } from '../../parts/finder.tsx';
import { KindIcon } from '../../parts/kind-icon.tsx';
import { FilterSelect, useFilters } from '../../parts/lists.tsx';
import { Empty, Load, NothingFound, PageHead, Pages, SearchField, useTitle } from '../../parts/page.tsx';
import { Ago, hostOf, isAhead, State } from '../../parts/text.tsx';
import { ago, figure, fill, w } from '../../words.ts';
import { ReplayDialog } from './replay.tsx';

const startOf = (day: string | undefined): string | undefined =>
  day && !Number.isNaN(Date.parse(day)) ? new Date(`${day}T00:00:00`).toISOString() : undefined;

const endOf = (day: string | undefined): string | undefined => {
  const start = startOf(day);
  return start && new Date(Date.parse(start) + 86_400_000).toISOString();
};

export function Deliveries() {
  useTitle(w.deliveries.title);
  const may = useMay();
  const { search, set, clear, filtered } = useFilters();
  const { page = 1, since, until, search: words, kind, status, target } = search;
  const filters = { search: words, kind, status, target };
  const [replaying, replay] = useDisclosure(false);
  const query = { ...filters, page, pageSize: 25, since: startOf(since), until: endOf(until) };
  const list = useData('/projects/{project}/deliveries', { query, every: 5_000, keep: true });
  return (
    <>
      <PageHead title={w.deliveries.title} lead={w.deliveries.lead}>
        {may.write ? (
          <Button variant="default" leftSection={<IconRefresh size={18} />} onClick={replay.open}>
            {w.deliveries.replay}
          </Button>
        ) : null}
      </PageHead>
      <div className="filters search-first">
        <SearchField
          value={search.search ?? ''}
          onChange={(text) => set({ search: text })}
          placeholder={w.deliveries.search}
        />
        <FilterSelect
          label={w.deliveries.kind}
          any={w.deliveries.anyKind}
          value={search.kind}
          onChange={(kind) => set({ kind: kind as string })}
          options={[
            { value: 'image', label: w.deliveries.image },
            { value: 'event', label: w.deliveries.event },
          ]}
        />
        <FilterSelect
          label={w.common.status}
          any={w.deliveries.anyStatus}
          value={search.status}
          onChange={(status) => set({ status: status as string })}
          options={[
            { value: 'sent', label: w.states.sent },
            { value: 'failed', label: w.states.failed },
            { value: 'waiting', label: w.deliveries.waiting },
            { value: 'held', label: w.states.held },
          ]}
        />
        <TargetField
          className="filter filter-wide"
          aria-label={w.deliveries.where}
          first={{ value: '', label: w.deliveries.anyTarget }}
          value={search.target ?? ''}
          onChange={(target) => set({ target })}
        />
        <TextInput
          type="date"
          className="filter"
          leftSection={<span className="help">{w.deliveries.since}</span>}
          leftSectionWidth={46}
          leftSectionPointerEvents="none"
          aria-label={w.deliveries.since}
          value={since ?? ''}
          onChange={(event) => set({ since: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          className="filter"
          leftSection={<span className="help">{w.deliveries.until}</span>}
          leftSectionWidth={46}
          leftSectionPointerEvents="none"
          aria-label={w.deliveries.until}
          value={until ?? ''}
          onChange={(event) => set({ until: event.currentTarget.value })}
        />
      </div>
      <Load of={list} rows={8}>
        {(found) =>
          found.total === 0 ? (
            filtered ? (
              <NothingFound clear={clear} />
            ) : (
              <Empty text={w.deliveries.empty} />
            )
          ) : (
            <>
              <Rows rows={found.data} />
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
      <ReplayDialog opened={replaying} close={replay.close} target={search.target} />
    </>
  );
}

function Rows({ rows }: { rows: DeliveryRow[] }) {
  const scope = useScope();
  return (
    <div className="list">
      <table>
        <thead>
          <tr>
            <th scope="col">{w.deliveries.what}</th>
            <th scope="col">{w.common.status}</th>
            <th scope="col">{w.deliveries.where}</th>
            <th scope="col" className="number">
              {w.deliveries.attempts}
            </th>
            <th scope="col">{w.deliveries.when}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <Link
                  to={
                    row.kind === 'image'
                      ? '/p/$project/$env/deliveries/image/$image/$destination'
                      : '/p/$project/$env/deliveries/event/$webhook/$delivery'
                  }
                  params={
                    {
                      ...scope,
                      image: row.imageId,
                      destination: row.targetId,
                      webhook: row.targetId,
                      delivery: row.id,
                    } as never
                  }
                  className="row-link"
                  aria-label={fill(w.deliveries.open, { name: row.title })}
                >
                  {row.title}
                </Link>
                {row.lastError && row.status !== 'sent' ? <div className="error">{row.lastError}</div> : null}
              </td>
              <td data-label={w.common.status}>
                <span>
                  <State state={row.status} />
                  {isAhead(row.nextAttemptAt) && row.status === 'retrying' ? (
                    <div className="error">
                      {fill(w.deliveries.nextTry, { time: ago(row.nextAttemptAt) })}
                    </div>
                  ) : null}
                </span>
              </td>
              <td data-label={w.deliveries.where}>
                <span className="row nowrap">
                  <KindIcon kind={row.targetType} size={18} />
                  {row.kind === 'event' ? hostOf(row.targetName) : row.targetName}
                </span>
              </td>
              <td className="number" data-label={w.deliveries.attempts}>
                {figure(row.attempts)}
              </td>
              <td data-label={w.deliveries.when}>
                <Ago at={row.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
