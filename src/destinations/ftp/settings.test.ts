import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../../../test/helpers/child-server.ts';
import { caCertificate } from '../../lib/outbound/certificates.fixture.ts';
import { readSettings as readStored, showSettings } from '../settings.ts';
import { ftp } from './index.ts';
import { readSettings } from './settings.ts';

const base = { host: 'files.example.com', username: 'photos', password: 'hunter22' };
const context = { env: 'live', localRoots: [] } as const;
const store = (given: Record<string, unknown>) => readStored(ftp, { ...base, ...given }, context);
const read = (given: Record<string, unknown>) => readSettings(store(given));

function makeKey(passphrase = ''): { privateKey: string; publicKey: string; fingerprint: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'apertur-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'key');
  const keygen = (...args: string[]) => execFileSync(findProgram('ssh-keygen'), args, { encoding: 'utf8' });
  keygen('-q', '-t', 'ed25519', '-N', passphrase, '-f', file);
  const fingerprint = keygen('-lf', file).split(' ')[1]!;
  return {
    privateKey: readFileSync(file, 'utf8'),
    publicKey: readFileSync(`${file}.pub`, 'utf8'),
    fingerprint,
  };
}

describe('the protocol', () => {
  test.each([
    [{}, 'ftp', 21, false],
    [{ port: 22 }, 'sftp', 22, false],
    [{ port: 2222 }, 'ftp', 2222, false],
    [{ protocol: 'sftp' }, 'sftp', 22, false],
    [{ protocol: 'sftp', port: 2222 }, 'sftp', 2222, false],
    [{ protocol: 'ftps' }, 'ftps', 21, false],
    [{ port: 990 }, 'ftps', 990, true],
    [{ protocol: 'ftps', tls_mode: 'implicit' }, 'ftps', 990, true],
    [{ protocol: 'ftps', port: 990, tls_mode: 'explicit' }, 'ftps', 990, false],
  ])('%j is %s on port %i', (given, protocol, port, implicitTls) => {
    expect(read(given)).toMatchObject({ protocol, port, implicitTls });
    expect(store(given).config.protocol).toBe(protocol);
  });

  test('the aliases say it, and what the client says wins', () => {
    expect(read({ ...ftp.impliedByAlias.sftp })).toMatchObject({ protocol: 'sftp', port: 22 });
    expect(read({ ...ftp.impliedByAlias.ftps, protocol: 'ftp' })).toMatchObject({ protocol: 'ftp' });
    expect(ftp.aliases).toEqual(Object.keys(ftp.impliedByAlias));
  });
});

test('other spellings of the settings are read', () => {
  const given = { directory: 'in', template: '{image_id}.{ext}', onConflict: 'skip', maxConnections: 2 };
  expect(read({ ...given, on_conflict: 'skip' })).toMatchObject({
    remoteDir: 'in',
    template: '{image_id}.{ext}',
    conflict: 'skip',
    maxConnections: 2,
  });
});

test.each([
  [{ host: 'ftp://files.example.com' }, 'host must be a name or address alone'],
  [{ host: 'files.example.com/in' }, 'host must be a name or address alone'],
  [{ host: '' }, 'host'],
  [{ username: 'a\r\nDELE b' }, 'username holds a control character'],
  [{ password: 'a\r\nDELE b' }, 'password holds a control character'],
  [{ password: null }, 'password is missing'],
  [{ protocol: 'sftp', password: null }, 'password or private_key is missing'],
  [{ port: 70_000 }, 'port'],
  [{ protocol: 'scp' }, 'protocol must be one of ftp, ftps, sftp'],
  [{ remote_dir: 'a/../../b' }, 'remote_dir holds ".."'],
  [{ remote_dir: 'a\r\nb' }, 'remote_dir holds a control character'],
  [{ remote_dir: 'a\\b' }, 'remote_dir holds a backslash'],
  [{ path_template: '{nothing}.jpg' }, '{nothing}, which is not known'],
  [{ ca: 'hello' }, 'ca is not a certificate'],
  [{ certificate_sha256: 'abc' }, 'not a SHA-256 fingerprint'],
  [{ ca: caCertificate, certificate_sha256: 'ab'.repeat(32) }, 'not both'],
  [{ protocol: 'sftp', host_key: 'MD5:aa:bb' }, 'host_key is not a fingerprint'],
  [{ protocol: 'sftp', private_key: 'hello' }, 'private_key cannot be read'],
  [{ max_connections: 0 }, 'max_connections'],
])('%j is refused', (given, why) => {
  expect(() => store(given)).toThrow(
    expect.objectContaining({ status: 400, message: expect.stringContaining(why) }),
  );
});

describe('keys', () => {
  test('a private key is opened when it is saved', () => {
    const { privateKey, publicKey } = makeKey();
    expect(read({ protocol: 'sftp', password: null, private_key: privateKey }).privateKey).toContain(
      'OPENSSH',
    );
    expect(() => store({ protocol: 'sftp', private_key: publicKey })).toThrow('Give the private half');
  });

  test('an encrypted one needs its passphrase, and the right one', () => {
    const { privateKey } = makeKey('open sesame');
    const given = { protocol: 'sftp', private_key: privateKey };
    expect(() => store(given)).toThrow('private_key is encrypted. Give its passphrase');
    expect(() => store({ ...given, passphrase: 'no' })).toThrow('cannot be opened. Check the passphrase');
    expect(read({ ...given, passphrase: 'open sesame' }).passphrase).toBe('open sesame');
  });

  test('host keys are taken as fingerprints and as public keys, several of them, and stored as fingerprints', () => {
    const one = makeKey();
    const two = makeKey();
    const line = `files.example.com ${one.publicKey.trim()}, ${two.fingerprint} ${two.fingerprint}`;
    const stored = store({ protocol: 'sftp', host_key: line });
    expect(stored.config.host_key).toBe(`${one.fingerprint} ${two.fingerprint}`);
    expect(readSettings(stored).hostKeys).toEqual([one.fingerprint, two.fingerprint]);
    expect(read({ protocol: 'sftp', host_key: '' }).hostKeys).toEqual([]);
  });
});

test('a pin is stored as plain hex, however it was written', () => {
  const pin = 'ab'.repeat(32);
  const spelled = `SHA256:${pin.toUpperCase().match(/../g)!.join(':')}`;
  expect(read({ protocol: 'ftps', certificate_sha256: spelled }).tls).toEqual({ pinnedSha256: pin });
  expect(read({ protocol: 'ftps', ca: caCertificate }).tls).toEqual({ ca: caCertificate.trim() });
});

test('secrets are masked, the rest is shown', () => {
  const { privateKey } = makeKey();
  const shown = showSettings(ftp, store({ protocol: 'sftp', private_key: privateKey }));
  expect(shown).toMatchObject({ host: 'files.example.com', password: '••••••••', private_key: '••••••••' });
});

test.each([
  [{}, 'ftp://files.example.com/{session_id}/{image_index}.{ext}'],
  [
    { protocol: 'sftp', remote_dir: '/srv/in/', path_template: '{image_id}.jpg' },
    'sftp://files.example.com/srv/in/{image_id}.jpg',
  ],
  [{ host: '2001:db8::1', port: 2121 }, 'ftp://[2001:db8::1]:2121/{session_id}/{image_index}.{ext}'],
])('%j is described as %s', (given, line) => {
  expect(ftp.describe(store(given).config)).toBe(line);
});
