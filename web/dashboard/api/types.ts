/** Answers of the API by the names that screens use; all of them come from the OpenAPI document. */
import type { Answer, Given } from './call.ts';

export type {
  ApiKey,
  Attempt,
  AuditEntry,
  Billing,
  CreatedSession,
  DeliveryStatus,
  Destination,
  DestinationTest,
  EventType,
  Folder,
  ImageDelivery,
  Invitation,
  Member,
  OAuthApp,
  OAuthGrant,
  OpenInvitation,
  PageSettings,
  PersonSession,
  Plan,
  Replay,
  SessionRow,
  Usage,
  Webhook,
} from '../../../packages/client/src/index.ts';

export type NewSessionBody = NonNullable<Given<'post', '/upload-sessions'>['body']>;
export type NewWebhookBody = NonNullable<Given<'post', '/projects/{project}/webhooks'>['body']>;
export type WebhookChange = NonNullable<Given<'patch', '/projects/{project}/webhooks/{webhook}'>['body']>;
export type KeyChange = NonNullable<Given<'patch', '/projects/{project}/keys/{key}'>['body']>;
export type SessionChange = NonNullable<Given<'patch', '/upload-sessions/{session}'>['body']>;
export type MemberRole = NonNullable<Given<'patch', '/projects/{project}/members/{person}'>['body']>;
export type SessionDetails = Answer<'get', '/upload-sessions/{session}/details'>;
/** The document calls the two schemas objects; what is in them is JSON schema. */
export type DestinationKind = Omit<Answer<'get', '/destination-kinds'>[number], 'config' | 'credentials'> & {
  config: SettingsSchema;
  credentials: SettingsSchema;
};
export type DeliveryRow = Answer<'get', '/projects/{project}/deliveries'>['data'][number];
export type EventDelivery = Answer<
  'get',
  '/projects/{project}/webhooks/{webhook}/deliveries'
>['deliveries'][number];
export type Overview = Answer<'get', '/projects/{project}/overview'>;

/** One setting of a destination. */
export interface Field {
  title?: string;
  description?: string;
  examples?: unknown[];
  type?: string;
  enum?: string[];
  anyOf?: { const?: string; title?: string; description?: string }[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  items?: Field;
  /** Of settings that make a path. */
  template?: { names?: 'file' | 'folder' };
}

export interface SettingsSchema {
  properties: Record<string, Field>;
  required?: string[];
}
