/** Against the Ceph object gateway: it checks signatures, policies and quotas, and knows If-None-Match. */

import { createHash, X509Certificate } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type RgwServer, type S3User, startRgw } from '../../../test/helpers/s3-rgw.ts';
import { caCertificate, serverCertificate, serverKey } from '../../lib/outbound/certificates.fixture.ts';
import { createFaultProxy, makePhoto, never, openKind } from '../contract.fixture.ts';
import { describeDestination, failure, type Harness } from '../contract.ts';
import type { Connection } from '../destination.ts';
import { errorXml, serveGate } from './gate.fixture.ts';
import { s3 } from './index.ts';

const bucket = 'photos';
let rgw: RgwServer;
beforeAll(async () => {
  rgw = await startRgw();
  await rgw.createBucket(bucket);
});
afterAll(() => rgw?.stop());

describeDestination('s3', {
  start: async () => harness(),
  verifiedBy: 'hash',
  missingFolder: { fate: 'retry', says: /no bucket nowhere.*Create it/ },
  wrongCredentials: { fate: 'reconnect', says: /secret access key/ },
  maxConnections: 8,
});

function harness(): Harness {
  return {
    kind: s3,
    server: rgw,
    settings: ({ at, template, conflict, wrong }) => ({
      ...settings({ endpoint: `http://${at.host}:${at.port}`, key_template: template }),
      conflict,
      ...(wrong === 'folder' ? { bucket: 'nowhere' } : {}),
      ...(wrong === 'credentials' ? { secret_access_key: 'not/the+secret' } : {}),
    }),
    list: (folder) => rgw.list(bucket, `${folder}/`),
    read: (place) => rgw.read(bucket, typeof place === 'string' ? place : (place.remotePath ?? '')),
    put: async (path, body) => void (await rgw.call('PUT', `/${bucket}/${path}`, { body })),
    close: async () => undefined,
  };
}

function settings(wish: Record<string, unknown> = {}, user: S3User = rgw.owner): Record<string, unknown> {
  return {
    bucket,
    endpoint: `http://127.0.0.1:${rgw.port}`,
    access_key_id: user.accessKeyId,
    secret_access_key: user.secretAccessKey,
    ...wish,
  };
}

const open = (wish?: Record<string, unknown>, user?: S3User): Connection =>
  openKind(s3, settings(wish, user));

