/** The table of all settings: the reader, the reference page and `.env.example` follow it. */

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
    name: 'DELIVERY_THREADS',
    default: '',
    meaning:
      'Threads that carry photos to stores and file servers, each started when there is work for it. 0: none, the main thread does it. Empty: one fewer than there are processors, from 1 to 4.',
  },
  {
    name: 'WORKER_CONCURRENCY',
    default: '256',
    meaning:
      'Deliveries of photos in flight in one process at most, and as many of events; one project has half of them at most.',
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
    name: 'AUDIT_RETENTION_DAYS',
    default: '365',
    meaning: 'Days that entries of the audit log are kept; 0 keeps them for ever.',
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

export type SettingName = (typeof settings)[number]['name'];

/** Gives the text of a setting: what the environment says, or its default. */
export type ReadSetting = (name: SettingName) => string;

/** A setting that cannot be used; the message names it and says what is wanted. */
export class ConfigError extends Error {
  constructor(name: string, wanted: string) {
    super(`APERTUR_${name}: ${wanted}`);
    this.name = 'ConfigError';
  }
}
