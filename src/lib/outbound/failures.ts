/** What a failed request means, in sentences for people: what happened, and what to do about it. */
import type { OutboundError } from '../outbound.ts';

type Stage = OutboundError['stage'];

/** `{host}` is put in. What is not listed gets the stage's general sentence. */
const sentences: Record<string, string> = {
  'resolve ENOTFOUND': 'The name {host} did not resolve (ENOTFOUND). Check the address.',
  'resolve ENODATA': 'The name {host} has no address (ENODATA). Check the address.',
  'resolve EAI_AGAIN': 'The name {host} could not be looked up just now (EAI_AGAIN).',
  'connect ECONNREFUSED':
    '{host} refused the connection (ECONNREFUSED). Check that it is running and that the port is right.',
  'connect ECONNRESET': '{host} closed the connection while it was being opened (ECONNRESET).',
  'connect ETIMEDOUT':
    '{host} did not accept the connection (ETIMEDOUT). Check the address and the firewall.',
  'connect EHOSTUNREACH': 'There is no way to {host} from this server (EHOSTUNREACH). Check the network.',
  'connect ENETUNREACH': 'There is no way to {host} from this server (ENETUNREACH). Check the network.',
  'tls PIN_MISMATCH':
    'The certificate of {host} is not the pinned one. Check that it was renewed on purpose, then pin the new one.',
  'tls DEPTH_ZERO_SELF_SIGNED_CERT':
    'The certificate of {host} is self-signed, so nobody vouches for it. Install one from a known authority, or give its CA.',
  'tls SELF_SIGNED_CERT_IN_CHAIN':
    'The certificate of {host} comes from an unknown authority. Install one from a known authority, or give its CA.',
  'tls UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    'The certificate chain of {host} is incomplete. Install the intermediate certificates there.',
  'tls UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    'The certificate of {host} comes from an unknown authority, or its chain is incomplete. Install the whole chain there, or give its CA.',
  'tls CERT_HAS_EXPIRED': 'The certificate of {host} has expired. Renew it.',
  'tls CERT_NOT_YET_VALID': 'The certificate of {host} is not valid yet. Check the clocks on both sides.',
  'tls ERR_TLS_CERT_ALTNAME_INVALID':
    'The certificate of {host} is made out to another name. Check the address, or renew the certificate.',
  'tls ERR_SSL_WRONG_VERSION_NUMBER':
    '{host} does not speak TLS on this port. Check whether the address should begin with http:// or name another port.',
  'tls ERR_SSL_PACKET_LENGTH_TOO_LONG':
    '{host} does not speak TLS on this port. Check whether the address should begin with http:// or name another port.',
  'send BODY_FAILED': 'Sending to {host} stopped because the data could not be read here.',
  'send BODY_LENGTH': 'Sending to {host} stopped because the data is not as long as it was announced.',
  'headers HPE_HEADER_OVERFLOW': '{host} answered with more than 16 KB of headers.',
};

const general: Record<Stage, string> = {
  guard: 'The request to {host} was refused ({code}).',
  resolve: 'The name {host} could not be looked up ({code}). Check the address.',
  connect: 'No connection to {host} ({code}).',
  tls: 'No secure connection to {host} ({code}). Check its certificate and TLS settings.',
  send: '{host} closed the connection before everything was sent ({code}).',
  headers: '{host} closed the connection without an answer ({code}).',
  body: '{host} broke off in the middle of its answer ({code}).',
  aborted: 'The request to {host} was stopped.',
};

const late: Record<Stage, string> = {
  guard: 'The request to {host} took longer than {seconds}.',
  resolve: 'The name {host} did not resolve within {seconds}. Check the address and the name server.',
  connect: '{host} did not accept the connection within {seconds}. Check the address and the firewall.',
  tls: '{host} did not finish the TLS handshake within {seconds}.',
  send: '{host} did not take all of the data within {seconds}.',
  headers: '{host} did not answer within {seconds}.',
  body: '{host} began to answer but did not finish within {seconds}.',
  aborted: 'The request to {host} was stopped after {seconds}.',
};

/** One or two sentences about a failure. `host` is shown as given. */
export function describeFailure(stage: Stage, code: string, host: string): string {
  const known = sentences[`${stage} ${code}`];
  if (known) return fill(known, host, code);
  if (code.startsWith('HPE_'))
    return fill('{host} did not answer in HTTP ({code}). Check the port.', host, code);
  return fill(general[stage], host, code);
}

/** What the request was doing when its time ran out. */
export function describeDeadline(stage: Stage, host: string, deadlineMs: number): string {
  const seconds = deadlineMs >= 1_000 ? `${Math.round(deadlineMs / 100) / 10} s` : `${deadlineMs} ms`;
  return fill(late[stage], host, 'DEADLINE').replaceAll('{seconds}', seconds);
}

/** The machine's word for an error; a connection that tried several addresses says what the last one said. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors.at(-1));
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function fill(sentence: string, host: string, code: string): string {
  return sentence.replaceAll('{host}', host).replaceAll('{code}', code);
}
