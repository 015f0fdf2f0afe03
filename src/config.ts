/**
 * The one reader of the environment. Every setting stands in `settings` with its default and its meaning; the
 * reference page and `.env.example` are written from it. Each secret may also come as `APERTUR_…_FILE`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SmsSettings } from './lib/sms.ts';

export interface Setting {
  name: string;
  default: string;
  meaning: string;
  secret?: boolean;
}

/** All settings, without their prefix `APERTUR_`. */
export const settings = [
  { name: 'PORT', default: '3000', meaning: 'Port to listen on.' },
  { name: 'HOST', default: '', meaning: 'Address to listen on. Empty: all addresses.' },
  {
    name: 'DATA_DIR',
    default: './data',
    meaning: 'Where the embedded database, photos and the key file live.',
  },
  {
    name: 'DATABASE_URL',
    default: '',
    meaning: 'postgres://… to use PostgreSQL. Empty: SQLite in the data directory.',
    secret: true,
  },
  {
    name: 'STORAGE_URL',
    default: '',
    meaning:
      'Where photos rest: file:/path or s3://key:secret@host/bucket/prefix?region=… Empty: the data directory.',
    secret: true,
  },
  {
    name: 'PUBLIC_URL',
    default: '',
    meaning: 'The origin that phones and back-ends reach, e.g. https://photos.example. Empty: trial mode.',
  },
  {
    name: 'SECRET_KEY',
    default: '',
    meaning:
      'Seals stored secrets: 32 bytes as hex or base64; several with commas, newest first. Empty: a key file in the data directory.',
    secret: true,
  },
  {
    name: 'ALLOW_PRIVATE_NETWORKS',
    default: '',
    meaning: 'Private networks that deliveries may reach: CIDRs with commas, or all. Empty: none.',
  },
  {
    name: 'LOCAL_ROOTS',
    default: '',
    meaning:
      'Folders that local destinations may write to, with commas. Empty: none (trial mode: the inbox).',
  },
  {
    name: 'TRUST_PROXY',
    default: '',
    meaning: 'Proxies whose X-Forwarded-For is believed: addresses or CIDRs with commas, or all.',
  },
  {
    name: 'TLS_CERT',
    default: '',
    meaning:
      'PEM file with a certificate and its chain: opens a second listener, for back-ends that show client certificates. Empty: none.',
  },
  { name: 'TLS_KEY', default: '', meaning: 'PEM file with the private key of that certificate.' },
  { name: 'TLS_PORT', default: '3443', meaning: 'Port of that listener.' },
  {
    name: 'TLS_CLIENT_CA',
    default: '',
    meaning:
      'PEM file with the authorities that sign client certificates. Empty: any, also self-signed; only the fingerprint counts.',
  },
  {
    name: 'CLIENT_CERT_HEADER',
    default: '',
    meaning:
      'Header in which a trusted proxy (see TRUST_PROXY) hands on the client certificate or its SHA-256. The proxy must remove what clients send in it.',
  },
  { name: 'LOG_LEVEL', default: 'info', meaning: 'trace, debug, info, warn, error or silent.' },
  {
    name: 'DELIVERY_CONCURRENCY',
    default: '4',
    meaning: 'Deliveries in flight at one destination at most.',
  },
  {
    name: 'WEBHOOK_CONCURRENCY',
    default: '32',
    meaning: 'Events in flight at one webhook at most; a webhook may set its own limit.',
  },
  {
    name: 'RETRY_SCHEDULE',
    default: '30,60,120,240,480',
    meaning: 'Seconds before each retry of a delivery, with commas; their number is the number of retries.',
  },
  {
    name: 'RETENTION_DAYS',
    default: '30',
    meaning:
      'Days that the bytes of a photo are kept once all its deliveries have ended; 0 keeps them for ever.',
  },
  {
    name: 'EVENT_RETENTION_DAYS',
    default: '30',
    meaning:
      'Days that events, their deliveries and the records of attempts are kept; 0 keeps them for ever.',
  },
  {
    name: 'PLANS_FILE',
    default: '',
    meaning: 'A JSON file with plan definitions. Empty: Free, Starter, Pro, Business, Unlimited.',
  },
  {
    name: 'STRIPE_SECRET_KEY',
    default: '',
    meaning: 'Plans are paid for through Stripe with this key. Empty: off, plans change by the API.',
    secret: true,
  },
  {
    name: 'STRIPE_WEBHOOK_SECRET',
    default: '',
    meaning: 'The signing secret (whsec_…) of the Stripe endpoint /api/v1/billing/stripe/webhook.',
    secret: true,
  },
  { name: 'STRIPE_PRICES', default: '', meaning: 'Which price is which plan: starter=price_1,pro=price_2.' },
  { name: 'STRIPE_API_URL', default: 'https://api.stripe.com', meaning: 'Where the Stripe API is.' },
  {
    name: 'SERVER_KEY_DAYS',
    default: '90',
    meaning:
      'Days after which the key for encrypted uploads is replaced; the old one opens uploads for 8 more days. 0: only by `apertur key rotate-server`.',
  },
  { name: 'METRICS', default: 'off', meaning: 'on: Prometheus metrics at /metrics of the public port.' },
  {
    name: 'METRICS_PORT',
    default: '',
    meaning:
      'Port of a second listener that answers only /metrics, /health and /ready: for workers, which have no other, and to keep metrics off the public port. Empty: none.',
  },
  {
    name: 'OTLP_URL',
    default: '',
    meaning:
      'Where traces go: the OTLP/HTTP address of a collector, e.g. http://collector:4318/v1/traces. Empty: no traces.',
  },
  {
    name: 'OTLP_HEADERS',
    default: '',
    meaning: 'Headers that the collector wants, as name=value with commas.',
    secret: true,
  },
  {
    name: 'OTLP_SAMPLE',
    default: '100',
    meaning: 'Photos in a hundred that are traced, from 0 to 100. All processes choose the same photos.',
  },
  {
    name: 'DRAIN_SECONDS',
    default: '0',
    meaning:
      'Seconds that a process which was told to stop says 503 at /ready and goes on answering, until the load balancer looks elsewhere.',
  },
  {
    name: 'GOOGLE_CLIENT_ID',
    default: '',
    meaning: 'OAuth client of your Google Cloud project, for Google Drive. Empty: people cannot connect one.',
  },
  { name: 'GOOGLE_CLIENT_SECRET', default: '', meaning: 'Its client secret.', secret: true },
  {
    name: 'DROPBOX_CLIENT_ID',
    default: '',
    meaning: 'App key of your Dropbox app. Empty: people cannot connect a Dropbox.',
  },
  { name: 'DROPBOX_CLIENT_SECRET', default: '', meaning: 'Its app secret.', secret: true },
  {
    name: 'DROPBOX_APP_FOLDER',
    default: 'Apertur',
    meaning: 'What Dropbox calls the folder of your app under Apps.',
  },
  {
    name: 'MICROSOFT_CLIENT_ID',
    default: '',
    meaning: 'Application id of your app registration, for OneDrive. Empty: people cannot connect one.',
  },
  { name: 'MICROSOFT_CLIENT_SECRET', default: '', meaning: 'Its client secret.', secret: true },
  {
    name: 'MICROSOFT_TENANT',
    default: 'common',
    meaning:
      'Who may connect a OneDrive: common (all), consumers (personal), organizations, or the id of a tenant.',
  },
  {
    name: 'BOX_CLIENT_ID',
    default: '',
    meaning: 'Client id of your Box app. Empty: people cannot connect a Box.',
  },
  { name: 'BOX_CLIENT_SECRET', default: '', meaning: 'Its client secret.', secret: true },
  {
    name: 'SMTP_URL',
    default: '',
    meaning:
      'The mail server: smtp://user:password@host:587, or smtps://… for TLS from the start. Empty: no mail is sent.',
    secret: true,
  },
  {
    name: 'MAIL_FROM',
    default: '',
    meaning: 'Who mails come from, e.g. Photos <photos@shop.example>. Needed with SMTP_URL.',
  },
  {
    name: 'SMS_URL',
    default: '',
    meaning:
      'The HTTP gateway for text messages. In this and the next three, {to}, {text}, {secret} and {secret_base64} are filled in. Empty: no text messages.',
  },
  { name: 'SMS_METHOD', default: 'POST', meaning: 'POST, PUT or GET.' },
  {
    name: 'SMS_HEADERS',
    default: '{"Content-Type":"application/json","Authorization":"Bearer {secret}"}',
    meaning: 'Headers of the request, as a JSON object.',
  },
  {
    name: 'SMS_BODY',
    default: '{"to":"{to}","text":"{text}"}',
    meaning: 'Body of the request. Values are escaped as its Content-Type asks for (JSON, form, XML).',
  },
  { name: 'SMS_SECRET', default: '', meaning: 'The secret of the gateway.', secret: true },
  {
    name: 'OPEN_REGISTRATION',
    default: 'off',
    meaning: 'on: anybody may make an account and projects. off: only people who were invited.',
  },
  {
    name: 'OAUTH_ENDPOINTS',
    default: '',
    meaning:
      'Other addresses of these services, for sovereign clouds: kind.name=URL with commas, e.g. onedrive.api=https://graph.microsoft.us/v1.0.',
  },
] as const satisfies readonly Setting[];

