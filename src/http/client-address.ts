/**
 * Where a request comes from, for those who have no Fastify request: live sockets, and the header of a proxy that speaks
 * for its client. The same rule as Fastify's `trustProxy`: the nearest address that is not a trusted proxy.
 */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

export type TrustProxy = string[] | boolean;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A v4 address in a v6 one (`::ffff:203.0.113.7`) is the v4 address. Undefined when it is none. */
export function parseAddress(text: string | undefined): Address | undefined {
  const bare = text?.replace(/%.*$/, '');
  return bare !== undefined && ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
}

/** Whether the address is the entry or lies in it; entries are addresses or networks such as `203.0.113.0/24`. */
export function isInNetwork(address: Address, entry: string): boolean {
  if (ipaddr.isValidCIDR(entry)) {
    const [network, bits] = ipaddr.parseCIDR(entry);
    if (network.kind() === 'ipv6' && (network as ipaddr.IPv6).isIPv4MappedAddress() && bits >= 96) {
      return (
        address.kind() === 'ipv4' &&
        (address as ipaddr.IPv4).match((network as ipaddr.IPv6).toIPv4Address(), bits - 96)
      );
    }
    return address.kind() === network.kind() && address.match(network, bits);
  }
  return parseAddress(entry)?.toString() === address.toString();
}

/** Names that `trustProxy` knows for groups of networks, as the HTTP server reads them. */
const groups: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Whether this peer may speak for its clients. */
export function isTrustedProxy(trust: TrustProxy, peer: string | undefined): boolean {
  if (typeof trust === 'boolean') return trust;
  const address = parseAddress(peer);
  if (address === undefined) return false;
  return trust.flatMap((entry) => groups[entry] ?? [entry]).some((entry) => isInNetwork(address, entry));
}

/** The client of a raw request: the nearest address in `X-Forwarded-For` that is no trusted proxy. */
export function clientAddress(trust: TrustProxy, request: IncomingMessage): string {
  let address = request.socket.remoteAddress ?? '';
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  for (const hop of forwarded.map((text) => text.trim()).reverse()) {
    if (hop === '' || !isTrustedProxy(trust, address)) break;
    address = hop;
  }
  return address;
}

/**
 * What stands for a client when its requests are counted: a v4 address, or the first 64 bits of a v6 address, because
 * whoever has one of those has all of them. A connection that is gone already has no address any more; nobody hears what
 * is answered to it.
 */
export function countedAddress(text: string | undefined): string {
  const address = parseAddress(text);
  if (address === undefined) return (text ?? '').slice(0, 64);
  if (address.kind() === 'ipv4') return address.toString();
  return `${(address as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
