import { promises as dns, type LookupAddress } from 'node:dns';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { OutboundError } from '../outbound.ts';
import { createOutbound } from './client.ts';
import { createGuard, type Resolver } from './guard.ts';
import { failureOf, serve, serveNames } from './servers.fixture.ts';

const strict = createGuard({ allow: [] });

/** address → a word of the sentence that refuses it. */
const refusedAddresses: Record<string, string> = {
  '0.0.0.0': 'unspecified',
  '0.1.2.3': 'unspecified',
  '10.0.0.1': 'private',
  '10.255.255.255': 'private',
  '100.64.0.1': 'carrier-grade',
  '100.127.255.254': 'carrier-grade',
  '100.100.100.200': 'metadata',
  '127.0.0.1': 'loopback',
  '127.255.255.254': 'loopback',
  '168.63.129.16': 'metadata',
  '169.254.0.1': 'link-local',
  '169.254.169.254': 'metadata',
  '169.254.170.2': 'metadata',
  '172.16.0.1': 'private',
  '172.31.255.255': 'private',
  '192.0.0.1': 'reserved',
  '192.0.0.192': 'metadata',
  '192.0.2.1': 'reserved',
  '192.88.99.1': 'reserved',
  '192.168.0.1': 'private',
  '192.168.255.255': 'private',
  '198.18.0.1': 'reserved',
  '198.19.255.255': 'reserved',
  '198.51.100.7': 'reserved',
  '203.0.113.7': 'reserved',
  '224.0.0.1': 'multicast',
  '239.255.255.250': 'multicast',
  '240.0.0.1': 'reserved',
  '255.255.255.255': 'broadcast',
  // Other spellings of IPv4: short, decimal, hex, octal, and both readings of a leading zero.
  '127.1': 'loopback',
  '127.0.1': 'loopback',
  '10.1': 'private',
  '2130706433': 'loopback',
  '0x7f000001': 'loopback',
  '0x7f.0.0.1': 'loopback',
  '0x7f.1': 'loopback',
  '017700000001': 'loopback',
  '0177.0.0.1': 'loopback',
  '00000177.0.0.1': 'loopback',
  '010.0.0.1': 'private',
  '012.0.0.1': 'private',
  '2852039166': 'metadata',
  '0xa9fea9fe': 'metadata',
  '0251.0376.0251.0376': 'metadata',
  '0': 'unspecified',
  // IPv6.
  '::': 'unspecified',
  '::1': 'loopback',
  '[::1]': 'loopback',
  '0:0:0:0:0:0:0:1': 'loopback',
  '0000:0000:0000:0000:0000:0000:0000:0001': 'loopback',
  '::1%lo': 'loopback',
  'fe80::1': 'link-local',
  'fe80::1%eth0': 'link-local',
  'febf::1': 'link-local',
  'fec0::1': 'site-local',
  'fc00::1': 'private',
  'fd12:3456:789a::1': 'private',
  'fd00:ec2::254': 'metadata',
  'FD00:0EC2:0:0:0:0:0:254': 'metadata',
  'fd20:ce::254': 'metadata',
  'ff02::1': 'multicast',
  'ff0e::1': 'multicast',
  '::ffff:127.0.0.1': 'mapped',
  '[::ffff:127.0.0.1]': 'mapped',
  '::ffff:7f00:1': 'mapped',
  '::FFFF:169.254.169.254': 'mapped',
  '0:0:0:0:0:ffff:a00:1': 'mapped',
  '::ffff:8.8.8.8': 'mapped',
  '::127.0.0.1': 'compatible',
  '::7f00:1': 'compatible',
  '::8.8.8.8': 'compatible',
  '::808:808': 'compatible',
  '::ffff:0:127.0.0.1': 'translated',
  '64:ff9b::7f00:1': 'NAT64',
  '64:ff9b::10.0.0.1': 'NAT64',
  '64:ff9b::8.8.8.8': 'NAT64',
  '64:ff9b:1::a00:1': 'NAT64',
  '64:ff9b:1:fffe::1': 'NAT64',
  '2002:7f00:1::': '6to4',
  '2002:a00:1::1': '6to4',
  '2002:808:808::1': '6to4',
  '2001::1': 'Teredo',
  '2001:0:4136:e378:8000:63bf:80ff:fffe': 'Teredo',
  '2001:2::1': 'reserved',
  '2001:10::1': 'reserved',
  '2001:20::1': 'reserved',
  '2001:db8::1': 'reserved',
  '3fff::1': 'reserved',
  '100::1': 'reserved',
  '5f00::1': 'reserved',
  '4000::1': 'reserved',
  'fe00::1': 'reserved',
  '1::1': 'reserved',
  '2a00:1450::5efe:7f00:1': 'ISATAP',
  '2a00:1450::200:5efe:a00:1': 'ISATAP',
  // No addresses at all.
  '': 'not an IP address',
  localhost: 'not an IP address',
  '127.0.0.1:80': 'not an IP address',
  ' 8.8.8.8': 'not an IP address',
  '8.8.8.8\n127.0.0.1': 'not an IP address',
  '1.2.3.4.5': 'not an IP address',
  '99999999999': 'not an IP address',
};

