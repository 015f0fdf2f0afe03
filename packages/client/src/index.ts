export { type Apertur, createApertur } from './client.ts';
export {
  AperturError,
  AuthenticationError,
  ConnectionError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ValidationError,
} from './errors.ts';
export type * from './schema.ts';
export { type AperturOptions, createHttp, dataOf, type Http } from './transport.ts';
export type { Photo } from './uploads.ts';
export {
  type AperturEvent,
  readEvent,
  SignatureError,
  verifyEvent,
  verifyImageDelivery,
  type WebhookHeaders,
} from './webhooks.ts';
