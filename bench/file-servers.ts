/** The servers to which destinations are measured: each with its settings for us and for rclone. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApacheDav } from '../test/helpers/apache-dav.ts';
import { startAzurite } from '../test/helpers/azurite.ts';
import { startProftpd } from '../test/helpers/proftpd.ts';
import { startRgw } from '../test/helpers/s3-rgw.ts';
import { startSshd } from '../test/helpers/sshd.ts';
import type { Remote } from './rclone.ts';

const run = promisify(execFile);

export interface FileServer {
  type: string;
  /** Settings of the destination, but for the template. */
  config: Record<string, unknown>;
  /** The setting that holds the template. */
  template: string;
  remote: Remote;
  /** Writes to the disk what the system holds in memory, where the server is this machine's own folder. */
  sync?(): Promise<unknown>;
  stop(): Promise<void>;
}

/** `root` is a folder that the product was given for local destinations. */
export const fileServers: Record<string, (root: string) => Promise<FileServer>> = {
  s3,
  'azure-blob': azureBlob,
  webdav,
  ftp: () => ftp(false),
  ftps: () => ftp(true),
  sftp,
  local,
};

async function s3(): Promise<FileServer> {
  const rgw = await startRgw();
  await rgw.createBucket('photos');
  const endpoint = `http://127.0.0.1:${rgw.port}`;
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = rgw.owner;
  return {
    type: 's3',
    config: { bucket: 'photos', endpoint, access_key_id, secret_access_key },
    template: 'key_template',
    remote: {
      settings: { type: 's3', provider: 'Ceph', access_key_id, secret_access_key, endpoint },
      root: 'photos/',
    },
    stop: () => rgw.stop(),
  };
}

async function azureBlob(): Promise<FileServer> {
  const azurite = await startAzurite();
  await azurite.createContainer('photos');
  const endpoint = `http://127.0.0.1:${azurite.port}/${azurite.account}`;
  const sas = azurite.sas('photos', 'rcwdl');
  return {
    type: 'azure_blob',
    config: { account_name: azurite.account, container_name: 'photos', endpoint, sas_token: sas },
    template: 'blob_template',
    remote: { settings: { type: 'azureblob', sas_url: `${endpoint}/photos?${sas}` }, root: 'photos/' },
    stop: () => azurite.stop(),
  };
}

async function webdav(): Promise<FileServer> {
  const { port, user, stop } = await startApacheDav();
  const url = `http://127.0.0.1:${port}/basic/`;
  return {
    type: 'webdav',
    config: { url, username: user.name, password: user.password },
    template: 'path_template',
    remote: {
      settings: { type: 'webdav', vendor: 'other', url, user: user.name },
      hidden: { pass: user.password },
      root: '',
    },
    stop,
  };
}

/** rclone cannot resume a TLS session for its data connections, which ProFTPD wants unless it is told not to. */
const tls = 'TLSRequired off\n  TLSOptions NoSessionReuseRequired';

async function ftp(encrypted: boolean): Promise<FileServer> {
  const { port, user, ca, stop } = await startProftpd({ tls });
  const protocol = encrypted ? 'ftps' : 'ftp';
  const at = { host: '127.0.0.1', port };
  const plain = { type: 'ftp', host: at.host, port: String(port), user: user.name };
  const trust = { explicit_tls: 'true', no_check_certificate: 'true' };
  return {
    type: 'ftp',
    config: { ...at, protocol, username: user.name, password: user.password, ...(encrypted ? { ca } : {}) },
    template: 'path_template',
    remote: {
      settings: { ...plain, ...(encrypted ? trust : {}) },
      hidden: { pass: user.password },
      root: '',
    },
    stop,
  };
}

async function sftp(): Promise<FileServer> {
  const sshd = await startSshd();
  const folder = mkdtempSync(join(tmpdir(), 'apertur-sftp-key-'));
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, sshd.privateKey, { mode: 0o600 });
  const at = { host: '127.0.0.1', port: String(sshd.port), user: sshd.username };
  return {
    type: 'sftp',
    config: { host: at.host, port: sshd.port, username: at.user, private_key: sshd.privateKey },
    template: 'path_template',
    remote: { settings: { type: 'sftp', ...at, key_file: keyFile, shell_type: 'none' }, root: '' },
    async stop() {
      await sshd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function local(root: string): Promise<FileServer> {
  const folder = join(root, 'photos');
  await mkdir(folder, { recursive: true });
  return {
    type: 'local',
    config: { path: folder },
    template: 'path_template',
    remote: { settings: { type: 'local' }, root: `${folder}/` },
    sync: () => run('sync', ['-f', folder]),
    stop: async () => {},
  };
}
