/** Requests as nobody should send them, made by fast-check from the operations of the OpenAPI document. */
import fc from 'fast-check';
import { type ApiDocument, type DocumentedOperation, sampleOf } from './openapi.ts';

export interface Malformed {
  /** The operation that it was meant for. */
  id: string;
  method: string;
  path: string;
  headers: [string, string][];
  body: Buffer;
  /** How the length of the body is told. */
  framing: 'length' | 'chunked' | 'none' | 'too short' | 'too long' | 'both';
}

export interface Known {
  /** Ids that exist, by their name in paths. */
  ids: Record<string, string>;
  /** Ids where a request would be held; taken in their stead. */
  endedSession: string;
  keys: readonly string[];
}

/** These hold an answer back while a session is open. */
const holding = new Set(['getDeliveryStatus', 'pollNextImage']);

export function malformedRequest(document: ApiDocument, operations: DocumentedOperation[], known: Known) {
  return fc.constantFrom(...operations).chain((operation) =>
    fc
      .record({
        path: pathOf(operation, known),
        query: queryOf(operation),
        method: fc.oneof(
          { weight: 14, arbitrary: fc.constant(operation.method) },
          {
            weight: 1,
            arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
          },
          { weight: 1, arbitrary: fc.constantFrom('TRACE', 'PROPFIND', 'get', 'FOO', 'QUERY', 'POST ') },
        ),
        credential: credentialOf(known),
        headers: fc.array(oddHeader, { maxLength: 3 }),
        address: fc.ipV4(),
        content: contentOf(operation, document),
        framing: fc.oneof(
          { weight: 20, arbitrary: fc.constant('length' as const) },
          { weight: 3, arbitrary: fc.constant('chunked' as const) },
          { weight: 1, arbitrary: fc.constantFrom('none' as const, 'too short', 'too long', 'both') },
        ),
      })
      .map(
        ({ path, query, method, credential, headers, address, content, framing }): Malformed => ({
          id: operation.id,
          method,
          path: path + query,
          headers: [['x-forwarded-for', address], ...credential, ...content.headers, ...headers],
          body: content.body,
          framing,
        }),
      ),
  );
}

const strange = [
  '%00',
  'a%00b',
  '%',
  '%zz',
  '%c3%28',
  '%ff%fe',
  '..%2f..%2f..%2fetc%2fpasswd',
  '../../etc/passwd',
  '%2e%2e',
  '.',
  ':session',
  '{session}',
  '*',
  "'%20or%201=1--",
  '%27%3B%20drop%20table%20keys--',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e999',
  'recent',
  'é',
  '%F0%9F%93%B7',
  '%E2%80%AE',
  '%ED%A0%80',
  'a'.repeat(201),
  'a'.repeat(5_000),
  ';a=b',
  '$%7B7*7%7D',
  '%0d%0aset-cookie:%20a=b',
  '',
];

function pathOf(operation: DocumentedOperation, { ids, endedSession }: Known): fc.Arbitrary<string> {
  const good = (name: string): string => {
    // What deletes would leave nothing to go on with.
    if (operation.method === 'DELETE' && name === operation.ids.at(-1)) return 'none';
    if (name === 'session' && holding.has(operation.id)) return endedSession;
    return ids[name] ?? 'none';
  };
  const values = fc.tuple(
    ...operation.ids.map((name) =>
      fc.oneof(
        { weight: 5, arbitrary: fc.constant(good(name)) },
        { weight: 2, arbitrary: fc.constantFrom(...strange) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map(safely) },
      ),
    ),
  );
  const stem = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...operation.paths).map((path) => `/api/v1${path}`) },
    { weight: 2, arbitrary: fc.constant(`/v1${operation.paths[0]}`) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('//', '/api/v2', '/api/v1/../v1', '/api//v1', '/API/V1')
        .map((p) => p + operation.paths[0]),
    },
  );
  return fc.tuple(stem, values).map(([path, given]) => {
    let n = 0;
    return path.replace(/\{\w+\}/g, () => (given as string[])[n++ % Math.max(1, given.length)] ?? 'none');
  });
}

/** Percent-encoded where it could be; a lone surrogate cannot. */
function safely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
}

const oddValue = fc.oneof(
  fc.constantFrom(...strange),
  fc.constantFrom(
    '0',
    '1',
    '100000000000000000000',
    '-0',
    '0x10',
    '1.5',
    'true',
    '[]',
    '%5B%5D',
    '2026-13-45T99:99:99Z',
  ),
  fc.string({ maxLength: 40 }).map(safely),
);

function queryOf({ parameters }: DocumentedOperation): fc.Arbitrary<string> {
  const names = parameters.filter((one) => one.in === 'query').map((one) => one.name);
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...(names.length > 0 ? names : ['page'])) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('__proto__', 'a[b]', 'a[]', '', '%00', 'token', 'as_project', 'page_size'),
    },
  );
  const pairs = fc.array(fc.tuple(name, oddValue), { maxLength: 4 });
  return pairs.map((all) =>
    all.length === 0 ? '' : `?${all.map(([key, value]) => `${key}=${value}`).join('&')}`,
  );
}