type SettingName = (typeof settings)[number]['name'];

export interface TlsConfig {
  cert: string;
  key: string;
  clientCa: string | undefined;
  port: number;
}

export interface Config {
  port: number;
  host: string;
  /** Absolute. */
  dataDir: string;
  databaseUrl: string | undefined;
  storageUrl: string | undefined;
  /** Origin without a trailing slash; undefined in trial mode. */
  publicUrl: string | undefined;
  secretKey: string | undefined;
  allowPrivateNetworks: string[] | 'all';
  /** Absolute. */
  localRoots: string[];
  trustProxy: string[] | boolean;
  /** The second listener, which asks for client certificates. Paths are absolute. */
  tls: TlsConfig | undefined;
  /** Lower case. */
  clientCertHeader: string | undefined;
  logLevel: string;
  logPretty: boolean;
  deliveryConcurrency: number;
  webhookConcurrency: number;
  /** Seconds. */
  retrySchedule: number[];
  retentionDays: number;
  eventRetentionDays: number;
  plansFile: string | undefined;
  /** Undefined without its keys: billing is off. */
  stripe: StripeSettings | undefined;
  /** 0: never by itself. */
  serverKeyDays: number;
  metrics: boolean;
  /** Undefined: no listener of its own for metrics. */
  metricsPort: number | undefined;
  /** Undefined: nothing is traced. */
  tracing: TracingConfig | undefined;
  drainSeconds: number;
  oauth: OAuthConfig;
  /** Undefined: no mail is sent. */
  mail: MailSettings | undefined;
  /** Undefined when no SMS gateway is set. */
  sms: SmsSettings | undefined;
  /** Anybody may make an account. */
  openRegistration: boolean;
  /** No public URL is set: loopback is allowed, an inbox is made, keys are shown. */
  trial: boolean;
}

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

