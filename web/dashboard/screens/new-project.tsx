import { Button, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { rereadMe, useMe } from '../api/me.ts';
import { useChange } from '../api/queries.ts';
import { Refusal, submits } from '../parts/door.tsx';
import { PageHead, Panel, useTitle } from '../parts/page.tsx';
import { w } from '../words.ts';

export function NewProject() {
  useTitle(w.project.create);
  const me = useMe();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const create = useChange((_: undefined, send) =>
    send('post', '/projects', { body: { name: name.trim() } }),
  );
  const submit = async () => {
    const made = await create.mutateAsync(undefined).catch(() => undefined);
    if (!made) return;
    await rereadMe();
    void navigate({ to: '/p/$project/$env', params: { project: made.id, env: 'live' } });
  };
  const first = me?.projects.length === 0;
  return (
    <>
      <PageHead
        title={first ? w.project.first : w.project.create}
        lead={first ? w.project.firstHelp : w.project.lead}
      />
      <Panel>
        <form className="form" onSubmit={submits(() => void submit())}>
          <Refusal error={create.error} />
          <TextInput
            label={w.project.name}
            placeholder={w.setUp.projectExample}
            required
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div className="form-actions">
            <Button type="submit" loading={create.isPending}>
              {w.project.submit}
            </Button>
          </div>
        </form>
      </Panel>
    </>
  );
}
