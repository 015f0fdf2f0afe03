/** WebDAV passes the suite for all kinds, against Apache mod_dav with Basic and Digest. */
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { type ApacheDav, startApacheDav } from '../../../test/helpers/apache-dav.ts';
import { describeDestination, type Harness } from '../contract.ts';
import { filesBehind } from '../files.fixture.ts';
import { webdav } from './index.ts';

function harness(server: ApacheDav, way: 'basic' | 'digest'): Harness {
  const root = `${server.data}/photos`;
  mkdirSync(root);
  const { uid, gid } = statSync(server.data);
  chownSync(root, uid, gid);
  const files = filesBehind(root, (remotePath) => {
    const [, place = ''] = remotePath.split(`/${way}/photos/`);
    return `${root}/${place}`;
  });
  return {
    ...files,
    // Apache's own name for an upload that is still coming in: the fault proxy holds its side of a stalled one.
    list: async (folder) => (await files.list(folder)).filter((file) => !/\/\.davfs\.tmp\w+$/.test(file)),
    kind: webdav,
    server: { host: '127.0.0.1', port: server.port },
    settings: ({ at, template, conflict, wrong }) => ({
      url: `http://${at.host}:${at.port}/${way}`,
      username: server.user.name,
      password: wrong === 'credentials' ? 'not-the-password' : server.user.password,
      remote_dir: wrong === 'folder' ? 'not/there' : 'photos',
      path_template: template,
      ...(conflict ? { conflict } : {}),
    }),
    close: () => server.stop(),
  };
}

for (const way of ['basic', 'digest'] as const) {
  describeDestination(`webdav with ${way} (Apache)`, {
    start: async () => harness(await startApacheDav(), way),
    verifiedBy: 'size',
    missingFolder: { fate: 'retry', says: /The folder is not there/ },
    wrongCredentials: { fate: 'reconnect', says: /refused the user name or the password/ },
    maxConnections: 4,
  });
}
