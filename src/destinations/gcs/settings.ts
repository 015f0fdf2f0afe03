/** The settings of a Google Cloud Storage destination: schema, and what a schema cannot say. Contract §6.3. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import { type Conflict, conflictField } from '../conflict.ts';
import { checkTemplate } from '../templates.ts';

export const defaultTemplate = 'uploads/{session_id}/{image_index}.{ext}';
export const publicEndpoint = 'https://storage.googleapis.com';
const defaultTokenUri = 'https://oauth2.googleapis.com/token';

export const config = Type.Object(
  {
    bucket: Type.String({
      title: 'Bucket',
      description: 'The name of the bucket alone.',
      examples: ['claims-photos'],
      aliases: ['bucket_name'],
      minLength: 1,
      maxLength: 222,
    }),
    object_template: Type.Optional(
      Type.String({
        title: 'Object name',
        description: 'The name of each photo in the bucket.',
        examples: [defaultTemplate, '{date}/{image_id}.{ext}'],
        aliases: ['path_template', 'template', 'key_template'],
        template: { names: 'file' },
        maxLength: 1_024,
        default: defaultTemplate,
      }),
    ),
    conflict: conflictField,
    endpoint: Type.Optional(
      Type.String({
        title: 'Endpoint',
        description: 'The address of the JSON API; leave it empty for Google’s public cloud.',
        examples: ['https://storage.s3nsapis.fr'],
        aliases: ['endpoint_url'],
        maxLength: 2_048,
      }),
    ),
  },
  { additionalProperties: false },
);

export const credentials = Type.Object(
  {
    credentials_json: Type.String({
      title: 'Service account key',
      description:
        'All of the JSON file that Google gives for a service account that may write to the bucket.',
      examples: ['{ "type": "service_account", "client_email": "photos@acme.iam.gserviceaccount.com", … }'],
      aliases: ['service_account_json', 'service_account_key', 'key_json'],
      minLength: 1,
      maxLength: 16_384,
    }),
  },
  { additionalProperties: false },
);

export interface ServiceAccount {
  email: string;
  keyId: string | undefined;
  privateKey: KeyObject;
  tokenUri: string;
}

export interface GcsSettings {
  bucket: string;
  template: string;
  conflict: Conflict;
  /** Without a slash at the end. */
  endpoint: string;
}

/** Stored settings passed the schema and `prepareSettings`. */
export function readSettings(stored: Record<string, unknown>): GcsSettings {
  const { object_template = defaultTemplate, conflict = 'overwrite', endpoint = publicEndpoint } = stored;
  return {
    bucket: stored.bucket as string,
    template: object_template as string,
    conflict: conflict as Conflict,
    endpoint: endpoint as string,
  };
}

interface Stored {
  config: Record<string, unknown>;
  credentials: Record<string, unknown>;
}

/** The settings to store. Throws AppError 400. */
export function prepareSettings(given: Stored): Stored {
  const config = { ...given.config };
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(config.bucket as string)) {
    throw invalid(
      'bucket is only the name of the bucket, for example claims-photos, without gs:// or a path.',
    );
  }
  config.object_template ||= defaultTemplate;
  checkTemplate(config.object_template as string, { field: 'object_template' });
  if (config.endpoint) config.endpoint = readEndpoint(config.endpoint as string);
  else delete config.endpoint;
  const json = given.credentials.credentials_json as string;
  readServiceAccount(json);
  return { config, credentials: { credentials_json: json } };
}

function readEndpoint(text: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const wrong =
    !url ||
    !['https:', 'http:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== '';
  if (wrong) throw invalid('endpoint must be an address such as https://storage.googleapis.com.');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** The parts of a key file that sign in. Throws AppError 400, without repeating any of it. */
export function readServiceAccount(text: string): ServiceAccount {
  const file = parseObject(text);
  if (!file) throw invalid('credentials_json is not JSON. Paste all of the key file of a service account.');
  if (file.type !== 'service_account') {
    throw invalid('credentials_json is not the key of a service account: its type is not service_account.');
  }
  const {
    client_email: email,
    private_key: key,
    private_key_id: keyId,
    token_uri: tokenUri = defaultTokenUri,
  } = file;
  if (typeof email !== 'string' || !email.includes('@'))
    throw invalid('credentials_json has no client_email.');
  if (typeof key !== 'string') throw invalid('credentials_json has no private_key.');
  if (typeof tokenUri !== 'string' || !/^https?:$/.test(URL.parse(tokenUri)?.protocol ?? '')) {
    throw invalid('credentials_json has a token_uri that is no address.');
  }
  return { email, privateKey: readKey(key), tokenUri, keyId: typeof keyId === 'string' ? keyId : undefined };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Said below, without the reason, which may repeat the key.
  }
  throw invalid('credentials_json has a private_key that cannot be read. Paste the file as it is.');
}
