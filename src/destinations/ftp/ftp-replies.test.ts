/** What the codes of RFC 959 and RFC 4217 mean, also those that no server for tests can be made to say. */
import { expect, test } from 'vitest';
import { refusal, signInRefusal, tlsRefusal } from './ftp-replies.ts';

test.each([
  [421, /no room for another connection \(421 as it is\)\. Lower the connections/, true],
  [425, /data connection could not be made.*passive ports/, false],
  [426, /broke off the transfer/, false],
  [450, /in use/, false],
  [451, /Often its disk is full/, false],
  [452, /disk of the server is full.*Free some space/, false],
  [521, /Set the protocol to ftps/, false],
  [522, /Set the protocol to ftps/, false],
  [532, /ask for a login that needs none/, false],
  [550, /right to write in this folder/, false],
  [552, /quota of the account is used up/, false],
  [553, /right to write in this folder/, false],
])('%d while a photo is written', (code, says, crowded) => {
  const error = refusal({ code, text: 'as it is' }, 'write');
  expect(error).toMatchObject({ fate: 'retry', status: code, crowded, excerpt: `${code} as it is` });
  expect(error.message).toMatch(says);
});

test.each([
  ['folder', /Make it by hand/],
  ['rename', /right to rename/],
  ['read', /right to read/],
  ['remove', /right to delete/],
  ['set up', /Use SFTP/],
] as const)('550 for: %s', (doing, says) => {
  expect(refusal({ code: 550, text: '' }, doing).message).toMatch(says);
});

test('only what no code explains may be about the name', () => {
  expect(refusal({ code: 553, text: '' }, 'write', true).early).toBe(true);
  expect(refusal({ code: 552, text: '' }, 'write', true).early).toBe(false);
});

test.each([
  [530, 'Login incorrect', 'reconnect', /user name or the password/],
  [530, 'Sorry, the maximum number of clients (2) is reached', 'retry', /Lower the connections/],
  [421, 'Too many connections', 'retry', /Lower the connections/],
  [421, 'Service not available', 'retry', /Lower the connections/],
  [530, 'Non-anonymous sessions must use encryption', 'reconnect', /Set the protocol to ftps/],
  [431, 'No such certificate store', 'retry', /lets nobody in just now/],
])('%d %s at the sign-in', (code, text, fate, says) => {
  const error = signInRefusal({ code, text });
  expect(error).toMatchObject({ fate, status: code });
  expect(error.message).toMatch(says);
});

test('no TLS is told at the step of TLS', () => {
  expect(tlsRefusal({ code: 502, text: '' })).toMatchObject({ fate: 'retry', step: 'tls', status: 502 });
});
