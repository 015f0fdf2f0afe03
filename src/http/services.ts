/** What the routes are given: made once in `app.ts`, handed to every room's routes. */
import type { FastifyRequest } from 'fastify';
import type { SignIn } from '../accounts/sign-in.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { DeliveryEngine } from '../deliveries/engine.ts';
import type { OAuthApps } from '../destinations/oauth-apps.ts';
import type { Unwrap } from '../images/decrypt.ts';
import type { DownloadLinks } from '../images/download-link.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Mailer } from '../lib/mail.ts';
import type { Outbound } from '../lib/outbound.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { SmsSender } from '../lib/sms.ts';
import type { Billing } from '../projects/billing/stripe.ts';
import type { Observer } from '../queue/observer.ts';
import type { ReplaySources } from '../queue/replays.ts';
import type { Scratch } from '../storage/scratch.ts';
import type { Storage } from '../storage/storage.ts';
import type { Metrics } from './metrics.ts';

export interface Services {
  config: Config;
  db: Database;
  storage: Storage;
  sealer: Sealer;
  clock: Clock;
  logger: Logger;
  outbound: Outbound;
  /** Signed links to the bytes of images. */
  links: DownloadLinks;
  deliveries: DeliveryEngine;
  replays: ReplaySources;
  /** The apps that are registered at services where people sign in. */
  oauthApps: OAuthApps;
  /** Undefined when plans are not paid for here. */
  billing: Billing | undefined;
  /** Signing in of people. */
  signIn: SignIn;
  /** Signs the cookies of people's sessions. */
  accountSecret: string;
  /** Undefined when no mail server is set. */
  mailer: Mailer | undefined;
  /** Undefined when no SMS gateway is set. */
  sms: SmsSender | undefined;
  /** The key that clients encrypt uploads with, PEM (contract §10). */
  serverPublicKey(): string;
  /** Opens the key of an encrypted photo. */
  unwrap: Unwrap;
  /** Where bytes wait for something that comes after them. */
  scratch: Scratch;
  /** The origin that links in an answer begin with, without a trailing slash. */
  originOf(request: FastifyRequest): string;
  /** Aborts when the server begins to stop: held requests answer then. */
  stopping: AbortSignal;
  /** Longest silence of a sender in the middle of an upload, in milliseconds; undefined: the usual one. */
  uploadIdleMs: number | undefined;
  /** Answers `/ready` with 503 while it is false. */
  isReady(): boolean;
  /** Metrics and traces. */
  observer: Required<Observer>;
  /** Undefined when they are switched off. */
  metrics: Metrics | undefined;
}
