/** What is done by the clock: by the workers, each chore at its own pace. */
import { pruneAudit } from './accounts/audit.ts';
import { pruneAccounts } from './accounts/person-sessions.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { makePartitions, widthFor } from './db/partitions.ts';
import { pruneLiveEvents } from './events/live.ts';
import { pruneEvents } from './events/retention.ts';
import { pruneRateWindows } from './http/rate-windows.ts';
import { removeOrphans } from './images/orphans.ts';
import { removeLostPieces, sweepPartials } from './images/partial-uploads.ts';
import { finishRemovals, purgeImages, purgeProjectImages } from './images/retention.ts';
import { tendServerKeys } from './images/server-key.ts';
import { type Chores, createChores } from './lib/chores.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/logger.ts';
import type { Sealer } from './lib/sealed.ts';
import { forgetOldWebhookSecrets } from './projects/projects.ts';
import { pruneSignatures } from './projects/protections.ts';
import { type ReplaySources, runReplays } from './queue/replays.ts';
import { tellExpired } from './sessions/expiry.ts';
import { pruneShares } from './sessions/share.ts';
import type { Storage } from './storage/storage.ts';

interface Parts {
  config: Config;
  db: Database;
  replays: ReplaySources;
  storage: Storage;
  sealer: Sealer;
  clock: Clock;
  logger: Logger;
}

/** Each is done by one process at a time, or does no harm when two do it. */
export function choresOf(parts: Parts): Chores {
  const { config, db, replays, storage, sealer, clock, logger } = parts;
  return createChores(logger, [
    { name: 'tell of expired sessions', everyMs: 1_000, run: () => tellExpired(db, clock.now()) },
    { name: 'go on with replays', everyMs: 500, run: () => runReplays(db, replays, clock.now()) },
    {
      name: 'make partitions ahead',
      everyMs: 600_000,
      run: () => makePartitions(db, { now: clock.now(), width: widthFor(config.eventRetentionDays) }),
    },
    {
      name: 'forget old events',
      everyMs: 60_000,
      run: () => pruneEvents(db, { days: config.eventRetentionDays, now: clock.now() }),
    },
    {
      name: 'forget old entries of the audit log',
      everyMs: 60_000,
      run: () => pruneAudit(db, { days: config.auditRetentionDays, now: clock.now() }),
    },
    { name: 'forget old live events', everyMs: 60_000, run: () => pruneLiveEvents(db, clock.now()) },
    {
      name: 'renew the server key',
      everyMs: 3_600_000,
      run: () => tendServerKeys({ db, sealer, clock }, config.serverKeyDays * 86_400_000),
    },
    {
      name: 'forget old sessions of people',
      everyMs: 60_000,
      run: () => db.write((tx) => pruneAccounts(tx, clock.now())),
    },
    {
      name: 'forget unfinished uploads',
      everyMs: 60_000,
      run: () => sweepPartials({ db, storage }, clock.now()),
    },
    {
      name: 'remove lost pieces',
      everyMs: 6 * 3_600_000,
      run: () => removeLostPieces(storage, clock.now()),
    },
    { name: 'forget old shares', everyMs: 600_000, run: () => pruneShares(db, clock.now()) },
    {
      name: 'forget old webhook secrets',
      everyMs: 600_000,
      run: () => forgetOldWebhookSecrets(db, clock.now()),
    },
    { name: 'forget old signatures', everyMs: 60_000, run: () => pruneSignatures(db, clock.now()) },
    { name: 'forget old rate windows', everyMs: 60_000, run: () => pruneRateWindows(db, clock.now()) },
    {
      name: 'remove photos past their retention',
      everyMs: 60_000,
      run: () => purgeImages({ db, storage }, { retentionDays: config.retentionDays, now: clock.now() }),
    },
    {
      name: 'remove photos past the retention of their project',
      everyMs: 600_000,
      run: () =>
        purgeProjectImages({ db, storage }, { retentionDays: config.retentionDays, now: clock.now() }),
    },
    {
      name: 'remove what was left to be removed',
      everyMs: 60_000,
      run: () => finishRemovals({ db, storage }, clock.now()),
    },
    {
      name: 'remove bytes without a row',
      everyMs: 30 * 60_000,
      run: () => removeOrphans({ db, storage }, { days: 2, now: clock.now() }),
    },
  ]);
}
