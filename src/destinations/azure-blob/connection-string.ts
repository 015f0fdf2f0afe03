/**
 * Connection strings as the Azure portal shows them:
 * learn.microsoft.com/azure/storage/common/storage-configure-connection-string
 */
export interface ConnectionString {
  account?: string;
  /** Base64. */
  accountKey?: string;
  sas?: string;
  /** Without a slash at the end. */
  endpoint?: string;
}

/** Reads what is there; unknown and broken parts are left out. */
export function readConnectionString(text: string): ConnectionString {
  const parts = new Map<string, string>();
  for (const pair of text.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) parts.set(pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1).trim());
  }
  const endpoint = parts.get('blobendpoint')?.replace(/\/+$/, '') ?? buildEndpoint(parts);
  const account = parts.get('accountname') ?? accountOf(endpoint);
  const accountKey = parts.get('accountkey');
  const sas = parts.get('sharedaccesssignature');
  return {
    ...(account ? { account } : {}),
    ...(accountKey ? { accountKey } : {}),
    ...(sas ? { sas } : {}),
    ...(endpoint ? { endpoint } : {}),
  };
}

function buildEndpoint(parts: Map<string, string>): string | undefined {
  const [account, suffix] = [parts.get('accountname'), parts.get('endpointsuffix')];
  const protocol = parts.get('defaultendpointsprotocol') ?? 'https';
  if (!account || !suffix || !['https', 'http'].includes(protocol)) return undefined;
  return `${protocol}://${account}.blob.${suffix}`;
}

/** `https://acme.blob.core.windows.net` names its account itself. */
function accountOf(endpoint: string | undefined): string | undefined {
  return /^https?:\/\/([a-z0-9]{3,24})\.blob\./.exec(endpoint ?? '')?.[1];
}
