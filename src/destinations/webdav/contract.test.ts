/** WebDAV passes the suite for all kinds, against Apache mod_dav (Basic, Digest MD5) and lighttpd (Digest SHA-256). */
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { startApacheDav } from '../../../test/helpers/apache-dav.ts';
import { startLighttpdDav } from '../../../test/helpers/lighttpd-dav.ts';
import { describeDestination, type Harness } from '../contract.ts';
import { filesBehind } from '../files.fixture.ts';
import { webdav } from './index.ts';

interface Server {
  port: number;
  user: { name: string; password: string };
  data: string;
  stop(): Promise<void>;
}

/** `root` is the path of the URL behind which `data` lies; ends with a slash. */
function harness(server: Server, root: string): Harness {
  const folder = `${server.data}/photos`;
  mkdirSync(folder);
  const { uid, gid } = statSync(server.data);
  chownSync(folder, uid, gid);
  const files = filesBehind(folder, (remotePath) => {
    const at = remotePath.indexOf(`${root}photos/`) + root.length;
    return `${server.data}/${remotePath.slice(at)}`;
  });
  return {
    ...files,
    // The server's own name for an upload that is still coming in: the fault proxy holds its side of a stalled one.
    list: async (place) => (await files.list(place)).filter((file) => !/\/\.davfs\.tmp\w+$/.test(file)),
    kind: webdav,
    server: { host: '127.0.0.1', port: server.port },
    settings: ({ at, template, conflict, wrong }) => ({
      url: `http://${at.host}:${at.port}${root}`,
      username: server.user.name,
      password: wrong === 'credentials' ? 'not-the-password' : server.user.password,
      remote_dir: wrong === 'folder' ? 'not/there' : 'photos',
      path_template: template,
      ...(conflict ? { conflict } : {}),
    }),
    close: () => server.stop(),
  };
}

const common = {
  verifiedBy: 'size',
  missingFolder: { fate: 'retry', says: /The folder is not there/ },
  wrongCredentials: { fate: 'reconnect', says: /refused the user name or the password/ },
  maxConnections: 4,
} as const;

for (const way of ['basic', 'digest']) {
  describeDestination(`webdav with ${way} (Apache)`, {
    ...common,
    start: async () => harness(await startApacheDav(), `/${way}/`),
  });
}

describeDestination('webdav with digest and SHA-256 (lighttpd)', {
  ...common,
  start: async () => harness(await startLighttpdDav(), '/'),
});
