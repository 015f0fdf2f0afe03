/** `apertur doctor`: checks what the server stands on, one line each, with what to do. Exit code 1 if anything fails. */
import { lookup } from 'node:dns/promises';
import path from 'node:path';
import type { Config } from '../config.ts';
import { assertSchema, migrate } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { silentLogger } from '../lib/logger.ts';
import { loadSealer } from '../lib/sealed.ts';
import { openStorage } from '../storage/open.ts';

interface Finding {
  what: string;
  state: 'ok' | 'note' | 'bad';
  says: string;
}

export async function doctor(config: Config): Promise<number> {
  const findings = [
    await checkDatabase(config),
    await checkStorage(config),
    await checkSecrets(config),
    checkClock(),
    await checkOutbound(config),
    checkMode(config),
  ];
  const sign = { ok: 'ok  ', note: 'note', bad: 'BAD ' };
  for (const { what, state, says } of findings) console.log(`${sign[state]}  ${what.padEnd(9)}  ${says}`);
  return findings.some(({ state }) => state === 'bad') ? 1 : 0;
}

async function probe(what: string, run: () => Promise<string>): Promise<Finding> {
  try {
    return { what, state: 'ok', says: await run() };
  } catch (error) {
    return { what, state: 'bad', says: (error as Error).message };
  }
}

function checkDatabase(config: Config): Promise<Finding> {
  return probe('database', async () => {
    const file = path.join(config.dataDir, 'apertur.db');
    const db = await openDatabase({ url: config.databaseUrl, file, logger: silentLogger });
    try {
      if (db.engine === 'sqlite') await migrate(db);
      await db.ping();
      await assertSchema(db);
      const started = performance.now();
      await db.write(async (tx) => {
        await tx.q.deleteFrom('workers').where('id', '=', 'doctor').execute();
      });
      const where = db.engine === 'sqlite' ? `SQLite in ${file}` : 'PostgreSQL';
      return `${where}; a commit takes ${(performance.now() - started).toFixed(1)} ms.`;
    } finally {
      await db.close();
    }
  });
}

function checkStorage(config: Config): Promise<Finding> {
  return probe('storage', async () => {
    const storage = await openStorage({
      url: config.storageUrl,
      dataDir: config.dataDir,
      logger: silentLogger,
    });
    try {
      await storage.check();
      return config.storageUrl
        ? 'Takes, gives back and removes a probe.'
        : `Takes a probe in ${config.dataDir}.`;
    } finally {
      await storage.close();
    }
  });
}

function checkSecrets(config: Config): Promise<Finding> {
  return probe('secrets', async () => {
    const sealer = await loadSealer({
      secretKey: config.secretKey,
      file: path.join(config.dataDir, 'secret.key'),
    });
    if (sealer.open(sealer.seal('probe', 'doctor'), 'doctor') !== 'probe')
      throw new Error('Sealing does not work.');
    return config.secretKey
      ? 'Sealed with APERTUR_SECRET_KEY.'
      : 'Sealed with the key file. Back it up apart.';
  });
}

/** A clock that is off breaks signatures and expiry. Without a network there is nothing to hold it against but sense. */
function checkClock(): Finding {
  const now = new Date();
  const sensible = now.getUTCFullYear() >= 2025 && now.getUTCFullYear() < 2100;
  const says = `${now.toISOString()}${sensible ? '' : ' cannot be right. Set the clock (NTP).'}`;
  return { what: 'clock', state: sensible ? 'ok' : 'bad', says };
}

async function checkOutbound(config: Config): Promise<Finding> {
  const open = config.allowPrivateNetworks;
  const guard =
    open === 'all' ? 'all private networks are open' : `private networks open: ${open.join(', ') || 'none'}`;
  try {
    await lookup('example.com');
    return { what: 'outbound', state: open === 'all' ? 'note' : 'ok', says: `Names resolve; ${guard}.` };
  } catch {
    const says = `The name example.com does not resolve: deliveries by name will fail. Check DNS. ${guard}.`;
    return { what: 'outbound', state: 'note', says };
  }
}

function checkMode(config: Config): Finding {
  return config.trial
    ? { what: 'mode', state: 'note', says: 'Trial mode. Set APERTUR_PUBLIC_URL for real use.' }
    : { what: 'mode', state: 'ok', says: `Public at ${config.publicUrl}.` };
}
