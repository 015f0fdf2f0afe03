/** lighttpd's WebDAV for tests: the one server among Debian's that signs in by Digest with SHA-256. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildServer, freePorts, makeFolder, startChild } from './child-server.ts';

export interface LighttpdDav extends ChildServer {
  readonly port: number;
  readonly user: { name: string; password: string };
  /** What lies at `/`. */
  readonly data: string;
}

const name = 'photo';
const password = 'lightSecret-1';
const realm = 'destdav';

export async function startLighttpdDav(): Promise<LighttpdDav> {
  const folder = makeFolder('lighttpd');
  const data = join(folder, 'data');
  mkdirSync(data);
  const hash = createHash('sha256').update(`${name}:${realm}:${password}`).digest('hex');
  writeFileSync(join(folder, 'users'), `${name}:${realm}:${hash}\n`);
  const [port = 0] = await freePorts(1);
  writeFileSync(join(folder, 'lighttpd.conf'), configuration(folder, data, port));
  const args = ['-D', '-f', join(folder, 'lighttpd.conf')];
  const child = await startChild({ program: 'lighttpd', args, folder, ports: [port] });
  return { ...child, port, user: { name, password }, data };
}

function configuration(folder: string, data: string, port: number): string {
  return `server.modules = ("mod_auth", "mod_authn_file", "mod_webdav")
server.document-root = "${data}"
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ("${folder}")
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "${folder}/users"
auth.require = ("/" => (
  "method" => "digest", "realm" => "${realm}", "require" => "valid-user", "algorithm" => "SHA-256"
))
webdav.activate = "enable"
`;
}
