import { expect, test } from 'vitest';
import { caCertificate } from '../../lib/outbound/certificates.fixture.ts';
import { readSettings as readStored, showSettings } from '../settings.ts';
import { readSettings, webdav } from './index.ts';

const base = {
  url: 'https://cloud.example.com/remote.php/dav/files/anna',
  username: 'anna',
  password: 'hunter22',
};
const context = { env: 'live', localRoots: [] } as const;
const store = (given: Record<string, unknown> = {}) => readStored(webdav, { ...base, ...given }, context);

test.each([
  [{}, 'https://cloud.example.com/remote.php/dav/files/anna/'],
  [{ url: `${base.url}/`, remote_dir: '/in/' }, 'https://cloud.example.com/remote.php/dav/files/anna/in/'],
  [{ directory: 'a b/ü#?%' }, 'https://cloud.example.com/remote.php/dav/files/anna/a%20b/%C3%BC%23%3F%25/'],
  [{ url: 'https://nas.example:5006', path: 'photos' }, 'https://nas.example:5006/photos/'],
])('%j leads to %s', (given, url) => {
  expect(readSettings(store(given)).base.href).toBe(url);
});

test.each([
  [{ url: 'cloud.example.com' }, 'url must be a complete address'],
  [{ url: 'davs://cloud.example.com' }, 'url must be a complete address'],
  [{ url: 'https://anna:pw@cloud.example.com/' }, 'must not hold a user name or password'],
  [{ url: 'https://cloud.example.com/?a=b' }, 'must not hold a ? or #'],
  [{ username: 'an:na' }, 'username holds a colon'],
  [{ password: null }, 'password is missing'],
  [{ username: null }, 'username is missing'],
  [{ remote_dir: '../up' }, 'remote_dir holds ".."'],
  [{ path_template: '../{ext}' }, 'holds ".."'],
  [{ ca: 'hello' }, 'ca is not a certificate'],
  [{ ca: caCertificate, certificate_sha256: 'ab'.repeat(32) }, 'not both'],
])('%j is refused', (given, why) => {
  expect(() => store(given)).toThrow(
    expect.objectContaining({ status: 400, message: expect.stringContaining(why) }),
  );
});

test('it is described and shown without its password', () => {
  const stored = store({ remote_dir: 'in' });
  expect(webdav.describe(stored.config)).toBe(
    'https://cloud.example.com/remote.php/dav/files/anna/in/{session_id}/{image_index}.{ext}',
  );
  expect(showSettings(webdav, stored).password).toBe('••••••••');
});
