/** Rules about the sources that a reader would have to check again and again. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/(\.(test|fixture)|\/contract|-suite)\.ts$/.test(file))
  .map((file) => ({
    file: file.replaceAll(path.sep, '/'),
    text: readFileSync(path.join(root, file), 'utf8'),
  }));

/** Lines of all sources that suits, as `file: line`, without comments. */
const linesThat = (suits: (line: string) => boolean): string[] =>
  sources.flatMap(({ file, text }) =>
    text
      .split('\n')
      .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && suits(line))
      .map((line) => `${file}: ${line.trim()}`),
  );

/** What is presented by somebody, and must be compared in constant time. */
const presented = /\b\w*(signature|hmac|mac|secret|token|otp|password)\w*\b/i;
const harmless =
  /(=== |!== )(undefined|null|''|""|0|true|false|\d+|typeof|'[^']*')|typeof |(\.length|\.size|\.version|Version|\.kind|\.type|\.status|At|Id|\.name|Name)\s*(===|!==)|(===|!==)\s*[\w.]*(\.length|Id|At)\b/;

test('no signature, token or password is compared with ===', () => {
  const wrong = linesThat((line) => {
    const comparison = /([\w.[\]()!?']+)\s*(===|!==)\s*([\w.[\]()!?']+)/.exec(line);
    if (!comparison || harmless.test(line)) return false;
    return presented.test(comparison[1]!) || presented.test(comparison[3]!);
  });
  // Our own tokens of other services, compared with each other in memory: nobody presents them.
  const ours = /^destinations\/(oauth-tokens|gcs\/token)\.ts: /;
  expect(wrong.filter((line) => !ours.test(line))).toEqual([]);
});

/** Where somebody presents what must not be guessed piece by piece. What is looked up by its hash needs no comparison. */
const comparing = [
  'accounts/oauth-apps.ts',
  'accounts/person-sessions.ts',
  'http/protections/client-certificate.ts',
  'http/routes/oauth-authorize.ts',
  'images/download-link.ts',
  'lib/signatures.ts',
  'projects/billing/stripe.ts',
  'sessions/password.ts',
];

test('what is compared is compared with timingSafeEqual, in few places', () => {
  const places = linesThat((line) => line.includes('timingSafeEqual(')).map((line) => line.split(':')[0]);
  expect([...new Set(places)].sort()).toEqual(comparing);
});

test('no weak hash signs anything, no shell is opened, nothing is evaluated', () => {
  expect(
    linesThat((line) => /createHmac\('(md5|sha1)'/.test(line) && !/totp/i.test(line)).filter(
      (line) => !/totp|one-time|otp/i.test(line),
    ),
  ).toEqual([]);
  expect(
    linesThat((line) => /\beval\(|new Function\(|execSync|shell: true|child_process/.test(line)),
  ).toEqual([]);
});

test('certificates of others are always checked, unless one was pinned', () => {
  const lax = linesThat((line) => /rejectUnauthorized:\s*false/.test(line));
  // A pinned certificate is compared by its own hash there, and a client's certificate by its fingerprint.
  for (const line of lax) expect(line).toMatch(/^(lib\/outbound\/|http\/tls-listener|destinations\/ftp\/)/);
});

test('randomness that protects something comes from the system', () => {
  const uses = linesThat((line) => /Math\.random\b/.test(line));
  for (const line of uses) expect(line).toMatch(/^(app\.ts|queue\/)/);
});
