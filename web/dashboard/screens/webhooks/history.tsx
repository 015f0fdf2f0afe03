/** What was sent to one webhook, newest first. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useData, useScope } from '../../api/queries.ts';
import type { Webhook } from '../../api/types.ts';
import { FilterSelect } from '../../parts/lists.tsx';
import { Empty, Load, Pages } from '../../parts/page.tsx';
import { Ago, State } from '../../parts/text.tsx';
import { milliseconds, w } from '../../words.ts';

const pageSize = 15;

export function History({ webhook }: { webhook: Webhook }) {
  const scope = useScope();
  const [page, setPage] = useState(1);
  const [status, setStatus] = useState<string>();
  const list = useData('/projects/{project}/webhooks/{webhook}/deliveries', {
    path: { webhook: webhook.id },
    query: { page, limit: pageSize, status },
    every: 4_000,
    keep: true,
  });
  return (
    <div className="stack">
      <div className="filters">
        <FilterSelect
          label={w.common.status}
          any={w.deliveries.anyStatus}
          value={status}
          onChange={(value) => {
            setStatus(value);
            setPage(1);
          }}
          options={['sent', 'failed', 'retrying', 'held'].map((value) => ({
            value,
            label: (w.states as Record<string, string>)[value] ?? value,
          }))}
        />
      </div>
      <Load of={list}>
        {(found) =>
          found.total === 0 ? (
            <Empty text={status ? w.common.nothingFound : w.webhooks.noHistory} />
          ) : (
            <>
              <div className="list">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{w.webhooks.topics}</th>
                      <th scope="col">{w.common.status}</th>
                      <th scope="col">{w.delivery.answer}</th>
                      <th scope="col" className="number">
                        {w.deliveries.attempts}
                      </th>
                      <th scope="col">{w.deliveries.when}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.deliveries.map((row) => (
                      <tr key={row.id}>
                        <td>
                          <Link
                            to="/p/$project/$env/deliveries/event/$webhook/$delivery"
                            params={{ ...scope, webhook: webhook.id, delivery: row.id } as never}
                            className="row-link"
                          >
                            {row.topic}
                          </Link>
                          {row.lastError && row.status !== 'sent' ? (
                            <div className="error">{row.lastError}</div>
                          ) : null}
                        </td>
                        <td data-label={w.common.status}>
                          <State state={row.held ? 'held' : row.status} />
                        </td>
                        <td data-label={w.delivery.answer}>
                          {row.responseCode ? (
                            <span>
                              <code>{row.responseCode}</code>{' '}
                              <span className="quiet">{milliseconds(row.durationMs)}</span>
                            </span>
                          ) : (
                            '–'
                          )}
                        </td>
                        <td className="number" data-label={w.deliveries.attempts}>
                          {row.attempts}
                        </td>
                        <td data-label={w.deliveries.when}>
                          <Ago at={row.createdAt} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <Pages
                page={page}
                pages={Math.ceil(found.total / pageSize)}
                total={found.total}
                onPage={setPage}
              />
            </>
          )
        }
      </Load>
    </div>
  );
}
