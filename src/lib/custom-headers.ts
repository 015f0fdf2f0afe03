/** Headers that the owner of a destination or webhook adds to what we send. */
import { invalid } from '../errors.ts';

export const maxCustomHeaders = 20;
const maxCustomCharacters = 8_192;

const reserved = [
  /^(host|connection|keep-alive|transfer-encoding|upgrade|te|trailer|expect|user-agent|accept-encoding)$/,
  /^(content-|proxy-|x-apertur-|x-aptr-|svix-|webhook-)/,
];

/** Whether a header of that name is likely to hold what opens something: it is sealed, and masked in answers. */
export function signsIn(name: string): boolean {
  return /auth|token|secret|password|passwd|cookie|session|signature|credential|(^|[-_])(api[-_]?)?key($|[-_])/i.test(
    name,
  );
}

/**
 * Checks the headers that an owner adds, and returns them trimmed. `member` is what the setting is called. Throws
 * AppError 400 for a name or value that HTTP does not allow, for a reserved name, and for too many.
 */
export function checkCustomHeaders(
  given: Record<string, string>,
  member = 'headers',
): Record<string, string> {
  const checked: Record<string, string> = {};
  const seen = new Set<string>();
  let characters = 0;
  for (const [rawName, rawValue] of Object.entries(given)) {
    const [name, value] = [rawName.trim(), rawValue.trim()];
    const key = name.toLowerCase();
    checkHeader(name, value, member);
    if (seen.has(key))
      throw invalid(`${member} holds ${name} twice. Names differ by more than upper and lower case.`);
    seen.add(key);
    characters += name.length + value.length;
    checked[name] = value;
  }
  if (seen.size > maxCustomHeaders) throw invalid(`${member} holds more than ${maxCustomHeaders} headers.`);
  if (characters > maxCustomCharacters) {
    throw invalid(`${member} holds more than ${maxCustomCharacters} characters in total.`);
  }
  return checked;
}

function checkHeader(name: string, value: string, member: string): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) {
    const shown = name.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
    throw invalid(`${member} holds "${shown}", which is not a header name.`);
  }
  if (reserved.some((pattern) => pattern.test(name.toLowerCase()))) {
    throw invalid(`${member} holds ${name}, which this server sets itself. Leave it out.`);
  }
  if (!/^[\t\x20-\x7e]*$/.test(value)) {
    throw invalid(`The value of the header ${name} may hold printable ASCII characters alone.`);
  }
}
