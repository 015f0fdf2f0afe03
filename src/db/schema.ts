/**
 * The tables, as Kysely sees them. The same on both engines: times are integers (milliseconds since 1970), flags are 0
 * or 1, JSON is text. Migrations stand in `migrations/`; this file and they change together.
 */
import type { Generated } from 'kysely';

export type Flag = 0 | 1;
export type Env = 'live' | 'test';
export type JsonText = string;

export interface ProjectTable {
  id: string;
  name: string;
  /** Sealed (lib/sealed.ts). */
  webhook_secret: string;
  /** Sealed: the one before, which signs beside it until then. */
  previous_webhook_secret: Generated<string | null>;
  previous_webhook_until: Generated<number | null>;
  /** Id of a plan; one that is not defined counts as the default. */
  plan: string;
  /** PEM. */
  e2e_public_key: Generated<string | null>;
  e2e_required: Generated<Flag>;
  /** Brand of the phone page and treatment of photos. */
  page: Generated<JsonText | null>;
  /** Days that its photos are kept, where they are fewer than those of the install. */
  retention_days: Generated<number | null>;
  billing_customer: Generated<string | null>;
  billing_subscription: Generated<string | null>;
  billing_event_at: Generated<number | null>;
  /** Gone for everybody; its rows wait for the chores. */
  deleted_at: Generated<number | null>;
  created_at: number;
  updated_at: number;
}

export interface PlanTable {
  id: string;
  position: number;
  definition: JsonText;
}

export interface UsageTable {
  project_id: string;
  /** Calendar month, UTC: "2026-11". */
  month: string;
  sessions: number;
}

export interface BillingEventTable {
  id: string;
  created_at: number;
}

export interface KeyTable {
  id: string;
  project_id: string;
  env: Env;
  label: string;
  /** The first characters of the key, for display. */
  prefix: string;
  /** SHA-256 of the whole key, hex. */
  hash: string;
  is_active: Flag;
  last_used_at: number | null;
  max_images: number | null;
  allowed_mime_types: JsonText;
  max_image_dimension: number | null;
  long_polling: Flag;
  default_destinations: JsonText;
  allowed_ips: JsonText;
  allowed_domains: JsonText;
  /** Sealed. */
  totp_secret: Generated<string | null>;
  totp_enabled: Generated<Flag>;
  /** The last time step whose code was used; a code is good once. */
  totp_last_step: Generated<number | null>;
  /** SHA-256 of the client certificate, lower-case hex. */
  client_cert_fingerprint: Generated<string | null>;
  /** Sealed. */
  signing_secret: Generated<string | null>;
  signature_required: Generated<Flag>;
  created_at: number;
}

export interface SessionTable {
  id: string;
  project_id: string;
  key_id: string | null;
  env: Env;
  short_code: string;
  label: string | null;
  /** A string[] or an object, as it was given; null when none. */
  tags: JsonText | null;
  metadata: JsonText | null;
  expires_at: number;
  max_images: number;
  allowed_mime_types: JsonText;
  max_image_dimension: number | null;
  max_image_size_mb: number | null;
  password_hash: string | null;
  long_polling: Flag;
  /** What is done with its photos; null: as the project says. */
  processing: Generated<JsonText | null>;
  images_count: number;
  /** Set when the owner closed it, or when it was full and all was done. */
  completed_at: number | null;
  /** Set once, by whoever emitted the expiry event. */
  expired_at: number | null;
  /** `lastChanged` of delivery-status: strictly increasing within the session. */
  changed_at: number;
  created_at: number;
}

export interface DestinationTable {
  id: string;
  project_id: string;
  /** Set for an ad-hoc webhook that lives only with one session; such a row is in no list. */
  session_id: string | null;
  type: string;
  name: string;
  config: JsonText;
  /** Sealed JSON of the secret settings; null when there are none. */
  credentials: string | null;
  is_active: Flag;
  deleted_at: number | null;
  /** Until when the access token is used; null: until it is refused. */
  token_expires_at: Generated<number | null>;
  /** Who renews the token, and until when nobody else may. */
  token_leased_by: Generated<string | null>;
  token_leased_until: Generated<number | null>;
  /** Counts how often an account was connected. */
  connection_version: Generated<number>;
  /** The account at the service, as the service calls it. */
  account_id: Generated<string | null>;
  /** Since when deliveries wait for somebody to connect the account again. */
  held_at: Generated<number | null>;
  held_reason: Generated<string | null>;
  /** The rotation of the project's webhook secret (its `previous_webhook_until`) whose new secret the receiver accepts. */
  follows_until: Generated<number | null>;
  created_at: number;
  updated_at: number;
}

