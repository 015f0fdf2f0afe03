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
  plan: string;
  created_at: number;
  updated_at: number;
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
  created_at: number;
  updated_at: number;
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
  created_at: number;
  updated_at: number;
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

export interface WorkerTable {
  id: string;
  host: string;
  pid: number;
  started_at: number;
  seen_at: number;
}

export interface Schema {
  projects: ProjectTable;
  keys: KeyTable;
  sessions: SessionTable;
  destinations: DestinationTable;
  session_destinations: SessionDestinationTable;
  images: ImageTable;
  deliveries: DeliveryTable;
  attempts: AttemptTable;
  events: EventTable;
  live_events: LiveEventTable;
  server_keys: ServerKeyTable;
  install_secrets: InstallSecretTable;
  workers: WorkerTable;
}
