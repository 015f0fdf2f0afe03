import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/me.ts';
import { usePage, useScope } from '../../api/queries.ts';
import type { Webhook } from '../../api/types.ts';
import { Empty, PageHead, useTitle } from '../../parts/page.tsx';
import { Part, usePart } from '../../parts/part.tsx';
import { Ago, hostOf, State } from '../../parts/text.tsx';
import { counted, w } from '../../words.ts';

export function Webhooks() {
  useTitle(w.webhooks.title);
  const scope = useScope();
  const may = useMay();
  const list = usePage('/projects/{project}/webhooks', { query: usePart(), every: 10_000 });
  const add = may.write ? (
    <Button
      component={Link}
      to="/p/$project/$env/webhooks/new"
      params={scope as never}
      leftSection={<IconPlus size={18} />}
    >
      {w.webhooks.add}
    </Button>
  ) : null;
  return (
    <>
      <PageHead title={w.webhooks.title} lead={w.webhooks.lead}>
        {add}
      </PageHead>
      <Part of={list} placeholder={w.webhooks.search} empty={<Empty text={w.webhooks.empty} action={add} />}>
        {(rows) => <Rows rows={rows} />}
      </Part>
    </>
  );
}

function Rows({ rows }: { rows: Webhook[] }) {
  const scope = useScope();
  return (
    <div className="list">
      <table>
        <thead>
          <tr>
            <th scope="col">{w.webhooks.url}</th>
            <th scope="col">{w.common.status}</th>
            <th scope="col">{w.webhooks.topics}</th>
            <th scope="col">{w.common.updated}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <Link
                  to="/p/$project/$env/webhooks/$webhook"
                  params={{ ...scope, webhook: row.id } as never}
                  className="row-link"
                >
                  {hostOf(row.url)}
                </Link>
              </td>
              <td data-label={w.common.status}>
                <span>
                  <State state={row.isActive ? (row.consecutiveFailures > 0 ? 'retrying' : 'on') : 'off'} />
                  {row.consecutiveFailures > 0 ? (
                    <div className="error">{counted(w.webhooks.consecutive, row.consecutiveFailures)}</div>
                  ) : null}
                  {row.heldDeliveries > 0 ? (
                    <div className="error">{counted(w.webhooks.held, row.heldDeliveries)}</div>
                  ) : null}
                </span>
              </td>
              <td>
                <div className="chips">
                  {row.topics.map((topic) => (
                    <span key={topic} className="chip">
                      {topic === '*' ? w.webhooks.allTopics : topic}
                    </span>
                  ))}
                </div>
              </td>
              <td data-label={w.common.updated}>
                <Ago at={row.updatedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
