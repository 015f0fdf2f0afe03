/** The first words with a WebDAV server: how it wants us to sign in, and whether the folder is there. */
import type { OutboundResponse, Phases } from '../../lib/outbound.ts';
import type { CheckStep, ConnectionServices } from '../destination.ts';
import type { StepLog } from '../file-server-check.ts';
import { FileServerError } from '../file-server-error.ts';
import type { FileServer, Patience } from '../file-session.ts';
import { refusal } from './answers.ts';
import { DavClient } from './client.ts';
import type { DavSettings } from './index.ts';
import { DavSession, type DavShared } from './session.ts';

/** What is known of one server, between its sessions. */
interface Known {
  client: DavClient;
  shared: DavShared;
  /** The folder was seen with these credentials, so a further session has nothing to ask. */
  seen: boolean;
}

export function createDavOpener(
  settings: DavSettings,
  services: ConnectionServices,
  times: Patience,
): FileServer['open'] {
  const { username, password, tls } = settings;
  const { outbound } = services;
  const known: Known = {
    client: new DavClient({ outbound, tls, times, username, password }),
    shared: { folders: new Set(), flat: false },
    seen: false,
  };
  return async (signal, log) => {
    const greeting = known.seen && !log ? undefined : await greet(settings, services, known, signal, log);
    known.seen = true;
    return new DavSession({
      client: known.client,
      base: settings.base,
      address: greeting?.address ?? null,
      opening: roadOf(greeting?.phases ?? {}),
      shared: known.shared,
      now: services.now,
    });
  };
}

const road = ['resolve', 'connect', 'tls'] as const;

function roadOf(phases: Phases): Phases {
  return Object.fromEntries(road.map((step) => [step, phases[step] ?? 0]));
}

/** Sends no photo yet: a body that is sent before the sign-in is known is lost at some servers. */
async function greet(
  { base }: DavSettings,
  { now }: ConnectionServices,
  { client }: Known,
  signal: AbortSignal,
  log: StepLog | undefined,
): Promise<OutboundResponse> {
  const request = { method: 'PROPFIND', url: base, headers: { depth: '0' } };
  const started = performance.now();
  try {
    const answer = await client.request(request, signal);
    // An account that may only write may be refused a look; the photo itself will tell.
    if (answer.status !== 207 && ![403, 405, 501].includes(answer.status)) throw refusal(answer, base, now());
    if (log) tellRoad(log, answer.phases, base);
    log?.add('sign in', Math.round((performance.now() - started) * 10) / 10);
    return answer;
  } catch (error) {
    if (log && error instanceof FileServerError) {
      tellRoad(log, error.phases ?? {}, base, error.step);
      if (error.step === undefined) log.begin('sign in');
    }
    throw error;
  }
}

/** The steps of the road that went well, which is known only afterwards. */
function tellRoad(log: StepLog, phases: Phases, base: URL, failed?: CheckStep['step']): void {
  for (const step of road) {
    if (step === failed) return;
    if (step === 'tls' && base.protocol === 'http:') {
      log.skip(step);
      log.say(
        'The address begins with http://, so the photos travel in clear text.',
        'Use https:// where other people share the network.',
      );
    } else log.add(step, phases[step] ?? 0);
  }
}
