/**
 * Cloud drives: what Google Drive, Dropbox, OneDrive and Box have in common. A kind brings its **drive**, which finds
 * and writes files by their path below the target folder; the path, the conflict rule, the proof and the receipt are
 * made here.
 */
import { type TSchema, Type } from 'typebox';
import { invalid } from '../errors.ts';
import type { OutboundResponse } from '../lib/outbound.ts';
import { type Conflict, conflictField, keptExcerpt, placeImage } from './conflict.ts';
import {
  type Connection,
  type ConnectionServices,
  type DeliverableImage,
  DeliveryError,
  type FolderChooser,
  type Receipt,
} from './destination.ts';
import { accountEmailField } from './oauth.ts';
import { checkDrive } from './oauth-drive-check.ts';
import { checkTemplate, renderTemplate } from './templates.ts';
import { stopped } from './transfer.ts';

/** A file as the service describes it. */
export interface DriveFile {
  id: string;
  url: string | null;
  bytes: number;
  /** One of the hashes in `Drive.hash`; undefined where the service names none. */
  hash: string | undefined;
}

/** Whether a file is what a photo's hashes say. */
export const isSame = (file: DriveFile, bytes: number, hash: string): boolean =>
  file.bytes === bytes && file.hash !== undefined && hash.split(' ').includes(file.hash);

export interface Written {
  file: DriveFile;
  /** Undefined when the photo was there already and nothing was sent. */
  answer: OutboundResponse | undefined;
}

export interface Drive {
  /** A request that needs no more than a good token. */
  signIn(signal: AbortSignal): Promise<OutboundResponse>;
  /** The folder at a path below the target folder is there afterwards. */
  makeFolder(path: string, signal: AbortSignal): Promise<void>;
  /**
   * What the service computes over a file, computed over the stored photo; several with spaces between, where it is not
   * known which it will name. Throws when the storage is damaged.
   */
  hash(image: DeliverableImage): Promise<string>;
  find(path: string, signal: AbortSignal): Promise<DriveFile | undefined>;
  /** Writes a photo; `free`: only where nothing is. */
  write(
    path: string,
    image: DeliverableImage,
    options: { hash: string; free: boolean },
    signal: AbortSignal,
  ): Promise<Written | 'taken'>;
  remove(path: string, file: DriveFile, signal: AbortSignal): Promise<void>;
  /** As people find it at the service. */
  show(path: string): string;
  folders: FolderChooser;
}

export const defaultSubfolder = '{session_id}';
export const defaultFileName = '{image_index}.{ext}';

/** The settings of every drive beside its folder. */
export const driveFields = {
  subfolder_template: Type.Optional(
    Type.String({
      title: 'Subfolder',
      description: 'Folder of each photo inside the target folder, made as needed. Empty: none.',
      examples: [defaultSubfolder, '{date}/{session_id}'],
      aliases: ['subfolder'],
      template: { names: 'folder' },
      maxLength: 1_024,
      default: defaultSubfolder,
    }),
  ),
  file_template: Type.Optional(
    Type.String({
      title: 'File name',
      description: 'Name of each photo.',
      examples: [defaultFileName, '{image_id}.{ext}'],
      aliases: ['name_template', 'file_name'],
      template: { names: 'name' },
      maxLength: 1_024,
      default: defaultFileName,
    }),
  ),
  conflict: conflictField,
  account_email: accountEmailField,
} satisfies Record<string, TSchema>;

export interface DriveSettings {
  /** Subfolder and file name. */
  template: string;
  conflict: Conflict;
}

export function readDriveSettings(stored: Record<string, unknown>): DriveSettings {
  const { subfolder_template: subfolder = defaultSubfolder, file_template: name = defaultFileName } = stored;
  const folder = (subfolder as string).replace(/\/+$/, '');
  return {
    template: folder === '' ? (name as string) : `${folder}/${name}`,
    conflict: (stored.conflict as Conflict | undefined) ?? 'overwrite',
  };
}

