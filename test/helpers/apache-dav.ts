/** Apache mod_dav for tests: `/basic`, `/digest` (MD5) and, on request, a full disk, TLS and lines of one's own. */
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caCertificate, serverCertificate, serverKey } from '../../src/lib/outbound/certificates.fixture.ts';
import { type ChildServer, findProgram, freePorts, isRoot, makeFolder, startChild } from './child-server.ts';

export interface ApacheDavOptions {
  /** The data is a disk of so many bytes. */
  diskBytes?: number;
  /** Methods that are refused (403) to whoever is signed in. */
  refuses?: readonly string[];
  /** More lines for `/digest`. */
  inDigest?: string;
  /** More lines at the top; PORT stands for the port. */
  extra?: string;
}

export interface ApacheDav extends ChildServer {
  readonly port: number;
  readonly tlsPort: number;
  readonly ca: string;
  /** SHA-256 of the certificate as hex with colons. */
  readonly pin: string;
  readonly user: { name: string; password: string };
  /** What lies at `/basic/` and `/digest/`. */
  readonly data: string;
  errors(): string;
  /** Makes what a test put into the data the server's own. */
  give(place: string): void;
}

const name = 'photo';
const password = 'davSecret-1';
const realm = 'destdav';

export async function startApacheDav(options: ApacheDavOptions = {}): Promise<ApacheDav> {
  const folder = makeFolder('apache');
  const data = join(folder, 'data');
  const run = join(folder, 'run');
  for (const made of [data, run]) {
    mkdirSync(made);
    giveToServer(made);
  }
  writeFileSync(join(folder, 'server.crt'), serverCertificate);
  writeFileSync(join(folder, 'server.key'), serverKey, { mode: 0o600 });
  const hash = createHash('md5').update(`${name}:${realm}:${password}`).digest('hex');
  writeFileSync(join(folder, 'digest.users'), `${name}:${realm}:${hash}\n`);
  execFileSync(findProgram('htpasswd'), ['-bcB', '-C', '4', join(folder, 'basic.users'), name, password], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [port = 0, tlsPort = 0] = await freePorts(2);
  writeFileSync(join(folder, 'httpd.conf'), configuration({ folder, data, run, port, tlsPort }, options));
  const child = await startChild({
    program: 'apache2',
    args: ['-DFOREGROUND', '-f', join(folder, 'httpd.conf')],
    folder,
    ports: [port, tlsPort],
    ...(options.diskBytes === undefined ? {} : { smallDisk: { at: data, bytes: options.diskBytes } }),
  });
  return {
    ...child,
    port,
    tlsPort,
    ca: caCertificate,
    pin: new X509Certificate(serverCertificate).fingerprint256,
    user: { name, password },
    data,
    give: (place) => giveToServer(join(data, place)),
    errors: () => readFileSync(join(run, 'error.log'), 'utf8'),
  };
}

function giveToServer(folder: string): void {
  if (!isRoot) return;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] = users.find(([user]) => user === 'www-data') ?? [];
  chownSync(folder, Number(uid), Number(gid));
  chmodSync(folder, 0o755);
}

interface Places {
  folder: string;
  data: string;
  run: string;
  port: number;
  tlsPort: number;
}

const modules = [
  'mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_basic', 'auth_digest', 'dav', 'dav_fs',
  'alias', 'setenvif', 'headers', 'rewrite', 'ssl', 'socache_shmcb',
]; // biome-ignore format: a list to read at a glance

function configuration({ folder, data, run, port, tlsPort }: Places, options: ApacheDavOptions): string {
  const root = '/usr/lib/apache2';
  if (!existsSync(join(root, 'modules/mod_dav.so')))
    throw new Error('No mod_dav. Run `node scripts/prepare-tests.ts`.');
  const location = (path: string, type: 'Basic' | 'Digest'): string => `
Alias /${path} ${data}
<Location /${path}>
  Dav On
  AuthType ${type}
  AuthName ${realm}
  Auth${type}Provider file
  ${type === 'Digest' ? `AuthDigestQop auth\n  ${options.inDigest ?? ''}` : ''}
  AuthUserFile ${folder}/${type.toLowerCase()}.users
  AuthzSendForbiddenOnFailure On
  <RequireAll>
    Require valid-user
    ${(options.refuses ?? []).map((method) => `Require not method ${method}`).join('\n    ')}
  </RequireAll>
</Location>`;
  return `ServerRoot ${root}
ServerName localhost
Listen 127.0.0.1:${port}
Listen 127.0.0.1:${tlsPort}
PidFile ${run}/httpd.pid
ErrorLog ${run}/error.log
LogLevel warn
${isRoot ? 'User www-data\nGroup www-data' : ''}
${modules.map((module) => `LoadModule ${module}_module modules/mod_${module}.so`).join('\n')}
Mutex file:${run} default
DAVLockDB ${run}/davlock
LimitXMLRequestBody 1048576
DocumentRoot ${data}
KeepAlive On
MaxKeepAliveRequests 0
<IfModule mpm_event_module>
  StartServers 1
  ThreadsPerChild 25
</IfModule>
<Directory />
  Require all denied
  AllowOverride None
</Directory>
<Directory ${data}>
  Require all granted
</Directory>
${location('basic', 'Basic')}
${location('digest', 'Digest')}
${(options.extra ?? '').replaceAll('PORT', String(port))}
<VirtualHost 127.0.0.1:${tlsPort}>
  SSLEngine on
  SSLCertificateFile ${folder}/server.crt
  SSLCertificateKeyFile ${folder}/server.key
</VirtualHost>
`;
}