/** A setting that cannot be used; the message names it and says what is wanted. */
export class ConfigError extends Error {
  constructor(name: string, wanted: string) {
    super(`APERTUR_${name}: ${wanted}`);
    this.name = 'ConfigError';
  }
}

/** Reads every setting from `env`. Throws ConfigError, and nothing else, on a value that cannot be used. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const read = (name: SettingName): string => readSetting(env, name);
  const dataDir = path.resolve(read('DATA_DIR'));
  const publicUrl = readOrigin(read('PUBLIC_URL'));
  const trial = publicUrl === undefined;
  return {
    port: readInteger('PORT', read('PORT'), 0, 65_535),
    host: read('HOST'),
    dataDir,
    databaseUrl: read('DATABASE_URL') || undefined,
    storageUrl: read('STORAGE_URL') || undefined,
    publicUrl,
    secretKey: read('SECRET_KEY') || undefined,
    allowPrivateNetworks: readNetworks(read('ALLOW_PRIVATE_NETWORKS'), trial),
    localRoots: readRoots(read('LOCAL_ROOTS'), trial, dataDir),
    trustProxy: readProxies(read('TRUST_PROXY')),
    tls: readTls(read),
    clientCertHeader: readHeaderName(read('CLIENT_CERT_HEADER')),
    logLevel: readLevel(read('LOG_LEVEL')),
    logPretty: process.stdout.isTTY === true,
    deliveryConcurrency: readInteger('DELIVERY_CONCURRENCY', read('DELIVERY_CONCURRENCY'), 1, 1_000),
    webhookConcurrency: readInteger('WEBHOOK_CONCURRENCY', read('WEBHOOK_CONCURRENCY'), 1, 128),
    retrySchedule: readSchedule(read('RETRY_SCHEDULE')),
    retentionDays: readInteger('RETENTION_DAYS', read('RETENTION_DAYS'), 0, 36_500),
    eventRetentionDays: readInteger('EVENT_RETENTION_DAYS', read('EVENT_RETENTION_DAYS'), 0, 36_500),
    plansFile: read('PLANS_FILE') || undefined,
    stripe: readStripe(read),
    serverKeyDays: readInteger('SERVER_KEY_DAYS', read('SERVER_KEY_DAYS'), 0, 36_500),
    metrics: readSwitch('METRICS', read('METRICS')),
    metricsPort:
      read('METRICS_PORT') === '' ? undefined : readInteger('METRICS_PORT', read('METRICS_PORT'), 0, 65_535),
    tracing: readTracing(read),
    drainSeconds: readInteger('DRAIN_SECONDS', read('DRAIN_SECONDS'), 0, 300),
    oauth: readOAuth(read),
    mail: readMail(read('SMTP_URL'), read('MAIL_FROM')),
    sms: readSms(read),
    openRegistration: readSwitch('OPEN_REGISTRATION', read('OPEN_REGISTRATION')),
    trial,
  };
}

function readOAuth(read: (name: SettingName) => string): OAuthConfig {
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

/** The address is never repeated in the message: it holds a password. */
function readMail(url: string, from: string): MailSettings | undefined {
  if (url === '') return undefined;
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol) || new URL(url).hostname === '') {
    throw new ConfigError('SMTP_URL', 'is not of the form smtp://user:password@host:587.');
  }
  if (!/^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/.test(from)) {
    throw new ConfigError('MAIL_FROM', `"${from}" is not a sender such as Photos <photos@shop.example>.`);
  }
  return { url, from };
}

