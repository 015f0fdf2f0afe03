/**
 * What each event carries, published at `/api/v1/event-types`: a JSON Schema of the whole body and an example. The tests
 * hold what is really sent against these schemas. Contract §8.3, §8.4.
 */
import { type TObject, type TSchema, Type } from 'typebox';
import { envelopeOf } from './envelope.ts';
import { type Topic, testTopic, topics } from './topics.ts';

export interface EventType {
  topic: string;
  description: string;
  /** Whether a subscription may name it. */
  subscribable: boolean;
  /** JSON Schema 2020-12 of the body. */
  schema: TObject;
  example: Record<string, unknown>;
}

const time = (description: string) => Type.String({ format: 'date-time', description });
const text = (description: string) => Type.String({ description });
const whole = (description: string) => Type.Integer({ minimum: 0, description });

const upload = {
  session_id: text('The upload session.'),
  image_id: text('The image: `record_id` in the delivery status, `id` in the list of uploads.'),
  filename: text('Its file name, made safe.'),
  size_bytes: whole('Its size in bytes.'),
  mime_type: text('Its type, read from its bytes.'),
  tags: Type.Array(Type.String(), { description: 'The tags of the session, as a list.' }),
};

const uploadExample = {
  session_id: 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC',
  image_id: 'img_01J9Z4C2Y7F3H9K1M5N8P0QRST',
  filename: 'roof.jpg',
  size_bytes: 482_113,
  mime_type: 'image/jpeg',
  tags: ['ticket:T-77'],
};

const webhook = {
  webhook_id: text('The webhook that fails.'),
  url: text('Where it leads: the origin alone, for paths may hold a token.'),
  consecutive_failures: whole('Events, one after the other, that failed for good.'),
  disable_after_failures: whole('How many switch it off; 0: none.'),
  last_error: Type.Union([Type.String(), Type.Null()], { description: 'Why the last one failed.' }),
};

const webhookExample = {
  webhook_id: 'wh_01J9Z5A1B2C3D4E5F6G7H8J9KM',
  url: 'https://shop.example/…',
  consecutive_failures: 5,
  disable_after_failures: 10,
  last_error: 'HTTP 500',
};

interface Entry {
  description: string;
  data: Record<string, TSchema>;
  example: Record<string, unknown>;
}

const entries: Record<Topic | typeof testTopic, Entry> = {
  'project.upload.started': {
    description: 'An image was received and stored; its deliveries begin.',
    data: upload,
    example: uploadExample,
  },
  'project.upload.completed': {
    description:
      'An image reached all of its destinations; without destinations: was stored, or acknowledged where it is fetched.',
    data: upload,
    example: uploadExample,
  },
  'project.upload.failed': {
    description: 'A delivery of an image failed after all retries: once a destination that fails.',
    data: { ...upload, destination_id: text('The destination.'), error: text('Why, for people.') },
    example: {
      ...uploadExample,
      destination_id: 'dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ',
      error: 'The receiver answered 500.',
    },
  },
  'project.session.created': {
    description: 'An upload session was created.',
    data: {
      session_id: text('The session.'),
      expires_at: time('When it expires.'),
      max_images: whole('How many images it takes.'),
      destinations: Type.Array(Type.String(), { description: 'Ids of its destinations.' }),
      tags: upload.tags,
    },
    example: {
      session_id: uploadExample.session_id,
      expires_at: '2026-03-02T09:15:30.250Z',
      max_images: 10,
      destinations: ['dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ'],
      tags: ['ticket:T-77'],
    },
  },
  'project.session.expired': {
    description: 'A session expired before it was completed.',
    data: {
      session_id: text('The session.'),
      expires_at: time('When it expired.'),
      images_count: whole('How many images it had received.'),
    },
    example: {
      session_id: uploadExample.session_id,
      expires_at: '2026-03-02T09:15:30.250Z',
      images_count: 3,
    },
  },
  'project.session.completed': {
    description: 'A session was closed, or was full and had nothing left to do.',
    data: { session_id: text('The session.') },
    example: { session_id: uploadExample.session_id },
  },
  'project.billing.plan_changed': {
    description: "The project's plan changed.",
    data: {
      old_plan: text('The plan before.'),
      new_plan: text('The plan now.'),
      effective_at: time('Since when.'),
    },
    example: { old_plan: 'free', new_plan: 'pro', effective_at: '2026-03-02T08:15:30.250Z' },
  },
  'project.webhook.failing': {
    description: 'A webhook is halfway to being switched off by its failures.',
    data: webhook,
    example: webhookExample,
  },
  'project.webhook.disabled': {
    description: 'A webhook was switched off by its failures. Events are held from now on.',
    data: {
      ...webhook,
      reason: Type.Union([Type.Literal('failures'), Type.Literal('gone')], {
        description: 'failures: too many events failed; gone: the receiver answered 410.',
      }),
      disabled_at: time('When.'),
    },
    example: {
      ...webhookExample,
      consecutive_failures: 10,
      reason: 'failures',
      disabled_at: '2026-03-02T08:15:30.250Z',
    },
  },
  'webhook.test': {
    description: 'The test of a webhook, sent on request whatever it subscribes to.',
    data: { webhook_id: text('The webhook under test.'), message: text('A sentence for people.') },
    example: { webhook_id: webhookExample.webhook_id, message: 'This is a test event from Apertur.' },
  },
};

/** All event types, in the order of the documents. */
export const eventTypes: readonly EventType[] = [...topics, testTopic].map((topic) => {
  const { description, data, example } = entries[topic as Topic];
  return {
    topic,
    description,
    subscribable: topic !== testTopic,
    schema: bodySchema(topic, description, data),
    example: JSON.parse(exampleBody(topic, example)) as Record<string, unknown>,
  };
});

function bodySchema(topic: string, description: string, data: Record<string, TSchema>): TObject {
  const name = Type.String({ const: topic });
  return Type.Object(
    {
      event: name,
      project_id: text('The project.'),
      data: Type.Object(data),
      timestamp: time('When it happened.'),
      id: text('The event: the same at every attempt and every webhook.'),
      topic: name,
    },
    { $schema: 'https://json-schema.org/draft/2020-12/schema', title: topic, description },
  );
}

function exampleBody(topic: string, data: Record<string, unknown>): string {
  return envelopeOf({
    id: 'evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY',
    projectId: 'proj_01J9Z2A4C6E8G0J2L4N6P8R0TV',
    topic,
    data: JSON.stringify(data),
    createdAt: Date.UTC(2026, 2, 2, 8, 15, 30, 250),
  });
}