/** A sign-in at another service that was begun. */
export interface OAuthStateTable {
  /** SHA-256 of the state, hex. */
  hash: string;
  project_id: string;
  key_id: string | null;
  env: Env;
  kind: string;
  /** Set when an existing destination is connected. */
  destination_id: string | null;
  name: string | null;
  config: JsonText;
  /** Sealed PKCE verifier. */
  verifier: string;
  redirect_uri: string;
  return_to: string | null;
  /** SHA-256 of the cookie of the browser that began, hex; null when a back-end began. */
  browser_hash: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}

export interface SessionDestinationTable {
  session_id: string;
  destination_id: string;
  position: number;
}

export interface ImageTable {
  id: string;
  session_id: string;
  project_id: string;
  env: Env;
  /** 0-based within the session. */
  position: number;
  filename: string;
  mime_type: string;
  size_bytes: number;
  /** Lower-case hex. */
  sha256: string;
  width: number;
  height: number;
  source: string;
  is_encrypted: Flag;
  storage_key: string;
  acknowledged_at: number | null;
  /** Until when a waiting poll has handed it out. */
  leased_until: Generated<number | null>;
  /** When retention removed the bytes. */
  purged_at: number | null;
  /** The small pictures in the storage: "320.webp 640.jpeg "; "none" when the photo cannot be drawn. */
  thumbnails: Generated<string>;
  /** The client's own name for the photo. */
  client_id: Generated<string | null>;
  created_at: number;
}

/** Bytes that nobody may see any more and that are still to be removed. */
export interface RemovalTable {
  storage_key: string;
  /** When whoever looks next may take it on. */
  due_at: number;
}

/** A photo that comes in pieces; `id` is the client's name for it. */
export interface PartialUploadTable {
  session_id: string;
  id: string;
  /** Bytes that it will have, and bytes that are stored durably. */
  length: number;
  received: number;
  /** {key, size}[], in their order. */
  parts: JsonText;
  filename: string;
  source: string;
  encryption: 'none' | 'server' | 'end-to-end';
  /** Of all its bytes, as the client says; lower-case hex. */
  sha256: string | null;
  /** Set when it has become an image. */
  image_id: string | null;
  expires_at: number;
  created_at: number;
}

/** A link that was sent by mail or text message. */
export interface ShareTable {
  id: string;
  project_id: string;
  session_id: string;
  channel: 'email' | 'sms';
  /** SHA-256 of the address, hex: enough to count, not to read. */
  recipient_hash: string;
  created_at: number;
}

export type DeliveryStatus = 'pending' | 'sending' | 'sent' | 'failed' | 'retrying';

/** The delivery row is the job: there is no second queue (docs/adr/0006). */
export interface DeliveryTable {
  id: string;
  project_id: string;
  session_id: string;
  image_id: string;
  destination_id: string;
  status: DeliveryStatus;
  attempts: number;
  /**
   * When somebody should next look at this row: the moment of the next attempt, or, while an attempt runs, the moment
   * its lease ends. Null when final.
   */
  due_at: number | null;
  /** Who holds the lease, while an attempt runs. */
  leased_by: string | null;
  last_error: string | null;
  receipt: JsonText | null;
  /** The replay that last made it due. */
  replay_id: Generated<string | null>;
  created_at: number;
  updated_at: number;
}

export type SignatureMethod = 'hmac_sha256' | 'svix';

export interface WebhookTable {
  id: string;
  project_id: string;
  url: string;
  /** Sealed. 64 hex characters. */
  secret: string;
  /** Sealed; signs beside the new one until `previous_until`. */
  previous_secret: string | null;
  previous_until: number | null;
  /** The receiver was last seen to accept the previous secret: the header of one signature carries that one. */
  signs_previous: Flag;
  signature_method: SignatureMethod;
  /** string[], as the owner typed them. */
  topics: JsonText;
  max_retries: number;
  /** Seconds. */
  retry_intervals: JsonText;
  /** 0: never. */
  disable_after_failures: number;
  /** Events, one after the other, that failed for good. */
  consecutive_failures: number;
  /** Sealed JSON: such headers carry credentials. */
  custom_headers: string;
  is_active: Flag;
  /** When the disable rule switched it off; null when its owner did, or when it is on. */
  disabled_at: number | null;
  disabled_reason: string | null;
  /** Null: as many as the install allows. */
  max_in_flight: number | null;
  /** Requests a second; null: no limit. */
  rate_limit: number | null;
  /** The throttle's memory (events/throttle.ts). Microseconds since 1970. */
  next_free_at: number;
  is_ordered: Flag;
  deleted_at: number | null;
  created_at: number;
  /** Strictly increasing: what was opened from the row is kept by it. */
  updated_at: number;
}

export type WebhookDeliveryStatus = DeliveryStatus | 'held';

