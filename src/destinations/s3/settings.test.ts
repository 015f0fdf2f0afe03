import { describe, expect, test } from 'vitest';
import { readSettings } from '../settings.ts';
import { s3 } from './index.ts';
import { addressOf, readSettings as readS3 } from './settings.ts';

const keys = { access_key_id: 'AKIAEXAMPLE', secret_access_key: 'secret' };
const context = { env: 'live', localRoots: [] } as const;
const prepare = (given: Record<string, unknown>) => readSettings(s3, { ...keys, ...given }, context);

function address(given: Record<string, unknown>, key = '/a.jpg'): string {
  const { config, credentials } = prepare(given);
  const settings = readS3(config, credentials);
  return addressOf(settings, settings.region, key).href;
}

describe('where a photo goes', () => {
  test.each([
    [{ bucket: 'claims' }, 'https://claims.s3.us-east-1.amazonaws.com/a.jpg'],
    [{ bucket: 'claims', region: 'eu-central-1' }, 'https://claims.s3.eu-central-1.amazonaws.com/a.jpg'],
    [{ bucket: 'claims', region: 'cn-north-1' }, 'https://claims.s3.cn-north-1.amazonaws.com.cn/a.jpg'],
    [{ bucket: 'my.claims', region: 'eu-west-1' }, 'https://s3.eu-west-1.amazonaws.com/my.claims/a.jpg'],
    [{ bucket: 'claims', endpoint: 'minio.example:9000' }, 'https://minio.example:9000/claims/a.jpg'],
    [{ bucket: 'claims', endpoint: 'http://10.0.0.5:9000/' }, 'http://10.0.0.5:9000/claims/a.jpg'],
    [{ bucket: 'claims', endpointUrl: 'https://s3.example/store' }, 'https://s3.example/store/claims/a.jpg'],
    [
      { bucket: 'claims', endpoint: 'https://claims.fra1.digitaloceanspaces.com', force_path_style: false },
      'https://claims.fra1.digitaloceanspaces.com/a.jpg',
    ],
    [
      { bucket: 'claims', endpoint: 'https://acc.r2.cloudflarestorage.com/claims', region: 'auto' },
      'https://acc.r2.cloudflarestorage.com/claims/a.jpg',
    ],
  ])('%j', (given, expected) => {
    expect(address(given)).toBe(expected);
  });
});

describe('what is refused when saving', () => {
  test.each([
    [{}, /bucket is missing/],
    [{ bucket: 's3://claims/uploads' }, /bucket is only the name/],
    [{ bucket: 'claims', region: 'Frankfurt (Germany)' }, /region is a word/],
    [{ bucket: 'claims', endpoint: 'ftp://x' }, /endpoint must be an address/],
    [{ bucket: 'claims', endpoint: 'https://user:pw@x' }, /endpoint must be an address/],
    [{ bucket: 'claims', key_template: '../{image_id}' }, /key_template holds "\.\."/],
    [{ bucket: 'claims', key_template: '{nope}' }, /key_template uses \{nope\}/],
    [{ bucket: 'claims', conflict: 'ask' }, /conflict must be one of/],
    [{ bucket: 'claims', ca: 'hello' }, /ca is not a certificate/],
    [{ bucket: 'claims', secret_access_key: null }, /secret_access_key is missing/],
  ])('%j', (given, why) => {
    expect(() => prepare(given)).toThrow(why);
  });
});

test('the defaults are those of the contract, and empty settings are none', () => {
  const { config } = prepare({ bucket: 'claims', region: '', endpoint: '', ca: '' });
  expect(config).toEqual({
    bucket: 'claims',
    region: 'us-east-1',
    key_template: 'uploads/{session_id}/{image_index}.{ext}',
    conflict: 'overwrite',
  });
});

test('described in one line', () => {
  expect(s3.describe(prepare({ bucket: 'claims' }).config)).toBe('s3://claims/uploads/');
  expect(s3.describe(prepare({ bucket: 'claims', endpoint: 'https://minio.example' }).config)).toBe(
    's3://claims/uploads/ at minio.example',
  );
});
