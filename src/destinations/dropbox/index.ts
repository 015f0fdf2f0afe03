/** Dropbox, within the folder of the app. Contract §6.3; docs/destinations/dropbox.md. */
import { Type } from 'typebox';
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
import { Dropbox } from './drive.ts';

const config = Type.Object(
  {
    folder: Type.Optional(
      Type.String({
        title: 'Folder',
        description:
          "Path inside the app's own folder, made when it is not there. Empty: that folder itself.",
        examples: ['Claims', 'Claims/Photos'],
        aliases: ['folder_path', 'path', 'directory', 'remote_dir'],
        maxLength: 1_024,
      }),
    ),
    ...driveFields,
  },
  { additionalProperties: false },
);

export const dropbox = {
  kind: 'dropbox',
  aliases: [],
  label: 'Dropbox',
  category: 'cloud drives',
  config,
  credentials: tokenCredentials,
  oauth: {
    provider: 'dropbox',
    label: 'Dropbox',
    // www.dropbox.com/developers/documentation/http/documentation#authorization
    endpoints: {
      authorize: 'https://www.dropbox.com/oauth2/authorize',
      token: 'https://api.dropboxapi.com/oauth2/token',
      api: 'https://api.dropboxapi.com/2',
      content: 'https://content.dropboxapi.com/2',
      root: '/Apps/{app_folder}',
    },
    scopes: () => ['account_info.read', 'files.metadata.read', 'files.content.write'],
    authorizeParameters: { token_access_type: 'offline' },
    async identify({ outbound, endpoints, tokens, signal }) {
      const answer = await outbound.request({
        method: 'POST',
        url: `${endpoints.api}/users/get_current_account`,
        headers: { authorization: `Bearer ${tokens.accessToken}`, 'content-type': 'application/json' },
        body: 'null',
        signal,
      });
      const { account_id: id, email } = readJson(answer) as { account_id?: string; email?: string };
      return { id: id ?? null, email: email ?? null };
    },
    async revoke({ outbound, endpoints, tokens, signal }) {
      const answer = await outbound.request({
        method: 'POST',
        url: `${endpoints.api}/auth/token/revoke`,
        headers: { authorization: `Bearer ${tokens.accessToken}` },
        signal,
      });
      return answer.status === 200;
    },
  },
  prepare({ config: given, credentials }) {
    const settings = { ...given };
    const folder = cleanFolder((given.folder as string | undefined) ?? '', 'folder');
    // People copy the path that Dropbox shows; what is before our folder is not ours to say.
    settings.folder = folder.replace(/^Apps\/Apertur(\/|$)/i, '');
    if (settings.folder === '') delete settings.folder;
    checkDriveTemplates(settings);
    return { config: settings, credentials };
  },
  describe(stored) {
    const { template } = readDriveSettings(stored);
    return `Dropbox app folder: ${joinPath((stored.folder as string | undefined) ?? '', template)}`;
  },
  connect(settings, services) {
    const client = new AccountClient({ services, label: 'Dropbox', read: readRefusal });
    const drive = new Dropbox(client, (settings.config.folder as string | undefined) ?? '');
    return createDriveConnection(drive, readDriveSettings(settings.config), services);
  },
} satisfies DestinationKind;
