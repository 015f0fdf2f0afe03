/**
 * The OpenAPI 3.1 document at `/openapi.json`. The paths, parameters and bodies come from the schemas that validate and
 * serialise; here they get what a reader and a client generator need besides: names, refusals, headers, examples,
 * both spellings, and one component a shape.
 */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { TSchema } from 'typebox';
import { describeEvents } from './openapi-events.ts';
import { type Example, examples } from './openapi-examples.ts';
import { refusalComponents, refusals } from './openapi-refusals.ts';
import {
  introduction,
  pathIds,
  queryWords,
  responseHeaders,
  tagDescriptions,
  wholeNumbers,
} from './openapi-words.ts';
import type { Operation } from './route.ts';
import { ErrorShape } from './schemas.ts';
import { scopeWords } from './scopes.ts';
import { twinOf } from './spelling.ts';

type Json = Record<string, unknown>;

interface Parameter {
  in: string;
  name: string;
  description?: string;
  required?: boolean;
  schema: Json;
  example?: unknown;
}

interface DocumentedOperation extends Json {
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, Json> };
  responses: Record<string, Json>;
}

interface Document extends Json {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: Json & { schemas?: Record<string, unknown> };
}

/** What the Swagger plugin is registered with. `publicUrl` is undefined when the install has none. */
export function openApiOptions(publicUrl: string | undefined): FastifyDynamicSwaggerOptions {
  const operations = new Map<string, Operation>();
  return {
    openapi: frame(publicUrl) as never,
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => {
      const { operation } = (route as { config?: { operation?: Operation } }).config ?? {};
      if (operation && !schema?.hide) operations.set(keyOf(operation.method, toTemplate(url)), operation);
      return { schema, url };
    },
    transformObject: (given) => {
      const document = ('openapiObject' in given ? given.openapiObject : {}) as unknown as Document;
      return finish(document, operations) as never;
    },
  };
}

const keyOf = (method: string, path: string): string => `${method.toLowerCase()} ${path}`;
const toTemplate = (url: string): string => url.replace(/:([A-Za-z]+)/g, '{$1}');

function frame(publicUrl: string | undefined): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Apertur',
      version: '1.0.0',
      summary: 'Collects photos from any phone and delivers them where a business needs them.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl ?? '/', description: 'This install.' }],
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'aptr_live_… or aptr_test_…',
          description:
            'An API key of one project. `aptr_test_…` is the test environment, any other the live one. A key may ask ' +
            'for more: `X-APTR-TOTP` with a one-time code, a client certificate, or signed requests ' +
            '(`X-Aptr-Timestamp`, `X-Aptr-Signature`).',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Secure-apertur.session_token',
          description:
            'A person who is signed in to the dashboard. Where a path names no project, `X-Apertur-Project` does; ' +
            '`X-Apertur-Env: test` chooses the test environment.',
        },
        oauth: {
          type: 'oauth2',
          description: 'An access token that a person gave to an app.',
          flows: {
            authorizationCode: {
              authorizationUrl: `${publicUrl ?? ''}/oauth/authorize`,
              tokenUrl: `${publicUrl ?? ''}/oauth/token`,
              refreshUrl: `${publicUrl ?? ''}/oauth/token`,
              scopes: scopeWords,
            },
          },
        },
      },
    },
    security: [{ key: [] }],
  };
}

function finish(document: Document, operations: Map<string, Operation>): Document {
  const used = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, documented] of Object.entries(methods)) {
      const operation = operations.get(keyOf(method, path));
      if (!operation) continue;
      used.add(operation.tag);
      describe(documented, operation, path);
    }
  }
  const known = Object.keys(tagDescriptions).filter((name) => used.delete(name));
  document.tags = [...known, ...used].map((name) => ({
    name,
    description: tagDescriptions[name] ?? `${name}.`,
  }));
  document.webhooks = describeEvents();
  document.components.headers = responseHeaders;
  const schemas: Record<string, unknown> = {};
  lift(plain(ErrorShape), schemas);
  const lifted = lift(document, schemas) as Document;
  lifted.components.schemas = sorted(schemas);
  lifted.components.responses = usedOf(refusalComponents(), JSON.stringify(lifted.paths));
  return lifted;
}

function describe(documented: DocumentedOperation, operation: Operation, path: string): void {
  documented.operationId = operation.id ?? nameOf(operation);
  documented.description = describeOperation(operation);
  documented.security = securityOf(operation, path);
  describeParameters(documented, operation);
  describeBody(documented, operation);
  describeResponses(documented, operation);
}

