/** Authorised requests to one container. */
import type { OutboundRequest, OutboundResponse } from '../../lib/outbound.ts';
import type { ConnectionServices } from '../destination.ts';
import { type TransferError, transfer } from '../transfer.ts';
import { failureFromAnswer } from './answers.ts';
import { endOfSas } from './sas.ts';
import { type AzureSettings, addressOf } from './settings.ts';
import { signSharedKey } from './shared-key.ts';

/** Old enough for sovereign clouds and emulators, new enough for single uploads of this size. */
const version = '2021-12-02';

export interface BlobRequest {
  method: 'PUT' | 'HEAD' | 'DELETE';
  name: string;
  query?: Record<string, string>;
  /** Lower-case names. */
  headers?: Record<string, string>;
  body?: string | { length: number; open: () => AsyncIterable<Uint8Array> };
}

export class Container {
  readonly settings: AzureSettings;
  readonly #services: Pick<ConnectionServices, 'outbound' | 'now'>;

  constructor(settings: AzureSettings, services: Pick<ConnectionServices, 'outbound' | 'now'>) {
    this.settings = settings;
    this.#services = services;
  }

  /** Without the access token. */
  url(name: string): string {
    return addressOf(this.settings, name).href;
  }

  /** Any status is an answer. Throws TransferError when there is none. */
  async send(request: BlobRequest, signal: AbortSignal): Promise<OutboundResponse> {
    return await transfer(this.#services.outbound, this.#authorise(request), signal);
  }

  /** Only 2xx is an answer; anything else is thrown as the TransferError that it means. */
  async demand(request: BlobRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const answer = await this.send(request, signal);
    if (answer.status < 200 || answer.status > 299) throw this.failure(answer, request.name);
    return answer;
  }

  failure(answer: OutboundResponse, name: string): TransferError {
    const { account, container } = this.settings;
    const place = { account, container, name, expiry: this.#expiry() };
    return failureFromAnswer(answer, place, this.#services.now(), this.#secrets());
  }

  /** When the access ends or ended, in milliseconds; undefined for an account key. */
  get accessEndsAt(): number | undefined {
    const { access } = this.settings;
    return 'sas' in access ? endOfSas(access.sas) : undefined;
  }

  #expiry(): string {
    const end = this.accessEndsAt;
    if (end === undefined || end > this.#services.now()) return '';
    return `The SAS token ended on ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  }

  #secrets(): string[] {
    const { access } = this.settings;
    if ('accountKey' in access) return [access.accountKey.toString('base64')];
    const signature = access.sas.get('sig') ?? '';
    return [signature, encodeURIComponent(signature)];
  }

  #authorise({ method, name, query = {}, headers: given = {}, body }: BlobRequest): OutboundRequest {
    const { access, account } = this.settings;
    const url = addressOf(this.settings, name);
    const headers: Record<string, string> = { ...given, 'x-ms-version': version };
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    if ('sas' in access) {
      for (const [key, value] of access.sas) url.searchParams.set(key, value);
    } else {
      headers['x-ms-date'] = new Date(this.#services.now()).toUTCString();
      const contentLength =
        body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
      const request = { method, url, headers, contentLength };
      headers.authorization = signSharedKey(request, account, access.accountKey);
    }
    return {
      method,
      url: url.href,
      headers,
      ...(body === undefined ? {} : { body }),
      tls: this.settings.tls,
    };
  }
}
