/** Signed requests to one bucket. */
import { createHash } from 'node:crypto';
import { emptySha256, signAwsRequest } from '../../lib/aws-signature.ts';
import type { OutboundRequest, OutboundResponse } from '../../lib/outbound.ts';
import { encodePath } from '../../lib/url-path.ts';
import type { ConnectionServices } from '../destination.ts';
import { type TransferError, transfer } from '../transfer.ts';
import { failureFromAnswer, readError } from './answers.ts';
import { HashCheck } from './hash-check.ts';
import { addressOf, isRegion, type S3Settings } from './settings.ts';

export interface BucketRequest {
  method: 'PUT' | 'POST' | 'HEAD' | 'DELETE';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** A streamed body comes with its hash. */
  body?: string | { length: number; open: () => AsyncIterable<Uint8Array>; sha256: string };
}

export class Bucket {
  readonly settings: S3Settings;
  readonly hashCheck = new HashCheck();
  readonly #services: Pick<ConnectionServices, 'outbound' | 'now'>;
  /** As set, or as the store corrected it. */
  #region: string;

  constructor(settings: S3Settings, services: Pick<ConnectionServices, 'outbound' | 'now'>) {
    this.settings = settings;
    this.#services = services;
    this.#region = settings.region;
  }

  /** Where the bucket is, when that is not what the settings say. */
  get correctedRegion(): string | undefined {
    return this.#region === this.settings.region ? undefined : this.#region;
  }

  url(key: string): URL {
    return addressOf(this.settings, this.#region, encodePath(`/${key}`));
  }

  /** Any status is an answer. Throws TransferError when there is none. */
  async send(request: BucketRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const answer = await transfer(this.#services.outbound, this.#sign(request), signal);
    return this.#learnRegion(answer)
      ? await transfer(this.#services.outbound, this.#sign(request), signal)
      : answer;
  }

  /** Only 2xx is an answer; anything else is thrown as the TransferError that it means. */
  async demand(request: BucketRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const answer = await this.send(request, signal);
    if (answer.status < 200 || answer.status > 299) throw this.failure(answer, request.key);
    return answer;
  }

  failure(answer: OutboundResponse, key: string): TransferError {
    const { bucket, accessKeyId, secretAccessKey } = this.settings;
    const place = { bucket, key, host: this.url('').host, region: this.#region };
    return failureFromAnswer(answer, place, this.#services.now(), [accessKeyId, secretAccessKey]);
  }

  #sign(request: BucketRequest): OutboundRequest {
    const { method, key, body } = request;
    const url = this.url(key);
    url.search = new URLSearchParams(request.query).toString();
    const payloadSha256 =
      body === undefined
        ? emptySha256
        : typeof body === 'string'
          ? createHash('sha256').update(body).digest('hex')
          : body.sha256;
    const headers = signAwsRequest(
      { method, url, headers: request.headers ?? {}, payloadSha256 },
      this.settings,
      {
        region: this.#region,
        now: this.#services.now(),
      },
    );
    return {
      method,
      url: url.href,
      headers,
      ...(body === undefined ? {} : { body }),
      tls: this.settings.tls,
    };
  }

  /**
   * A store that is asked under the wrong region says which is right; the answer is taken at its word once, so that a
   * wrong setting costs one request and no photo. Returns whether to ask again.
   */
  #learnRegion(answer: OutboundResponse): boolean {
    if (![301, 307, 400].includes(answer.status) || this.correctedRegion !== undefined) return false;
    const region = readError(answer).region?.toLowerCase();
    if (region === undefined || region === this.#region || !isRegion(region)) return false;
    this.#region = region;
    return true;
  }
}
