/** Requests to one WebDAV server: signed in, in time, never led to another place by a redirect. */
import type { Outbound, OutboundRequest, OutboundResponse } from '../../lib/outbound.ts';
import { FileServerError } from '../file-server-error.ts';
import type { Patience } from '../file-session.ts';
import { TransferError, transfer } from '../transfer.ts';
import { authorize, type Challenge, type Credentials, readChallenge } from './sign-in.ts';

export interface DavOptions extends Credentials {
  outbound: Outbound;
  tls: OutboundRequest['tls'];
  times: Patience;
}

export interface DavRequest {
  method: string;
  url: URL;
  headers?: Record<string, string>;
  body?: OutboundRequest['body'];
  maxResponseBytes?: number;
}

export class DavClient {
  readonly #options: DavOptions;
  #challenge: Challenge | undefined;

  constructor(options: DavOptions) {
    this.#options = options;
  }

  /**
   * Any status but a refused sign-in is an answer. Nothing with a body should be the first request: the server's way of
   * signing in is learnt from a refusal, and the body would have been sent for it. Throws FileServerError.
   */
  async request(request: DavRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const used = this.#challenge;
    const answer = await this.#send(request, signal);
    if (answer.status !== 401) return this.#heed(answer);
    const asked = readChallenge(answer.headers['www-authenticate'] ?? '');
    if (!asked) throw unknownSignIn(answer);
    // Refused with a challenge that is as old as the refusal: these credentials are wrong.
    const stale = asked.scheme === 'digest' && asked.stale;
    if (used?.scheme === asked.scheme && !stale) throw refusedSignIn(answer);
    this.#challenge = asked;
    const second = await this.#send(request, signal);
    if (second.status === 401) throw refusedSignIn(second);
    // The way to the server was gone with the first question.
    const { resolve = 0, connect = 0, tls = 0 } = answer.phases;
    return this.#heed(
      second.reused ? { ...second, phases: { ...second.phases, resolve, connect, tls } } : second,
    );
  }

  async #send(request: DavRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const { outbound, tls, times, ...credentials } = this.#options;
    const { method, url, headers, ...rest } = request;
    const uri = url.pathname + url.search;
    const challenge = this.#challenge;
    const authorization = challenge ? authorize(challenge, credentials, method, uri) : undefined;
    const limits = { idleMs: times.stallMs, answerMs: times.answerMs };
    try {
      return await transfer(
        outbound,
        {
          ...rest,
          method,
          url: url.href,
          headers: { ...headers, ...(authorization ? { authorization } : {}) },
          ...(tls ? { tls } : {}),
        },
        signal,
        limits,
      );
    } catch (error) {
      throw error instanceof TransferError ? fromTransfer(error) : error;
    }
  }

  /** The server may name the nonce to use from now on (RFC 7616 §3.5). */
  #heed(answer: OutboundResponse): OutboundResponse {
    const next = /\bnextnonce="([^"]+)"/.exec(answer.headers['authentication-info'] ?? '')?.[1];
    const challenge = this.#challenge;
    if (next !== undefined && challenge?.scheme === 'digest' && challenge.nonce !== next) {
      this.#challenge = { ...challenge, nonce: next, uses: 0 };
    }
    return answer;
  }
}

function fromTransfer(error: TransferError): FileServerError {
  const { fate, step, phases, address, retryAfter } = error;
  const advice = error.message.includes(error.advice) ? error.advice : '';
  const what = error.message.replace(advice, '').trim();
  return new FileServerError(what, advice || error.advice, {
    fate,
    retryAfter,
    phases,
    address,
    // The guard's word is about the name; what happened while sending belongs to the step that was begun.
    step: step === 'settings' ? 'resolve' : step === 'write' ? undefined : step,
    cause: error.cause,
  });
}

function refusedSignIn({ status, phases, address }: OutboundResponse): FileServerError {
  return new FileServerError(
    'The server refused the user name or the password (401).',
    'Check both. Nextcloud and ownCloud want an app password where a second factor is on.',
    { fate: 'reconnect', status, phases, address, step: 'sign in' },
  );
}

function unknownSignIn({ status, headers, phases, address }: OutboundResponse): FileServerError {
  const ways = (headers['www-authenticate'] ?? '').replace(/[^\w, -].*/, '').slice(0, 80);
  return new FileServerError(
    `The server wants a way of signing in that is not known here (401${ways ? `, ${ways}` : ''}).`,
    'Turn on Basic or Digest for this account, or use an app password.',
    { fate: 'reconnect', status, phases, address, step: 'sign in' },
  );
}
