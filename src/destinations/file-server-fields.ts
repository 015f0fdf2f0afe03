/** Settings that file servers share, so that each has one name and one meaning. Contract §6.3. */
import { Type } from 'typebox';
import { invalid } from '../errors.ts';
import { checkTemplate } from './templates.ts';

export const defaultTemplate = '{session_id}/{image_index}.{ext}';

export const templateField = Type.Optional(
  Type.String({
    title: 'File path',
    description: 'Path of each photo inside the folder; folders are made as needed.',
    examples: [defaultTemplate, '{date}/{image_id}.{ext}'],
    aliases: ['template'],
    template: { names: 'file' },
    maxLength: 1_024,
    default: defaultTemplate,
  }),
);

/** `about` says whether the folder is made when it is missing. */
export const remoteDirField = (about: string) =>
  Type.Optional(
    Type.String({
      title: 'Folder',
      description: `Folder on the server. ${about}`,
      examples: ['claims', '/srv/photos'],
      aliases: ['directory', 'path', 'remote_path'],
      maxLength: 1_024,
      default: '',
    }),
  );

export const maxConnectionsField = Type.Optional(
  Type.Integer({
    title: 'Connections at once',
    description: 'How many photos are sent at the same time. Lower it when the server allows fewer.',
    examples: [4],
    minimum: 1,
    maximum: 16,
    default: 4,
  }),
);

/** Refuses a folder that no server would take, or that means another one than it says. Throws AppError 400. */
export function checkRemoteDir(folder: string): void {
  if (/\p{Cc}/u.test(folder) || !folder.isWellFormed()) throw invalid('remote_dir holds a control character');
  if (folder.includes('\\')) throw invalid('remote_dir holds a backslash. Folders are separated by /');
  if (folder.split('/').includes('..')) throw invalid('remote_dir holds "..". Write the folder itself');
}

/** The template of a path on a server. Throws AppError 400. */
export function checkPathTemplate(template: string): void {
  checkTemplate(template, { field: 'path_template' });
}
