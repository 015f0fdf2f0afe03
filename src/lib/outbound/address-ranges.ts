/**
 * Which IP addresses are part of the open internet, and what the others are. Everything that is not plainly public is
 * named here in words that fit into a sentence; what nobody knows is refused (RFC 6890 and the IANA special-purpose
 * registries).
 */
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Range = readonly [Address, number];

/**
 * Addresses where cloud providers hand out credentials to whoever asks from inside. Most lie in ranges that are
 * refused anyway; they are listed so that the refusal names them, and because some look public.
 */
const metadataAddresses = new Set([
  '169.254.169.254', // AWS, Azure, Google, DigitalOcean, Oracle, Hetzner
  '169.254.170.2', // AWS container credentials
  '169.254.170.23', // AWS pod identity
  '169.254.42.42', // Scaleway
  '100.100.100.200', // Alibaba
  '168.63.129.16', // Azure wire server: a public address
  '192.0.0.192', // Oracle classic
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS pod identity
  'fd20:ce::254', // Google
  'fd00:42::42', // Scaleway
]);

/** ipaddr.js range name → what it is, as the end of "… is". `unicast` is absent: it is the open internet. */
const rangeWords: Record<string, string> = {
  unspecified: 'an unspecified address',
  broadcast: 'the broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address',
  loopback: 'a loopback address',
  carrierGradeNat: 'a carrier-grade NAT address',
  private: 'a private address',
  uniqueLocal: 'a private address',
  deprecatedSiteLocal: 'a site-local address',
  ipv4Mapped: 'an IPv4-mapped address',
  rfc6145: 'an IPv4-translated address',
  rfc6052: 'a NAT64 address',
  '6to4': 'a 6to4 address',
  teredo: 'a Teredo address',
};

const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
const ipv4Compatible: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('::'), 96];
const nat64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];

/** What kind of address this is when it is not public ("a loopback address"); null when it is public. */
export function describeSpecial(address: Address): string | null {
  if (metadataAddresses.has(withoutZone(address).toString())) return 'a cloud metadata address';
  const range = address.range();
  if (range !== 'unicast') return rangeWords[range] ?? 'a reserved address';
  if (address.kind() === 'ipv4') return null;
  return describeUnicast6(address as ipaddr.IPv6);
}

function describeUnicast6(address: ipaddr.IPv6): string | null {
  if (address.match(...ipv4Compatible)) return 'an IPv4-compatible address';
  // Only 2000::/3 has ever been given out; the rest is reserved by the IETF.
  if (!address.match(...globalUnicast)) return 'a reserved address';
  // ISATAP (RFC 5214) hides an IPv4 address behind 0:5efe or 200:5efe in the interface identifier.
  const [, , , , hi, lo] = address.parts;
  if ((hi === 0 || hi === 0x200) && lo === 0x5efe) return 'an ISATAP address';
  return null;
}

/**
 * Whether a URL's host is plainly not on the internet: an address that is not public, or a name that no public name
 * server answers for (RFC 6761, 6762, 8375, and names without a dot). For advice, never for the guard's decision.
 */
export function isOnPrivateNetwork(hostname: string): boolean {
  const addresses = readAddress(hostname);
  if (addresses.length > 0) return addresses.every((address) => describeSpecial(address) !== null);
  const name = hostname.replace(/\.$/, '').toLowerCase();
  return !name.includes('.') || /\.(localhost|local|internal|home\.arpa|lan)$/.test(name);
}

/** The IPv4 address inside a mapped or NAT64 spelling, or null. */
export function embeddedIpv4(address: Address): { via: 'mapped' | 'nat64'; address: ipaddr.IPv4 } | null {
  if (address.kind() === 'ipv4') return null;
  const six = address as ipaddr.IPv6;
  if (six.isIPv4MappedAddress()) return { via: 'mapped', address: six.toIPv4Address() };
  if (!six.match(...nat64)) return null;
  return { via: 'nat64', address: new ipaddr.IPv4(six.toByteArray().slice(12)) };
}

/**
 * Every address that a spelling may mean: decimal, octal, hex and short forms, brackets, zone. A part with a leading
 * zero is octal to some readers and decimal to others, so both readings come back. Empty when it is no address at all.
 */
export function readAddress(text: string): Address[] {
  const bare = spellOutIpv6(text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text);
  const found: Address[] = [];
  for (const spelling of new Set([bare, bare.replace(/(^|[.:])0+(?=\d+(\.|$))/g, '$1')])) {
    if (ipaddr.isValid(spelling)) found.push(ipaddr.parse(spelling));
  }
  return found;
}

/** ipaddr.js reads `::1.2.3.4` as a mapped address; the URL parser writes it as what it is. */
function spellOutIpv6(text: string): string {
  const url = text.includes(':') && text.includes('.') ? URL.parse(`http://[${text}]`) : null;
  return url ? url.hostname.slice(1, -1) : text;
}

/** Takes `10.0.0.0/8`, `fd00::/8` or one address. Throws Error with a sentence when it is neither. */
export function readRange(text: string): Range {
  const trimmed = text.trim();
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(trimmed) || ipaddr.IPv6.isValidCIDR(trimmed)) {
    return ipaddr.parseCIDR(trimmed);
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(trimmed)) return [ipaddr.parse(trimmed), 32];
  if (ipaddr.IPv6.isValid(trimmed)) return [ipaddr.parse(trimmed), 128];
  throw new Error(`"${trimmed}" is not a network. Write it like 10.0.0.0/8 or fd00::/8.`);
}

export function covers(ranges: readonly Range[], address: Address): boolean {
  return ranges.some(([network, bits]) => {
    if (network.kind() !== address.kind()) return false;
    return network.kind() === 'ipv4'
      ? (address as ipaddr.IPv4).match(network as ipaddr.IPv4, bits)
      : (address as ipaddr.IPv6).match(network as ipaddr.IPv6, bits);
  });
}

function withoutZone(address: Address): Address {
  return address.kind() === 'ipv4' ? address : new ipaddr.IPv6((address as ipaddr.IPv6).parts);
}
