/**
 * What a destination is. One kind = one folder beside this file + one line in `registry.ts`.
 *
 * Words: a **kind** is the class of a destination (webhook, s3, local …); a **connection** is a kind opened with one
 * project's settings, reused between images; a **receipt** says what the other side now holds; a **fate** says what a
 * failure means for the delivery. Nobody reads error messages to decide anything.
 */
import type { Readable } from 'node:stream';
import type { TObject } from 'typebox';
import type { Logger } from '../lib/logger.ts';
import type { Outbound, Phases } from '../lib/outbound.ts';
import type { SigningSecrets } from '../lib/signatures.ts';
import type { Account, OAuthService } from './oauth.ts';
import type { TemplateRules } from './templates.ts';

export type Category = 'webhooks' | 'cloud storage' | 'cloud drives' | 'file servers';

/** Tags as they were given: a list, an object, or none (contract §2.2). */
export type Tags = string[] | Record<string, string | number | boolean> | null;

/** An image on its way. `open()` gives a fresh stream for every attempt; nothing holds a whole image in memory. */
export interface DeliverableImage {
  /** The delivery's id: the same for all attempts of one image to one destination. */
  deliveryId: string;
  id: string;
  sessionId: string;
  projectId: string;
  env: 'live' | 'test';
  /** 0-based within the session. */
  index: number;
  filename: string;
  /** The real type, from the bytes. */
  mimeType: string;
  /** Extension of the real type, no dot. */
  ext: string;
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
  source: string;
  tags: Tags;
  metadata: Record<string, unknown> | null;
  createdAt: number;
  /** While the project's webhook secret is being rotated: which one signs where one signature stands. Absent: the new one. */
  signWith?: 'current' | 'previous';
  /** W3C Trace Context for receivers that speak HTTP; absent when the photo is not traced. */
  traceparent?: string;
  /** A fresh stream of the stored bytes; `range` is inclusive. */
  open(range?: { start: number; end: number }): Promise<Readable>;
  /**
   * Lets the next photo begin: the bytes of this one are written, and only a disk or a server is awaited that confirms
   * them. For kinds that limit by themselves how many are awaited so.
   */
  makeWay?(): void;
}

export interface Receipt {
  /** Where it is now: a path, object name or URL that a person can look up. */
  remotePath: string | null;
  remoteId?: string | null;
  url?: string | null;
  bytes: number;
  /** How we know that the other side holds our bytes. */
  verifiedBy: 'hash' | 'size' | 'none';
  status?: number | null;
  /** First 4 KB of the answer. */
  excerpt?: string | null;
  phases?: Phases | null;
  address?: string | null;
  /** While the project's webhook secret is being rotated: the one whose signature was accepted. */
  signedWith?: 'current' | 'previous' | undefined;
}

/**
 * - `retry`: may succeed later; `retryAfter` seconds if the other side named a time.
 * - `give-up`: will never succeed with this image and these settings.
 * - `reconnect`: the credentials were refused; somebody must renew them.
 * - `cancelled`: we are shutting down; uses up no attempt.
 */
export type Fate = 'retry' | 'give-up' | 'reconnect' | 'cancelled';

export interface DeliveryErrorDetails {
  fate: Fate;
  /** Seconds, as the other side asked for. */
  retryAfter?: number | undefined;
  status?: number | null;
  excerpt?: string | null;
  phases?: Phases | null;
  address?: string | null;
  cause?: unknown;
}

export class DeliveryError extends Error {
  readonly fate: Fate;
  readonly retryAfter: number | undefined;
  readonly status: number | null;
  readonly excerpt: string | null;
  readonly phases: Phases | null;
  readonly address: string | null;

  /** `message` is shown to people as `last_error`: say what happened and what to do, never a secret. */
  constructor(message: string, details: DeliveryErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'DeliveryError';
    this.fate = details.fate;
    this.retryAfter = details.retryAfter;
    this.status = details.status ?? null;
    this.excerpt = details.excerpt ?? null;
    this.phases = details.phases ?? null;
    this.address = details.address ?? null;
  }
}

