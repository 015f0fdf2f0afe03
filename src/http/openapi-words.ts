/** What the OpenAPI document says besides the routes: its introduction, its groups, the ids in paths. */

export const introduction = `
Apertur collects photos from any phone and delivers them where a business needs them. A back-end creates an
**upload session** and shows its QR code; a person scans it and sends photos from a web page; each photo is delivered to
the session's **destinations**, or fetched by **polling**. Whatever happens is an **event** that webhooks and live
streams tell of.

### Paths

Every operation stands here once, under its canonical path below \`/api/v1\`. The prefix \`/v1\` serves the same
operations, and \`sessions\` and \`upload-sessions\` may stand for each other wherever a path names one, with one
exception: \`/upload-sessions/{session}/poll\` answers at once with a list, \`/sessions/{session}/poll\` waits for one image.
An operation names its other paths in its description.

### Spelling

Each member has one canonical spelling, the one in the schemas; requests may use the other one, too: \`max_images\` or
\`maxImages\`. When both are there, the canonical one wins. Members that are not known are ignored. An absent member and
\`null\` mean the same unless a schema says what \`null\` does. A body that is absent, empty, \`{}\` or \`[]\` means "all
defaults".

### Answers

Times are ISO 8601 in UTC with milliseconds. Every refusal is a JSON object with \`statusCode\`, \`error\`, \`message\` and
\`code\`, with 429 and 503 also \`retryAfter\`, in seconds, the same as the header \`Retry-After\`. A page or a limit that
is out of range is clamped, not refused. Answers never redirect.

### Limits

A key may make 100 sessions, read 300 lists and send 200 other requests a minute. Every answer to a credential carries
\`X-RateLimit-Limit\`, \`X-RateLimit-Remaining\` and \`X-RateLimit-Reset\`.
`.trim();

export const tagDescriptions: Record<string, string> = {
  Sessions: 'Upload sessions: create one, show its QR code, follow it, close it.',
  Uploads: 'Photos: send one, list them, read their bytes.',
  Deliveries: 'Where each photo went, attempt by attempt.',
  Polling: 'Fetching photos instead of having them delivered.',
  Live: 'What happens in a session, as it happens.',
  Destinations: 'Where photos are delivered to.',
  Webhooks: 'Event webhooks: who is told of what happens, and how that went.',
  Replays: 'Delivering again what failed, what was sent, or what was missed.',
  Keys: 'API keys, their limits and what protects them.',
  Encryption: 'The keys that photos are encrypted with.',
  Statistics: 'Figures.',
  Plans: 'Plans, usage and paying.',
  Projects: 'Projects: each has its own keys, destinations, sessions and people.',
  Members: 'Who works in a project, and as what.',
  Accounts: 'The person who is signed in.',
  Apps: 'Apps of others that people may let in.',
  OAuth: 'Letting an app in: authorise, tokens, taking access back.',
};

interface PathId {
  description: string;
  example: string;
}

