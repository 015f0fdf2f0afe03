/** Google Drive, with the least permission: files that we made ourselves. Contract §6.3; docs/destinations/google-drive.md. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import type { DestinationKind } from '../destination.ts';
import { tokenCredentials } from '../oauth.ts';
import { readJson } from '../oauth-client.ts';
import {
  checkDriveTemplates,
  cleanFolder,
  createDriveConnection,
  driveFields,
  joinPath,
  readDriveSettings,
} from '../oauth-drive.ts';
import { AccountClient } from '../oauth-request.ts';
import { readRefusal } from './answers.ts';
import { GoogleDrive } from './drive.ts';

const defaultFolder = 'Apertur';

const config = Type.Object(
  {
    folder_id: Type.Optional(
      Type.String({
        title: 'Folder id',
        description: 'A folder that was made or chosen through Apertur, by its id. It wins over the path.',
        examples: ['1dyUEebJaFnWa3Z4n0BFMVAXQ7mfUH11g'],
        maxLength: 200,
      }),
    ),
    folder_path: Type.Optional(
      Type.String({
        title: 'Folder',
        description: 'Path from the top of the drive; made when it is not there.',
        examples: [defaultFolder, 'Claims/Photos'],
        aliases: ['folder', 'path', 'directory', 'remote_dir'],
        maxLength: 1_024,
      }),
    ),
    ...driveFields,
  },
  { additionalProperties: false },
);

export const googleDrive = {
  kind: 'google_drive',
  aliases: ['gdrive', 'googledrive', 'google'],
  label: 'Google Drive',
  category: 'cloud drives',
  config,
  credentials: tokenCredentials,
  oauth: {
    provider: 'google',
    label: 'Google',
    // developers.google.com/identity/protocols/oauth2/web-server
    endpoints: {
      authorize: 'https://accounts.google.com/o/oauth2/v2/auth',
      token: 'https://oauth2.googleapis.com/token',
      revoke: 'https://oauth2.googleapis.com/revoke',
      api: 'https://www.googleapis.com/drive/v3',
      upload: 'https://www.googleapis.com/upload/drive/v3',
    },
    scopes: () => ['https://www.googleapis.com/auth/drive.file'],
    // Without prompt=consent a second sign-in brings no refresh token.
    authorizeParameters: { access_type: 'offline', prompt: 'consent' },
    async identify({ outbound, endpoints, tokens, signal }) {
      const answer = await outbound.request({
        method: 'GET',
        url: `${endpoints.api}/about?fields=user(emailAddress,permissionId)`,
        headers: { authorization: `Bearer ${tokens.accessToken}` },
        signal,
      });
      const { user } = readJson(answer) as { user?: { emailAddress?: string; permissionId?: string } };
      return { id: user?.permissionId ?? null, email: user?.emailAddress ?? null };
    },
    async revoke({ outbound, endpoints, tokens, signal }) {
      const answer = await outbound.request({
        method: 'POST',
        url: endpoints.revoke!,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token: tokens.refreshToken ?? tokens.accessToken }).toString(),
        signal,
      });
      return answer.status === 200;
    },
    revokesAllOfAccount: true,
  },
  prepare({ config: given, credentials }) {
    const settings = { ...given };
    const id = ((given.folder_id as string | undefined) ?? '').trim();
    if (id === '') delete settings.folder_id;
    else if (!/^[\w-]+$/.test(id)) throw invalid('folder_id is the last part of the address of a folder.');
    settings.folder_path = cleanFolder((given.folder_path as string | undefined) ?? '', 'folder_path');
    if (settings.folder_path === '') delete settings.folder_path;
    checkDriveTemplates(settings);
    return { config: settings, credentials };
  },
  describe(stored) {
    const { template } = readDriveSettings(stored);
    const folder = stored.folder_id === undefined ? pathOf(stored) : `folder ${stored.folder_id}`;
    return `Google Drive: ${joinPath(folder, template)}`;
  },
  connect(settings, services) {
    const client = new AccountClient({ services, label: 'Google Drive', read: readRefusal });
    const top = { id: settings.config.folder_id as string | undefined, path: pathOf(settings.config) };
    return createDriveConnection(new GoogleDrive(client, top), readDriveSettings(settings.config), services);
  },
} satisfies DestinationKind;

const pathOf = (stored: Record<string, unknown>): string =>
  (stored.folder_path as string | undefined) ?? defaultFolder;
