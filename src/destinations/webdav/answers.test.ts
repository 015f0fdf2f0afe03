/** What servers say and ours for tests cannot be made to say: answers as RFC 4918 and the clouds document them. */
import { expect, test } from 'vitest';
import { serve } from '../../lib/outbound/servers.fixture.ts';
import { makePhoto, never, openKind } from '../contract.fixture.ts';
import { failure } from '../contract.ts';
import { webdav } from './index.ts';

async function deliverTo(status: number, headers: Record<string, string> = {}) {
  const origin = await serve((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'PUT') response.writeHead(status, headers).end();
      else response.writeHead(request.method === 'PROPFIND' ? 207 : 404).end();
    });
  });
  const settings = {
    url: `${origin}/dav/`,
    username: 'anna',
    password: 'secret',
    path_template: '{filename}',
  };
  return await failure(openKind(webdav, settings).deliver(makePhoto(), never()));
}

test.each([
  [400, 'retry', /file name is not allowed/],
  [403, 'retry', /does not let this account write/],
  [404, 'retry', /folder is not there/],
  [405, 'retry', /WebDAV address/],
  [409, 'retry', /folder is not there/],
  [411, 'retry', /Content-Length/],
  [412, 'retry', /is there already/],
  [413, 'retry', /larger than/],
  [414, 'give-up', /Shorten the template/],
  [415, 'retry', /type of file/],
  [418, 'retry', /WebDAV address/],
  [422, 'retry', /refuses this file name/],
  [423, 'retry', /locked/],
  [424, 'retry', /depends on is locked/],
  [429, 'retry', /slow down/],
  [500, 'retry', /server failed/],
  [501, 'retry', /WebDAV address/],
  [502, 'retry', /server failed/],
  [503, 'retry', /busy/],
  [507, 'retry', /quota/],
])('%d: %s', async (status, fate, says) => {
  const error = await deliverTo(status, { 'retry-after': '31' });
  expect(error).toMatchObject({ fate, status, retryAfter: 31 });
  expect(error.message).toMatch(says);
});
