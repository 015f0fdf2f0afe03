/** One delivery, of a photo or of an event: what happened, and delivering it again. */
import { Button } from '@mantine/core';
import { IconArrowLeft, IconRefresh } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import { useChange, useData, useScope } from '../../api/queries.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Attempts } from '../../parts/attempts.tsx';
import { Load, PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { Photo } from '../../parts/photo.tsx';
import { Ago, Code, Id, isAhead, State } from '../../parts/text.tsx';
import { ago, fill, size, w } from '../../words.ts';

function Head(props: {
  title: string;
  status: string;
  next: string | null;
  retry: () => Promise<unknown>;
  wasSent: boolean;
}) {
  const scope = useScope();
  const may = useMay();
  const run = () => props.retry().then(() => tell(w.delivery.queued), tellProblem);
  const retry = () =>
    props.wasSent
      ? ask({
          title: w.delivery.retryTitle,
          text: w.delivery.retrySent,
          confirm: w.delivery.retry,
          danger: false,
          run,
        })
      : void run();
  return (
    <PageHead
      title={props.title}
      back={
        <Link to="/p/$project/$env/deliveries" params={scope as never} className="back">
          <IconArrowLeft size={14} aria-hidden="true" /> {w.deliveries.title}
        </Link>
      }
      lead={
        <span className="row">
          <State state={props.status} />
          {isAhead(props.next) && props.status === 'retrying'
            ? fill(w.deliveries.nextTry, { time: ago(props.next) })
            : null}
        </span>
      }
    >
      {may.write ? (
        <Button leftSection={<IconRefresh size={18} />} onClick={retry} disabled={props.status === 'sending'}>
          {w.delivery.retry}
        </Button>
      ) : null}
    </PageHead>
  );
}

function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows.map(([term, value]) => (
        <div key={term} className="fact">
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ImageDelivery() {
  const { image, destination } = useParams({ strict: false }) as { image: string; destination: string };
  const scope = useScope();
  const path = { image, destination };
  const delivery = useData('/uploads/{image}/destinations/{destination}', { path, every: 3_000 });
  const upload = useData('/uploads/{image}', { path: { image } });
  const target = useData('/projects/{project}/destinations/{destination}', { path: { destination } });
  const retry = useChange(
    (_: undefined, send) => send('post', '/uploads/{image}/destinations/{destination}/retry', { path }),
    [`/uploads/${image}`],
  );
  const name = upload.data?.filename ?? w.delivery.image;
  useTitle(name);
  return (
    <Load of={delivery}>
      {(found) => (
        <>
          <Head
            title={name}
            status={found.status}
            next={found.nextAttemptAt}
            wasSent={found.status === 'sent'}
            retry={() => retry.mutateAsync(undefined)}
          />
          <div className="columns">
            <div>
              <Panel title={w.delivery.timeline}>
                <Attempts attempts={found.history} />
              </Panel>
            </div>
            <div>
              <Panel title={w.delivery.photo}>
                <Photo imageId={image} name={name} size={640} />
                <Facts
                  rows={[
                    [
                      w.deliveries.where,
                      <Link
                        key="to"
                        to="/p/$project/$env/destinations/$destination"
                        params={{ ...scope, destination } as never}
                      >
                        {target.data?.name ?? destination}
                      </Link>,
                    ],
                    ...(upload.data
                      ? ([
                          [w.delivery.bytes, size(upload.data.sizeBytes)],
                          [
                            w.delivery.session,
                            <Link
                              key="session"
                              to="/p/$project/$env/sessions/$session"
                              params={{ ...scope, session: upload.data.sessionId } as never}
                            >
                              <code>{upload.data.sessionId.slice(0, 13)}…</code>
                            </Link>,
                          ],
                        ] as [string, ReactNode][])
                      : []),
                    [w.common.id, <Id key="id" value={image} short />],
                  ]}
                />
              </Panel>
              {found.receipt ? <Receipt receipt={found.receipt} /> : null}
            </div>
          </div>
        </>
      )}
    </Load>
  );
}

function Receipt({ receipt }: { receipt: Record<string, unknown> }) {
  const verified = w.delivery.verifiedBy as Record<string, string>;
  const path = receipt.remotePath ?? receipt.remote_path;
  const how = String(receipt.verifiedBy ?? receipt.verified_by ?? '');
  const rows: [string, ReactNode][] = [];
  if (typeof path === 'string') rows.push([w.delivery.path, <code key="path">{path}</code>]);
  if (typeof receipt.bytes === 'number') rows.push([w.delivery.bytes, size(receipt.bytes)]);
  if (verified[how]) rows.push([w.delivery.verified, verified[how]]);
  if (rows.length === 0) return null;
  return (
    <Panel title={w.delivery.receipt}>
      <Facts rows={rows} />
    </Panel>
  );
}

export function EventDelivery() {
  const { webhook, delivery: id } = useParams({ strict: false }) as { webhook: string; delivery: string };
  const scope = useScope();
  const path = { webhook, delivery: id };
  const stem = '/projects/{project}/webhooks/{webhook}/deliveries/{delivery}';
  const delivery = useData(stem, { path, every: 3_000 });
  const retry = useChange(
    (_: undefined, send) => send('post', `${stem}/retry`, { path }),
    [`/projects/{project}/webhooks/${webhook}/deliveries`],
  );
  useTitle(delivery.data?.topic ?? w.delivery.event);
  return (
    <Load of={delivery}>
      {(found) => (
        <>
          <Head
            title={found.topic}
            status={found.held ? 'held' : found.status}
            next={found.nextRetryAt}
            wasSent={found.status === 'sent'}
            retry={() => retry.mutateAsync(undefined)}
          />
          <div className="columns">
            <div>
              <Panel title={w.delivery.timeline}>
                <Attempts attempts={found.history} />
              </Panel>
            </div>
            <div>
              <Panel title={w.delivery.body}>
                <Facts
                  rows={[
                    [
                      w.deliveries.where,
                      <Link
                        key="to"
                        to="/p/$project/$env/webhooks/$webhook"
                        params={{ ...scope, webhook } as never}
                      >
                        {w.nav.webhooks}
                      </Link>,
                    ],
                    [w.common.created, <Ago key="at" at={found.createdAt} />],
                    [w.common.id, <Id key="id" value={found.eventLogId} short />],
                  ]}
                />
                {found.data ? (
                  <Code text={JSON.stringify(found.data, null, 2)} label={w.delivery.body} />
                ) : null}
              </Panel>
            </div>
          </div>
        </>
      )}
    </Load>
  );
}
