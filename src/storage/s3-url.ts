/** The storage URL of an S3-compatible store: `s3://KEY:SECRET@HOST[:PORT]/BUCKET[/PREFIX][?region=…&tls=off&style=path]`. */

export interface S3Settings {
  /** Scheme, host and port; the host begins with the bucket when `style` is `host`. */
  origin: string;
  /** What comes before a key in the path: `/bucket/prefix/` or `/prefix/`. */
  root: string;
  /** What comes before a key in the bucket: `prefix/` or nothing. */
  prefix: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const EXAMPLE = 's3://KEY:SECRET@HOST/BUCKET?region=REGION';

/**
 * Key and secret are percent-encoded where they hold `/`, `:` or `@`. `region` is `us-east-1` unless told otherwise;
 * `tls=off` speaks plain HTTP; `style=host` puts the bucket into the host name, which is the default at AWS alone.
 * Throws a sentence for the operator, without any part of the URL.
 */
export function readS3Url(text: string): S3Settings {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 's3:') throw refusal(`is not of the form ${EXAMPLE}`);
  const [bucket = '', ...path] = decodeURIComponent(url.pathname).split('/').filter(Boolean);
  if (url.hostname === '') throw refusal(`names no host; it should be ${EXAMPLE}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(bucket)) throw refusal('names no usable bucket');
  if (url.username === '' || url.password === '')
    throw refusal(`needs an access key and its secret: ${EXAMPLE}`);
  const { region, tls, style } = readOptions(url);
  const hostStyle = (style ?? (url.hostname.endsWith('.amazonaws.com') ? 'host' : 'path')) === 'host';
  const prefix = path.map((segment) => `${segment}/`).join('');
  return {
    origin: `${tls === 'off' ? 'http' : 'https'}://${hostStyle ? `${bucket}.` : ''}${url.host}`,
    root: hostStyle ? '/' : `/${bucket}/`,
    prefix,
    region: region ?? 'us-east-1',
    accessKeyId: decodeURIComponent(url.username),
    secretAccessKey: decodeURIComponent(url.password),
  };
}

const OPTIONS: Record<string, RegExp> = {
  region: /^[a-z0-9-]{1,64}$/i,
  tls: /^(on|off)$/,
  style: /^(path|host)$/,
};

function readOptions(url: URL): Record<string, string> {
  for (const [name, value] of url.searchParams) {
    if (!OPTIONS[name]?.test(value))
      throw refusal(`has an option that is not known or cannot be used: ${name}`);
  }
  return Object.fromEntries(url.searchParams);
}

function refusal(why: string): Error {
  return new Error(`The storage URL ${why}`);
}
