/** The kinds of destination that there are: one line each. */
import { azureBlob } from './azure-blob/index.ts';
import { box } from './box/index.ts';
import type { DestinationKind } from './destination.ts';
import { dropbox } from './dropbox/index.ts';
import { ftp } from './ftp/index.ts';
import { gcs } from './gcs/index.ts';
import { googleDrive } from './google-drive/index.ts';
import { local } from './local/index.ts';
import { odoo } from './odoo/index.ts';
import { oneDrive } from './onedrive/index.ts';
import { s3 } from './s3/index.ts';
import { webdav } from './webdav/index.ts';
import { webhook } from './webhook/index.ts';

export const kinds: readonly DestinationKind[] = [
  webhook,
  s3,
  azureBlob,
  gcs,
  ftp,
  webdav,
  googleDrive,
  dropbox,
  oneDrive,
  box,
  odoo,
  local,
];

/** The kind behind a type string or one of its aliases (contract §6.2). */
export function findKind(type: string): DestinationKind | undefined {
  const wanted = type.toLowerCase();
  return kinds.find((kind) => kind.kind === wanted || kind.aliases.includes(wanted));
}

/** Every type string, for error messages and documents. */
export function kindNames(): string[] {
  return kinds.map((kind) => kind.kind);
}

/** The type strings of the kinds that people call by a name with `text` in it: "amazon" is s3. */
export function kindsCalled(text: string): string[] {
  const wanted = text.toLowerCase();
  return kinds.filter(({ label }) => label.toLowerCase().includes(wanted)).map(({ kind }) => kind);
}
