/** The settings of an Azure Blob destination: schema, what a schema cannot say, where requests go. Contract §6.3. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import type { OutboundRequest } from '../../lib/outbound.ts';
import { encodePath } from '../../lib/url-path.ts';
import { type Conflict, conflictField } from '../conflict.ts';
import { checkTemplate } from '../templates.ts';
import { caField, certificateField, prepareTrust, trustOf } from '../trust.ts';
import { readConnectionString } from './connection-string.ts';
import { readSas } from './sas.ts';

export const defaultTemplate = 'uploads/{session_id}/{image_index}.{ext}';

export const config = Type.Object(
  {
    account_name: Type.Optional(
      Type.String({
        title: 'Storage account',
        description: 'The name of the storage account; taken from the connection string where that has it.',
        examples: ['acmephotos'],
        aliases: ['account'],
        maxLength: 64,
      }),
    ),
    container_name: Type.String({
      title: 'Container',
      description: 'The name of the container alone.',
      examples: ['photos'],
      aliases: ['container'],
      minLength: 1,
      maxLength: 63,
    }),
    blob_template: Type.Optional(
      Type.String({
        title: 'Blob name',
        description: 'The name of each photo in the container.',
        examples: [defaultTemplate, 'in/{date}/{image_id}.{ext}'],
        aliases: ['path_template', 'template'],
        template: { names: 'file' },
        maxLength: 1_024,
        default: defaultTemplate,
      }),
    ),
    endpoint: Type.Optional(
      Type.String({
        title: 'Endpoint',
        description: 'The address of the Blob service; leave it empty for the public Azure cloud.',
        examples: [
          'https://acmephotos.blob.core.chinacloudapi.cn',
          'http://127.0.0.1:10000/devstoreaccount1',
        ],
        aliases: ['blob_endpoint', 'endpoint_url'],
        maxLength: 2_048,
      }),
    ),
    conflict: conflictField,
    ca: caField,
    certificate_sha256: certificateField,
  },
  { additionalProperties: false },
);

export const credentials = Type.Object(
  {
    sas_token: Type.Optional(
      Type.String({
        title: 'SAS token',
        description: 'For this container, with Create and Write. This or a connection string.',
        examples: ['sv=2024-11-04&sr=c&sp=cw&se=2027-12-31T00:00:00Z&sig=…'],
        aliases: ['sas'],
        maxLength: 4_096,
      }),
    ),
    connection_string: Type.Optional(
      Type.String({
        title: 'Connection string',
        description: 'Opens the whole account; a SAS token is the better choice.',
        examples: [
          'DefaultEndpointsProtocol=https;AccountName=acmephotos;AccountKey=…;EndpointSuffix=core.windows.net',
        ],
        maxLength: 4_096,
      }),
    ),
  },
  { additionalProperties: false },
);

export interface AzureSettings {
  account: string;
  container: string;
  /** Origin and base path without a slash at the end. */
  endpoint: string;
  template: string;
  conflict: Conflict;
  tls: OutboundRequest['tls'];
  access: { sas: URLSearchParams } | { accountKey: Buffer };
}

/** Stored settings passed the schema and `prepareSettings`. */
export function readSettings(
  stored: Record<string, unknown>,
  secrets: Record<string, unknown>,
): AzureSettings {
  const { blob_template = defaultTemplate, conflict = 'overwrite' } = stored;
  const parts = readConnectionString((secrets.connection_string as string | undefined) ?? '');
  const sas = readSas((secrets.sas_token as string | undefined) ?? parts.sas ?? '');
  const account = ((stored.account_name as string | undefined) ?? parts.account) as string;
  const endpoint = (stored.endpoint as string | undefined) ?? parts.endpoint;
  return {
    account,
    container: stored.container_name as string,
    endpoint: endpoint ?? `https://${account}.blob.core.windows.net`,
    template: blob_template as string,
    conflict: conflict as Conflict,
    tls: trustOf(stored),
    access: sas ? { sas } : { accountKey: Buffer.from(parts.accountKey ?? '', 'base64') },
  };
}

