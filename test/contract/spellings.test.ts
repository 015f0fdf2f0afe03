/**
 * Contract §1.10: both spellings of every member of every body, also of members inside members. What is wrong with a
 * value is told in the same words, whichever spelling it comes in; so nothing that is sent is overlooked.
 */
import { expect, test } from 'vitest';
import { twinOf } from '../../src/http/spelling.ts';
import { type Answer, oneSharedApp } from '../helpers/app.ts';
import {
  type ApiDocument,
  type DocumentedOperation,
  fillPath,
  listOperations,
  readDocument,
  type Schema,
  sampleOf,
} from '../helpers/openapi.ts';
import { signInOwner } from '../helpers/person.ts';

interface Case {
  operation: DocumentedOperation;
  /** Names from the outside to the member. */
  member: string[];
  body: Record<string, unknown>;
}

/** Of these, one at least is no value of any member. */
const wrong = [[[]], { a: {} }, 'x'.repeat(100_000), -1.5];

const twinnedPath = (member: string[]): string[] => [...member.slice(0, -1), twinOf(member.at(-1)!)];

/** `body` with `value` at a path, and without what stood there under `member`. */
function withValue(body: unknown, at: string[], value: unknown, member: string[]): Record<string, unknown> {
  const copy = { ...(body as Record<string, unknown>) };
  const [name, ...rest] = at as [string, ...string[]];
  if (rest.length > 0) return { ...copy, [name]: withValue(copy[name] ?? {}, rest, value, member.slice(1)) };
  delete copy[member[0]!];
  return { ...copy, [name]: value };
}

/** Every member that has two spellings, however deep. */
function twinned(schema: Schema, document: ApiDocument): string[][] {
  if (schema.$ref) return twinned(document.components.schemas[schema.$ref.split('/').at(-1)], document);
  const choices = ((schema.anyOf ?? []) as Schema[]).flatMap((one) => twinned(one, document));
  const members = Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(
    ([name, inner]) => [
      ...(twinOf(name) === name ? [] : [[name]]),
      ...twinned(inner, document).map((rest) => [name, ...rest]),
    ],
  );
  return [...choices, ...members];
}

function casesOf(document: ApiDocument): Case[] {
  return listOperations(document).flatMap((operation) => {
    const json = operation.bodies.find(({ type }) => type === 'application/json');
    if (!json || sealed.has(operation.id)) return [];
    const body = sampleOf(json.schema, document) as Record<string, unknown>;
    return twinned(json.schema, document).map((member) => ({ operation, member, body }));
  });
}

/** These read their bodies by themselves as they come; `encrypted.test.ts` sends both spellings. */
const sealed = new Set(['uploadImage']);

/** Time passes with each request, so that no limit of a minute answers for what is tested. */
let passed = 0;
const clock = { now: () => Date.now() + passed };

oneSharedApp('both spellings', { clock }, (app) => {
  test('of every member of every body say the same', async () => {
    const person = await signInOwner(app());
    const cases = casesOf(await readDocument(app().origin));
    const different: string[] = [];
    for (const { operation, member, body } of cases) {
      const send = (at: string[], value: unknown): Promise<Answer> => {
        const where = fillPath(operation.paths[0]!, { project: person.project! });
        passed += 1_000;
        return person.call(operation.method, where, { body: withValue(body, at, value, member) });
      };
      const name = `${operation.id} ${member.join('.')}`;
      let refused = false;
      for (const value of wrong) {
        const canonical = await send(member, value);
        if (canonical.status !== 400) continue;
        const other = await send(twinnedPath(member), value);
        refused = true;
        // It may be called as it was sent.
        const told = JSON.stringify(other.body).replaceAll(twinOf(member.at(-1)!), member.at(-1)!);
        if (told !== JSON.stringify(canonical.body))
          different.push(`${name}: ${other.status} ${told}, not ${canonical.body.message}`);
        break;
      }
      if (!refused) different.push(`${name}: takes anything`);
    }
    expect(different).toEqual([]);
    expect(cases.length).toBeGreaterThan(40);
    expect(cases.filter(({ member }) => member.length > 1).length).toBeGreaterThan(5);
  });

  test.each([
    ['/sessions', 'pageSize', '7'],
    ['/uploads', 'pageSize', '7'],
    ['/upload-sessions/{session}/delivery-status', 'pollFrom', 'never'],
    ['/upload-sessions/{session}/qr', 'borderSize', '12'],
    ['/upload-sessions/{session}/qr?borderSize=12', 'borderColor', 'ff0000'],
  ])('of a query: %s %s', async (where, name, value) => {
    const { id } = (await app().call('POST', '/upload-sessions')).body;
    const ask = async (member?: string) => {
      const path = fillPath(where, { session: id });
      const query = member ? `${path.includes('?') ? '&' : '?'}${member}=${value}` : '';
      const { status, bytes } = await app().call('GET', path + query);
      return `${status} ${bytes.toString('base64')}`;
    };
    const canonical = await ask(name);
    expect(await ask(twinOf(name))).toBe(canonical);
    expect(await ask()).not.toBe(canonical);
  });
});