/** One event for one webhook; the row is the job (docs/adr/0006). */
export interface WebhookDeliveryTable {
  id: string;
  webhook_id: string;
  event_id: string;
  project_id: string;
  /** The session, at a webhook that wants order; null: in no order. */
  order_key: string | null;
  topic: string;
  status: WebhookDeliveryStatus;
  attempts: number;
  /** As in `deliveries`. Null when final or held. */
  due_at: number | null;
  leased_by: string | null;
  /** Sent although the webhook is off: a test, or a retry that a person asked for. */
  is_forced: Flag;
  /** Its failure stands in `consecutive_failures` already. */
  was_counted: Flag;
  last_error: string | null;
  replay_id: string | null;
  created_at: number;
  updated_at: number;
}

/** Delivering again, as a job that survives a crash. */
export interface ReplayTable {
  id: string;
  project_id: string;
  /** What was asked for. */
  selection: JsonText;
  status: 'running' | 'completed' | 'cancelled';
  /** Deliveries a second at most. */
  rate: number;
  /** How many matched when it was made. */
  total: number;
  /** How many it has made due, and how many it had to leave out. */
  queued: number;
  skipped: number;
  /** How far it has come. */
  position: JsonText;
  /** When the next step is due; null when it has ended. */
  next_at: number | null;
  created_at: number;
  updated_at: number;
  ended_at: number | null;
}

export interface AttemptTable {
  id: string;
  delivery_id: string;
  /** 1-based; a manual retry goes on counting. */
  number: number;
  started_at: number;
  duration_ms: number;
  /** {"resolve":1.2,"connect":0.4,"tls":0,"firstByte":12,"total":15} in milliseconds. */
  phases: JsonText | null;
  address: string | null;
  outcome: 'sent' | 'retry' | 'give-up' | 'reconnect' | 'cancelled';
  status_code: number | null;
  response_excerpt: string | null;
  error: string | null;
  next_at: number | null;
  /** Why the next attempt is when it is, as a sentence. */
  next_reason: string | null;
}

export interface EventTable {
  id: string;
  project_id: string;
  session_id: string | null;
  topic: string;
  data: JsonText;
  created_at: number;
}

/** What live pages saw, kept five minutes for replay (contract §5.1). */
export interface LiveEventTable {
  seq: Generated<number>;
  session_id: string;
  name: string;
  data: JsonText;
  created_at: number;
}

/** Sealed secrets of the install, by name. */
export interface InstallSecretTable {
  name: string;
  value: string;
  created_at: number;
}

/** The server's RSA keys for encrypted uploads (contract §10). */
export interface ServerKeyTable {
  id: string;
  /** PEM, SubjectPublicKeyInfo. */
  public_key: string;
  /** Sealed PEM. */
  private_key: string;
  created_at: number;
}

/** Signatures of requests that were taken, so that none is taken twice (contract §1.7). */
export interface SeenSignatureTable {
  hash: string;
  seen_until: number;
}

/** Requests counted for all processes; PostgreSQL only. */
export interface RateWindowTable {
  name: string;
  count: number;
  reset_at: number;
}

export interface WorkerTable {
  id: string;
  host: string;
  pid: number;
  started_at: number;
  seen_at: number;
}

export interface PersonTable {
  id: string;
  name: string;
  /** Lower case. */
  email: string;
  email_verified: Generated<Flag>;
  image: Generated<string | null>;
  /** The language of pages and mails, e.g. "fr". */
  locale: Generated<string | null>;
  two_factor_enabled: Generated<Flag>;
  /** Made by the link of the first start; owner of every project. */
  is_install_owner: Generated<Flag>;
  created_at: number;
  updated_at: number;
}

export interface PersonAccountTable {
  id: string;
  account_id: string;
  provider_id: string;
  person_id: string;
  access_token: Generated<string | null>;
  refresh_token: Generated<string | null>;
  id_token: Generated<string | null>;
  access_token_expires_at: Generated<number | null>;
  refresh_token_expires_at: Generated<number | null>;
  scope: Generated<string | null>;
  /** A hash (scrypt). */
  password: string | null;
  created_at: number;
  updated_at: number;
}

export interface PersonSessionTable {
  id: string;
  /** Opens nothing by itself: the cookie carries it signed with a secret of the install. */
  token: string;
  person_id: string;
  expires_at: number;
  ip_address: string | null;
  user_agent: string | null;
  created_at: number;
  updated_at: number;
}

export interface VerificationTable {
  id: string;
  identifier: string;
  value: string;
  expires_at: number;
  created_at: number;
  updated_at: number;
}

export interface SecondFactorTable {
  id: string;
  /** Encrypted with a secret of the install, as are the backup codes. */
  secret: string;
  backup_codes: string;
  person_id: string;
  verified: Flag | null;
  failed_verification_count: number | null;
  locked_until: number | null;
}

