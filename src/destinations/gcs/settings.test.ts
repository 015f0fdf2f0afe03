import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../settings.ts';
import { gcs } from './index.ts';

const encodings = {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
} as const;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048, ...encodings }).privateKey;
const edwards = generateKeyPairSync('ed25519', encodings).privateKey;

const file = {
  type: 'service_account',
  client_email: 'photos@acme.iam.gserviceaccount.com',
  private_key: rsa,
};
const key = (members: Record<string, unknown> = {}): string => JSON.stringify({ ...file, ...members });
const prepare = (given: Record<string, unknown>) =>
  readSettings(gcs, { bucket: 'claims', credentials_json: key(), ...given }, { env: 'live', localRoots: [] });

describe('what is refused when saving', () => {
  test.each([
    [{ bucket: null }, /bucket is missing/],
    [{ bucket: 'gs://claims' }, /bucket is only the name/],
    [{ credentials_json: null }, /credentials_json is missing/],
    [{ credentials_json: 'hello' }, /is not JSON/],
    [{ credentials_json: key({ type: 'authorized_user' }) }, /not the key of a service account/],
    [{ credentials_json: key({ client_email: 7 }) }, /no client_email/],
    [{ credentials_json: key({ private_key: undefined }) }, /no private_key/],
    [{ credentials_json: key({ private_key: '-----BEGIN PRIVATE KEY-----\nxyz' }) }, /cannot be read/],
    [{ credentials_json: key({ private_key: edwards }) }, /cannot be read/],
    [{ credentials_json: key({ token_uri: 'nonsense' }) }, /token_uri/],
    [{ endpoint: 'gs://x' }, /endpoint must be an address/],
    [{ object_template: 'a/../b' }, /object_template holds/],
  ])('%#', (given, why) => {
    expect(() => prepare(given)).toThrow(why);
    try {
      prepare(given);
    } catch (error) {
      expect(String(error)).not.toContain('xyz');
    }
  });
});

test('described in one line', () => {
  expect(gcs.describe(prepare({}).config)).toBe('gs://claims/uploads/');
  expect(gcs.describe(prepare({ endpoint: 'storage.s3nsapis.fr/' }).config)).toBe(
    'gs://claims/uploads/ at storage.s3nsapis.fr',
  );
});