function readSms(read: (name: SettingName) => string): SmsSettings | undefined {
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

function readTracing(read: (name: SettingName) => string): TracingConfig | undefined {
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

function readStripe(read: (name: SettingName) => string): StripeSettings | undefined {
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

function readSetting(env: Record<string, string | undefined>, name: SettingName): string {
  const setting: Setting = settings.find((candidate) => candidate.name === name)!;
  const file = setting.secret ? env[`APERTUR_${name}_FILE`] : undefined;
  if (file) {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new ConfigError(
        `${name}_FILE`,
        `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      );
    }
  }
  return (env[`APERTUR_${name}`] ?? (name === 'PORT' ? env.PORT : undefined) ?? setting.default).trim();
}

function readInteger(name: SettingName, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(name, `"${text}" is not a whole number from ${min} to ${max}.`);
  }
  return value;
}

function readSwitch(name: SettingName, text: string): boolean {
  if (['on', 'true', '1', 'yes'].includes(text)) return true;
  if (['', 'off', 'false', '0', 'no'].includes(text)) return false;
  throw new ConfigError(name, `"${text}" is neither on nor off.`);
}

function readOrigin(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new ConfigError('PUBLIC_URL', `"${text}" is not an origin such as https://photos.example.`);
  }
  return url.origin;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Trial mode opens loopback, so that a receiver on this machine can be tried; the first screen says so. */
function readNetworks(text: string, trial: boolean): string[] | 'all' {
  if (text === 'all') return 'all';
  const listed = splitList(text);
  for (const network of listed) {
    if (!/^[0-9a-f.:]+(\/\d{1,3})?$/i.test(network)) {
      throw new ConfigError('ALLOW_PRIVATE_NETWORKS', `"${network}" is not a network such as 10.0.0.0/8.`);
    }
  }
  return trial ? ['127.0.0.0/8', '::1/128', ...listed] : listed;
}

function readRoots(text: string, trial: boolean, dataDir: string): string[] {
  const listed = splitList(text).map((folder) => path.resolve(folder));
  return trial ? [path.join(dataDir, 'inbox'), ...listed] : listed;
}

function readProxies(text: string): string[] | boolean {
  if (text === '' || text === 'off' || text === 'false') return false;
  if (text === 'all') return true;
  return splitList(text);
}

function readTls(read: (name: SettingName) => string): TlsConfig | undefined {
  const [cert, key, clientCa] = [read('TLS_CERT'), read('TLS_KEY'), read('TLS_CLIENT_CA')];
  if (cert === '') {
    const lone = key !== '' ? 'TLS_KEY' : clientCa !== '' ? 'TLS_CLIENT_CA' : undefined;
    if (lone) throw new ConfigError(lone, 'needs APERTUR_TLS_CERT too.');
    return undefined;
  }
  if (key === '') throw new ConfigError('TLS_CERT', 'needs APERTUR_TLS_KEY too.');
  return {
    cert: path.resolve(cert),
    key: path.resolve(key),
    clientCa: clientCa === '' ? undefined : path.resolve(clientCa),
    port: readInteger('TLS_PORT', read('TLS_PORT'), 0, 65_535),
  };
}

function readHeaderName(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\w-]{1,64}$/.test(text)) {
    throw new ConfigError('CLIENT_CERT_HEADER', `"${text}" is not the name of a header.`);
  }
  return text.toLowerCase();
}

function readLevel(text: string): string {
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(text)) {
    throw new ConfigError('LOG_LEVEL', `"${text}" is none of trace, debug, info, warn, error, silent.`);
  }
  return text;
}

function readSchedule(text: string): number[] {
  const delays = splitList(text).map(Number);
  if (delays.length > 50 || delays.some((delay) => !Number.isFinite(delay) || delay < 0 || delay > 604_800)) {
    throw new ConfigError('RETRY_SCHEDULE', `"${text}" is not a list of seconds such as 30,60,120.`);
  }
  return delays;
}
