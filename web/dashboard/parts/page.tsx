/** The frame of every screen: its head, panels, empty states, problems, pages of a list. */
import { Anchor, Button, Pagination, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconAlertTriangle, IconSearch } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { AperturError } from '../api/call.ts';
import { counted, fill, w } from '../words.ts';
import { explain } from './explain.ts';
import { Mark } from './mark.tsx';

export function PageHead(props: {
  title: ReactNode;
  lead?: ReactNode;
  children?: ReactNode;
  back?: ReactNode;
}) {
  return (
    <header className="page-head">
      <div>
        {props.back}
        <h1>{props.title}</h1>
        {props.lead ? <p className="lead">{props.lead}</p> : null}
      </div>
      {props.children ? <div className="page-actions">{props.children}</div> : null}
    </header>
  );
}

/** Sets the title of the window. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Apertur` : 'Apertur';
  }, [title]);
}

export function Panel(props: {
  title?: ReactNode;
  help?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  id?: string;
}) {
  return (
    <section className="panel" id={props.id}>
      {props.title || props.actions ? (
        <div className="panel-head">
          <div>
            {props.title ? <h2>{props.title}</h2> : null}
            {props.help ? <p className="help">{props.help}</p> : null}
          </div>
          {props.actions}
        </div>
      ) : null}
      {props.children}
    </section>
  );
}

/** One sentence, one picture, one button. */
export function Empty({ text, action, picture }: { text: string; action?: ReactNode; picture?: ReactNode }) {
  return (
    <div className="empty">
      {picture ?? <Mark size={72} className="mark empty-mark" />}
      <p>{text}</p>
      {action}
    </div>
  );
}

/** What went wrong, and what to do next. */
export function sayProblem(error: unknown): ReactNode {
  const { text, quote } = explain(error);
  return quote === undefined ? (
    text
  ) : (
    <>
      {text} <span lang="en">{quote}</span>
    </>
  );
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const code = error instanceof AperturError ? error.code : undefined;
  return (
    <div className="problem" role="alert">
      <IconAlertTriangle size={20} aria-hidden="true" />
      <div>
        <p>
          <strong>{w.problem.title}</strong>
        </p>
        <p>{sayProblem(error)}</p>
        {code ? (
          <p className="quiet">
            <code>{code}</code>
            {' · '}
            <Anchor href="/docs" size="sm" underline="always">
              {w.problem.docs}
            </Anchor>
          </p>
        ) : null}
        {retry ? (
          <Button variant="default" size="xs" onClick={retry} mt={8}>
            {w.common.tryAgain}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch(): unknown;
}

/** What a screen shows of a query: its shape while it loads, what went wrong, or the data. */
export function Load<T>(props: { of: Loaded<T>; rows?: number; children: (data: T) => ReactNode }) {
  const { data, error, refetch } = props.of;
  if (data !== undefined) return props.children(data);
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  return (
    <div aria-busy="true" role="status" aria-label={w.common.loading}>
      {Array.from({ length: props.rows ?? 4 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={index} height={44} mb={8} radius="md" />
      ))}
    </div>
  );
}

export function SearchField(props: { value: string; onChange: (text: string) => void; placeholder: string }) {
  const [text, setText] = useState(props.value);
  const tell = useDebouncedCallback(props.onChange, 250);
  useEffect(() => setText(props.value), [props.value]);
  return (
    <TextInput
      type="search"
      className="search"
      leftSection={<IconSearch size={16} aria-hidden="true" />}
      aria-label={w.common.search}
      placeholder={props.placeholder}
      value={text}
      maxLength={200}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}

export function Pages(props: { page: number; pages: number; total: number; onPage: (page: number) => void }) {
  return (
    <div className="pages">
      <span className="quiet">{counted(w.common.found, props.total)}</span>
      {props.pages > 1 ? (
        <Pagination
          size="sm"
          value={props.page}
          total={props.pages}
          onChange={props.onPage}
          getControlProps={(control) => ({
            'aria-label':
              control === 'next' ? w.common.next : control === 'previous' ? w.common.previous : control,
          })}
          getItemProps={(page) => ({
            'aria-label': fill(w.common.page, { page, pages: props.pages }),
          })}
        />
      ) : null}
    </div>
  );
}

export function NothingFound({ clear }: { clear: () => void }) {
  return (
    <Empty
      text={w.common.nothingFound}
      action={
        <Button variant="default" onClick={clear}>
          {w.common.clearFilters}
        </Button>
      }
    />
  );
}

export function NotFound() {
  useTitle(w.problem.notFound);
  return (
    <div className="centre">
      <Mark size={96} className="mark empty-mark" />
      <h1>{w.problem.notFound}</h1>
      <p className="lead">{w.problem.notFoundHelp}</p>
      <Button component={Link} to="/">
        {w.problem.home}
      </Button>
    </div>
  );
}

/** A screen that broke; the others go on. */
export function Broken({ error }: { error: unknown }) {
  return (
    <div className="centre" role="alert">
      <Mark size={96} className="mark empty-mark" />
      <h1>{w.problem.crashed}</h1>
      <p className="lead">{w.problem.crashedHelp}</p>
      <p className="quiet">
        <code>{error instanceof Error ? error.message : String(error)}</code>
      </p>
      <Button onClick={() => location.reload()}>{w.problem.reload}</Button>
    </div>
  );
}
