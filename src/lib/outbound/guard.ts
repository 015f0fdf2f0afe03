/**
 * The guard against addresses inside: server-side request forgery is stopped where the socket opens, not where a
 * URL is stored (contract §6.5; docs/adr/0005-outbound-guard.md).
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { type Guard, OutboundError } from '../outbound.ts';
import {
  type Address,
  covers,
  describeSpecial,
  embeddedIpv4,
  type Range,
  readAddress,
  readRange,
} from './address-ranges.ts';

/** Every address of a name. Rejects with an error that carries `code` (ENOTFOUND, EAI_AGAIN …). */
export type Resolver = (hostname: string) => Promise<LookupAddress[]>;

export interface GuardOptions {
  /** Networks that are open beside the internet, in CIDR form, or `all` for no restriction. */
  allow: readonly string[] | 'all';
  /** Default: the resolver of the system. */
  resolver?: Resolver;
}

const setting = 'APERTUR_ALLOW_PRIVATE_NETWORKS';
const resolveWithSystem = promisify(systemLookup);
const systemResolver: Resolver = (hostname) => resolveWithSystem(hostname, { all: true });

/**
 * Asks once for all who want the same name at the same time. The system's resolver works on few threads, and a name
 * whose server is silent holds one for seconds: it must not take them all.
 */
function shareQuestions(resolver: Resolver): Resolver {
  const asked = new Map<string, Promise<LookupAddress[]>>();
  return (hostname) => {
    const known = asked.get(hostname);
    if (known) return known;
    const answer = resolver(hostname).finally(() => asked.delete(hostname));
    asked.set(hostname, answer);
    return answer;
  };
}

/**
 * A guard that lets only public addresses through, and those that `allow` covers. An allowed IPv4 network also covers
 * its IPv4-mapped spelling. Throws Error when `allow` holds something that is not a network.
 */
export function createGuard({ allow, resolver = systemResolver }: GuardOptions): Guard {
  const resolve = shareQuestions(resolver);
  const allowed: readonly Range[] | 'all' = allow === 'all' ? 'all' : allow.map(readRange);

  const whyRefused = (ip: string): string | null => {
    const readings = readAddress(ip);
    if (readings.length === 0) return 'not an IP address';
    for (const reading of readings) {
      const reason = refusal(reading, allowed);
      if (reason) return reason;
    }
    return null;
  };

  const assertAddress = (ip: string): void => {
    const reason = whyRefused(ip);
    if (reason) throw refused(`The address ${printable(ip)} is ${reason}. ${advice}`);
  };

  const permittedAddresses = async (hostname: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(hostname);
    const permitted = addresses.filter(({ address }) => whyRefused(address) === null);
    if (permitted.length > 0) return permitted;
    if (addresses.length === 0) throw Object.assign(new Error('no address'), { code: 'ENODATA' });
    // The address itself is not said: whoever may set a URL could map the network behind us by asking for names.
    const reason = whyRefused(addresses[0]!.address);
    throw refused(`The name ${printable(hostname)} leads to ${reason}. ${advice}`);
  };

  const lookup: LookupFunction = (hostname, options, callback) => {
    permittedAddresses(hostname).then(
      (addresses) => answerLookup(addresses, options, callback),
      (error) => callback(error as NodeJS.ErrnoException, '', 0),
    );
  };

  return { assertAddress, lookup };
}

const advice = `This server does not send there. Its operator can allow it with ${setting}.`;

function refused(message: string): OutboundError {
  return new OutboundError('guard', 'ADDRESS_REFUSED', message);
}

/** Why one address may not be reached, or null. */
function refusal(address: Address, allowed: readonly Range[] | 'all'): string | null {
  if (allowed === 'all') return null;
  const inner = embeddedIpv4(address);
  if (inner?.via === 'mapped' && covers(allowed, inner.address)) return null;
  const special = describeSpecial(address);
  if (special === null || !covers(allowed, address)) return special;
  // Opening the NAT64 prefix opens the road to the IPv4 internet, not to what is private behind it.
  return inner?.via === 'nat64' ? refusal(inner.address, allowed) : null;
}

type LookupOptions = Parameters<LookupFunction>[1];
type LookupCallback = Parameters<LookupFunction>[2];

function answerLookup(addresses: LookupAddress[], options: LookupOptions, callback: LookupCallback): void {
  const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
  const fitting = family === 0 ? addresses : addresses.filter((address) => address.family === family);
  const first = fitting[0];
  if (!first) {
    callback(Object.assign(new Error(`no IPv${family} address`), { code: 'ENODATA' }), '', 0);
  } else if (options.all) {
    callback(null, fitting);
  } else {
    callback(null, first.address, first.family);
  }
}

/** Names come from outside: keep them short and free of control characters in messages. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?').slice(0, 253);
}
