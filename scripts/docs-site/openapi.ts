/** The pages of the API, made from the OpenAPI document: one a tag, and a list of all operations. */

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value?: unknown }>;
}

interface Answer {
  $ref?: string;
  description?: string;
  content?: Record<string, Content>;
}

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; description?: string; required?: boolean; schema?: Schema }[];
  requestBody?: { required?: boolean; content?: Record<string, Content> };
  responses?: Record<string, Answer>;
  security?: Record<string, string[]>[];
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  tags?: { name: string; description?: string }[];
  components?: { schemas?: Record<string, Schema>; responses?: Record<string, Answer> };
}

export interface Source {
  /** Of the page, below docs/. */
  name: string;
  source: string;
}

const where = 'https://photos.example';

/** `operations` lists all of them; `operations/<tag>` says everything about those of a tag. */
export function describeApi(api: OpenApi): Source[] {
  const byTag = new Map<string, [method: string, path: string, operation: Operation][]>();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'More';
      byTag.set(tag, [...(byTag.get(tag) ?? []), [method.toUpperCase(), path, operation]]);
    }
  }
  const order = [...(api.tags ?? []).map(({ name }) => name), ...byTag.keys()];
  const tags = [...new Set(order)].filter((tag) => byTag.has(tag));
  const about = new Map(api.tags?.map(({ name, description }) => [name, description]));
  const pages = tags.map((tag) => ({
    name: pageOf(tag),
    source: `# ${tag}\n\n${about.get(tag) ?? ''}\n\n${byTag
      .get(tag)!
      .map(([method, path, operation]) => describeOperation(api, method, path, operation))
      .join('\n')}`,
  }));
  const lists = tags.map((tag) => {
    const rows = byTag
      .get(tag)!
      .map(
        ([method, path, { summary = path }]) =>
          `| \`${method} ${path}\` | [${cell(summary)}](${pageOf(tag)}.md#${anchorOf(summary)}) |`,
      );
    return `## [${tag}](${pageOf(tag)}.md)\n\n${about.get(tag) ?? ''}\n\n| | |\n|---|---|\n${rows.join('\n')}\n`;
  });
  const source = `# Every operation\n\nMade from the OpenAPI document, which your own server has, too: \`GET /openapi.json\`, and \`/docs\` to read and to try it. Conventions of all of them: [The API](api.md).\n\n${lists.join('\n')}`;
  return [{ name: 'operations', source }, ...pages];
}

const pageOf = (tag: string): string => `operations/${tag.toLowerCase()}`;

/** As the site names headings. */
export const anchorOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

function describeOperation(api: OpenApi, method: string, path: string, operation: Operation): string {
  const { summary = path, description = '', parameters = [], requestBody, responses = {} } = operation;
  const body = requestBody?.content?.['application/json'];
  const otherBodies = Object.keys(requestBody?.content ?? {}).filter((type) => type !== 'application/json');
  const parts = [
    `## ${summary}`,
    `\`${method} ${path}\``,
    description,
    describeAccess(operation),
    tableOf(
      parameters.map((parameter) => [
        parameter.name,
        `${parameter.in}${parameter.required ? ', required' : ''}`,
        parameter.description ?? describeType(api, parameter.schema),
      ]),
      ['Parameter', 'In', ''],
    ),
    body ? tableOf(membersOf(api, body.schema), ['Member of the body', 'Type', '']) : '',
    otherBodies.length > 0
      ? `Body: ${[...(body ? ['JSON as above'] : []), ...otherBodies.map((type) => `\`${type}\``)].join(', or ')}.`
      : '',
    showRequest(method, path, body),
    ...describeAnswers(api, responses),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function describeAccess({ security }: Operation): string {
  if (!security || security.length === 0) return 'Needs no credential.';
  const scopes = security.flatMap((way) => way.oauth ?? []);
  const names: Record<string, string> = {
    key: 'a key',
    oauth: `an OAuth token${scopes.length > 0 ? ` with \`${scopes.join('`, `')}\`` : ''}`,
    session: 'a person who is signed in',
  };
  const ways = security.flatMap((way) => Object.keys(way)).map((way) => names[way] ?? `\`${way}\``);
  const optional = security.some((way) => Object.keys(way).length === 0);
  if (ways.length === 0) return 'Needs no credential.';
  return `${optional ? 'May be called without a credential, or with' : 'For'} ${[...new Set(ways)].join(', ')}.`;
}

