/** One session: its code, what arrives, where each photo is; live. */
import { Button, Menu, Progress } from '@mantine/core';
import {
  IconArrowLeft,
  IconChevronDown,
  IconClock,
  IconCode,
  IconExternalLink,
  IconLock,
  IconX,
} from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { whileSeen } from '../../api/live.ts';
import { useMay } from '../../api/me.ts';
import { queryClient, refresh, useChange, useData, useScope } from '../../api/queries.ts';
import type { DeliveryStatus, SessionChange, SessionDetails } from '../../api/types.ts';
import { ask, tell, tellProblem } from '../../parts/ask.tsx';
import { Empty, Load, PageHead, Panel, useTitle } from '../../parts/page.tsx';
import { Ago, CopyIcon, Id, State } from '../../parts/text.tsx';
import { counted, figure, fill, moment, size, w } from '../../words.ts';
import { sessionState } from './list.tsx';
import { PhotoCard } from './photo-card.tsx';
import { QrEditor } from './qr.tsx';
import { askPassword, copyCurl, extend } from './session-actions.tsx';

/** Reads anew whenever something happens in the session; a lost line is told, and mends itself. */
function useLive(id: string): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        void refresh(queryClient, [`/upload-sessions/${id}/`]);
      }, 150);
    };
    const names = [
      'image:ready',
      'image:delivering',
      'image:delivered',
      'image:failed',
      'session:completed',
      'session:expired',
    ];
    const stop = whileSeen(() => {
      const source = new EventSource(`/api/v1/upload/${id}/events`);
      for (const name of names) source.addEventListener(name, changed);
      source.addEventListener('open', () => {
        setConnected(true);
        changed();
      });
      source.addEventListener('error', () => setConnected(false));
      return source;
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [id]);
  return connected;
}

export function Session() {
  const { session: id } = useParams({ strict: false }) as { session: string };
  const scope = useScope();
  const path = { session: id };
  const live = useLive(id);
  const details = useData('/upload-sessions/{session}/details', { path, every: 30_000 });
  const status = useData('/upload-sessions/{session}/delivery-status', { path, every: 30_000 });
  useTitle(details.data?.label ?? w.sessions.title);
  return (
    <Load of={details} rows={6}>
      {(session) => (
        <>
          <PageHead
            title={session.label ?? w.sessions.unlabelled}
            back={
              <Link to="/p/$project/$env/sessions" params={scope as never} className="back">
                <IconArrowLeft size={14} aria-hidden="true" /> {w.sessions.title}
              </Link>
            }
            lead={
              <span className="row">
                <State state={sessionState(session.status)} />
                <Ending session={session} />
                <Id value={session.id} short />
              </span>
            }
          >
            <Actions session={session} />
          </PageHead>
          <div className="columns">
            <div>
              <Load of={status}>
                {(files) => <Photos session={session} files={files.files} live={live} />}
              </Load>
            </div>
            <div>
              <QrEditor session={session} />
              <Details session={session} />
            </div>
          </div>
        </>
      )}
    </Load>
  );
}

const isOpen = (session: SessionDetails): boolean =>
  session.status === 'pending' || session.status === 'active';

function Ending({ session }: { session: SessionDetails }) {
  const time = moment(session.completedAt ?? session.expiresAt);
  return <span>{fill(isOpen(session) ? w.session.until : w.session.endedAt, { time })}</span>;
}

