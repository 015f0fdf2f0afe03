/** Settings of the services around an install: sign-in at providers, mail, text messages, traces, billing. */
import type { SmsSettings } from '../lib/sms.ts';
import { ConfigError, type ReadSetting, type SettingName } from './settings.ts';
import { readInteger, splitList } from './values.ts';

/** The apps that are registered with services where people sign in, by provider, and where those services are. */
export interface OAuthConfig {
  google: OAuthClientConfig | undefined;
  dropbox: OAuthClientConfig | undefined;
  microsoft: OAuthClientConfig | undefined;
  box: OAuthClientConfig | undefined;
  microsoftTenant: string;
  dropboxAppFolder: string;
  /** By kind of destination, then by name. */
  endpoints: Record<string, Record<string, string>>;
}

export interface OAuthClientConfig {
  clientId: string;
  clientSecret: string | undefined;
}

export interface MailSettings {
  /** `smtp://…` or `smtps://…`, with its credentials. */
  url: string;
  from: string;
}

export interface TracingConfig {
  url: string;
  headers: Record<string, string>;
  /** From 0 to 1. */
  share: number;
}

export interface StripeSettings {
  secretKey: string;
  webhookSecret: string;
  apiUrl: string;
  /** Price id by plan id. */
  prices: Map<string, string>;
}

/** The apps for services where people sign in, and where those services are. */
export function readOAuth(read: ReadSetting): OAuthConfig {
  const client = (id: SettingName, secret: SettingName): OAuthClientConfig | undefined =>
    read(id) === '' ? undefined : { clientId: read(id), clientSecret: read(secret) || undefined };
  const tenant = read('MICROSOFT_TENANT');
  if (!/^[A-Za-z0-9.-]{1,100}$/.test(tenant)) {
    throw new ConfigError('MICROSOFT_TENANT', `"${tenant}" is no tenant such as common or contoso.com.`);
  }
  return {
    google: client('GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'),
    dropbox: client('DROPBOX_CLIENT_ID', 'DROPBOX_CLIENT_SECRET'),
    microsoft: client('MICROSOFT_CLIENT_ID', 'MICROSOFT_CLIENT_SECRET'),
    box: client('BOX_CLIENT_ID', 'BOX_CLIENT_SECRET'),
    microsoftTenant: tenant,
    dropboxAppFolder: read('DROPBOX_APP_FOLDER').replaceAll('/', '') || 'Apertur',
    endpoints: readEndpoints(read('OAUTH_ENDPOINTS')),
  };
}

function readEndpoints(text: string): OAuthConfig['endpoints'] {
  const endpoints: OAuthConfig['endpoints'] = {};
  for (const item of splitList(text)) {
    const [, kind, name, url] = /^([a-z_]+)\.([a-z]+)=(https?:\/\/.+)$/.exec(item) ?? [];
    if (!kind || !name || !url || !URL.canParse(url)) {
      throw new ConfigError(
        'OAUTH_ENDPOINTS',
        `"${item}" is not of the form onedrive.api=https://graph.microsoft.us/v1.0.`,
      );
    }
    endpoints[kind] = { ...endpoints[kind], [name]: url.replace(/\/+$/, '') };
  }
  return endpoints;
}

/** The address is never repeated in the message: it holds a password. */
export function readMail(url: string, from: string): MailSettings | undefined {
  if (url === '') return undefined;
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol) || new URL(url).hostname === '') {
    throw new ConfigError('SMTP_URL', 'is not of the form smtp://user:password@host:587.');
  }
  if (!/^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/.test(from)) {
    throw new ConfigError('MAIL_FROM', `"${from}" is not a sender such as Photos <photos@shop.example>.`);
  }
  return { url, from };
}

/** The gateway for text messages; undefined when there is none. */
export function readSms(read: ReadSetting): SmsSettings | undefined {
  const url = read('SMS_URL');
  if (url === '') return undefined;
  if (!/^https?:/i.test(url) || !URL.canParse(url.replace(/[{}]/g, ''))) {
    throw new ConfigError('SMS_URL', 'is not an http or https address.');
  }
  const method = read('SMS_METHOD').toUpperCase();
  if (method !== 'POST' && method !== 'PUT' && method !== 'GET') {
    throw new ConfigError('SMS_METHOD', 'must be POST, PUT or GET.');
  }
  return {
    url,
    method,
    headers: readHeaders('SMS_HEADERS', read('SMS_HEADERS')),
    body: read('SMS_BODY'),
    secret: read('SMS_SECRET'),
  };
}

function readHeaders(name: SettingName, text: string): Record<string, string> {
  try {
    const headers: unknown = JSON.parse(text);
    const entries = Object.entries(headers as Record<string, unknown>);
    if (entries.every(([key, value]) => /^[\w-]+$/.test(key) && typeof value === 'string')) {
      return headers as Record<string, string>;
    }
  } catch {
    // Said below.
  }
  throw new ConfigError(name, 'must be a JSON object such as {"Authorization":"Bearer {secret}"}.');
}

/** Where traces go; undefined when nothing is traced. */
export function readTracing(read: ReadSetting): TracingConfig | undefined {
  const url = read('OTLP_URL');
  if (url === '') return undefined;
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw new ConfigError('OTLP_URL', `"${url}" is not an http or https address.`);
  }
  const headers: Record<string, string> = {};
  for (const item of splitList(read('OTLP_HEADERS'))) {
    const [, name, value] = /^([\w-]+)=(.*)$/.exec(item) ?? [];
    // Its value may be a token: the message does not repeat it.
    if (!name) throw new ConfigError('OTLP_HEADERS', 'is not of the form name=value,name=value.');
    headers[name] = value!.trim();
  }
  return { url, headers, share: readInteger('OTLP_SAMPLE', read('OTLP_SAMPLE'), 0, 100) / 100 };
}

/** Billing through Stripe; undefined without its key. */
export function readStripe(read: ReadSetting): StripeSettings | undefined {
  const secretKey = read('STRIPE_SECRET_KEY');
  if (secretKey === '') return undefined;
  const webhookSecret = read('STRIPE_WEBHOOK_SECRET');
  if (webhookSecret === '')
    throw new ConfigError('STRIPE_WEBHOOK_SECRET', 'is needed beside the secret key.');
  const pairs = splitList(read('STRIPE_PRICES')).map((pair) => pair.split('='));
  if (pairs.length === 0 || pairs.some((pair) => pair.length !== 2 || pair.includes(''))) {
    throw new ConfigError('STRIPE_PRICES', 'is a list such as starter=price_1,pro=price_2.');
  }
  const prices = new Map(pairs as [string, string][]);
  return { secretKey, webhookSecret, apiUrl: read('STRIPE_API_URL').replace(/\/$/, ''), prices };
}