const publicAddresses = [
  '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '126.255.255.255', '128.0.0.1',
  '169.253.255.255', '172.15.255.255', '172.32.0.1', '192.167.255.255', '198.17.255.255', '198.20.0.1',
  '223.255.255.255', '134744072', '0x08080808', '2606:4700:4700::1111', '2a00:1450:4001:82a::200e',
  '[2001:4860:4860::8888]', '2003::1',
]; // biome-ignore format: a list to read at a glance

describe('assertAddress', () => {
  test.each(Object.entries(refusedAddresses))('refuses %j: %s', (address, word) => {
    expect(() => strict.assertAddress(address)).toThrow(OutboundError);
    expect(() => strict.assertAddress(address)).toThrow(word);
  });

  test.each(publicAddresses)('lets %s through', (address) => {
    expect(() => strict.assertAddress(address)).not.toThrow();
  });

  test('the refusal is of stage guard and says how to allow it', () => {
    expect(() => strict.assertAddress('127.0.0.1')).toThrow(
      expect.objectContaining({
        stage: 'guard',
        code: 'ADDRESS_REFUSED',
        message:
          'The address 127.0.0.1 is a loopback address. This server does not send there. Its operator can allow it with APERTUR_ALLOW_PRIVATE_NETWORKS.',
      }),
    );
  });

  test.each([
    {
      allow: ['127.0.0.0/8'],
      open: ['127.0.0.1', '127.1', '0177.0.0.1', '::ffff:127.0.0.1', '[::ffff:7f00:1]'],
    },
    {
      allow: ['127.0.0.0/8'],
      shut: ['::1', '10.0.0.1', '::7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    },
    {
      allow: [' 192.168.1.0/24 '],
      open: ['192.168.1.9', '8.8.8.8'],
      shut: ['192.168.2.1', '::ffff:192.168.2.1'],
    },
    { allow: ['10.1.2.3'], open: ['10.1.2.3'], shut: ['10.1.2.4'] },
    { allow: ['::1', 'fd00::/8'], open: ['::1', 'fd12::1', 'fd00:ec2::254'], shut: ['127.0.0.1', 'fc00::1'] },
    { allow: ['169.254.169.254/32'], open: ['169.254.169.254'], shut: ['169.254.169.253'] },
    // The NAT64 prefix opens the road to the internet, not to what is private behind it.
    { allow: ['64:ff9b::/96'], open: ['64:ff9b::8.8.8.8'], shut: ['64:ff9b::10.0.0.1', '64:ff9b::7f00:1'] },
    { allow: ['64:ff9b::/96', '10.0.0.0/8'], open: ['64:ff9b::10.0.0.1'], shut: ['64:ff9b::7f00:1'] },
    // Octal to one reader and decimal to another: both must be allowed.
    { allow: ['8.0.0.0/8'], shut: ['010.0.0.1'] },
    { allow: ['10.0.0.0/8'], open: ['010.0.0.1'] },
    {
      allow: 'all' as const,
      open: ['127.0.0.1', '::1', '169.254.169.254', '::ffff:10.0.0.1'],
      shut: ['localhost'],
    },
  ])('allow $allow', ({ allow, open = [], shut = [] }) => {
    const guard = createGuard({ allow });
    for (const address of open) expect(() => guard.assertAddress(address), address).not.toThrow();
    for (const address of shut) expect(() => guard.assertAddress(address), address).toThrow(OutboundError);
  });

  test.each(['10.0.0.0/33', 'localhost', '10.1/8', '', '0x7f.1', '::/129'])(
    '%j is not a network',
    (network) => {
      expect(() => createGuard({ allow: [network] })).toThrow('is not a network');
    },
  );
});

describe('lookup', () => {
  const answering = (...addresses: string[]): Resolver => {
    return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  const lookupAll = (resolver: Resolver, family = 0): Promise<LookupAddress[]> => {
    const { lookup } = createGuard({ allow: [], resolver });
    return promisify(lookup)('receiver.example', { all: true, family }) as unknown as Promise<
      LookupAddress[]
    >;
  };

  test('keeps the public addresses and drops the others', async () => {
    const found = await lookupAll(answering('10.0.0.1', '8.8.8.8', '::1', '2606:4700:4700::1111'));
    expect(found.map(({ address }) => address)).toEqual(['8.8.8.8', '2606:4700:4700::1111']);
  });

  test('answers one address, and one family, when asked so', async () => {
    const { lookup } = createGuard({ allow: [], resolver: answering('8.8.8.8', '2606:4700:4700::1111') });
    const one = await new Promise((done) => lookup('receiver.example', { family: 6 }, (...all) => done(all)));
    expect(one).toEqual([null, '2606:4700:4700::1111', 6]);
    expect(await lookupAll(answering('8.8.8.8', '2606:4700:4700::1111'), 4)).toHaveLength(1);
    expect(await failureOf(lookupAll(answering('8.8.8.8'), 6))).toMatchObject({ code: 'ENODATA' });
  });

  test('refuses when no address is left, without saying which it was', async () => {
    const error = await failureOf(lookupAll(answering('10.1.2.3', '127.0.0.1')));
    expect(error).toMatchObject({ stage: 'guard', code: 'ADDRESS_REFUSED', address: null });
    expect(error.message).toContain('The name receiver.example leads to a private address.');
    expect(error.message).not.toContain('10.1.2.3');
  });

  test('a resolver that answers with something else than an address is refused', async () => {
    expect(await failureOf(lookupAll(answering('localhost')))).toMatchObject({ stage: 'guard' });
    expect(await failureOf(lookupAll(answering()))).toMatchObject({ code: 'ENODATA' });
  });

  test('a name that many want at once is asked for once', async () => {
    let questions = 0;
    const answer = Promise.withResolvers<LookupAddress[]>();
    const resolver = () => {
      questions += 1;
      return answer.promise;
    };
    const { lookup } = createGuard({ allow: [], resolver });
    const ask = () => promisify(lookup)('slow.example', {});
    const all = Promise.all([ask(), ask(), ask()]);
    answer.resolve([{ address: '8.8.8.8', family: 4 }]);
    expect((await all).length).toBe(3);
    expect(questions).toBe(1);
    await ask();
    expect(questions).toBe(2);
  });

  test('the resolver of the system is looked at too', async () => {
    const { lookup } = createGuard({ allow: [] });
    const error = await failureOf(promisify(lookup)('localhost', { all: true }));
    expect(error).toMatchObject({ stage: 'guard', code: 'ADDRESS_REFUSED' });
  });
});

describe('rebinding', () => {
  /** Asks a real name server on this machine, nothing cached. */
  async function rebinding(answer: (name: string, question: number) => string[]) {
    const names = await serveNames(answer);
    const resolver = new dns.Resolver();
    resolver.setServers([names.address]);
    const guard = createGuard({
      allow: ['127.0.0.1/32'],
      resolver: async (name) => (await resolver.resolve4(name)).map((address) => ({ address, family: 4 })),
    });
    return { guard, asked: names.asked };
  }

  test('a name is asked for once a connection, and the socket goes where that answer said', async () => {
    let visits = 0;
    const url = await serve((_request, response) => {
      visits += 1;
      response.setHeader('connection', 'close').end();
    });
    const { guard, asked } = await rebinding((_name, question) =>
      question === 1 ? ['127.0.0.1'] : ['127.0.0.2'],
    );
    const client = createOutbound({ guard });
    const target = url.replace('127.0.0.1', 'rebind.example');

    expect(await client.request({ method: 'GET', url: target })).toMatchObject({ status: 200 });
    expect(asked).toEqual(['rebind.example']);
    // The second answer leads elsewhere: it is looked at again, and refused.
    const error = await failureOf(client.request({ method: 'GET', url: target }));
    expect(error).toMatchObject({ stage: 'guard', code: 'ADDRESS_REFUSED' });
    expect(asked).toHaveLength(2);
    expect(visits).toBe(1);
    await client.close();
  });

  test('of several addresses only a permitted one is tried', async () => {
    const url = await serve((_request, response) => response.end());
    const { guard } = await rebinding(() => ['127.0.0.2', '10.0.0.1', '127.0.0.1']);
    const client = createOutbound({ guard });
    const answer = await client.request({ method: 'GET', url: url.replace('127.0.0.1', 'mixed.example') });
    expect(answer.address).toBe(url.slice('http://'.length));
    await client.close();
  });
});
