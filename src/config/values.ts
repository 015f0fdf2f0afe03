/** Single values: numbers, switches, addresses, lists. Each throws ConfigError on what cannot be used. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { ConfigError, type ReadSetting, type SettingName } from './settings.ts';

/** Paths are absolute. */
export interface TlsConfig {
  cert: string;
  key: string;
  clientCa: string | undefined;
  port: number;
}

/** A whole number from `min` to `max`. */
export function readInteger(name: SettingName, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(name, `"${text}" is not a whole number from ${min} to ${max}.`);
  }
  return value;
}

/** One processor is left to the main thread; more than four would outrun what a network carries. */
export function readThreads(text: string): number {
  if (text === '') return Math.min(Math.max(availableParallelism() - 1, 1), 4);
  return readInteger('DELIVERY_THREADS', text, 0, 64);
}

/** on or off, in the words that people use for them. */
export function readSwitch(name: SettingName, text: string): boolean {
  if (['on', 'true', '1', 'yes'].includes(text)) return true;
  if (['', 'off', 'false', '0', 'no'].includes(text)) return false;
  throw new ConfigError(name, `"${text}" is neither on nor off.`);
}

/** The items of a list with commas, without empty ones. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** An origin without a trailing slash; undefined when the setting is empty. */
export function readOrigin(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new ConfigError('PUBLIC_URL', `"${text}" is not an origin such as https://photos.example.`);
  }
  return url.origin;
}

/** Trial mode opens loopback, so that a receiver on this machine can be tried; the first screen says so. */
export function readNetworks(text: string, trial: boolean): string[] | 'all' {
  if (text === 'all') return 'all';
  const listed = splitList(text);
  for (const network of listed) {
    if (!/^[0-9a-f.:]+(\/\d{1,3})?$/i.test(network)) {
      throw new ConfigError('ALLOW_PRIVATE_NETWORKS', `"${network}" is not a network such as 10.0.0.0/8.`);
    }
  }
  return trial ? ['127.0.0.0/8', '::1/128', ...listed] : listed;
}

/** Absolute folders; trial mode adds the inbox. */
export function readRoots(text: string, trial: boolean, dataDir: string): string[] {
  const listed = splitList(text).map((folder) => path.resolve(folder));
  return trial ? [path.join(dataDir, 'inbox'), ...listed] : listed;
}

/** Addresses of proxies; true for all, false for none. */
export function readProxies(text: string): string[] | boolean {
  if (text === '' || text === 'off' || text === 'false') return false;
  if (text === 'all') return true;
  return splitList(text);
}

/** The second listener; undefined without a certificate. */
export function readTls(read: ReadSetting): TlsConfig | undefined {
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

/** Lower case; undefined when the setting is empty. */
export function readHeaderName(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\w-]{1,64}$/.test(text)) {
    throw new ConfigError('CLIENT_CERT_HEADER', `"${text}" is not the name of a header.`);
  }
  return text.toLowerCase();
}

/** A level of the log. */
export function readLevel(text: string): string {
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(text)) {
    throw new ConfigError('LOG_LEVEL', `"${text}" is none of trace, debug, info, warn, error, silent.`);
  }
  return text;
}

/** Seconds before each retry, at most 50 of them and a week each. */
export function readSchedule(text: string): number[] {
  const delays = splitList(text).map(Number);
  if (delays.length > 50 || delays.some((delay) => !Number.isFinite(delay) || delay < 0 || delay > 604_800)) {
    throw new ConfigError('RETRY_SCHEDULE', `"${text}" is not a list of seconds such as 30,60,120.`);
  }
  return delays;
}
