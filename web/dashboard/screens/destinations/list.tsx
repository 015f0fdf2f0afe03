import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useMay } from '../../api/me.ts';
import { useData, usePage, useScope } from '../../api/queries.ts';
import type { Destination, DestinationKind } from '../../api/types.ts';
import { tell, tellProblem } from '../../parts/ask.tsx';
import { KindIcon } from '../../parts/kind-icon.tsx';
import { Empty, PageHead, useTitle } from '../../parts/page.tsx';
import { Part, usePart } from '../../parts/part.tsx';
import { Ago, State } from '../../parts/text.tsx';
import type { ListSearch } from '../../router.tsx';
import { fill, w } from '../../words.ts';

/** What a destination is up to, as one word. */
export function stateOf(destination: Destination): string {
  if (destination.connection && destination.connection.status !== 'connected')
    return destination.connection.status;
  return destination.isActive ? 'on' : 'paused';
}

/** One line that says where it leads, from whatever settings the kind has. */
function placeOf({ config }: Destination): string {
  const names = [
    'bucket',
    'container',
    'host',
    'url',
    'folder_name',
    'folder',
    'remote_dir',
    'directory',
    'base_url',
  ];
  const shown = names
    .map((name) => config[name])
    .filter((value) => typeof value === 'string' && value !== '');
  return shown
    .slice(0, 2)
    .map((value) => (URL.canParse(value as string) ? new URL(value as string).host : value))
    .join(' / ');
}

export function useKinds() {
  const found = useData('/destination-kinds', { global: true });
  return { ...found, data: found.data as DestinationKind[] | undefined };
}

/** Back from a sign-in at another service: says how it went, and goes on to what was connected. */
function useReturn(): void {
  const scope = useScope();
  const navigate = useNavigate();
  const { status, destination, message } = useSearch({ strict: false }) as ListSearch;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once an arrival
  useEffect(() => {
    if (status === 'connected') tell(w.destinations.connectedNow);
    if (status === 'failed')
      tellProblem(new Error(fill(w.destinations.connectFailed, { reason: message ?? '' })));
    const found = status === 'connected' && destination;
    if (found) {
      void navigate({
        to: '/p/$project/$env/destinations/$destination',
        params: { ...scope, destination } as never,
        replace: true,
      });
    } else if (status) void navigate({ to: '.', search: {} as never, replace: true });
  }, [status, destination, message]);
}

export function Destinations() {
  useReturn();
  useTitle(w.destinations.title);
  const scope = useScope();
  const may = useMay();
  const kinds = useKinds();
  const list = usePage('/projects/{project}/destinations', { query: usePart(), every: 15_000 });
  const add = may.write ? (
    <Button
      component={Link}
      to="/p/$project/$env/destinations/new"
      params={scope as never}
      leftSection={<IconPlus size={18} />}
    >
      {w.destinations.add}
    </Button>
  ) : null;
  const label = (type: string): string => kinds.data?.find(({ kind }) => kind === type)?.label ?? type;
  return (
    <>
      <PageHead title={w.destinations.title} lead={w.destinations.lead}>
        {add}
      </PageHead>
      <Part
        of={list}
        placeholder={w.destinations.searchMine}
        empty={<Empty text={w.destinations.empty} action={add} />}
      >
        {(rows) => (
          <ul className="cards">
            {rows.map((destination) => (
              <li key={destination.id} className="card">
                <KindIcon kind={destination.type} size={28} />
                <div>
                  <Link
                    to="/p/$project/$env/destinations/$destination"
                    params={{ ...scope, destination: destination.id } as never}
                    className="row-link"
                  >
                    {destination.name}
                  </Link>
                  <p className="quiet card-line">
                    {[label(destination.type), placeOf(destination)].filter(Boolean).join(' · ')}
                  </p>
                  <p className="row card-foot">
                    <State state={stateOf(destination)} />
                    <span className="quiet">
                      <Ago at={destination.updatedAt} />
                    </span>
                  </p>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Part>
    </>
  );
}