interface Stored {
  config: Record<string, unknown>;
  credentials: Record<string, unknown>;
}

/** The settings to store. Throws AppError 400. */
export function prepareSettings(given: Stored): Stored {
  const config = prepareTrust(given.config);
  const secrets = given.credentials;
  const parts = checkAccess(secrets);
  if (!config.account_name) {
    if (!parts.account) throw invalid('account_name is missing.');
    config.account_name = parts.account;
  }
  const account = config.account_name as string;
  if (!/^[a-z0-9]{3,64}$/.test(account)) {
    throw invalid('account_name is the name of the storage account: lower-case letters and digits only.');
  }
  if (parts.account && parts.account !== account) {
    throw invalid(`account_name is ${account}, but the connection string is for ${parts.account}.`);
  }
  if (!/^(\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62})$/.test(config.container_name as string)) {
    throw invalid(
      'container_name is only the name of the container: lower-case letters, digits and single hyphens.',
    );
  }
  if (parts.endpoint && !/^https?:$/.test(URL.parse(parts.endpoint)?.protocol ?? '')) {
    throw invalid('connection_string holds a BlobEndpoint that is no address.');
  }
  if (config.endpoint)
    config.endpoint = readEndpoint(config.endpoint as string, account, config.container_name as string);
  else delete config.endpoint;
  config.blob_template ||= defaultTemplate;
  checkTemplate(config.blob_template as string, { field: 'blob_template' });
  return { config, credentials: secrets };
}

function checkAccess(secrets: Record<string, unknown>): ReturnType<typeof readConnectionString> {
  const parts = readConnectionString((secrets.connection_string as string | undefined) ?? '');
  const text = (secrets.sas_token as string | undefined) ?? parts.sas;
  if (text === undefined) {
    if (parts.accountKey) return parts;
    throw invalid(
      secrets.connection_string
        ? 'connection_string holds neither AccountKey nor SharedAccessSignature.'
        : 'sas_token or connection_string is missing.',
    );
  }
  const sas = readSas(text);
  if (!sas) throw invalid('sas_token is not a SAS token: it has no sig. Copy all of it, from sv= or sp= on.');
  const permissions = sas.get('sp');
  // A token that names a stored access policy (si) has its permissions there.
  if (permissions !== null && !/[cw]/.test(permissions)) {
    throw invalid(
      `sas_token does not allow writing (sp=${permissions.slice(0, 20)}). Make one with Create and Write.`,
    );
  }
  if (sas.get('sr') === 'b') throw invalid('sas_token is for one blob. Make one for the container.');
  if (sas.has('srt') && !sas.get('srt')!.includes('o')) {
    throw invalid('sas_token does not reach objects (srt). Make one with the resource type Object.');
  }
  return parts;
}

/** Takes the address of the service, of the container, or a bare host. */
function readEndpoint(text: string, account: string, container: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const wrong =
    !url ||
    !['https:', 'http:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== '';
  if (wrong) throw invalid(`endpoint must be an address such as https://${account}.blob.core.windows.net.`);
  const segments = url.pathname.split('/').filter((segment) => segment !== '' && segment !== container);
  if (url.hostname.startsWith('blob.')) url.hostname = `${account}.${url.hostname}`;
  // Emulators have the account in the path, because an address has no subdomains.
  const bare = /^[\d.]+$|^\[|^localhost$|^[^.]+$/.test(url.hostname);
  if (segments.length === 0 && bare) segments.push(account);
  return [url.origin, ...segments].join('/');
}

/** The address of a blob, without its access token. */
export function addressOf({ endpoint, container }: AzureSettings, name: string): URL {
  return new URL(`${endpoint}/${encodePath(container)}${name === '' ? '' : `/${encodePath(name)}`}`);
}