function credentialOf({ keys }: Known): fc.Arbitrary<[string, string][]> {
  const bearer = (value: string): [string, string][] => [['authorization', value]];
  return fc.oneof(
    { weight: 16, arbitrary: fc.constantFrom(...keys).map((key) => bearer(`Bearer ${key}`)) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          'Bearer',
          'Bearer  ',
          'bearer aptr_live_',
          'Basic Og==',
          'Bearer a b',
          `Bearer ${'x'.repeat(6_000)}`,
          'Bearer aptr_oauth_x',
          'Bearer \u00ff\u00fe',
        )
        .map(bearer),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...keys)
        .map((key): [string, string][] => [...bearer(`Bearer ${key}`), ...bearer('Bearer x')]),
    },
  );
}

const oddHeader: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.constantFrom<[string, string]>(
    ['host', 'evil.example'],
    ['host', ''],
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['referer', 'not a url'],
    ['accept', 'text/html'],
    ['accept', `${'a/b,'.repeat(500)}c/d`],
    ['accept-encoding', 'br;q=x, gzip, *;q=0'],
    ['content-encoding', 'gzip'],
    ['content-type', 'text/plain'],
    ['content-type', 'application/json; charset=utf-16'],
    ['content-type', ';;;'],
    ['content-type', 'multipart/form-data'],
    ['content-type', 'multipart/form-data; boundary="'],
    ['expect', '100-continue'],
    ['expect', '200-ok'],
    ['range', 'bytes=0-,5-3'],
    ['if-none-match', '*'],
    ['if-modified-since', 'yesterday'],
    ['upgrade', 'h2c'],
    ['connection', 'upgrade, close'],
    ['x-http-method-override', 'DELETE'],
    ['x-forwarded-host', 'evil.example'],
    ['x-forwarded-proto', 'gopher'],
    ['x-forwarded-for', 'not an address'],
    ['x-forwarded-for', '1.2.3.4, '.repeat(200)],
    ['x-aptr-encrypted', 'default'],
    ['x-aptr-encrypted', 'e2e'],
    ['x-aptr-encrypted', '\u00ff'],
    ['x-session-password', '%zz'],
    ['x-session-password', '\u00e9'.repeat(300)],
    ['x-aptr-totp', '000000'],
    ['x-aptr-timestamp', '99999999999999999999'],
    ['x-aptr-signature', 'sha256=zz'],
    ['x-apertur-project', '__proto__'],
    ['last-event-id', '-1'],
    ['last-event-id', '9'.repeat(400)],
    ['cookie', 'apertur.session_token=x; __Secure-apertur.session_token=%zz'],
    ['cookie', '='.repeat(2_000)],
    ['sec-fetch-site', 'cross-site'],
    ['traceparent', '00-zz-zz-00'],
    ['te', 'trailers'],
    ['x-odd', 'a\u0000b'],
    ['x-odd', 'a'.repeat(9_000)],
    ['x odd', 'a space in a name'],
    ['', 'no name'],
    ['x-odd', 'a\r\n folded'],
  ),
  fc
    .string({ unit: 'grapheme-ascii', maxLength: 30 })
    .map((value): [string, string] => ['x-odd', value.replace(/[\r\n]/g, ' ')]),
);

interface Content {
  headers: [string, string][];
  body: Buffer;
}

const json = (value: string | Buffer): Content => ({
  headers: [['content-type', 'application/json']],
  body: Buffer.from(value as string),
});

const oddLeaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 0, -1, 1.5, [], {}, [[]], [null], { a: null }),
  fc.constantFrom<unknown>(
    Number.MAX_SAFE_INTEGER,
    -1e308,
    '\u0000',
    '\ud800',
    '\u202e',
    'x'.repeat(20_000),
    '1',
    'NaN',
  ),
  fc.constantFrom<unknown>(
    '__proto__',
    '../../x',
    'http://[',
    'javascript:alert(1)',
    '2026-02-30T25:61:61Z',
    '{{7*7}}',
    '%s%n',
  ),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 5 }),
);

/** Valid in all but one or two members, so that it comes past the first look. */
function mutated(operation: DocumentedOperation, document: ApiDocument): fc.Arbitrary<string> {
  const body = operation.bodies.find((one) => one.type === 'application/json');
  const bases = body ? [...body.examples, sampleOf(body.schema, document)] : [{}];
  const properties = namesIn(body?.schema, document);
  const name = fc.constantFrom(
    ...(properties.length > 0 ? properties : ['a']),
    '__proto__',
    'constructor',
    'unknown',
  );
  return fc
    .tuple(fc.constantFrom(...bases), fc.array(fc.tuple(name, oddLeaf), { minLength: 1, maxLength: 3 }))
    .map(([base, changes]) => {
      const whole = changes.reduce<Record<string, unknown>>(
        (made, [key, value]) =>
          Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true }),
        { ...(base as Record<string, unknown>) },
      );
      return JSON.stringify(whole);
    });
}

