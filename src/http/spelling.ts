/**
 * Both spellings of every member (contract §1.10), also in objects inside objects and lists: `max_images` is
 * `maxImages`. The canonical one is the one in the schema and wins when both are there. And `null` equals absent, unless
 * the schema gives it a meaning (§1.9).
 */
import type { TSchema } from 'typebox';

interface ObjectSchema {
  properties?: Record<string, TSchema>;
  anyOf?: ObjectSchema[];
  items?: ObjectSchema;
}

const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The other spelling of a member; the same when it has only one. */
export const twinOf = (name: string): string => (name.includes('_') ? toCamel(name) : toSnake(name));

/** Makes a function that rewrites a body or query into the canonical spelling of `schema`. */
export function createSpelling(schema: unknown): (value: unknown) => unknown {
  const respell = spellingOf(schema as ObjectSchema | undefined);
  if (!respell) return (value) => value;
  return (value) => {
    // No body, and the empty list that PHP makes of an empty option map, both mean "all defaults" (§1.13).
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0))
      return {};
    return respell(value);
  };
}

type Respell = (value: unknown) => unknown;

/** Undefined where there is nothing to respell: no object, or one whose members are free. */
function spellingOf(schema: ObjectSchema | undefined): Respell | undefined {
  if (!schema) return undefined;
  const items = spellingOf(schema.items);
  const objects = [schema, ...(schema.anyOf ?? [])].filter((one) => one.properties);
  if (items) return (value) => (Array.isArray(value) ? value.map(items) : value);
  if (objects.length === 0) return undefined;
  const members = objects.flatMap((one) => Object.entries(one.properties!)).map(memberOf);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const given: Record<string, unknown> = { ...value };
    for (const { name, twin, keepsNull, respell } of members) {
      if (twin !== name && given[twin] !== undefined && given[name] === undefined) given[name] = given[twin];
      if (given[name] === null && !keepsNull) delete given[name];
      else if (respell && given[name] !== undefined) given[name] = respell(given[name]);
    }
    return given;
  };
}

const memberOf = ([name, schema]: [string, TSchema]) => ({
  name,
  twin: twinOf(name),
  keepsNull: takesNull(schema),
  respell: spellingOf(schema),
});

function takesNull(schema: TSchema): boolean {
  const { type, anyOf } = schema as { type?: string; anyOf?: { type?: string }[] };
  return type === 'null' || (anyOf ?? []).some((option) => option.type === 'null');
}
