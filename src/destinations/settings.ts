/**
 * From what a client sends to what is stored, and back: spellings, masks, checks. The kind's schemas say everything, so
 * that a new kind brings its validation, its mask and its form with it (contract §6.1, §6.3).
 */
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import { type TObject, Type } from 'typebox';
import { invalid } from '../errors.ts';
import { signsIn } from '../lib/custom-headers.ts';
import type { DestinationKind, FieldHelp } from './destination.ts';

/** What stands for a secret in every answer. Sent back unchanged, it keeps the stored one. */
export const mask = '••••••••';

export interface Settings {
  config: Record<string, unknown>;
  credentials: Record<string, unknown>;
}

const ajv = new Ajv({ useDefaults: true, coerceTypes: false, allErrors: false, strict: false });
addFormats.default(ajv);

/** What every kind has besides its own settings. */
const shared = Type.Object({
  retry_schedule: Type.Optional(
    Type.Array(Type.Number({ minimum: 0, maximum: 604_800 }), {
      title: 'Retry schedule',
      description: 'Seconds before each retry; their number is the number of retries. Empty list: none.',
      examples: [[30, 60, 120, 240, 480]],
      maxItems: 50,
    }),
  ),
});

/** The members that answers and forms know, in the canonical spelling. */
export function fieldsOf(schema: TObject): [name: string, help: FieldHelp][] {
  return Object.entries(schema.properties) as unknown as [string, FieldHelp][];
}

const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Reads a client's `config` into settings, on top of what is stored: members merge by name, a mask or an empty secret
 * keeps the stored one, null removes. Unknown members are ignored. Throws AppError 400 naming the field.
 */
export function readSettings(
  kind: DestinationKind,
  given: Record<string, unknown>,
  context: { env: 'live' | 'test'; localRoots: readonly string[] },
  stored: Settings = { config: {}, credentials: {} },
): Settings {
  const before = uniteHeaders(kind, stored);
  const config = merge(kind.config, given, pick(before.config, kind.config), false);
  keepMasked(kind, config, before.config);
  const credentials = merge(kind.credentials, given, before.credentials, true);
  check(kind, kind.config, config);
  check(kind, kind.credentials, credentials);
  const common = merge(shared, given, pick(before.config, shared), false);
  check(kind, shared, common);
  const prepared = kind.prepare?.({ config, credentials }, context) ?? { config, credentials };
  return partHeaders(kind, { ...prepared, config: { ...prepared.config, ...common } });
}

/** The members of `schema` as they would be stored, whatever else is wrong with the settings: for showing a path early. */
export function readMembers(
  schema: TObject,
  given: Record<string, unknown>,
  stored: Record<string, unknown> = {},
): Record<string, unknown> {
  return merge(schema, given, pick(stored, schema), false);
}

function pick(values: Record<string, unknown>, schema: TObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => Object.hasOwn(schema.properties, name)),
  );
}

function merge(
  schema: TObject,
  given: Record<string, unknown>,
  stored: Record<string, unknown>,
  secret: boolean,
): Record<string, unknown> {
  const merged = { ...stored };
  for (const [name, help] of fieldsOf(schema)) {
    const names = [name, ...(help.aliases ?? [])];
    const spelling = [...names, ...names.map(toCamel)].find((candidate) => Object.hasOwn(given, candidate));
    if (spelling === undefined) continue;
    const value = given[spelling];
    if (value === null) delete merged[name];
    else if (secret && (value === '' || isMaskOf(value, stored[name], help))) continue;
    else merged[name] = typeof value === 'string' ? value.trim() : value;
  }
  return merged;
}

/**
 * Headers of one's own are one member on the wire; those that sign in are kept with the secrets. `uniteHeaders` makes the one
 * member of them again, `partHeaders` the two.
 */
function uniteHeaders(kind: DestinationKind, { config, credentials }: Settings): Settings {
  const { headers, ...rest } = credentials;
  if (headers === undefined || !hasHeaders(kind)) return { config, credentials };
  return {
    config: { ...config, headers: { ...(config.headers as Headers), ...(headers as Headers) } },
    credentials: rest,
  };
}

function partHeaders(kind: DestinationKind, { config, credentials }: Settings): Settings {
  if (config.headers === undefined || !hasHeaders(kind)) return { config, credentials };
  const all = Object.entries(config.headers as Headers);
  const open = Object.fromEntries(all.filter(([name]) => !signsIn(name)));
  const secret = Object.fromEntries(all.filter(([name]) => signsIn(name)));
  const sealed = Object.keys(secret).length === 0 ? credentials : { ...credentials, headers: secret };
  return { config: { ...config, headers: open }, credentials: sealed };
}

type Headers = Record<string, string>;

const hasHeaders = (kind: DestinationKind): boolean => Object.hasOwn(kind.config.properties, 'headers');

/** A masked header that comes back keeps its value. Throws AppError 400 when there is none to keep. */
function keepMasked(
  kind: DestinationKind,
  config: Record<string, unknown>,
  stored: Record<string, unknown>,
): void {
  const given = config.headers;
  if (!hasHeaders(kind) || typeof given !== 'object' || given === null) return;
  const known = new Map(
    Object.entries((stored.headers ?? {}) as Headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  config.headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (value !== mask) return [name, value];
      const kept = known.get(name.toLowerCase());
      if (kept === undefined)
        throw invalid(`headers: ${name} holds a mask in place of its value. Send the value.`);
      return [name, kept];
    }),
  );
}

/** What an answer shows in place of a secret. */
function maskOf(secret: unknown, { shownTail = 0 }: FieldHelp): string {
  // Of a short one the tail would be most of it.
  const tail = typeof secret === 'string' && secret.length >= 4 * shownTail ? shownTail : 0;
  return tail === 0 ? mask : mask + (secret as string).slice(-tail);
}

function isMaskOf(value: unknown, secret: unknown, help: FieldHelp): boolean {
  return value === mask || (secret !== undefined && value === maskOf(secret, help));
}

function check(kind: DestinationKind, schema: TObject, values: Record<string, unknown>): void {
  if (ajv.validate(schema, values)) return;
  throw invalid(`The ${kind.label} destination: ${sayWhy(ajv.errors?.[0])}`);
}

function sayWhy(error: ErrorObject | undefined): string {
  if (!error) return 'the settings are not right.';
  if (error.keyword === 'required') return `${error.params.missingProperty} is missing.`;
  const field = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'enum') return `${field} must be one of ${error.params.allowedValues.join(', ')}.`;
  if (error.keyword === 'const' || error.keyword === 'anyOf')
    return `${field} has a value that is not known.`;
  return `${field} ${error.message}.`;
}

/** The settings as an answer shows them: configuration in the open, each stored secret as its mask. */
export function showSettings(kind: DestinationKind, settings: Settings): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...settings.config };
  if (settings.credentials.headers !== undefined && hasHeaders(kind)) {
    const masked = Object.keys(settings.credentials.headers as Headers).map((name) => [name, mask]);
    shown.headers = { ...(shown.headers as Headers), ...Object.fromEntries(masked) };
  }
  for (const [name, help] of fieldsOf(kind.credentials)) {
    const secret = settings.credentials[name];
    if (secret !== undefined) shown[name] = maskOf(secret, help);
  }
  return shown;
}