function showRequest(method: string, path: string, body: Content | undefined): string {
  const examples = Object.values(body?.examples ?? {});
  const shown = examples.at(Math.min(1, examples.length - 1))?.value ?? body?.example;
  const url = where + path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const lines = [`curl -X ${method} "${url}"`, `-H "Authorization: Bearer $KEY"`];
  if (shown !== undefined) {
    lines.push(
      `-H 'Content-Type: application/json'`,
      `-d '${JSON.stringify(shown).replaceAll("'", "'\\''")}'`,
    );
  }
  return `\`\`\`sh\n${lines.join(' \\\n  ')}\n\`\`\``;
}

function describeAnswers(api: OpenApi, responses: Record<string, Answer>): string[] {
  const parts: string[] = [];
  const refused: string[] = [];
  for (const [status, given] of Object.entries(responses)) {
    const answer = given.$ref ? (api.components?.responses?.[lastOf(given.$ref)] ?? given) : given;
    if (Number(status) >= 400) {
      refused.push(status);
      continue;
    }
    const [type, content] = Object.entries(answer.content ?? {})[0] ?? [];
    const example = Object.values(content?.examples ?? {})[0]?.value ?? content?.example;
    parts.push(
      `**${status}** ${answer.description ?? ''}${type && !/json/.test(type) ? ` (\`${type}\`)` : ''}`,
    );
    if (example !== undefined && /json/.test(type ?? ''))
      parts.push(`\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``);
  }
  if (refused.length > 0) parts.push(`Refused with ${refused.join(', ')}: [what each means](../errors.md).`);
  return parts;
}

const lastOf = (ref: string): string => ref.split('/').at(-1)!;

function resolve(api: OpenApi, schema: Schema | undefined): Schema {
  let found = schema ?? {};
  for (let depth = 0; found.$ref !== undefined && depth < 5; depth += 1) {
    found = api.components?.schemas?.[lastOf(found.$ref)] ?? {};
  }
  return found;
}

function membersOf(api: OpenApi, schema: Schema | undefined): string[][] {
  const resolved = resolve(api, schema);
  const parts = [resolved, ...(resolved.allOf ?? []).map((part) => resolve(api, part))];
  return parts.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, member]) => [
      name,
      `${describeType(api, member)}${required.includes(name) ? ', required' : ''}`,
      resolve(api, member).description ?? member.description ?? '',
    ]),
  );
}

/** `integer, 1 to 168`, `jpeg or png`, `list of string`. */
function describeType(api: OpenApi, schema: Schema | undefined): string {
  const found = resolve(api, schema);
  const either = found.anyOf ?? found.oneOf;
  if (either) return [...new Set(either.map((one) => describeType(api, one)))].filter(Boolean).join(' or ');
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (found.type === 'array') return `list of ${describeType(api, found.items) || 'anything'}`;
  const { minimum, maximum, maxLength } = found;
  const range =
    minimum !== undefined && maximum !== undefined
      ? `, ${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}`
      : maxLength !== undefined
        ? `, at most ${maxLength.toLocaleString('en')} characters`
        : '';
  return `${[found.type ?? (found.properties ? 'object' : '')].flat().join(' or ')}${found.format ? ` (${found.format})` : ''}${range}`;
}

function tableOf(rows: string[][], head: string[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([name, ...rest]) => `| \`${name}\` | ${rest.map(cell).join(' | ')} |`);
  return `| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|\n${lines.join('\n')}`;
}

const cell = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
