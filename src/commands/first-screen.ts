/** What a first start shows: where it listens, a QR code to scan, and what to do next in three lines. */
import path from 'node:path';
import type { Config } from '../config.ts';
import { renderTerminalQr } from '../lib/terminal-qr.ts';
import type { Trial } from '../projects/trial.ts';

export interface FirstScreen {
  config: Config;
  trial: Trial;
  port: number;
  /** Makes the owner's account; undefined when there is one. */
  setupToken: string | undefined;
  /** The address a phone on the same network reaches; undefined when there is none. */
  network: string | undefined;
  /** Columns of the terminal; undefined when it is none, and then there are no colours either. */
  columns: number | undefined;
}

export function showFirstScreen({ config, trial, port, setupToken, network, columns }: FirstScreen): string {
  const here = `http://${config.host && config.host !== '0.0.0.0' ? config.host : 'localhost'}:${port}`;
  const forPhones = network ? `http://${network}:${port}` : here;
  const uploadUrl = `${forPhones}/u/${trial.sessionId}`;
  // The shorter the text, the coarser the code, and the easier it is to scan from a screen.
  const shortUrl = `${forPhones}/s/${trial.shortCode}`;
  const near = path.relative(process.cwd(), trial.inbox);
  const inbox = near.startsWith('..') ? trial.inbox : near;
  return [
    '',
    '  Apertur · trial mode',
    '',
    `  Here        ${here}`,
    `  For phones  ${network ? `${forPhones}   (same network)` : 'no network address found; use this machine'}`,
    '',
    renderTerminalQr(shortUrl, { colour: columns !== undefined, columns }),
    '',
    `  ${uploadUrl}`,
    '',
    `  1  Scan the code and send a photo: it lands in ${inbox}${path.sep}`,
    '  2  Start the little receiver in another terminal:',
    `       npm run -s apertur -- receive --secret ${trial.project.webhookSecret()}`,
    '  3  Make a session that delivers to it:',
    ...curl(here, trial.keys?.live ?? 'YOUR_KEY'),
    '',
    ...(setupToken ? [setupLine(here, setupToken), ''] : []),
    `  Project   ${trial.project.id}`,
    ...keyLines(trial),
    '',
    '  Trial mode lets deliveries reach this machine (loopback). Set APERTUR_PUBLIC_URL to leave it.',
    '',
  ].join('\n');
}

/** The link of the first account: it opens once, and not for long. */
export function setupLine(origin: string, token: string): string {
  return `  Dashboard ${origin}/setup?token=${token}\n            Opens once, within a day: make your account there.`;
}

function curl(origin: string, key: string): string[] {
  const body = {
    delivery_mode: 'webhook',
    webhook_url: 'http://127.0.0.1:4000/photos',
    webhook_format: 'json_base64',
  };
  return [
    `       curl -X POST ${origin}/v1/sessions \\`,
    `         -H 'Authorization: Bearer ${key}' \\`,
    `         -H 'Content-Type: application/json' \\`,
    `         -d '${JSON.stringify(body)}'`,
  ];
}

function keyLines(trial: Trial): string[] {
  if (trial.keys) {
    return [
      `  Live key  ${trial.keys.live}`,
      `  Test key  ${trial.keys.test}`,
      '            Shown only now; keep them.',
    ];
  }
  return ['  Keys      were shown at the first start. Make another: npm run -s apertur -- key create'];
}
