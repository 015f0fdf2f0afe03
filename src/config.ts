/**
 * The one reader of the environment. Every setting stands in `config/settings.ts` with its default and its meaning; the
 * reference page and `.env.example` are written from it. Each secret may also come as `APERTUR_…_FILE`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type MailSettings,
  type OAuthConfig,
  readMail,
  readOAuth,
  readSms,
  readStripe,
  readTracing,
  type StripeSettings,
  type TracingConfig,
} from './config/services.ts';
import { ConfigError, type Setting, type SettingName, settings } from './config/settings.ts';
import {
  readHeaderName,
  readInteger,
  readLevel,
  readNetworks,
  readOrigin,
  readProxies,
  readRoots,
  readSchedule,
  readSwitch,
  readThreads,
  readTls,
  type TlsConfig,
} from './config/values.ts';
import type { SmsSettings } from './lib/sms.ts';

export type {
  MailSettings,
  OAuthClientConfig,
  OAuthConfig,
  StripeSettings,
  TracingConfig,
} from './config/services.ts';
export { ConfigError, type Setting, settings } from './config/settings.ts';
export type { TlsConfig } from './config/values.ts';

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
  /** Beside the main one; 0: none. */
  deliveryThreads: number;
  workerConcurrency: number;
  webhookConcurrency: number;
  /** Seconds. */
  retrySchedule: number[];
  retentionDays: number;
  eventRetentionDays: number;
  auditRetentionDays: number;
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
    deliveryThreads: readThreads(read('DELIVERY_THREADS')),
    deliveryConcurrency: readInteger('DELIVERY_CONCURRENCY', read('DELIVERY_CONCURRENCY'), 1, 1_000),
    workerConcurrency: readInteger('WORKER_CONCURRENCY', read('WORKER_CONCURRENCY'), 1, 4_096),
    webhookConcurrency: readInteger('WEBHOOK_CONCURRENCY', read('WEBHOOK_CONCURRENCY'), 1, 128),
    retrySchedule: readSchedule(read('RETRY_SCHEDULE')),
    retentionDays: readInteger('RETENTION_DAYS', read('RETENTION_DAYS'), 0, 36_500),
    eventRetentionDays: readInteger('EVENT_RETENTION_DAYS', read('EVENT_RETENTION_DAYS'), 0, 36_500),
    auditRetentionDays: readInteger('AUDIT_RETENTION_DAYS', read('AUDIT_RETENTION_DAYS'), 0, 36_500),
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
