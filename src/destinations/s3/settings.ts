/** The settings of an S3 destination: their schema, what a schema cannot say, and where requests go. Contract §6.3. */
import { Type } from 'typebox';
import { invalid } from '../../errors.ts';
import type { OutboundRequest } from '../../lib/outbound.ts';
import { type Conflict, conflictField } from '../conflict.ts';
import { checkTemplate } from '../templates.ts';
import { caField, certificateField, prepareTrust, trustOf } from '../trust.ts';

export const defaultTemplate = 'uploads/{session_id}/{image_index}.{ext}';
const defaultRegion = 'us-east-1';

export const config = Type.Object(
  {
    bucket: Type.String({
      title: 'Bucket',
      description: 'The name of the bucket alone.',
      examples: ['claims-photos'],
      aliases: ['bucket_name'],
      minLength: 1,
      maxLength: 255,
    }),
    region: Type.Optional(
      Type.String({
        title: 'Region',
        description: 'Where the bucket is. Cloudflare R2 calls it auto; MinIO mostly does not mind.',
        examples: ['eu-central-1', 'auto'],
        aliases: ['aws_region'],
        maxLength: 64,
        default: defaultRegion,
      }),
    ),
    endpoint: Type.Optional(
      Type.String({
        title: 'Endpoint',
        description: 'The address of a compatible store; leave it empty for Amazon S3.',
        examples: ['https://s3.eu-central-003.backblazeb2.com', 'https://minio.example.com:9000'],
        aliases: ['endpoint_url'],
        maxLength: 2_048,
      }),
    ),
    force_path_style: Type.Optional(
      Type.Boolean({
        title: 'Bucket in the path',
        description:
          'Whether the bucket stands in the path of the address, or before its host name. Default: in the path when an endpoint is given.',
        examples: [true],
        aliases: ['path_style', 'use_path_style'],
      }),
    ),
    key_template: Type.Optional(
      Type.String({
        title: 'Key',
        description: 'The key of each photo in the bucket.',
        examples: [defaultTemplate, '{date}/{image_id}.{ext}'],
        aliases: ['path_template', 'template'],
        template: { names: 'file' },
        maxLength: 1_024,
        default: defaultTemplate,
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
    access_key_id: Type.String({
      title: 'Access key ID',
      description: 'Of a user that may do no more than write photos.',
      examples: ['AKIAIOSFODNN7EXAMPLE'],
      aliases: ['access_key', 'aws_access_key_id'],
      shownTail: 4,
      minLength: 1,
      maxLength: 512,
      pattern: '^[\\x21-\\x7e]+$',
    }),
    secret_access_key: Type.String({
      title: 'Secret access key',
      description: 'Shown once when the key was made.',
      examples: ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
      aliases: ['secret_key', 'aws_secret_access_key'],
      minLength: 1,
      maxLength: 512,
    }),
  },
  { additionalProperties: false },
);

export interface S3Settings {
  bucket: string;
  region: string;
  /** Origin and base path without a slash at the end; undefined for Amazon. */
  endpoint: string | undefined;
  pathStyle: boolean;
  template: string;
  conflict: Conflict;
  tls: OutboundRequest['tls'];
  accessKeyId: string;
  secretAccessKey: string;
}

/** Stored settings passed the schema and `prepareSettings`. */
export function readSettings(stored: Record<string, unknown>, secrets: Record<string, unknown>): S3Settings {
  const { region = defaultRegion, endpoint, key_template = defaultTemplate, conflict = 'overwrite' } = stored;
  return {
    bucket: stored.bucket as string,
    region: region as string,
    endpoint: endpoint as string | undefined,
    pathStyle: (stored.force_path_style as boolean | undefined) ?? endpoint !== undefined,
    template: key_template as string,
    conflict: conflict as Conflict,
    tls: trustOf(stored),
    accessKeyId: secrets.access_key_id as string,
    secretAccessKey: secrets.secret_access_key as string,
  };
}

/** The settings to store. Throws AppError 400. */
export function prepareSettings(given: Record<string, unknown>): Record<string, unknown> {
  const settings = prepareTrust(given);
  const bucket = given.bucket as string;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket)) {
    throw invalid(
      'bucket is only the name of the bucket, for example claims-photos, without s3:// or a path.',
    );
  }
  const region = ((given.region as string | undefined) ?? '').toLowerCase() || defaultRegion;
  if (!isRegion(region)) throw invalid('region is a word such as eu-central-1 or auto.');
  settings.region = region;
  const endpoint = (given.endpoint as string | undefined) ?? '';
  if (endpoint === '') delete settings.endpoint;
  else settings.endpoint = readEndpoint(endpoint, bucket);
  const template = (given.key_template as string | undefined) || defaultTemplate;
  checkTemplate(template, { field: 'key_template' });
  settings.key_template = template;
  return settings;
}

export const isRegion = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);

/** Providers show addresses with the bucket in front or behind; both are taken away, because we put it there. */
function readEndpoint(text: string, bucket: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const wrong =
    !url ||
    !['https:', 'http:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== '';
  if (wrong) throw invalid('endpoint must be an address such as https://s3.eu-central-003.backblazeb2.com.');
  if (url.hostname.startsWith(`${bucket}.`)) url.hostname = url.hostname.slice(bucket.length + 1);
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path === `/${bucket}` ? '' : path);
}

/** The address of a key, or of the bucket for an empty one. `path` is percent-encoded and begins with a slash. */
export function addressOf(settings: S3Settings, region: string, path: string): URL {
  const { bucket, endpoint } = settings;
  const base = new URL(
    endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
  );
  // A dot in the bucket's name would fall outside of Amazon's certificate.
  const inPath = settings.pathStyle || (endpoint === undefined && bucket.includes('.'));
  if (!inPath) base.host = `${bucket}.${base.host}`;
  base.pathname = base.pathname.replace(/\/$/, '') + (inPath ? `/${bucket}` : '') + path;
  return base;
}

/** Amazon itself checks and returns checksums; compatible stores refuse or ignore those headers. */
export function isAmazon({ endpoint }: S3Settings): boolean {
  return endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}
