/** The screens of people who are not inside yet: the mark opens on one side, the form stands on the other. */
import { Alert } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { w } from '../words.ts';
import { Mark } from './mark.tsx';
import { sayProblem, useTitle } from './page.tsx';

export function Door({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useTitle(title);
  return (
    <div className="door">
      <aside className="door-picture">
        <Mark size={320} />
        <p>{w.signIn.tagline}</p>
      </aside>
      <main className="door-form">
        <div>
          <div className="door-brand">
            <Mark size={56} />
          </div>
          <div>
            <h1>{title}</h1>
            {lead ? <p className="lead">{lead}</p> : null}
          </div>
          {children}
        </div>
      </main>
    </div>
  );
}

export function Refusal({
  error,
  say = sayProblem,
}: {
  error: unknown;
  say?: (error: unknown) => ReactNode;
}) {
  if (!error) return null;
  return (
    <Alert color="red" variant="outline" role="alert">
      {say(error)}
    </Alert>
  );
}

export const submits = (run: () => void) => (event: FormEvent) => {
  event.preventDefault();
  run();
};
