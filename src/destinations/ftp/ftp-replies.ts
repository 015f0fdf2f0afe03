/** What the refusals of FTP servers mean (RFC 959 §4.2, RFC 4217): fate by code, words for people. */
import { FileServerError, type FileServerErrorDetails, printable } from '../file-server-error.ts';
import type { Reply } from './ftp-control.ts';

interface Meaning {
  what: string;
  advice: string;
}

const busy: Meaning = {
  what: 'The server has no room for another connection',
  advice: 'Lower the connections at once of this destination, or raise the limit of the account.',
};

const noTls: Meaning = {
  what: 'The server wants an encrypted connection',
  advice: 'Set the protocol to ftps.',
};

const full = (what: string): Meaning => ({ what, advice: 'Free some space; the photo is kept until then.' });

const meanings: Record<number, Meaning> = {
  421: busy,
  425: {
    what: 'The data connection could not be made',
    advice: 'Open the passive ports of the server in its firewall, or use SFTP, which needs one port only.',
  },
  426: {
    what: 'The server broke off the transfer',
    advice: 'It is tried again; look at the log of the server.',
  },
  450: { what: 'The file is in use at the server', advice: 'It is tried again by itself.' },
  451: {
    what: 'The server failed in the middle',
    advice: 'Often its disk is full. It is tried again; look at the log of the server if it goes on.',
  },
  452: full('The disk of the server is full'),
  521: noTls,
  522: noTls,
  532: {
    what: 'The server wants an account beside the user name',
    advice: 'This is not supported; ask for a login that needs none.',
  },
  552: full('The quota of the account is used up'),
};

const doings = {
  write: {
    what: 'The server refused to write the photo',
    advice: 'Give the account the right to write in this folder, and check that the name is allowed there.',
  },
  folder: {
    what: 'The folder could not be made',
    advice: 'Make it by hand, or give the account the right to make folders.',
  },
  rename: {
    what: 'The server refused to rename the finished photo',
    advice: 'Give the account the right to rename and to replace files.',
  },
  read: { what: 'The server refused to show the file', advice: 'Give the account the right to read.' },
  remove: { what: 'The server refused to remove the file', advice: 'Give the account the right to delete.' },
  'set up': {
    what: 'The server refused a command that is needed',
    advice: 'Use SFTP, or another server.',
  },
} satisfies Record<string, Meaning>;

/** The error for a reply that is a no. `early`: nothing was written yet. */
export function refusal(reply: Reply, doing: keyof typeof doings, early = false): FileServerError {
  const known = meanings[reply.code];
  // 550 and 553 may be about the name.
  return said(known ?? doings[doing], reply, {
    fate: 'retry',
    crowded: reply.code === 421,
    early: early && known === undefined,
  });
}

/**
 * The error for a refused sign-in. Servers say "too many connections" with the same code 530 as "wrong password"; only
 * the words tell them apart, and taking the one for the other would call for credentials that are right.
 */
export function signInRefusal(reply: Reply): FileServerError {
  if (reply.code === 421 || /\btoo many\b|\bmaximum\b|\blimit\b/i.test(reply.text)) {
    return said(busy, reply, { fate: 'retry', crowded: true });
  }
  if (/\b(tls|ssl|encrypt)/i.test(reply.text)) return said(noTls, reply, { fate: 'reconnect' });
  if (reply.code >= 400 && reply.code < 500) {
    const later = { what: 'The server lets nobody in just now', advice: 'It is tried again by itself.' };
    return said(later, reply, { fate: 'retry' });
  }
  const meaning = {
    what: 'The server refused the user name or the password',
    advice: 'Check both, and whether the account is locked or has expired.',
  };
  return said(meaning, reply, { fate: 'reconnect' });
}

export function tlsRefusal(reply: Reply): FileServerError {
  const meaning = {
    what: 'The server offers no TLS on this port',
    advice: 'Use SFTP, turn TLS on at the server, or try tls_mode implicit with port 990.',
  };
  return said(meaning, reply, { fate: 'retry', step: 'tls' });
}

function said({ what, advice }: Meaning, reply: Reply, details: FileServerErrorDetails): FileServerError {
  const words = printable(`${reply.code} ${reply.text}`);
  return new FileServerError(`${what} (${words}).`, advice, {
    status: reply.code,
    excerpt: words,
    ...details,
  });
}
