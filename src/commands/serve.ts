/** `apertur serve`, `api` and `worker`: build the app, start it, stop it well on a signal. */
import { createSetupToken } from '../accounts/setup.ts';
import { buildApp } from '../app.ts';
import type { Config } from '../config.ts';
import { networkAddress } from '../http/origin.ts';
import { prepareTrial } from '../projects/trial.ts';
import { setupLine, showFirstScreen } from './first-screen.ts';

/**
 * After the pause for load balancers. Deliveries have 8 s to end and the database as long to hear of it; what has not ended
 * by then waits for something that does not answer. Its rows are under leases: another process goes on with them.
 */
const longestStopMs = 45_000;

export async function serve(config: Config, parts: { api: boolean; worker: boolean }): Promise<number> {
  const app = await buildApp(config, parts);
  const { logger } = app;
  const stopped = Promise.withResolvers<number>();
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) {
      logger.warn(`${signal} again: stopping at once`);
      process.exit(1);
    }
    stopping = true;
    logger.info(`${signal}: finishing what is under way`);
    const late = (): void => {
      logger.error('What was under way did not end in time; whoever comes next goes on with it');
      process.exit(1);
    };
    setTimeout(late, config.drainSeconds * 1_000 + longestStopMs).unref();
    app.stop().then(
      () => stopped.resolve(0),
      (error: unknown) => stopped.reject(error),
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // A promise that nobody waited for is a fault of ours, but no reason to drop what others are sending.
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'A promise failed unheard'));

  const address = await app.start();
  const setupToken = parts.api ? await createSetupToken(app.db, app.clock.now()) : undefined;
  if (setupToken !== undefined && config.publicUrl) {
    console.log(`\n${setupLine(config.publicUrl, setupToken)}\n`);
  }
  if (parts.api && config.trial) {
    const trial = await prepareTrial(app);
    const network = config.host === '' || config.host === '0.0.0.0' ? networkAddress() : undefined;
    const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
    console.log(
      showFirstScreen({
        config,
        trial,
        port: portOf(app.server?.server.address()),
        setupToken,
        network,
        columns,
      }),
    );
  }
  logger.info(
    { address, database: app.db.engine, trial: config.trial || undefined, pid: process.pid },
    'Apertur is ready',
  );
  return stopped.promise;
}

function portOf(address: unknown): number {
  return (address as { port: number }).port;
}