function namesIn(
  schema: { $ref?: string; properties?: object } | undefined,
  document: ApiDocument,
): string[] {
  if (schema?.$ref) return namesIn(document.components.schemas[schema.$ref.split('/').at(-1)!], document);
  return Object.keys(schema?.properties ?? {});
}

const brokenJson = [
  '{',
  '[',
  ']',
  '"',
  'nul',
  '{"a":}',
  '{"a":1,}',
  '{"a":1}{"a":2}',
  "{'a':1}",
  '{"a":1e999}',
  '{"a":-}',
  '{"a":"\\ud800"}',
  '{"a":"\\x"}',
  '\ufeff{"a":1}',
  '{"a":1,"a":2}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '['.repeat(5_000),
  `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
  `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  `{"label":"${'x'.repeat(200_000)}"}`,
  `{"tags":[${'"x",'.repeat(20_000)}"x"]}`,
  `{"max_images":${'9'.repeat(5_000)}}`,
  '123',
  '"text"',
  'true',
  '[1,2,3]',
  ' ',
  '\u0000',
];

const form = (text: string, boundary = 'b'): Content => ({
  headers: [['content-type', `multipart/form-data; boundary=${boundary}`]],
  body: Buffer.from(text, 'latin1'),
});

const oddForms: Content[] = [
  form(''),
  form('--b'),
  form('--b--'),
  form('--b\r\n\r\n\r\n--b--'),
  form('--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nnot a picture\r\n--b--'),
  form(
    '--b\r\ncontent-disposition: form-data; name="file"; filename="a\u0000.jpg"\r\n\r\n\u00ff\u00d8\u00ff\u00e0\r\n--b--',
  ),
  form(
    '--b\r\ncontent-disposition: form-data; name="file"; filename*=UTF-8\'\'%zz\r\n\r\n\u00ff\u00d8\u00ff\r\n--b--',
  ),
  form(`--b\r\n${'x-a: b\r\n'.repeat(500)}\r\nx\r\n--b--`),
  form(`--b\r\ncontent-disposition: form-data; name="${'n'.repeat(20_000)}"\r\n\r\nx\r\n--b--`),
  form('--b\r\ncontent-disposition: form-data; name="source"\r\n\r\nx\r\n'.repeat(200)),
  form('--b\ncontent-disposition: form-data; name="file"\n\nx\n--b--'),
  form('x', 'b'.repeat(100)),
  form('x', ''),
];

function contentOf(operation: DocumentedOperation, document: ApiDocument): fc.Arbitrary<Content> {
  const none = fc.constant<Content>({ headers: [], body: Buffer.alloc(0) });
  const reads = operation.method === 'GET' || operation.method === 'DELETE';
  const bytes = fc.uint8Array({ maxLength: 300 }).map((given) => json(Buffer.from(given)));
  return fc.oneof(
    { weight: reads ? 12 : 1, arbitrary: none },
    { weight: 8, arbitrary: mutated(operation, document).map(json) },
    { weight: 2, arbitrary: fc.constantFrom(...brokenJson).map(json) },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: fc.json({ maxDepth: 6 }).map(json) },
    { weight: operation.id === 'uploadImage' ? 8 : 1, arbitrary: fc.constantFrom(...oddForms) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          'application/x-www-form-urlencoded',
          'text/xml',
          'application/octet-stream',
          'application/vnd.x+json',
          '',
        )
        .map((type): Content => ({ headers: [['content-type', type]], body: Buffer.from('a=1&b[c]=2') })),
    },
  );
}

/** The bytes on the wire. Header values are Latin-1, as on the wire. */
export function toBytes({ method, path, headers, body, framing }: Malformed): Buffer {
  const hosted = headers.some(([name]) => name === 'host');
  const lines = [...(hosted ? [] : [['host', '127.0.0.1']]), ...headers].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const lengths: Record<Malformed['framing'], string> = {
    length: body.length > 0 ? `content-length: ${body.length}\r\n` : '',
    chunked: 'transfer-encoding: chunked\r\n',
    none: '',
    'too short': `content-length: ${Math.max(0, body.length - 1)}\r\n`,
    'too long': `content-length: ${body.length + 10}\r\n`,
    both: `content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n`,
  };
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}${lengths[framing]}\r\n`;
  const chunk = (text: Buffer): Buffer[] =>
    text.length === 0 ? [] : [Buffer.from(`${text.length.toString(16)};x=y\r\n`), text, Buffer.from('\r\n')];
  const sent =
    framing === 'chunked' || framing === 'both' ? [...chunk(body), Buffer.from('0\r\n\r\n')] : [body];
  return Buffer.concat([Buffer.from(head, 'latin1'), ...sent]);
}
