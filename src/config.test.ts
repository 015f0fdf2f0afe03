import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderConfigDocs } from '../scripts/config-docs.ts';
import { renderEnvExample } from '../scripts/env-example.ts';
import { ConfigError, readConfig, settings } from './config.ts';

describe('readConfig', () => {
  test('defaults to trial mode, on SQLite, in ./data', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      dataDir: path.resolve('data'),
      databaseUrl: undefined,
      trial: true,
      allowPrivateNetworks: ['127.0.0.0/8', '::1/128'],
      localRoots: [path.resolve('data/inbox')],
      retrySchedule: [30, 60, 120, 240, 480],
      deliveryConcurrency: 4,
    });
  });

  test('a public URL ends trial mode and what came with it', () => {
    const config = readConfig({ APERTUR_PUBLIC_URL: 'https://photos.example/' });
    expect(config).toMatchObject({
      trial: false,
      publicUrl: 'https://photos.example',
      allowPrivateNetworks: [],
      localRoots: [],
    });
  });

  test('a secret may come from a file', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'apertur-config-')), 'url');
    writeFileSync(file, 'postgres://u:p@db/apertur\n');
    expect(readConfig({ APERTUR_DATABASE_URL_FILE: file }).databaseUrl).toBe('postgres://u:p@db/apertur');
    expect(() => readConfig({ APERTUR_SECRET_KEY_FILE: '/nowhere' })).toThrow(/SECRET_KEY_FILE.*ENOENT/);
  });

  test.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['PUBLIC_URL', 'photos.example'],
    ['PUBLIC_URL', 'https://photos.example/apertur'],
    ['ALLOW_PRIVATE_NETWORKS', 'my network'],
    ['LOG_LEVEL', 'loud'],
    ['DELIVERY_CONCURRENCY', '0'],
    ['RETRY_SCHEDULE', '30,soon'],
    ['RETENTION_DAYS', '-1'],
    ['METRICS', 'maybe'],
  ])('%s=%s is refused by its name', (name, value) => {
    expect(() => readConfig({ [`APERTUR_${name}`]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [`APERTUR_${name}`]: value })).toThrow(`APERTUR_${name}`);
  });

  test('.env.example tells of every setting', () => {
    expect(readFileSync(path.resolve(import.meta.dirname, '../.env.example'), 'utf8')).toBe(
      renderEnvExample(),
    );
  });

  test('docs/config.md tells of every setting', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../docs/config.md'), 'utf8');
    expect(page).toBe(renderConfigDocs());
    for (const { name } of settings) expect(page).toContain(`| \`APERTUR_${name}\``);
  });
});
