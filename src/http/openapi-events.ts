/** The `webhooks` of the OpenAPI document: what the server sends by itself (contract §8, §9). */
import { eventTypes } from '../events/catalogue.ts';
import { jsonDelivery } from './openapi-examples.ts';

type Json = Record<string, unknown>;

/** A name that a schema component and an operation may have: `project.upload.completed` → `ProjectUploadCompleted`. */
const nameOf = (topic: string): string =>
  topic.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** By name, as path items. */
export function describeEvents(): Record<string, Json> {
  const events = eventTypes.map(({ topic, description, schema, example }) => {
    const { $schema: _, ...body } = JSON.parse(JSON.stringify(schema)) as Json;
    return [
      topic,
      {
        post: {
          operationId: `on${nameOf(topic)}`,
          summary: description,
          description: eventText,
          tags: ['Webhooks'],
          security: [],
          parameters: eventHeaders,
          requestBody: jsonBody({ ...body, title: `${nameOf(topic)}Event` }, example),
          responses: received,
        },
      },
    ];
  });
  return { ...Object.fromEntries(events), 'image.delivery': imageDelivery };
}

const eventText =
  'Sent to each event webhook whose topics match. Check the signature over the bytes as they came: ' +
  '`sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook ' +
  'with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.';

const header = (name: string, description: string, example: string): Json => ({
  in: 'header',
  name,
  required: true,
  description,
  schema: { type: 'string' },
  example,
});

const signature = `sha256=${'a361f088b9b290bb'.repeat(4)}`;

const eventHeaders = [
  header('X-Apertur-Signature', 'Hex, lower case, behind `sha256=`.', signature),
  header('X-Apertur-Timestamp', 'When it was signed, in Unix seconds.', '1800000000'),
  header('X-Apertur-Event', 'The topic.', 'project.upload.completed'),
  header('X-Apertur-Delivery-Id', 'The same at every attempt.', 'del_01J9Z6H1J2K3M4N5P6Q7R8S9TV'),
];

const jsonBody = (schema: Json, example: unknown): Json => ({
  required: true,
  content: { 'application/json': { schema, example } },
});

const received = {
  '2XX': { description: 'Received. Anything else, or nothing within 30 seconds, is tried again.' },
  '4XX': { description: 'Tried again like every failure; 410 switches an event webhook off.' },
};

const text = (description: string): Json => ({ type: 'string', description });

const imageDelivery = {
  post: {
    operationId: 'onImageDelivery',
    summary: 'A photo, delivered to a webhook destination.',
    description:
      'One request a photo, in the format of the destination. `X-Apertur-Signature` is over the body alone, without a ' +
      'timestamp: `sha256=` and the HMAC-SHA256 of the bytes with the secret of the destination, or of the project.',
    tags: ['Deliveries'],
    security: [],
    parameters: [
      header('X-Apertur-Signature', 'Also sent as `X-Aptr-Signature`.', signature),
      header('X-Aptr-Session-Id', 'The session.', 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC'),
      header('X-Aptr-Image-Id', 'The image.', 'img_01J9Z4C2Y7F3H9K1M5N8P0QRST'),
      header('X-Aptr-Image-Index', 'Its place in the session, from 0.', '0'),
      header(
        'X-APTR-Delivery-ID',
        'The same at every attempt: what has it already was delivered before.',
        'del_01J9Z6H1J2K3M4N5P6Q7R8S9TV',
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            title: 'ImageDelivery',
            type: 'object',
            required: [
              'session_id',
              'image_id',
              'image_index',
              'mime_type',
              'filename',
              'size_bytes',
              'data',
              'tags',
            ],
            properties: {
              session_id: text('The session.'),
              image_id: text('The image.'),
              image_index: { type: 'integer', minimum: 0, description: 'Its place in the session, from 0.' },
              mime_type: text('Its type, read from its bytes.'),
              filename: text('Its file name, made safe.'),
              size_bytes: { type: 'integer', minimum: 0, description: 'Its size.' },
              data: { type: 'string', contentEncoding: 'base64', description: 'The photo.' },
              tags: {
                description: 'As the session was given them.',
                anyOf: [
                  { type: 'array', items: { type: 'string' } },
                  { type: 'object', additionalProperties: true },
                  { type: 'null' },
                ],
              },
              metadata: {
                description: 'Of the session.',
                type: ['object', 'null'],
                additionalProperties: true,
              },
              created_at: { type: 'string', format: 'date-time', description: 'When it was received.' },
              source: text('What the sender said it comes from.'),
              env: { type: 'string', enum: ['live', 'test'] },
            },
          },
          example: jsonDelivery,
        },
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: ['image'],
            properties: { image: { type: 'string', format: 'binary', description: 'The photo.' } },
            additionalProperties: { type: 'string', description: 'The tags.' },
          },
        },
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      },
    },
    responses: received,
  },
};