function Actions({ session }: { session: SessionDetails }) {
  const may = useMay();
  const path = { session: session.id };
  const touched = [`/upload-sessions/${session.id}`, '/sessions'];
  const change = useChange(
    (body: SessionChange, send) => send('patch', '/upload-sessions/{session}', { path, body }),
    touched,
  );
  const close = useChange(
    (_: undefined, send) => send('post', '/upload-sessions/{session}/close', { path }),
    touched,
  );
  const save = async (body: SessionChange, message: string) => {
    await change.mutateAsync(body).then(() => tell(message), tellProblem);
  };
  const askClose = () =>
    ask({
      title: w.session.closeTitle,
      text: w.session.closeText,
      confirm: w.session.close,
      run: () => close.mutateAsync(undefined).then(() => tell(w.session.closed), tellProblem),
    });
  return (
    <>
      {isOpen(session) ? (
        <Button
          component="a"
          href={session.uploadUrl}
          target="_blank"
          rel="noreferrer"
          variant="default"
          leftSection={<IconExternalLink size={16} />}
        >
          {w.session.open}
        </Button>
      ) : null}
      <Menu position="bottom-end" width={250}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} />}>
            {w.common.actions}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {may.write && isOpen(session) ? (
            <>
              <Menu.Item leftSection={<IconClock size={16} />} onClick={() => extend(session, save)}>
                {w.session.extend}
              </Menu.Item>
              <Menu.Item leftSection={<IconLock size={16} />} onClick={() => askPassword(session, save)}>
                {session.password_protected ? w.session.changePassword : w.session.setPassword}
              </Menu.Item>
            </>
          ) : null}
          <Menu.Item leftSection={<IconCode size={16} />} onClick={() => copyCurl(session)}>
            {w.session.apiCall}
          </Menu.Item>
          {may.write && isOpen(session) ? (
            <>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconX size={16} />} onClick={askClose}>
                {w.session.close}
              </Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Photos({
  session,
  files,
  live,
}: {
  session: SessionDetails;
  files: DeliveryStatus['files'];
  live: boolean;
}) {
  const deliveries = files.flatMap((file) => file.destinations);
  const done = deliveries.filter((delivery) => delivery.status === 'sent').length;
  const share = deliveries.length === 0 ? 100 : (done / deliveries.length) * 100;
  return (
    <Panel
      title={w.session.photos}
      actions={
        isOpen(session) ? (
          <State state={live ? 'open' : 'retrying'} label={live ? w.session.live : w.session.liveLost} />
        ) : null
      }
    >
      {files.length === 0 ? (
        <Empty text={w.session.noPhotos} />
      ) : (
        <>
          <div className="stack progress" aria-live="polite">
            <div className="row spread">
              <strong>{counted(w.session.inAll, files.length)}</strong>
              {deliveries.length > 0 ? (
                <span className="quiet">
                  {fill(w.session.deliveredTo, { done: figure(done), all: figure(deliveries.length) })}
                </span>
              ) : null}
            </div>
            {deliveries.length > 0 ? (
              <Progress value={share} aria-label={w.session.progress} size="sm" />
            ) : null}
          </div>
          <ul className="photo-grid">
            {files.map((file) => (
              <PhotoCard key={file.record_id} file={file} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Details({ session }: { session: SessionDetails }) {
  const names = session.destinations.map(({ name }) => name);
  if (session.longPolling) names.push(w.session.fetched);
  return (
    <Panel title={w.session.details}>
      <dl className="facts">
        <dt>{w.session.link}</dt>
        <dd>
          <a href={session.uploadUrl} target="_blank" rel="noreferrer">
            {session.uploadUrl.replace(/^https?:\/\//, '').slice(0, 28)}…
          </a>
          <CopyIcon value={session.uploadUrl} />
        </dd>
        <dt>{w.session.shortLink}</dt>
        <dd>
          <code>{session.shortUrl.replace(/^https?:\/\//, '')}</code>
          <CopyIcon value={session.shortUrl} />
        </dd>
        <dt>{w.session.destinations}</dt>
        <dd>{names.length > 0 ? names.join(', ') : w.session.keptHere}</dd>
        <dt>{w.session.password}</dt>
        <dd>{session.password_protected ? w.session.hasPassword : w.session.noPassword}</dd>
        <dt>{w.newSession.limits}</dt>
        <dd>
          {fill(w.session.limits, {
            photos: counted(w.common.photos, session.effectiveMaxImages),
            size: size(session.maxImageSizeBytes),
          })}
        </dd>
        <dt>{w.common.created}</dt>
        <dd>
          <Ago at={session.createdAt} />
        </dd>
        {session.metadata ? (
          <>
            <dt>{w.session.metadata}</dt>
            <dd>
              <code>{JSON.stringify(session.metadata)}</code>
            </dd>
          </>
        ) : null}
        {session.tags?.length ? (
          <>
            <dt>{w.session.tags}</dt>
            <dd className="chips">
              {session.tags.map((tag) => (
                <span key={tag} className="chip">
                  {tag}
                </span>
              ))}
            </dd>
          </>
        ) : null}
      </dl>
    </Panel>
  );
}
