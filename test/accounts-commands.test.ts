/** The links that the commands print open what they say, in a real process. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { until } from './helpers/app.ts';
import { createBrowser, ownerAccount } from './helpers/person.ts';
import { type Product, startProduct } from './helpers/product.ts';

const root = path.resolve(import.meta.dirname, '..');

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

function apertur(args: string[], dataDir: string): Promise<Run> {
  const env = { PATH: process.env.PATH, APERTUR_DATA_DIR: dataDir, APERTUR_LOG_LEVEL: 'silent' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/apertur.js', ...args], { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

async function started(settings: Record<string, string>): Promise<Product> {
  const product = await startProduct({ settings });
  onTestFinished(() => product.remove());
  return product;
}

const linkIn = (text: string, page: string): URL =>
  new URL(new RegExp(`https?://\\S+/${page}\\?token=\\S+`).exec(text)![0]);

test('the first start prints a link that makes the owner; a later one prints none', async () => {
  const product = await started({ PUBLIC_URL: '' });
  const screen = await until(() => /setup\?token=/.test(product.output) && product.output, 'the link');
  const token = linkIn(screen, 'setup').searchParams.get('token');
  const browser = createBrowser({ origin: product.url });
  const made = await browser.call('POST', '/setup', { body: { token, ...ownerAccount } });
  expect(made.status).toBe(201);
  expect((await browser.signIn(ownerAccount.email, ownerAccount.password)).status).toBe(200);
  // The project that the first start made is the owner's.
  const me = await browser.call('GET', '/me');
  expect(me.body.projects).toMatchObject([{ name: 'My project', role: 'owner' }]);
  const members = await browser.call('GET', `/projects/${me.body.projects[0].id}/members`);
  expect(members.body).toMatchObject([{ email: ownerAccount.email, role: 'owner' }]);

  const again = await apertur(['setup-link'], product.dataDir);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/owner already/);

  expect((await apertur(['reset-link'], product.dataDir)).code).toBe(2);
  expect((await apertur(['reset-link', 'nobody@example.com'], product.dataDir)).code).toBe(1);
  const reset = await apertur(['reset-link', ownerAccount.email], product.dataDir);
  expect(reset.code).toBe(0);
  const body = {
    newPassword: 'another long password',
    token: linkIn(reset.stdout, 'reset-password').searchParams.get('token'),
  };
  expect((await browser.call('POST', '/api/auth/reset-password', { body })).status).toBe(200);
  expect((await browser.call('GET', '/me')).status).toBe(401);
  expect((await browser.signIn(ownerAccount.email, 'another long password')).status).toBe(200);
});

test('setup-link prints a link while there is no owner', async () => {
  const product = await started({});
  const printed = await apertur(['setup-link'], product.dataDir);
  expect(printed.code).toBe(0);
  const token = linkIn(printed.stdout, 'setup').searchParams.get('token');
  const browser = createBrowser({ origin: product.url });
  const made = await browser.call('POST', '/setup', { body: { token, ...ownerAccount } });
  expect(made.status).toBe(201);
});
