/** Webhook: every photo as one signed POST. Contract §6.3, §9; guide in docs/destinations/webhook.md. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import { checkCustomHeaders, maxCustomHeaders } from '../../lib/custom-headers.ts';
import { isOnPrivateNetwork } from '../../lib/outbound/address-ranges.ts';
import type { SigningSecrets } from '../../lib/signatures.ts';
import type { Connection, ConnectionServices, DestinationKind } from '../destination.ts';
import { formats } from './bodies.ts';
import { check } from './check.ts';
import { deliver, type WebhookSettings } from './deliver.ts';

const maxUrl = 2_048;

const config = Type.Object(
  {
    url: Type.String({
      title: 'URL',
      description:
        'Where each photo is sent with POST. https; http only in the test environment or inside your network.',
      examples: ['https://shop.example/hooks/photo'],
      aliases: ['webhook_url'],
      minLength: 1,
      maxLength: maxUrl,
    }),
    format: Type.Optional(
      Type.Enum([...formats], {
        title: 'Format',
        description:
          'json_base64: one JSON object with the photo in it; multipart: a form with the file; binary: the bytes alone, the rest in headers.',
        examples: ['json_base64'],
        aliases: ['webhook_format'],
        default: 'json_base64',
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 4_096 }), {
        title: 'Custom headers',
        description:
          'Sent with every photo, beside ours. Those that sign in (Authorization, tokens, keys) are kept as secrets; the others are shown to whoever may see the destination.',
        examples: [{ 'X-Shop': 'north' }],
        aliases: ['custom_headers', 'customHeaders'],
        maxProperties: maxCustomHeaders,
        default: {},
      }),
    ),
  },
  { additionalProperties: false },
);

const credentials = Type.Object(
  {
    secret: Type.Optional(
      Type.String({
        title: 'Secret',
        description:
          'Signs the deliveries to this destination. Empty: the webhook secret of the project signs.',
        examples: ['8f1d4c6ba2e93075d1c0fe4b7a695821'],
        maxLength: 512,
      }),
    ),
  },
  { additionalProperties: false },
);

export const webhook = {
  kind: 'webhook',
  aliases: [],
  label: 'Webhook',
  category: 'webhooks',
  config,
  credentials,
  prepare({ config: given, credentials: secrets }, { env }) {
    const { url, headers = {}, ...rest } = given as { url: string; headers?: Record<string, string> };
    checkUrl(url, env);
    return { config: { ...rest, url, headers: checkCustomHeaders(headers) }, credentials: secrets };
  },
  describe({ url }) {
    // Paths of webhooks often hold a token, so the host is all that is shown.
    const { origin, pathname, search } = new URL(url as string);
    return pathname + search === '/' ? origin : `${origin}/…`;
  },
  connect(settings, services) {
    return connectWebhook(settings, services);
  },
} satisfies DestinationKind;

/** A connection with another deadline than the 30 s of contract §9.4, in milliseconds. */
export function connectWebhook(
  stored: { config: Record<string, unknown>; credentials: Record<string, unknown> },
  services: Pick<ConnectionServices, 'outbound' | 'now' | 'projectSecrets'>,
  deadlineMs = 30_000,
): Connection {
  const settings = readSettings(stored, services.projectSecrets);
  const sending = { settings, services, deadlineMs };
  return {
    deliver: (image, signal) => deliver(sending, image, signal),
    check: (signal) => check(sending, signal),
    // The connections belong to the one client that all share.
    close: async () => {},
  };
}

type Headers = Record<string, string> | undefined;

function readSettings(
  {
    config: given,
    credentials: secrets,
  }: { config: Record<string, unknown>; credentials: Record<string, unknown> },
  projectSecrets: SigningSecrets,
): WebhookSettings {
  const { url, format = 'json_base64' } = given as Partial<WebhookSettings>;
  const headers = { ...(given.headers as Headers), ...(secrets.headers as Headers) };
  const own = secrets.secret as string | undefined;
  return { url: url!, format, headers, secrets: own ? { current: own } : projectSecrets };
}

/** Throws AppError 400. Whether the address may be reached at all is the guard's affair, when the socket opens. */
function checkUrl(text: string, env: 'live' | 'test'): void {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || !/^https?:\/\//i.test(text)) {
    throw invalid('url must be a complete address that begins with https://.');
  }
  if (url.href.length > maxUrl) throw invalid(`url is longer than ${maxUrl} characters.`);
  if (url.username || url.password) {
    throw invalid('url must not hold a user name or password. Put them into headers as Authorization.');
  }
  if (url.protocol === 'http:' && env === 'live' && !isOnPrivateNetwork(url.hostname)) {
    throw invalid(
      'url must begin with https://, so that photos do not travel in the clear. http:// is for test keys and for hosts inside your network.',
    );
  }
}