/** One step of a connection test: what was tried, how it went, how long it took, what to do. */
export interface CheckStep {
  step:
    | 'settings'
    | 'resolve'
    | 'connect'
    | 'tls'
    | 'sign in'
    | 'make folder'
    | 'write'
    | 'verify'
    | 'clean up';
  outcome: 'ok' | 'failed' | 'skipped' | 'noted';
  durationMs: number;
  message?: string;
  advice?: string;
}

/** Contract §6.1.5; `steps` is additive. */
export interface CheckResult {
  success: boolean;
  status?: number;
  error?: string;
  message?: string;
  steps: CheckStep[];
}

/** A folder at the service, for choosing one. */
export interface RemoteFolder {
  id: string;
  name: string;
  /** Below the root of what may be chosen from; without a slash in front. */
  path: string | null;
}

/** Choosing the target folder; a `parent` of null is the top of what may be chosen from. */
export interface FolderChooser {
  list(parent: string | null, signal: AbortSignal): Promise<RemoteFolder[]>;
  create(parent: string | null, name: string, signal: AbortSignal): Promise<RemoteFolder>;
}

export interface Connection {
  /** For kinds whose folders can be chosen. Throws DeliveryError. */
  folders?: FolderChooser;
  deliver(image: DeliverableImage, signal: AbortSignal): Promise<Receipt>;
  /** A real probe. Resolves also when the test fails; throws only for our own faults. */
  check(signal: AbortSignal): Promise<CheckResult>;
  /** Ends reused connections. */
  close(): Promise<void>;
}

/** What the app lends to a connection. */
export interface ConnectionServices {
  outbound: Outbound;
  logger: Logger;
  /** Sign what has no secret of its own. */
  projectSecrets: SigningSecrets;
  /** Folders that the operator opened for `local`; absolute. */
  localRoots: readonly string[];
  /** A signed, expiring URL for the bytes of an image (kinds whose receiver fetches). */
  downloadUrl(imageId: string): string;
  /** For kinds with `oauth`: the account that was connected. */
  account?: Account;
  /**
   * Stores members of `config` that the connection learned at the server (an SFTP host key on first use). They take
   * effect for later connections; this one goes on as it is.
   */
  remember?(config: Record<string, unknown>): Promise<void>;
  now(): number;
}

/** Extra keywords on a settings field: they draw the form, the docs table and the mask. */
export interface FieldHelp {
  /** Short name for a form. */
  title: string;
  description: string;
  examples?: unknown[];
  /** Input spellings beside the canonical snake_case and its camelCase twin. */
  aliases?: string[];
  /** It is a path template (contract §6.4): what it must be, for checking and for showing the path that it leads to. */
  template?: Pick<TemplateRules, 'names' | 'without'>;
  /** A secret that is no password: answers show its mask with so many of its last characters (contract §6.3). */
  shownTail?: number;
}

/**
 * A kind. `config` and `credentials` are closed TypeBox objects with snake_case members; every member of `credentials`
 * is a secret: sealed at rest, masked in answers. On the wire both stand together in `config`.
 */
export interface DestinationKind {
  kind: string;
  /** Other type strings taken on input (contract §6.2). */
  aliases: readonly string[];
  /** What an alias says about the settings: `sftp` is `ftp` with protocol sftp. What a client gives wins. */
  impliedByAlias?: Readonly<Record<string, Record<string, unknown>>>;
  label: string;
  category: Category;
  config: TObject;
  credentials: TObject;
  /**
   * Its connections need nothing of the app beside `outbound`, `logger`, `localRoots`, `now` and `remember`: a thread
   * beside the main one may hold them (docs/adr/0011-carriers.md). Its folder exports it under its `kind`.
   */
  carried?: true;
  /** For kinds that are connected by signing in at the service. Their deliveries are held while nobody is signed in. */
  oauth?: OAuthService;
  /** Checks what a schema cannot say, and returns the settings to store; throws AppError 400. */
  prepare?(
    settings: { config: Record<string, unknown>; credentials: Record<string, unknown> },
    context: { env: 'live' | 'test'; localRoots: readonly string[] },
  ): { config: Record<string, unknown>; credentials: Record<string, unknown> };
  /** One readable line without secrets, e.g. `s3://claims/uploads`. */
  describe(config: Record<string, unknown>): string;
  connect(
    settings: { config: Record<string, unknown>; credentials: Record<string, unknown> },
    services: ConnectionServices,
  ): Connection;
}
