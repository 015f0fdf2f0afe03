/** A receiver of events as a customer runs one: a real HTTP server that remembers what came, headers and all. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, onTestFinished } from 'vitest';
import { eventTypes } from '../../src/events/catalogue.ts';
import { until } from './app.ts';

const ajv = addFormats.default(new Ajv2020({ allErrors: true }));

/** The published schemas, and nothing beside what they name. */
const validators = new Map(
  eventTypes.map(({ topic, schema }) => {
    const { data } = schema.properties;
    const properties = { ...schema.properties, data: { ...data, additionalProperties: false } };
    return [topic, ajv.compile({ ...schema, properties, additionalProperties: false })];
  }),
);

/** What is wrong with an event, measured by the catalogue; empty when nothing is. */
export function findFlaws(body: { event: string }): string[] {
  const validate = validators.get(body.event);
  if (!validate) return [`${body.event} is not in the catalogue`];
  const good: boolean = validate(body);
  if (good) return [];
  return (validate.errors ?? []).map((error) => `${body.event}${error.instancePath} ${error.message}`);
}

export interface ReceivedEvent {
  headers: http.IncomingHttpHeaders;
  /** The bytes as they came. */
  raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: an event is whatever was sent
  body: any;
}

export interface EventReceiver {
  readonly url: string;
  readonly received: readonly ReceivedEvent[];
  /** Changes its mind for all requests to come; `n` counts from 1. */
  answer(next: (response: http.ServerResponse, event: ReceivedEvent, n: number) => void): void;
  /** Waits until so many have come. */
  count(n: number): Promise<readonly ReceivedEvent[]>;
  /** Those about one topic. */
  about(topic: string): ReceivedEvent[];
}

type Answer = Parameters<EventReceiver['answer']>[0];

/** Starts one; it ends with the test, which fails if an event was not as the catalogue says. Answers 200 unless told otherwise. */
export async function receiveEvents(
  first: Answer = (response) => response.end('thanks'),
): Promise<EventReceiver> {
  const received: ReceivedEvent[] = [];
  let answer = first;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString();
      received.push({ headers: request.headers, raw, body: JSON.parse(raw) });
      answer(response, received.at(-1)!, received.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    expect(received.flatMap((event) => findFlaws(event.body))).toEqual([]);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
    answer(next) {
      answer = next;
    },
    async count(n) {
      await until(() => received.length >= n, `${n} events (${received.length} came)`);
      return received;
    },
    about: (topic) => received.filter((event) => event.body.event === topic),
  };
}
