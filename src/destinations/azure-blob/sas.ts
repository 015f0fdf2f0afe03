/** Shared access signatures: learn.microsoft.com/rest/api/storageservices/create-service-sas */

/** The parameters of a token, given alone, with a leading `?`, or as a whole URL; undefined when it is none. */
export function readSas(text: string): URLSearchParams | undefined {
  const query = text.slice(text.indexOf('?') + 1).trim();
  // A signature is Base64: a plus in it is a plus, also when somebody copied it after it was decoded.
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'));
  return parameters.has('sig') ? parameters : undefined;
}

/** When a token ends, in milliseconds since 1970; undefined when it does not say so itself. */
export function endOfSas(sas: URLSearchParams): number | undefined {
  const at = Date.parse(sas.get('se') ?? '');
  return Number.isNaN(at) ? undefined : at;
}
