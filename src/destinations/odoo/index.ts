/** Odoo: tells the Apertur module of each photo, which then fetches it. Contract §6.3, §9.6; docs/destinations/odoo.md. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import { isOnPrivateNetwork } from '../../lib/outbound/address-ranges.ts';
import type { DestinationKind } from '../destination.ts';
import { check } from './check.ts';
import { deliver } from './deliver.ts';

const route = '/apertur/webhook';

const config = Type.Object(
  {
    url: Type.String({
      title: 'Address of Odoo',
      description:
        'Of the site where the Apertur module is installed. /apertur/webhook is added unless it is there.',
      examples: ['https://erp.acme.example'],
      aliases: ['odoo_url', 'webhook_url', 'base_url'],
      minLength: 1,
      maxLength: 2_048,
    }),
  },
  { additionalProperties: false },
);

const credentials = Type.Object(
  {
    secret: Type.Optional(
      Type.String({
        title: 'Webhook secret',
        description:
          'As it stands in the settings of Apertur in Odoo. Empty: the webhook secret of the project.',
        examples: ['8f1d4c6ba2e93075d1c0fe4b7a695821'],
        aliases: ['webhook_secret'],
        maxLength: 512,
      }),
    ),
  },
  { additionalProperties: false },
);

export const odoo = {
  kind: 'odoo',
  aliases: [],
  label: 'Odoo',
  category: 'webhooks',
  config,
  credentials,
  prepare({ config: given, credentials: secrets }, { env }) {
    return { config: { ...given, url: readUrl(given.url as string, env) }, credentials: secrets };
  },
  describe: ({ url }) => `Odoo at ${new URL(url as string).host}`,
  connect({ config: stored, credentials: secrets }, services) {
    const own = secrets.secret as string | undefined;
    const settings = {
      url: withRoute(new URL(stored.url as string)),
      secrets: own ? { current: own } : services.projectSecrets,
    };
    const sending = { settings, services };
    return {
      deliver: (image, signal) => deliver(sending, image, signal),
      check: (signal) => check(sending, signal),
      close: async () => undefined,
    };
  },
} satisfies DestinationKind;

function withRoute(url: URL): string {
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(route) ? path : path + route;
  return url.href;
}

/** Throws AppError 400. Whether the address may be reached is the guard's affair. */
function readUrl(text: string, env: 'live' | 'test'): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid('url must be the whole address of the Odoo site, beginning with https://.');
  }
  if (url.username || url.password) throw invalid('url must not hold a user name or password.');
  if (url.protocol === 'http:' && env === 'live' && !isOnPrivateNetwork(url.hostname)) {
    throw invalid('url must begin with https://, so that links to photos do not travel in the clear.');
  }
  return url.href;
}
