/** First the kind, from a gallery; then its form. */
import { Button, TextInput } from '@mantine/core';
import { IconArrowLeft, IconSearch } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useChange, useScope } from '../../api/queries.ts';
import type { DestinationKind } from '../../api/types.ts';
import { tell } from '../../parts/ask.tsx';
import { KindIcon } from '../../parts/kind-icon.tsx';
import { useFilters } from '../../parts/lists.tsx';
import { Load, PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { w } from '../../words.ts';
import { ConnectButton } from './connect.tsx';
import { Guide } from './guide.tsx';
import { useKinds } from './list.tsx';
import { SettingsForm } from './settings-form.tsx';

export function NewDestination() {
  useTitle(w.destinations.add);
  const scope = useScope();
  const kinds = useKinds();
  const { search, set, clear } = useFilters();
  const chosen = kinds.data?.find(({ kind }) => kind === search.kind);
  const back = chosen ? (
    <button type="button" className="back" onClick={clear}>
      <IconArrowLeft size={14} aria-hidden="true" /> {w.destinations.choose}
    </button>
  ) : (
    <Link to="/p/$project/$env/destinations" params={scope as never} className="back">
      <IconArrowLeft size={14} aria-hidden="true" /> {w.destinations.title}
    </Link>
  );
  return (
    <>
      <PageHead title={chosen ? chosen.label : w.destinations.choose} back={back} />
      <Load of={kinds}>
        {(all) =>
          chosen ? <Create kind={chosen} /> : <Gallery kinds={all} choose={(kind) => set({ kind })} />
        }
      </Load>
    </>
  );
}

function Gallery({ kinds, choose }: { kinds: DestinationKind[]; choose: (kind: string) => void }) {
  const [text, setText] = useState('');
  const shown = kinds.filter(({ label, kind }) =>
    `${label} ${kind}`.toLowerCase().includes(text.toLowerCase()),
  );
  const categories = [...new Set(shown.map(({ category }) => category))];
  return (
    <>
      <TextInput
        type="search"
        leftSection={<IconSearch size={16} aria-hidden="true" />}
        placeholder={w.destinations.search}
        aria-label={w.destinations.search}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {categories.map((category) => (
        <section key={category} className="stack">
          <h2>{(w.destinations.categories as Record<string, string>)[category] ?? category}</h2>
          <ul className="gallery">
            {shown
              .filter((kind) => kind.category === category)
              .map((kind) => (
                <li key={kind.kind}>
                  <button type="button" disabled={!kind.available} onClick={() => choose(kind.kind)}>
                    <KindIcon kind={kind.kind} size={32} />
                    <strong>{kind.label}</strong>
                    {kind.available ? null : <span className="help">{w.destinations.notAvailable}</span>}
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Create({ kind }: { kind: DestinationKind }) {
  const scope = useScope();
  const navigate = useNavigate();
  const [name, setName] = useState(kind.label);
  const create = useChange(
    (config: Record<string, unknown>, send) =>
      send('post', '/projects/{project}/destinations', { body: { type: kind.kind, name, config } }),
    ['/projects/{project}/destinations'],
  );
  const submit = async (config: Record<string, unknown>) => {
    const made = await create.mutateAsync(config).catch(() => undefined);
    if (!made) return;
    tell(w.destinations.created);
    void navigate({
      to: '/p/$project/$env/destinations/$destination',
      params: { ...scope, destination: made.id } as never,
    });
  };
  return (
    <div className="columns">
      <Panel>
        <SettingsForm
          kind={kind}
          name={name}
          setName={setName}
          submit={(config) => void submit(config)}
          error={create.error}
          pending={create.isPending}
          action={
            kind.oauth ? undefined : (
              <Button type="submit" loading={create.isPending}>
                {w.destinations.add}
              </Button>
            )
          }
          beside={
            kind.oauth
              ? (config) => <ConnectButton kind={kind.kind} name={name} config={config} />
              : undefined
          }
        />
      </Panel>
      <div>
        <Guide kind={kind.kind} />
      </div>
    </div>
  );
}
