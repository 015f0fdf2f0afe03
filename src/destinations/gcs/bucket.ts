/** Authorised requests to one bucket. */
import type { OutboundRequest, OutboundResponse } from '../../lib/outbound.ts';
import { encodePart, encodePath } from '../../lib/url-path.ts';
import type { ConnectionServices } from '../destination.ts';
import { type TransferError, transfer } from '../transfer.ts';
import { failureFromAnswer } from './answers.ts';
import { type GcsSettings, publicEndpoint, type ServiceAccount } from './settings.ts';
import { createTokens, type Tokens } from './token.ts';

export interface GcsRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: NonNullable<OutboundRequest['body']>;
}

export class GcsBucket {
  readonly settings: GcsSettings;
  readonly tokens: Tokens;
  readonly #account: ServiceAccount;
  readonly #services: Pick<ConnectionServices, 'outbound' | 'now'>;

  constructor(
    settings: GcsSettings,
    account: ServiceAccount,
    services: Pick<ConnectionServices, 'outbound' | 'now'>,
  ) {
    this.settings = settings;
    this.tokens = createTokens(account, services);
    this.#account = account;
    this.#services = services;
  }

  uploadUrl(query: Record<string, string>): string {
    const { endpoint, bucket } = this.settings;
    return `${endpoint}/upload/storage/v1/b/${encodePart(bucket)}/o?${new URLSearchParams(query)}`;
  }

  objectUrl(name: string, query: Record<string, string> = {}): string {
    const { endpoint, bucket } = this.settings;
    const search = new URLSearchParams(query).toString();
    return `${endpoint}/storage/v1/b/${encodePart(bucket)}/o/${encodePart(name)}${search && `?${search}`}`;
  }

  /** Where a person who is signed in sees the object. */
  pageUrl(name: string): string {
    const { endpoint, bucket } = this.settings;
    if (endpoint !== publicEndpoint) return this.objectUrl(name);
    return `https://storage.cloud.google.com/${encodePart(bucket)}/${encodePath(name)}`;
  }

  /**
   * Any status is an answer. A token that was refused before its time is replaced once. Throws TransferError when there
   * is no answer or no token.
   */
  async send(request: GcsRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const token = await this.tokens.take(signal);
    const answer = await this.#send(request, token, signal);
    if (answer.status !== 401) return answer;
    this.tokens.drop(token);
    return await this.#send(request, await this.tokens.take(signal), signal);
  }

  /** Only 2xx is an answer; anything else is thrown as the TransferError that it means. */
  async demand(request: GcsRequest, name: string, signal: AbortSignal): Promise<OutboundResponse> {
    const answer = await this.send(request, signal);
    if (answer.status < 200 || answer.status > 299) throw this.failure(answer, name);
    return answer;
  }

  /** The address of an upload in progress is secret and enough; the token does not go there. */
  async sendToSession(
    session: string,
    method: 'PUT' | 'DELETE',
    headers: Record<string, string>,
    body: { length: number; open: () => AsyncIterable<Uint8Array> } | undefined,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    return await transfer(
      this.#services.outbound,
      { method, url: session, headers, ...(body ? { body } : {}) },
      signal,
    );
  }

  failure(answer: OutboundResponse, name: string): TransferError {
    const place = { bucket: this.settings.bucket, name, email: this.#account.email };
    return failureFromAnswer(answer, place, this.#services.now());
  }

  async #send(request: GcsRequest, token: string, signal: AbortSignal): Promise<OutboundResponse> {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    return await transfer(this.#services.outbound, { ...request, headers }, signal);
  }
}
