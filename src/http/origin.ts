/**
 * The origin that links begin with. With `PUBLIC_URL` it is that one. In trial mode nobody has told us, so it is the one
 * that the request came to, except that a request from this machine gets the address a phone can reach.
 */
import { networkInterfaces } from 'node:os';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';

export interface Origin {
  of(request: FastifyRequest): string;
  /** Without a request: for links in deliveries, and for the first screen. */
  fixed(): string;
  /** Tells where the server came to listen. */
  listening(addresses: { address: string; port: number }[]): void;
}

/** The first IPv4 address of this machine on a network that a phone may share; undefined when there is none. */
export function networkAddress(interfaces = networkInterfaces()): string | undefined {
  return Object.entries(interfaces)
    .filter(([name]) => !/^(docker|br-|veth|virbr|lo)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(
      (address) => address.family === 'IPv4' && !address.internal && !address.address.startsWith('169.254.'),
    )?.address;
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(host);

export function createOrigin(config: Pick<Config, 'publicUrl' | 'port' | 'host'>): Origin {
  let port = config.port;
  let everywhere = config.host === '' || config.host === '0.0.0.0' || config.host === '::';
  const local = (): string => {
    const address = everywhere ? networkAddress() : undefined;
    const host = address ?? (everywhere || config.host === '' ? 'localhost' : config.host);
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  };
  return {
    fixed: () => config.publicUrl ?? local(),
    of(request) {
      if (config.publicUrl) return config.publicUrl;
      const asked = URL.canParse(`http://${request.host}`) ? new URL(`http://${request.host}`) : undefined;
      if (!asked || asked.hostname === '' || isLoopback(asked.hostname)) return local();
      return `${request.protocol}://${asked.host}`;
    },
    listening(addresses) {
      port = addresses[0]?.port ?? port;
      everywhere = addresses.some(({ address }) => address === '::' || address === '0.0.0.0');
    },
  };
}