/** Throws AppError 400. */
export function checkDriveTemplates(stored: Record<string, unknown>): void {
  const subfolder = ((stored.subfolder_template as string | undefined) ?? defaultSubfolder).trim();
  if (subfolder !== '') checkTemplate(subfolder, { field: 'subfolder_template', names: 'folder' });
  const name = (stored.file_template as string | undefined) ?? defaultFileName;
  checkTemplate(name, { field: 'file_template', names: 'name' });
}

/** A path of folders without slashes at its ends. Throws AppError 400 naming `field`. */
export function cleanFolder(given: string, field: string): string {
  const segments = given.split('/').filter((segment) => segment.trim() !== '');
  if (/[\p{Cc}\\]/u.test(given)) throw invalid(`${field} holds a character that no folder has.`);
  if (segments.some((segment) => /^\.+$/.test(segment)))
    throw invalid(`${field} must not leave its folder with "..".`);
  return segments.map((segment) => segment.trim()).join('/');
}

export function createDriveConnection(
  drive: Drive,
  settings: DriveSettings,
  services: ConnectionServices,
): Connection {
  async function deliver(image: DeliverableImage, signal: AbortSignal): Promise<Receipt> {
    if (signal.aborted) throw stopped();
    const wanted = renderTemplate(settings.template, image);
    const hash = await drive.hash(image);
    const write = async (path: string): Promise<Written> => {
      const written = await drive.write(path, image, { hash, free: false }, signal);
      if (written !== 'taken') return written;
      throw new DeliveryError(`${drive.show(path)} could not be replaced.`, { fate: 'retry' });
    };
    if (settings.conflict === 'overwrite') return receiptOf(drive, image, hash, wanted, await write(wanted));
    let found: DriveFile | undefined;
    const placed = await placeImage(image, wanted, settings.conflict, {
      async look(path) {
        found = await drive.find(path, signal);
        if (!found) return 'nothing';
        return isSame(found, image.sizeBytes, hash) ? 'ours' : 'another';
      },
      writeIfFree: (path) => drive.write(path, image, { hash, free: true }, signal),
      overwrite: write,
    });
    if (placed.outcome === 'written') return receiptOf(drive, image, hash, placed.path, placed.written);
    if (placed.outcome === 'ours' && found) {
      return receiptOf(drive, image, hash, placed.path, { file: found, answer: undefined });
    }
    return {
      remotePath: drive.show(placed.path),
      remoteId: found?.id ?? null,
      url: found?.url ?? null,
      bytes: image.sizeBytes,
      verifiedBy: 'none',
      excerpt: keptExcerpt,
    };
  }

  return {
    deliver,
    folders: drive.folders,
    check: (signal) => checkDrive(drive, settings, services.now, signal),
    close: async () => undefined,
  };
}

function receiptOf(
  drive: Drive,
  image: DeliverableImage,
  hash: string,
  path: string,
  { file, answer }: Written,
): Receipt {
  return {
    remotePath: drive.show(path),
    remoteId: file.id,
    url: file.url,
    bytes: image.sizeBytes,
    verifiedBy: verify(drive.show(path), image.sizeBytes, hash, file),
    status: answer?.status ?? null,
    phases: answer?.phases ?? null,
    address: answer?.address ?? null,
    excerpt: answer ? null : 'It was there already, from an earlier attempt.',
  };
}

/** Throws DeliveryError `retry` when the service holds something else: the next attempt replaces it. */
export function verify(place: string, bytes: number, hash: string, file: DriveFile): 'hash' | 'size' {
  if (isSame(file, bytes, hash)) return 'hash';
  if (file.bytes === bytes && file.hash === undefined) return 'size';
  const held = file.bytes === bytes ? 'other bytes' : `${file.bytes} of ${bytes} bytes`;
  throw new DeliveryError(
    `${place} holds ${held}: the photo was damaged on its way. It will be sent again.`,
    {
      fate: 'retry',
    },
  );
}

/** Folder and name of a path. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, at)), name: path.slice(at + 1) };
}

export const joinPath = (...parts: string[]): string => parts.filter((part) => part !== '').join('/');
