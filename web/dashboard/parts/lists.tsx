/** Filters of a list: they stand in the address, and a change begins at the first page again. */
import { Select } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ListSearch } from '../router.tsx';

export function useFilters(): {
  search: ListSearch;
  set(change: Partial<ListSearch>): void;
  clear(): void;
  filtered: boolean;
} {
  const search = useSearch({ strict: false }) as ListSearch;
  const navigate = useNavigate();
  const go = (next: ListSearch) => {
    const clean = Object.fromEntries(
      Object.entries(next).filter(([, value]) => value !== undefined && value !== ''),
    );
    void navigate({ to: '.', search: clean as never, replace: true });
  };
  return {
    search,
    set: (change) => go({ ...search, page: undefined, ...change } as ListSearch),
    clear: () => go({}),
    filtered: Object.keys(search).some((name) => name !== 'page'),
  };
}

/** As a query of the API: `?page=2&search=roof`, or nothing. */
export function queryOf(search: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export function FilterSelect(props: {
  label: string;
  value: string | undefined;
  any: string;
  options: { value: string; label: string }[];
  onChange: (value: string | undefined) => void;
}) {
  return (
    <Select
      aria-label={props.label}
      className="filter"
      data={[{ value: '', label: props.any }, ...props.options]}
      value={props.value ?? ''}
      onChange={(value) => props.onChange(value || undefined)}
    />
  );
}