describe('a key that can do nothing but s3:PutObject under one prefix', () => {
  let writer: S3User;
  const template = 'writer/{filename}';
  beforeAll(async () => {
    writer = await rgw.createUser('writer');
    const resource = [`arn:aws:s3:::${bucket}/writer/*`];
    const rule = (effect: string, user: string, ...actions: string[]) => ({
      Effect: effect,
      Principal: { AWS: [`arn:aws:iam:::user/${user}`] },
      Action: actions.map((action) => `s3:${action}`),
      Resource: resource,
    });
    const policy = {
      Version: '2012-10-17',
      Statement: [
        rule('Allow', 'writer', 'PutObject', 'AbortMultipartUpload'),
        // Who writes an object owns it, and may read it unless that is denied; the bucket's owner may not.
        rule('Deny', 'writer', 'GetObject', 'DeleteObject'),
        rule('Allow', 'owner', 'GetObject'),
      ],
    };
    const body = Buffer.from(JSON.stringify(policy));
    expect((await rgw.call('PUT', `/${bucket}`, { query: 'policy', body })).status).toBeLessThan(300);
    expect((await rgw.call('GET', `/${bucket}/writer/x`, { user: writer })).status).toBe(403);
  });

  test.each([20_000, 20_000_000])('delivers %d bytes, verified by hash', async (size) => {
    const photo = makePhoto({ size });
    const receipt = await open({ key_template: template }, writer).deliver(photo, never());
    expect(receipt.verifiedBy).toBe('hash');
    expect((await rgw.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
  });

  test('passes the connection test, which says that it could not clean up', async () => {
    const result = await open({ key_template: template }, writer).check(never());
    expect(result.success).toBe(true);
    const last = result.steps.at(-1)!;
    expect(last).toMatchObject({ step: 'clean up', outcome: 'noted' });
    expect(last.message).toMatch(/Could not clean up/);
    await open({ key_template: template }, writer).check(never());
    const left = (await rgw.list(bucket, 'writer/')).filter((key) => key.includes('apertur-test'));
    expect(left).toEqual(['writer/apertur-test.txt']);
  });

  test.each(['skip', 'rename', 'fail'] as const)(
    'cannot look, and still never overwrites: %s',
    async (conflict) => {
      const theirs = Buffer.from('theirs');
      const name = `meet-${conflict}.jpg`;
      await rgw.call('PUT', `/${bucket}/writer/${name}`, { body: theirs });
      const connection = open({ key_template: template, conflict }, writer);
      const photo = makePhoto({ filename: name });
      if (conflict === 'fail') {
        expect((await failure(connection.deliver(photo, never()))).fate).toBe('give-up');
      } else {
        const receipt = await connection.deliver(photo, never());
        const again = await connection.deliver(photo, never());
        expect(again.remotePath).toBe(receipt.remotePath);
        expect(receipt.remotePath).toBe(
          conflict === 'skip' ? `writer/${name}` : `writer/meet-rename (${photo.id}).jpg`,
        );
      }
      expect(await rgw.read(bucket, `writer/${name}`)).toEqual(theirs);
    },
  );

  test('is refused elsewhere, with the permission that is missing', async () => {
    const error = await failure(
      open({ key_template: 'other/{filename}' }, writer).deliver(makePhoto(), never()),
    );
    expect(error).toMatchObject({ fate: 'retry', status: 403 });
    expect(error.message).toBe(
      'The bucket refused the write (403). The key may lack s3:PutObject on other/*, or a bucket policy denies it.',
    );
    const { steps } = await open({ key_template: 'other/{filename}' }, writer).check(never());
    expect(steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'settings noted',
      'resolve ok',
      'connect ok',
      'tls skipped',
      'sign in ok',
      'write failed',
    ]);
  });
});

test('a quota that is used up', async () => {
  const full = await rgw.createUser('full', { quotaBytes: 2_000_000 });
  await rgw.createBucket('full', full);
  for (const size of [3_000_000, 20_000_000]) {
    const error = await failure(open({ bucket: 'full' }, full).deliver(makePhoto({ size }), never()));
    expect(error.fate).toBe('retry');
    // The store closes the connection while it is still being sent to; the answer is lost now and then.
    expect(error.message).toMatch(/quota is used up|refuses early/);
  }
  expect((await rgw.call('GET', '/full', { user: full, query: 'uploads' })).body.toString()).not.toMatch(
    /<Upload>/,
  );
});

test('an access key ID that nobody knows', async () => {
  const error = await failure(open({ access_key_id: 'NOBODY' }).deliver(makePhoto(), never()));
  expect(error).toMatchObject({ fate: 'reconnect', status: 403 });
  expect(error.message).toMatch(/does not know the access key ID/);
});

test('a key that is too long', async () => {
  const key_template = `long/${'{filename}/'.repeat(6)}x.jpg`;
  const error = await failure(
    open({ key_template }).deliver(makePhoto({ filename: 'n'.repeat(200) }), never()),
  );
  expect(error).toMatchObject({ fate: 'give-up', status: 400 });
  expect(error.message).toMatch(/Change key_template/);
});

test('the bucket before the host name', async () => {
  const endpoint = `http://localhost:${rgw.port}`;
  const photo = makePhoto();
  const receipt = await open({ endpoint, force_path_style: false }).deliver(photo, never());
  expect(receipt.url).toMatch(/^http:\/\/photos\.localhost:/);
  expect((await rgw.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
});

test('a large photo goes on after a cut: only the part that was hit is sent again', async () => {
  const road = await createFaultProxy(rgw);
  onTestFinished(() => road.close());
  road.set({ resetAfter: 12_000_000 });
  const photo = makePhoto({
    size: 30_000_000,
    onPiece: () => {
      if (road.connections > 1) road.set();
    },
  });
  const receipt = await open({ endpoint: `http://127.0.0.1:${road.port}` }).deliver(photo, never());
  expect(road.connections).toBe(2);
  expect(receipt.verifiedBy).toBe('hash');
  expect((await rgw.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
});

test('parts of a failed upload are thrown away', async () => {
  const { origin } = await serveGate(rgw, {
    answer: ({ url }) =>
      url?.includes('partNumber=3') ? { status: 403, body: errorXml('AccessDenied') } : undefined,
  });
  const photo = makePhoto({ size: 25_000_000 });
  await failure(open({ endpoint: origin, key_template: 'parts/{filename}' }).deliver(photo, never()));
  const { body } = await rgw.call('GET', `/${bucket}`, { query: 'prefix=parts%2F&uploads' });
  expect(body.toString()).toMatch(/<ListMultipartUploadsResult/);
  expect(body.toString()).not.toMatch(/<Upload>/);
});

test('a photo that was damaged in storage never arrives', async () => {
  for (const size of [50_000, 20_000_000]) {
    const photo = { ...makePhoto({ size }), sha256: '0'.repeat(64) };
    const error = await failure(open({ key_template: 'damaged/{filename}' }).deliver(photo, never()));
    expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/check the storage/) });
  }
  expect(await rgw.list(bucket, 'damaged/')).toEqual([]);
});

describe('a store that checks the signed hash', () => {
  const parts = ({ method, url }: { method?: string | undefined; url?: string | undefined }): boolean =>
    method === 'PUT' && url!.includes('partNumber');

  test('is asked once, leaves nothing behind, and then compares the photos itself', async () => {
    const { origin, requests } = await serveGate({ host: '127.0.0.1', port: rgw.port }, {});
    const connection = open({ endpoint: origin, key_template: 'checked/{filename}' });
    for (let count = 0; count < 7; count++) {
      const photo = makePhoto({ size: 60_000 });
      const receipt = await connection.deliver(photo, never());
      expect(receipt.verifiedBy).toBe('hash');
      expect((await rgw.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
    }
    expect(requests.filter(parts)).toHaveLength(1);
    expect(await rgw.list(bucket, 'checked/')).toHaveLength(7);
    const { body } = await rgw.call('GET', `/${bucket}`, { query: 'prefix=checked%2F&uploads' });
    expect(body.toString()).not.toMatch(/<Upload>/);

    const kept = makePhoto({ size: 60_000, filename: 'kept.jpg' });
    await connection.deliver(kept, never());
    const damaged = { ...makePhoto({ size: 60_000, filename: 'kept.jpg' }), sha256: '0'.repeat(64) };
    const error = await failure(connection.deliver(damaged, never()));
    expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/check the storage/) });
    const short = { ...kept, sizeBytes: 60_001 };
    expect((await failure(connection.deliver(short, never()))).message).toMatch(/60000 of 60001 bytes/);
    expect((await rgw.read(bucket, 'checked/kept.jpg'))?.equals(kept.bytes())).toBe(true);
  });

  test('is believed only when it refused: one that takes anything is compared with', async () => {
    let etag = '';
    const { origin } = await serveGate(undefined, {
      answer: (request) => {
        if (request.url!.includes('uploads=')) return { status: 200, body: '<UploadId>u1</UploadId>' };
        return request.method === 'PUT' ? { status: 200, headers: { etag } } : { status: 204 };
      },
    });
    const connection = open({ endpoint: origin });
    for (let count = 0; count < 7; count++) {
      const photo = makePhoto();
      etag = createHash('md5').update(photo.bytes()).digest('hex');
      expect((await connection.deliver(photo, never())).verifiedBy).toBe('hash');
      etag = '0'.repeat(32);
      expect((await connection.deliver(photo, never())).verifiedBy).toBe('none');
    }
  });
});

test('an own CA and a pinned certificate are trusted, others are refused with advice', async () => {
  const server = createServer({ cert: serverCertificate, key: serverKey }, (client) => {
    const store = connect(rgw.port, '127.0.0.1');
    client.pipe(store).pipe(client);
    client.on('error', () => store.destroy());
    store.on('error', () => client.destroy());
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const endpoint = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  const pin = new X509Certificate(serverCertificate).fingerprint256;
  for (const trust of [{ ca: caCertificate }, { certificate_sha256: pin }]) {
    const receipt = await open({ endpoint, ...trust }).deliver(makePhoto(), never());
    expect(receipt.verifiedBy).toBe('hash');
    expect(receipt.phases?.tls).toBeGreaterThan(0);
  }
  const another = open({ endpoint, certificate_sha256: 'ab'.repeat(32) });
  expect((await failure(another.deliver(makePhoto(), never()))).message).toMatch(/pinned/);
  const error = await failure(open({ endpoint }).deliver(makePhoto(), never()));
  expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/certificate/) });
  const { steps } = await open({ endpoint }).check(never());
  expect(steps.at(-1)).toMatchObject({ step: 'tls', outcome: 'failed', advice: expect.stringMatching(/CA/) });
});

