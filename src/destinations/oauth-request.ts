/** Requests in the name of a connected account: the token is put in, and renewed once when the service refuses it. */
import type { OutboundRequest, OutboundResponse } from '../lib/outbound.ts';
import { type CheckStep, type ConnectionServices, DeliveryError, type Fate } from './destination.ts';
import type { Account } from './oauth.ts';
import { plain, readJson } from './oauth-client.ts';
import { detailsOf, stopped, TransferError, transfer } from './transfer.ts';

/** What a refusal means, for the engine and for people. */
export interface Meaning {
  fate: Fate;
  step: CheckStep['step'];
  /** `{status}` and `{place}` are put in. */
  says: string;
  advice: string;
  /** Seconds, where the service says so elsewhere than in Retry-After. */
  retryAfter?: number | undefined;
}

/** How a service says no. */
export interface Refusal {
  /** The service's own word for it, e.g. `storageQuotaExceeded`. */
  code: string;
  message: string;
  meaning: Meaning;
}

export interface AccountRequest extends Omit<OutboundRequest, 'deadlineMs' | 'signal'> {
  /** The address itself is the permission: it must not get our token. */
  anonymous?: boolean;
}

export interface AccountClientOptions {
  services: ConnectionServices;
  /** The service as people know it. */
  label: string;
  read(answer: OutboundResponse): Refusal;
}

export class AccountClient {
  readonly #services: ConnectionServices;
  readonly #options: AccountClientOptions;

  constructor(options: AccountClientOptions) {
    this.#services = options.services;
    this.#options = options;
  }

  get label(): string {
    return this.#options.label;
  }

  get now(): number {
    return this.#services.now();
  }

  /** The address of an endpoint by its name. */
  url(endpoint: string): string {
    return this.#account.endpoints[endpoint]!;
  }

  get #account(): Account {
    const { account } = this.#services;
    if (account) return account;
    throw new DeliveryError('No account is connected.', { fate: 'reconnect' });
  }

  /** Any status is an answer, but 401 only when a fresh token was refused, too. Throws DeliveryError. */
  async send(request: AccountRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const { anonymous, ...wanted } = request;
    if (signal.aborted) throw stopped();
    if (anonymous) return await transfer(this.#services.outbound, wanted, signal);
    const token = await this.#account.token(signal);
    const answer = await this.#sendWith(token, wanted, signal);
    if (answer.status !== 401) return answer;
    const renewed = await this.#account.token(signal, token);
    return await this.#sendWith(renewed, wanted, signal);
  }

  #sendWith(token: string, request: AccountRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    return transfer(this.#services.outbound, { ...request, headers }, signal);
  }

  /** Only 2xx is an answer; anything else is thrown as what it means. `place` is named in its sentence. */
  async demand(request: AccountRequest, signal: AbortSignal, place = ''): Promise<OutboundResponse> {
    const answer = await this.send(request, signal);
    if (answer.status < 200 || answer.status > 299) throw this.failure(answer, place);
    return answer;
  }

  /** The JSON object of a 2xx answer. */
  async ask(request: AccountRequest, signal: AbortSignal, place = ''): Promise<Record<string, unknown>> {
    return readJson(await this.demand(request, signal, place));
  }

  /** The service's own word for a refusal. */
  codeOf(answer: OutboundResponse): string {
    return this.#options.read(answer).code;
  }

  failure(answer: OutboundResponse, place = ''): TransferError {
    const { code, message, meaning } =
      answer.status === 401 ? signInAgain(this.label, answer) : this.#options.read(answer);
    const fill = (text: string): string =>
      text.replaceAll('{status}', String(answer.status)).replaceAll('{place}', place.slice(0, 300));
    const excerpt = [plain(code, 100), plain(message, 900)].filter(Boolean).join(': ') || null;
    const details = detailsOf(answer, meaning.fate, excerpt, this.now);
    return new TransferError(meaning.step, fill(meaning.says), fill(meaning.advice), {
      ...details,
      retryAfter: details.retryAfter ?? meaning.retryAfter,
    });
  }
}

function signInAgain(label: string, answer: OutboundResponse): Refusal {
  const meaning: Meaning = {
    fate: 'reconnect',
    step: 'sign in',
    says: `${label} refuses the access that it gave us ({status}).`,
    advice: 'Connect the account again; what waits is then delivered.',
  };
  return { code: String(answer.status), message: '', meaning };
}

/** JSON to send. */
export function jsonBody(value: unknown): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}
