/** What the refusals of WebDAV servers mean (RFC 4918 §11): fate by status, words for people. */

import { excerptOf, readRetryAfter } from '../../lib/outbound/answers.ts';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { Fate } from '../destination.ts';
import { FileServerError, printable } from '../file-server-error.ts';

interface Meaning {
  what: string;
  advice: string;
  fate?: Fate;
}

const noFolder: Meaning = {
  what: 'The folder is not there',
  advice: 'Make it at the server, or check url and remote_dir; a WebDAV folder is not made by Apertur.',
};

const noDav: Meaning = {
  what: 'The server does not take this at that address',
  advice: 'Check that url is the WebDAV address, like https://cloud.example.com/remote.php/dav/files/NAME/.',
};

const busy: Meaning = { what: 'The server is busy', advice: 'It is tried again by itself.' };

const broken: Meaning = {
  what: 'The server failed',
  advice: 'It is tried again; look at the log of the server if it goes on.',
};

const meanings: Record<number, Meaning> = {
  400: {
    what: 'The server did not like the request',
    advice: 'Often the file name is not allowed there. Change the template.',
  },
  403: {
    what: 'The server does not let this account write there',
    advice: 'Give it the right to make and change files in the folder.',
  },
  404: noFolder,
  405: noDav,
  409: noFolder,
  411: { what: 'A server before it removed the length of the photo', advice: 'Let it pass Content-Length.' },
  412: { what: 'Something of that name is there already', advice: 'Choose another conflict rule.' },
  413: { what: 'The photo is larger than the server takes', advice: 'Raise its limit for uploads.' },
  414: { what: 'The path is too long for the server', advice: 'Shorten the template.', fate: 'give-up' },
  415: { what: 'The server refuses this type of file', advice: 'Allow images in the folder.' },
  422: { what: 'The server refuses this file name', advice: 'Change the template.' },
  423: { what: 'The file or folder is locked', advice: 'It is tried again; unlock it if that goes on.' },
  424: { what: 'Something that this depends on is locked', advice: 'It is tried again; unlock it.' },
  429: { what: 'The server asked to slow down', advice: 'It is tried again when it said.' },
  501: noDav,
  502: broken,
  503: busy,
  507: {
    what: 'The disk or the quota of the server is full',
    advice: 'Free some space; the photo is kept until then.',
  },
};

/** The error for an answer that is a no. */
export function refusal(answer: OutboundResponse, url: URL, now: number): FileServerError {
  const { status, phases, address, headers } = answer;
  if (status >= 300 && status < 400) return redirected(answer, url);
  const meaning = meanings[status] ?? (status >= 500 ? broken : noDav);
  const words = wordsOf(answer);
  const what = `${meaning.what} (${[String(status), words].filter(Boolean).join(' ')}).`;
  return new FileServerError(what, meaning.advice, {
    fate: meaning.fate ?? 'retry',
    status,
    retryAfter: readRetryAfter(headers['retry-after'], now),
    excerpt: excerptOf(answer),
    // These may be about the name.
    early: [400, 403, 415, 422].includes(status),
    phases,
    address,
  });
}

/** Redirects are never followed: the photo and the sign-in belong to the address in the settings. */
function redirected({ status, headers, phases, address }: OutboundResponse, url: URL): FileServerError {
  const target = URL.parse(headers.location ?? '', url.href);
  const elsewhere = target !== null && target.host !== url.host;
  const place = target ? `${target.origin}${target.pathname}`.slice(0, 200) : 'nowhere';
  return new FileServerError(
    `The server leads ${elsewhere ? 'to another host' : 'on'} (${status}, ${printable(place)}), which is not followed.`,
    elsewhere ? 'Put that address into url if you trust it.' : 'Put the address that it leads to into url.',
    { fate: 'retry', status, phases, address },
  );
}

/** Servers built on sabre/dav (Nextcloud, ownCloud) say what they mean in one element. */
function wordsOf({ body, headers }: OutboundResponse): string {
  if (!/xml/i.test(headers['content-type'] ?? '')) return '';
  const text = body.toString('utf8', 0, 16_384);
  return printable(/<s:message[^>]*>([^<]*)</.exec(text)?.[1] ?? '', 160);
}
