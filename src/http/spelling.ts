/**
 * Both spellings of every member (contract §1.10): `max_images` is `maxImages`. The canonical one is the one in the
 * schema and wins when both are there. And `null` equals absent, unless the schema gives it a meaning (§1.9).
 */
import type { TSchema } from 'typebox';

interface ObjectSchema {
  type?: string;
  properties?: Record<string, TSchema>;
}

const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The other spelling of a member; the same when it has only one. */
export const twinOf = (name: string): string => (name.includes('_') ? toCamel(name) : toSnake(name));

/** Makes a function that rewrites a body or query into the canonical spelling of `schema`. */
export function createSpelling(schema: unknown): (value: unknown) => unknown {
  const properties = (schema as ObjectSchema | undefined)?.properties;
  if (!properties) return (value) => value;
  const names = Object.keys(properties);
  return (value) => {
    // No body, and the empty list that PHP makes of an empty option map, both mean "all defaults" (§1.13).
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0))
      return {};
    if (typeof value !== 'object' || Array.isArray(value)) return value;
    const given: Record<string, unknown> = { ...value };
    for (const name of names) {
      const twin = twinOf(name);
      if (twin !== name && given[twin] !== undefined && given[name] === undefined) given[name] = given[twin];
      if (given[name] === null && !takesNull(properties[name]!)) delete given[name];
    }
    return given;
  };
}

function takesNull(schema: TSchema): boolean {
  const { type, anyOf } = schema as { type?: string | string[]; anyOf?: { type?: string }[] };
  return type === 'null' || (anyOf ?? []).some((option) => option.type === 'null');
}