function describeOperation({ description, paths }: Operation): string {
  const [, ...aliases] = paths.map(toTemplate);
  const also = aliases.length > 0 ? `Also at ${aliases.map((path) => `\`${path}\``).join(', ')}.` : '';
  return [description, also].filter(Boolean).join('\n\n');
}

/** `getSessionQr` for `GET /sessions/:session/qr`: for a route that has not named itself. */
function nameOf({ method, paths }: Operation): string {
  const verbs = { GET: 'get', POST: 'post', PATCH: 'update', PUT: 'set', DELETE: 'delete' };
  const words = paths[0].split('/').filter((part) => part !== '' && !part.startsWith(':'));
  const nouns = words.flatMap((word) => word.split('-'));
  return verbs[method] + nouns.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

function securityOf({ access, scope, right }: Operation, path: string): Json[] {
  if (access === 'person') return [{ session: [] }];
  // What no scope covers is refused to apps.
  const apps = scope && !right ? [{ oauth: [scope] }] : [];
  const credential = [{ key: [] }, ...apps, { session: [] }];
  if (access === 'key') return credential;
  // A public route that has a scope takes a credential, or what its query holds.
  return scope && /download|events/.test(path) ? [{}, ...credential] : [];
}

function describeParameters(documented: DocumentedOperation, operation: Operation): void {
  const parameters = documented.parameters ?? [];
  for (const parameter of parameters) {
    if (parameter.in === 'path') Object.assign(parameter, pathIds[parameter.name]);
    if (parameter.in === 'query' && wholeNumbers.has(parameter.name)) parameter.schema = { type: 'integer' };
    if (parameter.in === 'query')
      parameter.description = both(parameter.name, parameter.description ?? queryWords[parameter.name]);
  }
  for (const [name, schema] of Object.entries(operation.headers ?? {})) {
    const { description, ...rest } = plain(schema);
    parameters.push({ in: 'header', name, description: description as string, schema: rest });
  }
  if (parameters.length > 0) documented.parameters = parameters;
}

function both(name: string, description = ''): string {
  const twin = twinOf(name);
  return [description, twin === name ? '' : `Also taken as \`${twin}\`.`].filter(Boolean).join(' ');
}

function describeBody(documented: DocumentedOperation, operation: Operation): void {
  if (operation.consumes) {
    const content = Object.entries(operation.consumes).map(([type, schema]) => [
      type,
      { schema: plain(schema) },
    ]);
    documented.requestBody = { required: true, content: Object.fromEntries(content) };
  }
  const { requestBody } = documented;
  if (!requestBody) return;
  for (const [type, media] of Object.entries(requestBody.content)) {
    const schema = media.schema as { properties?: Record<string, Json>; required?: string[] };
    if (!operation.consumes) requestBody.required = (schema.required ?? []).length > 0;
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const description = both(name, property.description as string | undefined);
      if (description && type === 'application/json') property.description = description;
    }
    const given = type === 'application/json' ? examples[documented.operationId as string]?.body : undefined;
    if (given) media.examples = showExamples(given);
  }
}

const showExamples = (given: Record<string, Example>): Json =>
  Object.fromEntries(
    Object.entries(given).map(([name, { summary, value }]) => [
      name,
      { ...(summary ? { summary } : {}), value },
    ]),
  );

const successWords: Record<string, string> = {
  200: 'Done.',
  201: 'Made.',
  204: 'Done. The answer has no body.',
};

function describeResponses(documented: DocumentedOperation, operation: Operation): void {
  const { method, produces, response } = operation;
  if (!response) documented.responses = method === 'DELETE' ? { 204: {} } : { 200: {} };
  const counted = operation.access !== 'public' || operation.scope !== undefined;
  for (const [status, answer] of Object.entries(documented.responses)) {
    const said = (response?.[Number(status)] as { description?: string } | undefined)?.description;
    answer.description = said ?? successWords[status] ?? 'Done.';
    if (counted) answer.headers = rateHeaders;
    const given = examples[documented.operationId as string]?.answers?.[Number(status)];
    const media = (answer.content as Record<string, Json> | undefined)?.['application/json'];
    if (given && media) media.examples = showExamples({ answer: { value: given } });
  }
  if (produces) {
    const bytes = { schema: { type: 'string', format: 'binary' } };
    documented.responses[200]!.content = Object.fromEntries(produces.map((type) => [type, bytes]));
  }
  for (const status of refusalsOf(operation)) {
    documented.responses[status] = { $ref: `#/components/responses/${refusals[status]!.name}` };
  }
}

const rateHeaders = Object.fromEntries(
  ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'].map((name) => [
    name,
    { $ref: `#/components/headers/${name}` },
  ]),
);

/** The statuses of its refusals, ascending. */
function refusalsOf(operation: Operation): number[] {
  const { access, body, query, paths, errors = [], scope } = operation;
  const found = new Set<number>([...errors, 429, 503]);
  if (access !== 'public' || scope) found.add(401).add(403);
  if (body) for (const status of [400, 413, 415]) found.add(status);
  if (query) found.add(400);
  if (/:(?!project)/.test(paths[0])) found.add(404);
  return [...found].filter((status) => refusals[status]).sort((a, b) => a - b);
}

/** A copy without what TypeBox hides in it. */
const plain = (schema: TSchema): Json => JSON.parse(JSON.stringify(schema)) as Json;

/**
 * Every schema with a title becomes a component of that name. Throws when two that differ have the same name: a client
 * would have one type for both.
 */
function lift(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => lift(item, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { title, ...rest } = value as Json;
  const entries = Object.entries(typeof title === 'string' && isSchema(rest) ? rest : (value as Json));
  const copy = Object.fromEntries(
    entries.filter(([, item]) => item !== undefined).map(([name, item]) => [name, lift(item, schemas)]),
  );
  if (typeof title !== 'string' || !isSchema(rest)) return copy;
  const known = schemas[title];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(copy)) {
    throw new Error(`Two schemas of the API that differ are both called ${title}.`);
  }
  schemas[title] = copy;
  return { $ref: `#/components/schemas/${title}` };
}

const isSchema = (value: Json): boolean =>
  typeof value.type === 'string' || 'anyOf' in value || 'enum' in value || 'allOf' in value;

const usedOf = (responses: Record<string, unknown>, text: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(responses).filter(([name]) => text.includes(`"#/components/responses/${name}"`)),
  );

const sorted = (entries: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
