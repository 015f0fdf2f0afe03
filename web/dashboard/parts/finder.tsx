/** Choosing among what is set up, however much that is: what is typed is searched on the server. */
import {
  type ComboboxParsedItem,
  MultiSelect,
  type MultiSelectProps,
  type OptionsFilter,
  Select,
  type SelectProps,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { usePage, useRows } from '../api/queries.ts';
import { w } from '../words.ts';
import { hostOf } from './text.tsx';

export interface Choice {
  value: string;
  label: string;
}

export interface Choices {
  /** What the search found, at most so many as fit into a list. */
  found: Choice[];
  /** The same, and what was chosen before, which a search need not find. */
  all: Choice[];
}

const most = 20;
const partOf = (search: string) => ({ search, page: 1, pageSize: most });

function choicesOf<Row extends { id: string }>(
  found: readonly Row[] | undefined,
  chosen: readonly Row[],
  nameOf: (row: Row) => string,
): Choices {
  const toChoice = (row: Row): Choice => ({ value: row.id, label: nameOf(row) });
  // Each once: the list of options takes no value twice.
  const all = new Map([...chosen, ...(found ?? [])].map((row) => [row.id, toChoice(row)]));
  return { found: (found ?? []).map(toChoice), all: [...all.values()] };
}

/** Of the chosen ids those that were not found; none before it is known what was. */
const missingOf = (found: readonly { id: string }[] | undefined, chosen: readonly string[]): string[] =>
  found ? chosen.filter((id) => id !== '' && !found.some((row) => row.id === id)) : [];

export function useDestinationChoices(search: string, chosen: readonly string[]): Choices {
  const path = '/projects/{project}/destinations';
  const found = usePage(path, { query: partOf(search) }).data?.rows;
  const others = useRows(path, missingOf(found, chosen));
  return choicesOf(found, others, ({ name }) => name);
}

export function useWebhookChoices(search: string, chosen: readonly string[]): Choices {
  const path = '/projects/{project}/webhooks';
  const found = usePage(path, { query: partOf(search) }).data?.rows;
  const others = useRows(path, missingOf(found, chosen));
  return choicesOf(found, others, ({ url }) => hostOf(url));
}

/** The server has searched already, by more than the names that are shown. */
const only = (shown: readonly Choice[]): OptionsFilter => {
  const values = new Set(shown.map(({ value }) => value));
  const isShown = ({ value }: { value: unknown }): boolean => values.has(String(value));
  return ({ options }) =>
    options.flatMap<ComboboxParsedItem>((option) => {
      if (!('group' in option)) return isShown(option) ? [option] : [];
      const items = option.items.filter(isShown);
      return items.length > 0 ? [{ ...option, items }] : [];
    });
};

/** Several destinations. */
export function DestinationsField(
  props: Omit<MultiSelectProps, 'data' | 'value' | 'onChange'> & {
    value: string[];
    onChange: (ids: string[]) => void;
  },
) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, 200);
  const { found, all } = useDestinationChoices(search, props.value);
  return (
    <MultiSelect
      clearButtonProps={{ 'aria-label': w.common.clearFilters }}
      {...props}
      searchable
      data={all}
      filter={only(found)}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={w.common.nothingFound}
    />
  );
}

/** A destination or a webhook; `first` is what stands before all of them. */
export function TargetField({
  first,
  value,
  onChange,
  ...props
}: Omit<SelectProps, 'data' | 'value' | 'onChange'> & {
  first: Choice;
  value: string;
  onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed, 200);
  const chosen = value === first.value ? [] : [value];
  // Nobody types the name that stands there: it is what was chosen last.
  const [shown, setShown] = useState('');
  const search = typed === shown || asked === shown ? '' : asked;
  const destinations = useDestinationChoices(search, chosen);
  const webhooks = useWebhookChoices(search, chosen);
  const all = [first, ...destinations.all, ...webhooks.all];
  const label = all.find((choice) => choice.value === value)?.label ?? '';
  if (label !== '' && label !== shown) setShown(label);
  return (
    <Select
      {...props}
      searchable
      allowDeselect={false}
      openOnFocus={false}
      data={[
        first,
        { group: w.nav.destinations, items: destinations.all },
        { group: w.nav.webhooks, items: webhooks.all },
      ]}
      filter={only([...(search === '' ? [first] : []), ...destinations.found, ...webhooks.found])}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={w.common.nothingFound}
      value={value}
      onChange={(next) => onChange(next ?? first.value)}
    />
  );
}
