/** Answers of the API, as far as the screens read them. */

export interface Page<Row> {
  data: Row[];
  total: number;
  page: number;
  pageSize: number;
  totalPages: number;
}

export interface SessionRow {
  id: string;
  createdAt: string;
  expiresAt: string;
  status: string;
  imagesCount: number;
  imagesDelivered: number;
  imagesFailed: number;
  destinationsCount: number;
  tags: string[] | null;
  label: string | null;
}

export interface SessionDetails {
  id: string;
  status: string;
  label: string | null;
  tags: string[] | null;
  metadata: Record<string, unknown> | null;
  createdAt: string;
  expiresAt: string;
  completedAt: string | null;
  effectiveMaxImages: number;
  effectiveAllowedMimeTypes: string[];
  effectiveMaxImageDimension: number | null;
  maxImageSizeBytes: number;
  password_protected: boolean;
  longPolling: boolean;
  uploadUrl: string;
  shortUrl: string;
  imagesUploaded: number;
  destinations: { id: string; type: string; name: string }[];
}

export interface CreatedSession {
  id: string;
  upload_url: string;
  short_url: string;
}

export interface DeliveryStatus {
  status: string;
  lastChanged: string;
  files: {
    record_id: string;
    filename: string;
    size_bytes: number;
    has_thumbnail: boolean;
    destinations: {
      destination_id: string;
      type: string;
      name: string;
      status: string;
      attempts: number;
      last_error: string | null;
    }[];
  }[];
}

export interface Destination {
  id: string;
  type: string;
  name: string;
  config: Record<string, unknown>;
  isActive: boolean;
  connection?: {
    status: 'connected' | 'reconnect_needed' | 'not_connected';
    accountEmail: string | null;
    reason: string | null;
    since: string | null;
  };
  createdAt: string;
  updatedAt: string;
}

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

export interface DestinationKind {
  kind: string;
  label: string;
  category: string;
  oauth: boolean;
  available: boolean;
  config: SettingsSchema;
  credentials: SettingsSchema;
}

export interface CheckResult {
  success: boolean;
  error?: string;
  message?: string;
  steps: { step: string; outcome: string; durationMs: number; message?: string; advice?: string }[];
}

export interface DeliveryRow {
  id: string;
  kind: 'image' | 'event';
  title: string;
  status: string;
  attempts: number;
  lastError: string | null;
  nextAttemptAt: string | null;
  targetId: string;
  targetName: string;
  targetType: string;
  sessionId: string | null;
  imageId: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface Attempt {
  number: number;
  startedAt: string;
  durationMs: number;
  phases: Record<string, number> | null;
  address: string | null;
  outcome: string;
  statusCode: number | null;
  responseExcerpt: string | null;
  error: string | null;
  nextAt: string | null;
  nextReason: string | null;
}

export interface ImageDelivery {
  id: string;
  status: string;
  attempts: number;
  nextAttemptAt: string | null;
  lastError: string | null;
  receipt: Record<string, unknown> | null;
  history: Attempt[];
}

export interface EventDelivery {
  id: string;
  eventLogId: string;
  topic: string;
  status: string;
  held: boolean;
  attempts: number;
  responseCode: number | null;
  durationMs: number;
  lastError: string | null;
  nextRetryAt: string | null;
  createdAt: string;
}

export interface EventDeliveryDetails extends EventDelivery {
  data: Record<string, unknown> | null;
  history: Attempt[];
}

export interface Replay {
  id: string;
  status: 'running' | 'completed' | 'cancelled';
  total: number;
  queued: number;
  skipped: number;
  sent: number;
  failed: number;
  waiting: number;
}

export interface Webhook {
  id: string;
  url: string;
  secret?: string;
  signatureMethod: 'hmac_sha256' | 'svix';
  topics: string[];
  isActive: boolean;
  maxRetries: number;
  retryIntervals: number[];
  disableAfterFailures: number;
  consecutiveFailures: number;
  customHeaders: Record<string, string>;
  disabledAt: string | null;
  disabledReason: string | null;
  maxInFlight: number | null;
  rateLimit: number | null;
  ordered: boolean;
  previousSecretUntil: string | null;
  heldDeliveries: number;
  createdAt: string;
  updatedAt: string;
}

export interface EventType {
  topic: string;
  description: string;
  subscribable: boolean;
  example: unknown;
}

export interface ApiKey {
  id: string;
  prefix: string;
  label: string;
  env: 'live' | 'test';
  isActive: boolean;
  lastUsedAt: string | null;
  maxImages: number | null;
  allowedMimeTypes: string[];
  maxImageDimension: number | null;
  longPollingEnabled: boolean;
  defaultDestinations: string[];
  allowedIps: string[];
  allowedDomains: string[];
  totpEnabled: boolean;
  clientCertEnabled: boolean;
  clientCertFingerprint: string | null;
  signingEnabled: boolean;
  signatureRequired: boolean;
  createdAt: string;
}

export interface Plan {
  id: string;
  name: string;
  sessionsPerMonth: number | null;
  imagesPerSession: number;
  imageMegabytes: number;
  imageDimension: number;
  longestExpiryHours: number;
  activeDestinations: number | null;
  password: boolean;
  branding: boolean;
  endToEnd: boolean;
}

export interface Usage {
  month: string;
  plan: Plan;
  sessions: number;
  images: number;
  imageBytes: number;
  activeDestinations: number;
}

export interface Overview {
  days: { at: string; sessions: number; images: number; sent: number; failed: number }[];
  failing: {
    kind: 'destination' | 'webhook';
    id: string;
    name: string;
    type: string;
    failed: number;
    retrying: number;
    held: boolean;
    lastError: string | null;
    lastAt: string;
  }[];
}
