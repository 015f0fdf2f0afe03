/** Box. Contract §6.3; docs/destinations/box.md. */
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
import { Box } from './drive.ts';
import { rootFolder } from './folders.ts';

const defaultFolder = 'Apertur';

const config = Type.Object(
  {
    folder_id: Type.Optional(
      Type.String({
        title: 'Folder id',
        description:
          'A folder by its id, the last part of its address in the browser. A path goes on from there.',
        examples: ['164283746532'],
        maxLength: 40,
      }),
    ),
    folder_path: Type.Optional(
      Type.String({
        title: 'Folder',
        description:
          'Path from the top of the Box, or from the folder with that id; made when it is not there.',
        examples: [defaultFolder, 'Claims/Photos'],
        aliases: ['folder', 'path', 'directory', 'remote_dir'],
        maxLength: 1_024,
      }),
    ),
    ...driveFields,
  },
  { additionalProperties: false },
);

export const box = {
  kind: 'box',
  aliases: [],
  label: 'Box',
  category: 'cloud drives',
  config,
  credentials: tokenCredentials,
  oauth: {
    provider: 'box',
    label: 'Box',
    // developer.box.com/reference/get-authorize, /post-oauth2-token, /post-oauth2-revoke
    endpoints: {
      authorize: 'https://account.box.com/api/oauth2/authorize',
      token: 'https://api.box.com/oauth2/token',
      revoke: 'https://api.box.com/oauth2/revoke',
      api: 'https://api.box.com/2.0',
      upload: 'https://upload.box.com/api/2.0',
    },
    scopes: () => ['root_readwrite'],
    authorizeParameters: {},
    async identify({ outbound, endpoints, tokens, signal }) {
      const answer = await outbound.request({
        method: 'GET',
        url: `${endpoints.api}/users/me?fields=id,login`,
        headers: { authorization: `Bearer ${tokens.accessToken}` },
        signal,
      });
      const { id, login } = readJson(answer) as { id?: string; login?: string };
      return { id: id ?? null, email: login ?? null };
    },
    async revoke({ outbound, endpoints, app, tokens, signal }) {
      const form = new URLSearchParams({
        client_id: app.clientId,
        client_secret: app.clientSecret ?? '',
        token: tokens.refreshToken ?? tokens.accessToken,
      });
      const answer = await outbound.request({
        method: 'POST',
        url: endpoints.revoke!,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        signal,
      });
      return answer.status === 200;
    },
  },
  prepare({ config: given, credentials }) {
    const settings = { ...given };
    const id = ((given.folder_id as string | undefined) ?? '').trim();
    if (id === '') delete settings.folder_id;
    else if (!/^\d+$/.test(id))
      throw invalid('folder_id is the number at the end of the address of a folder.');
    settings.folder_path = cleanFolder((given.folder_path as string | undefined) ?? '', 'folder_path');
    if (settings.folder_path === '') delete settings.folder_path;
    checkDriveTemplates(settings);
    return { config: settings, credentials };
  },
  describe(stored) {
    const from = stored.folder_id === undefined ? '' : `folder ${stored.folder_id}`;
    return `Box: ${joinPath(from, pathOf(stored), readDriveSettings(stored).template)}`;
  },
  connect(settings, services) {
    const client = new AccountClient({ services, label: 'Box', read: readRefusal });
    const top = {
      id: (settings.config.folder_id as string | undefined) ?? rootFolder,
      path: pathOf(settings.config),
    };
    return createDriveConnection(new Box(client, top), readDriveSettings(settings.config), services);
  },
} satisfies DestinationKind;

/** A folder that is named by its id is the target itself, unless a path goes on from there. */
function pathOf(stored: Record<string, unknown>): string {
  const path = stored.folder_path as string | undefined;
  return path ?? (stored.folder_id === undefined ? defaultFolder : '');
}
