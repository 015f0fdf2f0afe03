/** What somebody can do with an open session, each in a small dialog. */
import { Button, Group, PasswordInput, Select } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import type { SessionChange, SessionDetails } from '../../api/types.ts';
import { tell } from '../../parts/ask.tsx';
import { submits } from '../../parts/door.tsx';
import { counted, fill, moment, w } from '../../words.ts';
import { curlOf } from './create.tsx';

type Save = (body: SessionChange, message: string) => Promise<void>;

const close = { closeButtonProps: { 'aria-label': w.common.close } };

export function extend(session: SessionDetails, save: Save): void {
  modals.open({
    modalId: 'extend',
    title: w.session.extendTitle,
    children: <Extend session={session} save={save} />,
    ...close,
  });
}

function Extend({ session, save }: { session: SessionDetails; save: Save }) {
  const [hours, setHours] = useState('24');
  const until = Math.max(Date.now(), Date.parse(session.expiresAt)) + Number(hours) * 3_600_000;
  const submit = async () => {
    await save(
      { expires_at: new Date(until).toISOString() },
      fill(w.session.extended, { time: moment(until) }),
    );
    modals.close('extend');
  };
  return (
    <form className="stack" onSubmit={submits(() => void submit())}>
      <Select
        label={w.session.extend}
        data-autofocus
        value={hours}
        onChange={(value) => setHours(value ?? '24')}
        data={[1, 4, 24, 72].map((count) => ({
          value: String(count),
          label:
            count % 24 === 0 ? counted(w.newSession.days, count / 24) : counted(w.newSession.hours, count),
        }))}
      />
      <p className="quiet">{fill(w.session.until, { time: moment(until) })}</p>
      <Group justify="flex-end">
        <Button type="submit">{w.session.extend}</Button>
      </Group>
    </form>
  );
}

export function askPassword(session: SessionDetails, save: Save): void {
  modals.open({
    modalId: 'password',
    title: w.session.password,
    children: <Password session={session} save={save} />,
    ...close,
  });
}

function Password({ session, save }: { session: SessionDetails; save: Save }) {
  const [password, setPassword] = useState('');
  const done = async (value: string | null) => {
    await save({ password: value }, value === null ? w.session.passwordRemoved : w.session.passwordSet);
    modals.close('password');
  };
  return (
    <form className="stack" onSubmit={submits(() => void done(password))}>
      <PasswordInput
        label={w.newSession.password}
        description={w.newSession.passwordHelp}
        minLength={4}
        maxLength={128}
        required
        data-autofocus
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        {session.password_protected ? (
          <Button variant="default" onClick={() => void done(null)}>
            {w.session.removePassword}
          </Button>
        ) : null}
        <Button type="submit">{w.common.save}</Button>
      </Group>
    </form>
  );
}

/** The call that would have made this session. */
export function copyCurl(session: SessionDetails): void {
  const body: Record<string, unknown> = {};
  if (session.label) body.label = session.label;
  if (session.destinations.length > 0) body.destination_ids = session.destinations.map(({ id }) => id);
  if (session.longPolling) body.long_polling = true;
  if (session.tags?.length) body.tags = session.tags;
  if (session.metadata) body.metadata = session.metadata;
  if (session.password_protected) body.password = '…';
  const { gps, imageFormat, downscale } = session.photos;
  if (gps !== 'keep') body.gps = gps;
  if (imageFormat !== 'original') body.image_format = imageFormat;
  if (downscale) Object.assign(body, { max_image_dimension: session.effectiveMaxImageDimension, downscale });
  const hours = Math.round((Date.parse(session.expiresAt) - Date.parse(session.createdAt)) / 3_600_000);
  body.expires_in_hours = Math.min(168, Math.max(1, hours));
  body.max_images = session.effectiveMaxImages;
  void navigator.clipboard.writeText(curlOf('/upload-sessions', body)).then(() => tell(w.common.copied));
}
