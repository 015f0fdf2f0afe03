/** OneDrive, personal and for work. Contract §6.3; docs/destinations/onedrive.md. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import type { DestinationKind } from '../destination.ts';
import { tokenCredentials } from '../oauth.ts';
import {
  checkDriveTemplates,
  cleanFolder,
  createDriveConnection,
  driveFields,
  joinPath,
  readDriveSettings,
} from '../oauth-drive.ts';
import { AccountClient } from '../oauth-request.ts';
import { explainSignIn, readRefusal } from './answers.ts';
import { OneDrive } from './drive.ts';
import { safePath, type Top } from './places.ts';

const config = Type.Object(
  {
    folder_id: Type.Optional(
      Type.String({
        title: 'Folder id',
        description: 'A folder by its id; it wins over the path.',
        examples: ['01BYE5RZ6QN3ZWBTUFOFD3GSPGOHDJD36K'],
        maxLength: 300,
      }),
    ),
    folder_path: Type.Optional(
      Type.String({
        title: 'Folder',
        description:
          "Path from the top of the OneDrive, made when it is not there. Empty: the app's own folder, which needs the least permission.",
        examples: ['Claims/Photos'],
        aliases: ['folder', 'path', 'directory', 'remote_dir'],
        maxLength: 1_024,
      }),
    ),
    ...driveFields,
  },
  { additionalProperties: false },
);

/** Written without the first slash of a path. */
function topOf(stored: Record<string, unknown>): Top {
  if (stored.folder_id !== undefined) return { kind: 'id', id: stored.folder_id as string };
  if (stored.folder_path !== undefined) return { kind: 'path', path: stored.folder_path as string };
  return { kind: 'app' };
}

export const oneDrive = {
  kind: 'onedrive',
  aliases: ['one_drive'],
  label: 'OneDrive',
  category: 'cloud drives',
  config,
  credentials: tokenCredentials,
  oauth: {
    provider: 'microsoft',
    label: 'Microsoft',
    // learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    endpoints: {
      authorize: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize',
      token: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
      api: 'https://graph.microsoft.com/v1.0',
    },
    scopes: (stored) => [
      'openid',
      'profile',
      'email',
      'offline_access',
      topOf(stored).kind === 'app' ? 'Files.ReadWrite.AppFolder' : 'Files.ReadWrite',
    ],
    authorizeParameters: { response_mode: 'query' },
    async identify(_call, idToken) {
      const text = (name: string): string | null =>
        typeof idToken?.[name] === 'string' ? idToken[name] : null;
      return { id: text('oid') ?? text('sub'), email: text('preferred_username') ?? text('email') };
    },
    explain: explainSignIn,
  },
  prepare({ config: given, credentials }) {
    const settings = { ...given };
    const id = ((given.folder_id as string | undefined) ?? '').trim();
    if (id === '') delete settings.folder_id;
    else if (!/^[\w!.-]+$/.test(id)) throw invalid('folder_id is the id of a folder, not its address.');
    settings.folder_path = safePath(
      cleanFolder((given.folder_path as string | undefined) ?? '', 'folder_path'),
    );
    if (settings.folder_path === '') delete settings.folder_path;
    checkDriveTemplates(settings);
    return { config: settings, credentials };
  },
  describe(stored) {
    const top = topOf(stored);
    const folder = top.kind === 'app' ? 'app folder' : top.kind === 'id' ? `folder ${top.id}` : top.path;
    return `OneDrive: ${joinPath(folder, readDriveSettings(stored).template)}`;
  },
  connect(settings, services) {
    const client = new AccountClient({ services, label: 'OneDrive', read: readRefusal });
    return createDriveConnection(
      new OneDrive(client, topOf(settings.config)),
      readDriveSettings(settings.config),
      services,
    );
  },
} satisfies DestinationKind;