export interface PasskeyTable {
  id: string;
  name: string | null;
  public_key: string;
  person_id: string;
  credential_id: string;
  counter: number;
  device_type: string;
  backed_up: Flag;
  transports: string | null;
  created_at: number | null;
  aaguid: string | null;
}

export interface SignInFailureTable {
  hash: string;
  failures: number;
  blocked_until: number;
  updated_at: number;
}

export interface SetupLinkTable {
  /** SHA-256 of the token, hex; so in all tables below. */
  hash: string;
  created_at: number;
  expires_at: number;
}

export type Role = 'owner' | 'admin' | 'developer' | 'viewer';

export interface MemberTable {
  project_id: string;
  person_id: string;
  role: Role;
  created_at: number;
}

export interface InvitationTable {
  id: string;
  project_id: string;
  /** Lower case. */
  email: string;
  role: Role;
  hash: string;
  invited_by: string | null;
  created_at: number;
  expires_at: number;
  accepted_at: Generated<number | null>;
  revoked_at: Generated<number | null>;
}

export interface AuditEntryTable {
  id: string;
  /** Null: about the install or a person, not about a project. */
  project_id: string | null;
  env: Env | null;
  actor_kind: 'key' | 'person' | 'app' | 'system';
  actor_id: string;
  /** As it was called then. */
  actor_name: string;
  /** What was done, e.g. "keys.create". */
  action: string;
  target_id: string | null;
  detail: JsonText | null;
  address: string | null;
  created_at: number;
}

/** An app of somebody else that may act for people (contract §12). */
export interface OAuthAppTable {
  id: string;
  project_id: string;
  name: string;
  client_id: string;
  /** Null: a public client, which has no secret. */
  secret_hash: string | null;
  secret_prefix: string | null;
  /** `aptr_pk_…`: starts a sign-in in a browser, opens nothing. */
  public_key: string;
  redirect_uris: JsonText;
  allowed_domains: JsonText;
  homepage: string | null;
  is_active: Flag;
  deleted_at: Generated<number | null>;
  created_at: number;
  updated_at: number;
}

export interface OAuthGrantTable {
  id: string;
  app_id: string;
  person_id: string;
  project_id: string;
  env: Env;
  /** Canonical scopes, space-separated. */
  scopes: string;
  created_at: number;
  last_used_at: Generated<number | null>;
  revoked_at: Generated<number | null>;
  revoked_reason: Generated<string | null>;
}

export interface OAuthCodeTable {
  hash: string;
  app_id: string;
  person_id: string;
  project_id: string;
  env: Env;
  scopes: string;
  redirect_uri: string;
  code_challenge: string | null;
  created_at: number;
  expires_at: number;
  used_at: Generated<number | null>;
  /** Set when it was exchanged. */
  grant_id: Generated<string | null>;
}

export interface OAuthTokenTable {
  hash: string;
  kind: 'access' | 'refresh';
  grant_id: string;
  scopes: string;
  created_at: number;
  expires_at: number;
  /** A refresh token that was exchanged: seen again, it is stolen. */
  used_at: Generated<number | null>;
}

export interface Schema {
  people: PersonTable;
  person_accounts: PersonAccountTable;
  person_sessions: PersonSessionTable;
  verifications: VerificationTable;
  second_factors: SecondFactorTable;
  passkeys: PasskeyTable;
  sign_in_failures: SignInFailureTable;
  setup_links: SetupLinkTable;
  members: MemberTable;
  invitations: InvitationTable;
  audit_entries: AuditEntryTable;
  oauth_apps: OAuthAppTable;
  oauth_grants: OAuthGrantTable;
  oauth_codes: OAuthCodeTable;
  oauth_tokens: OAuthTokenTable;
  projects: ProjectTable;
  plans: PlanTable;
  usage: UsageTable;
  billing_events: BillingEventTable;
  keys: KeyTable;
  sessions: SessionTable;
  destinations: DestinationTable;
  session_destinations: SessionDestinationTable;
  oauth_states: OAuthStateTable;
  images: ImageTable;
  removals: RemovalTable;
  partial_uploads: PartialUploadTable;
  shares: ShareTable;
  deliveries: DeliveryTable;
  webhooks: WebhookTable;
  webhook_deliveries: WebhookDeliveryTable;
  replays: ReplayTable;
  attempts: AttemptTable;
  events: EventTable;
  live_events: LiveEventTable;
  server_keys: ServerKeyTable;
  install_secrets: InstallSecretTable;
  seen_signatures: SeenSignatureTable;
  rate_windows: RateWindowTable;
  workers: WorkerTable;
}