describe('stores that do things differently', () => {
  test.each(['overwrite', 'skip'])(
    'one that wants another region is believed, once (%s)',
    async (conflict) => {
      const { origin, requests } = await serveGate(rgw, {
        answer: ({ headers }) =>
          headers.authorization?.includes('/eu-west-9/')
            ? undefined
            : { status: 400, body: errorXml('AuthorizationHeaderMalformed', '<Region>eu-west-9</Region>') },
      });
      const connection = open({ endpoint: origin, region: 'us-east-1', conflict });
      for (const photo of [makePhoto(), makePhoto()]) {
        expect((await connection.deliver(photo, never())).verifiedBy).toBe('hash');
      }
      if (conflict === 'overwrite') expect(requests).toHaveLength(3);
      const { steps, success } = await connection.check(never());
      expect(success).toBe(true);
      expect(steps[0]).toMatchObject({
        outcome: 'noted',
        advice: expect.stringMatching(/Set region to eu-west-9/),
      });
    },
  );

  test('one without If-None-Match: looked at first, and the connection test says so', async () => {
    const { origin } = await serveGate(rgw, {
      answer: ({ headers }) =>
        headers['if-none-match'] ? { status: 501, body: errorXml('NotImplemented') } : undefined,
    });
    const connection = open({ endpoint: origin, conflict: 'fail', key_template: 'old/{filename}' });
    for (const size of [5_000, 20_000_000]) {
      const photo = makePhoto({ size, filename: `${size}.jpg` });
      const receipt = await connection.deliver(photo, never());
      expect((await rgw.read(bucket, receipt.remotePath!))?.equals(photo.bytes())).toBe(true);
      const other = await failure(connection.deliver(makePhoto({ filename: photo.filename }), never()));
      expect(other.fate).toBe('give-up');
    }
    const verify = (await connection.check(never())).steps.find(({ step }) => step === 'verify');
    expect(verify).toMatchObject({ outcome: 'noted', message: expect.stringMatching(/If-None-Match, 501/) });
  });

  test('one without If-None-Match whose key may not look: ends with advice, and writes nothing', async () => {
    const { origin } = await serveGate(rgw, {
      answer: ({ headers, method }) =>
        headers['if-none-match']
          ? { status: 501, body: errorXml('NotImplemented') }
          : method === 'HEAD'
            ? { status: 403 }
            : undefined,
    });
    const connection = open({ endpoint: origin, conflict: 'skip', key_template: 'blind/{filename}' });
    const error = await failure(connection.deliver(makePhoto(), never()));
    expect(error).toMatchObject({ fate: 'give-up', message: expect.stringMatching(/Choose overwrite/) });
    expect(await rgw.list(bucket, 'blind/')).toEqual([]);
  });

  test.each([
    ['size', undefined],
    ['none', { status: 403 }],
    ['retry', { status: 200, headers: { 'content-length': '7' } }],
  ])('one whose ETag is no MD5: %s', async (outcome, head) => {
    const { origin } = await serveGate(rgw, {
      answer: ({ method }) => (method === 'HEAD' ? head : undefined),
      rewrite: (headers) => {
        headers.etag = '"0123456789abcdef0123456789abcdef"';
      },
    });
    const delivered = open({ endpoint: origin }).deliver(makePhoto(), never());
    if (outcome === 'retry') expect((await failure(delivered)).message).toMatch(/holds 7 of 5000 bytes/);
    else expect((await delivered).verifiedBy).toBe(outcome);
  });

  test.each([
    ['size', { status: 200, headers: { 'content-length': '17000000' } }],
    ['none', { status: 403 }],
    ['retry', { status: 200, headers: { 'content-length': '7' } }],
  ])('one whose parts have ETags that are no MD5: %s', async (outcome, head) => {
    const { origin } = await serveGate(undefined, {
      answer: ({ method, url }) => {
        if (method === 'HEAD') return head;
        if (method === 'PUT') return { status: 200, headers: { etag: '"opaque"' } };
        if (method === 'DELETE') return { status: 204 };
        return url!.includes('uploads=')
          ? { status: 200, body: '<UploadId>u1</UploadId>' }
          : { status: 200, body: '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>' };
      },
    });
    const delivered = open({ endpoint: origin }).deliver(makePhoto({ size: 17_000_000 }), never());
    if (outcome === 'retry') expect((await failure(delivered)).message).toMatch(/holds 7 of 17000000 bytes/);
    else expect((await delivered).verifiedBy).toBe(outcome);
  });

  test('Amazon is given a checksum to check, others are not', async () => {
    const photo = makePhoto();
    const sum = Buffer.from(photo.sha256, 'hex').toString('base64');
    const { origin, requests } = await serveGate(undefined, {
      answer: ({ headers }) => ({
        status: 200,
        // Amazon repeats the checksum that it computed; its ETag is no MD5 under a key of one's own.
        headers: {
          etag: '"opaque"',
          ...(headers['x-amz-checksum-sha256'] ? { 'x-amz-checksum-sha256': sum } : {}),
        },
      }),
    });
    const endpoint = `http://s3.eu-west-1.amazonaws.com:${new URL(origin).port}`;
    const receipt = await open({ endpoint, region: 'eu-west-1' }).deliver(photo, never());
    expect(receipt.verifiedBy).toBe('hash');
    await open({ endpoint: origin })
      .deliver(photo, never())
      .catch(() => undefined);
    const sums = requests.map(({ headers }) => headers['x-amz-checksum-sha256']);
    expect(sums.slice(0, 2)).toEqual([sum, undefined]);
  });
});

test('the gateway is a real one: it refuses a request without a signature', async () => {
  const status = await new Promise((done) => {
    const anonymous = { host: rgw.host, port: rgw.port, path: `/${bucket}/x`, method: 'PUT' };
    httpRequest(anonymous, (answer) => done(answer.statusCode)).end('x');
  });
  expect(status).toBe(403);
});