export const pathIds: Record<string, PathId> = {
  session: { description: 'Id of the session.', example: 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC' },
  image: { description: 'Id of the image.', example: 'img_01J9Z4C2Y7F3H9K1M5N8P0QRST' },
  project: { description: 'Id of the project.', example: 'proj_01J9Z2A4C6E8G0J2L4N6P8R0TV' },
  destination: { description: 'Id of the destination.', example: 'dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ' },
  key: {
    description: 'Id of the key: of its record, not the secret.',
    example: 'key_01J9Z2K4M6P8R0T2V4X6Z8B0DF',
  },
  webhook: { description: 'Id of the event webhook.', example: 'wh_01J9Z5A1B2C3D4E5F6G7H8J9KM' },
  delivery: { description: 'Id of the delivery.', example: 'del_01J9Z6H1J2K3M4N5P6Q7R8S9TV' },
  replay: { description: 'Id of the replay.', example: 'rpl_01J9Z7A2C4E6G8J0M2P4R6T8VX' },
  person: { description: 'Id of the person.', example: 'per_01J9Z8B2D4F6H8K0M2P4R6T8VX' },
  invitation: { description: 'Id of the invitation.', example: 'inv_01J9Z8C2E4G6J8L0N2Q4S6T8VX' },
  app: { description: 'Id of the app.', example: 'app_01J9Z9A2C4E6G8J0M2P4R6T8VX' },
  grant: { description: 'Id of what a person gave to an app.', example: 'grant_01J9Z9B2D4F6H8K0M2P4R6T8VX' },
  signIn: {
    description: 'Id of the sign-in, from the list of them.',
    example: 'per_01J9Z9C4D6F8H0K2M4P6R8T0VX',
  },
  upload: { description: 'Id of the upload that is continued.', example: 'upl_01J9Z9D2F4H6K8M0P2R4T6V8XZ' },
  provider: { description: 'The service where the person signs in.', example: 'google_drive' },
};

/** Query members that mean the same everywhere. */
export const queryWords: Record<string, string> = {
  page: 'Which page, from 1.',
  pageSize: 'Rows a page, 1 to 100; 20 without.',
  limit: 'How many, at most.',
  token: 'The credential, for an EventSource, which cannot send a header.',
  lastEventId: 'As the header `Last-Event-ID`: what came after it is sent again, for five minutes.',
  pollFrom: '`lastChanged` of the answer before, as it came: waits until something changed since then.',
  timeout: 'Seconds to wait, 0 to 30; 30 without.',
  expires: 'Of a signed link: until when it opens, in Unix seconds.',
  signature: 'Of a signed link.',
  since: 'From this moment on.',
  until: 'Up to this moment.',
  topic: 'Of this topic only.',
  status: 'In this state only.',
  destination: 'Id of a destination to connect again; without, a new one is made.',
  name: 'Name of the new destination.',
  return_to: 'Where the browser goes when the person has decided.',
  state: 'As it was sent along to the service.',
  code: 'What the service gave; exchanged for its tokens.',
  error: 'Why the service refused.',
  error_description: 'The same for people.',
  from: 'When the first attempt is; now without.',
  maxRetries: 'Retries after the first attempt; those of the webhook without.',
  retryIntervals: 'Seconds between attempts, with commas; those of the webhook without.',
  kind: 'Only those of photos (`image`) or of events (`event`).',
  action: 'Only this kind of change.',
  to: 'Up to this moment.',
  all: 'Also the session that asks.',
  search: 'Text to look for.',
  env: 'Of this environment only: `live` or `test`.',
  parent: 'Id of the folder to look into; the top without.',
  format: '`png`, `svg` or `jpeg`; `png` without.',
  size: 'Width and height in pixels, 64 to 2048; 300 without.',
  style: '`square` or `rounded`.',
  fg: 'Colour of the modules: hex without `#`.',
  bg: 'Colour behind them: hex without `#`.',
  borderSize: 'A frame around the quiet zone, in pixels.',
  borderColor: 'Colour of the frame; that of the modules without.',
};

/** Numbers that are read as text, because they are clamped and not refused. */
export const wholeNumbers = new Set([
  'page',
  'pageSize',
  'limit',
  'timeout',
  'size',
  'borderSize',
  'expires',
]);

export const responseHeaders = {
  'X-RateLimit-Limit': {
    description: 'Requests a minute of this kind.',
    schema: { type: 'integer', examples: [200] },
  },
  'X-RateLimit-Remaining': {
    description: 'How many of them are left.',
    schema: { type: 'integer', examples: [199] },
  },
  'X-RateLimit-Reset': {
    description: 'When all of them are there again, in Unix seconds.',
    schema: { type: 'integer', examples: [1_772_439_330] },
  },
  'Retry-After': {
    description: 'Whole seconds until it is worth trying again.',
    schema: { type: 'integer', minimum: 1, examples: [12] },
  },
};
