/** The QR code of a session: how it looks, as a file, on paper. */
import { Alert, Button, ColorInput, NumberInput, SegmentedControl } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload, IconPrinter } from '@tabler/icons-react';
import { useState } from 'react';
import { createPortal } from 'react-dom';
import type { SessionDetails } from '../../api/types.ts';
import { luminance } from '../../parts/colour.ts';
import { queryOf } from '../../parts/lists.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Panel } from '../../parts/page.tsx';
import { fill, moment, w } from '../../words.ts';

interface Look {
  style: 'square' | 'rounded';
  fg: string;
  bg: string;
  size: number;
  borderSize: number;
  borderColor: string;
}

/** Cameras want a dark code on a light ground. */
const isReadable = ({ fg, bg }: Look): boolean => (luminance(bg) + 0.05) / (luminance(fg) + 0.05) >= 4;

const addressOf = (session: string, look: Look, format: 'png' | 'svg'): string =>
  `/api/v1/upload-sessions/${session}/qr${queryOf({
    format,
    size: look.size,
    style: look.style,
    fg: look.fg.slice(1),
    bg: look.bg.slice(1),
    borderSize: look.borderSize || undefined,
    borderColor: look.borderSize ? look.borderColor.slice(1) : undefined,
  })}`;

export function QrEditor({ session }: { session: SessionDetails }) {
  const [look, setLook] = useState<Look>({
    style: 'rounded',
    fg: '#17191b',
    bg: '#ffffff',
    size: 512,
    borderSize: 0,
    borderColor: '#1f6f5c',
  });
  const [shown] = useDebouncedValue(look, 150);
  const set = (change: Partial<Look>) => setLook({ ...look, ...change });
  const name = `apertur-${session.id.slice(-8)}`;
  return (
    <Panel title={w.session.qr}>
      <img
        className="qr"
        src={addressOf(session.id, { ...shown, size: 512 }, 'svg')}
        alt={`${w.session.qr}: ${session.uploadUrl}`}
      />
      {isReadable(look) ? null : (
        <Alert color="yellow" variant="outline">
          {w.session.lowContrast}
        </Alert>
      )}
      <div className="row">
        <Button
          component="a"
          href={addressOf(session.id, look, 'png')}
          download={`${name}.png`}
          leftSection={<IconDownload size={16} />}
          variant="default"
        >
          {w.session.png}
        </Button>
        <Button
          component="a"
          href={addressOf(session.id, look, 'svg')}
          download={`${name}.svg`}
          leftSection={<IconDownload size={16} />}
          variant="default"
        >
          {w.session.svg}
        </Button>
        <Button onClick={() => window.print()} leftSection={<IconPrinter size={16} />} variant="default">
          {w.session.print}
        </Button>
      </div>
      <details className="more">
        <summary>{w.session.style}</summary>
        <div className="stack">
          <SegmentedControl
            aria-label={w.session.style}
            fullWidth
            value={look.style}
            onChange={(style) => set({ style: style as Look['style'] })}
            data={[
              { value: 'rounded', label: w.session.rounded },
              { value: 'square', label: w.session.square },
            ]}
          />
          <div className="pair">
            <ColorInput
              label={w.session.foreground}
              value={look.fg}
              onChange={(fg) => set({ fg })}
              format="hex"
              eyeDropperButtonProps={{ 'aria-label': w.session.foreground }}
            />
            <ColorInput
              label={w.session.background}
              value={look.bg}
              onChange={(bg) => set({ bg })}
              format="hex"
              eyeDropperButtonProps={{ 'aria-label': w.session.background }}
            />
            <NumberInput
              label={w.session.size}
              value={look.size}
              min={64}
              max={2048}
              step={64}
              onChange={(size) => set({ size: Number(size) || 512 })}
            />
            <NumberInput
              label={w.session.border}
              value={look.borderSize}
              min={0}
              max={64}
              onChange={(borderSize) => set({ borderSize: Number(borderSize) || 0 })}
            />
          </div>
          {look.borderSize > 0 ? (
            <ColorInput
              label={w.session.borderColor}
              value={look.borderColor}
              onChange={(borderColor) => set({ borderColor })}
              format="hex"
              eyeDropperButtonProps={{ 'aria-label': w.session.borderColor }}
            />
          ) : null}
        </div>
      </details>
      {createPortal(
        <PrintSheet session={session} qr={addressOf(session.id, { ...shown, size: 1024 }, 'svg')} />,
        document.body,
      )}
    </Panel>
  );
}

/** One page, seen only on paper. */
function PrintSheet({ session, qr }: { session: SessionDetails; qr: string }) {
  return (
    <div className="print-sheet" aria-hidden="true">
      <Mark size={48} />
      {session.label ? <h1>{session.label}</h1> : null}
      <img src={qr} alt="" />
      <p className="print-text">{w.session.printText}</p>
      <p className="print-link">{session.shortUrl}</p>
      <p>{fill(w.session.until, { time: moment(session.expiresAt) })}</p>
    </div>
  );
}
