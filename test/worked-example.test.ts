/** The worked example of CONTRIBUTING.md is a kind like the others: it passes the suite, as it stands on the page. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeDestination } from '../src/destinations/contract.ts';
import type { DestinationKind } from '../src/destinations/destination.ts';
import { filesBehind } from '../src/destinations/files.fixture.ts';
import { startPutServer } from './helpers/put-server.ts';

const root = join(import.meta.dirname, '..');

/** Where libraries are found; the imports of the project are written out, because the file stands elsewhere. */
async function loadExample(): Promise<DestinationKind> {
  const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const [, code] = /```ts\n(\/\*\* A web server that takes PUT[\s\S]*?)```/.exec(page) ?? [];
  if (code === undefined) throw new Error('CONTRIBUTING.md has no worked example');
  const folder = join(root, '.cache', 'worked-example');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'index.ts');
  const source = join(root, 'src');
  const standing = code
    .replaceAll("'../../", `'${source}/`)
    .replaceAll("'../", `'${join(source, 'destinations')}/`);
  writeFileSync(file, standing);
  return ((await import(pathToFileURL(file).href)) as { httpPut: DestinationKind }).httpPut;
}

describeDestination('http_put, from CONTRIBUTING.md', {
  start: async () => {
    const [kind, server] = await Promise.all([loadExample(), startPutServer()]);
    const photos = join(server.folder, 'photos');
    mkdirSync(photos);
    return {
      ...filesBehind(photos, (remotePath) => join(photos, remotePath)),
      kind,
      server,
      settings: ({ at, template, conflict, wrong }) => ({
        url: `http://${at.host}:${at.port}/photos`,
        token: wrong === 'credentials' ? 'another token' : server.token,
        path_template: template,
        ...(conflict ? { conflict } : {}),
      }),
      close: () => server.close(),
    };
  },
  verifiedBy: 'size',
  missingFolder: 'made',
  wrongCredentials: { fate: 'reconnect', says: /refused the token/ },
  maxConnections: 8,
});
