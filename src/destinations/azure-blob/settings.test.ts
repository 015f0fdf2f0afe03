import { describe, expect, test } from 'vitest';
import { readSettings } from '../settings.ts';
import { azureBlob } from './index.ts';
import { addressOf, readSettings as readAzure } from './settings.ts';

const sas = 'sv=2024-11-04&sr=c&sp=cw&se=2027-12-31T00%3A00%3A00Z&sig=abc%2Bdef%2F%3D';
const account = { account_name: 'acme', container_name: 'photos' };
const context = { env: 'live', localRoots: [] } as const;
const prepare = (given: Record<string, unknown>) => readSettings(azureBlob, given, context);

function address(given: Record<string, unknown>): string {
  const { config, credentials } = prepare(given);
  return addressOf(readAzure(config, credentials), 'a b.jpg').href;
}

const key = Buffer.from('key').toString('base64');

describe('where a photo goes', () => {
  test.each([
    [{ ...account, sas_token: sas }, 'https://acme.blob.core.windows.net/photos/a%20b.jpg'],
    [
      {
        container_name: 'photos',
        connection_string: `AccountName=acme;AccountKey=${key};EndpointSuffix=core.windows.net`,
      },
      'https://acme.blob.core.windows.net/photos/a%20b.jpg',
    ],
    [
      {
        container: 'photos',
        connection_string: `BlobEndpoint=https://acme.blob.core.chinacloudapi.cn/;SharedAccessSignature=${sas}`,
      },
      'https://acme.blob.core.chinacloudapi.cn/photos/a%20b.jpg',
    ],
    [
      { ...account, sas_token: sas, endpoint: 'blob.core.usgovcloudapi.net' },
      'https://acme.blob.core.usgovcloudapi.net/photos/a%20b.jpg',
    ],
    [
      { ...account, sas_token: sas, endpoint: 'http://127.0.0.1:10000' },
      'http://127.0.0.1:10000/acme/photos/a%20b.jpg',
    ],
    [
      { ...account, sas_token: sas, endpoint: 'http://azurite:10000/acme/' },
      'http://azurite:10000/acme/photos/a%20b.jpg',
    ],
    [
      { ...account, sas_token: sas, endpoint: 'https://photos.acme.example/photos' },
      'https://photos.acme.example/photos/a%20b.jpg',
    ],
  ])('%#', (given, expected) => {
    expect(address(given)).toBe(expected);
  });
});

test.each([sas, `?${sas}`, `https://acme.blob.core.windows.net/photos?${sas}`, decodeURIComponent(sas)])(
  'a token is taken as it was copied: %s',
  (sas_token) => {
    const { config, credentials } = prepare({ ...account, sas_token });
    const { access } = readAzure(config, credentials);
    expect('sas' in access && access.sas.get('sig')).toBe('abc+def/=');
  },
);

describe('what is refused when saving', () => {
  test.each([
    [{ container_name: 'photos', sas_token: sas }, /account_name is missing/],
    [{ account_name: 'acme', sas_token: sas }, /container_name is missing/],
    [account, /sas_token or connection_string is missing/],
    [{ ...account, account_name: 'Acme Inc', sas_token: sas }, /account_name is the name/],
    [{ ...account, container_name: 'photos/in', sas_token: sas }, /container_name is only the name/],
    [{ ...account, sas_token: 'hello' }, /is not a SAS token/],
    [{ ...account, sas_token: sas.replace('cw', 'rl') }, /does not allow writing \(sp=rl\)/],
    [{ ...account, sas_token: sas.replace('sr=c', 'sr=b') }, /for one blob/],
    [{ ...account, sas_token: sas.replace('sr=c', 'ss=b&srt=c') }, /does not reach objects/],
    [{ ...account, connection_string: 'UseDevelopmentStorage=true' }, /neither AccountKey nor/],
    [{ ...account, connection_string: `AccountName=other;AccountKey=${key}` }, /is for other/],
    [{ ...account, connection_string: `BlobEndpoint=nonsense;AccountKey=${key}` }, /no address/],
    [{ ...account, sas_token: sas, endpoint: 'ftp://x' }, /endpoint must be an address/],
    [{ ...account, sas_token: sas, blob_template: '/x' }, /blob_template starts like an absolute path/],
    [{ ...account, sas_token: sas, ca: 'x' }, /ca is not a certificate/],
  ])('%#', (given, why) => {
    expect(() => prepare(given)).toThrow(why);
  });
});

test('described in one line', () => {
  expect(azureBlob.describe(prepare({ ...account, sas_token: sas }).config)).toBe(
    'azure://acme/photos/uploads/',
  );
  const own = prepare({ ...account, sas_token: sas, endpoint: 'http://azurite:10000' });
  expect(azureBlob.describe(own.config)).toBe('azure://acme/photos/uploads/ at azurite:10000');
});
