/** A list of what is set up: searched and paged on the server, with its search and page in the address. */
import type { ReactNode } from 'react';
import type { Counted } from '../api/queries.ts';
import { useFilters } from './lists.tsx';
import { Load, NothingFound, Pages, SearchField } from './page.tsx';

interface Loaded<Row> {
  data: Counted<Row> | undefined;
  error: unknown;
  isPending: boolean;
  refetch(): unknown;
}

export const pageSize = 24;

/** The search and page of the address, as the API takes them. */
export function usePart(): { search: string | undefined; page: number; pageSize: number } {
  const { search } = useFilters();
  return { search: search.search, page: search.page ?? 1, pageSize };
}

export function Part<Row>(props: {
  of: Loaded<Row>;
  placeholder: string;
  /** When nothing was ever set up. */
  empty: ReactNode;
  children: (rows: Row[]) => ReactNode;
}) {
  const { search, set, clear } = useFilters();
  const { data } = props.of;
  const none = data?.total === 0 && !search.search;
  return (
    <>
      {none ? null : (
        <div className="filters">
          <SearchField
            value={search.search ?? ''}
            onChange={(text) => set({ search: text })}
            placeholder={props.placeholder}
          />
        </div>
      )}
      <Load of={props.of}>
        {({ rows, total }) =>
          total === 0 ? (
            search.search ? (
              <NothingFound clear={clear} />
            ) : (
              props.empty
            )
          ) : (
            <>
              {props.children(rows)}
              <Pages
                page={search.page ?? 1}
                pages={Math.ceil(total / pageSize)}
                total={total}
                onPage={(page) => set({ page })}
              />
            </>
          )
        }
      </Load>
    </>
  );
}
