/** The commands. Each stands in `commands/`; this file chooses, and says what went wrong in one sentence. */
import { ConfigError, readConfig } from './config.ts';
import { SchemaVersionError } from './db/database.ts';

const help = `Apertur collects photos from any phone and delivers them where a business needs them.

  apertur serve                   API and worker in one process (what npm start runs)
  apertur api                     only the API
  apertur worker                  only deliveries and chores
  apertur migrate                 bring the database forward
  apertur migrate-data            move to PostgreSQL, and photos to another storage: --to postgres://… [--storage s3://…]
  apertur backup                  everything an install holds, while it runs: --to FOLDER
  apertur restore                 from such a folder: --from FOLDER [--check]
  apertur bucket create NAME      another bucket at the store of APERTUR_STORAGE_URL, to deliver to
  apertur key create              make an API key: [--project ID] [--env live|test] [--label TEXT] [--json]
  apertur key rotate-server       make a new key for encrypted uploads; the old one opens them for eight more days
  apertur setup-link              a new link for the owner's account, while there is none
  apertur reset-link EMAIL        a link to choose a new password, where no mail is sent
  apertur decrypt                 open end-to-end encrypted photos: --key private.pem [--out DIR] FILE…
  apertur doctor                  check database, storage, secrets, clock and the way out
  apertur health                  exit code 0 when the process on this machine answers
  apertur receive                 a small receiver for trying out webhooks: [--port 4000] [--dir DIR] [--secret S] [--fail N]

Settings come from the environment (APERTUR_…): see .env.example.`;

/** Runs one command; sets the exit code of the process. */
export async function main(args: string[]): Promise<void> {
  const [command, ...rest] = args;
  try {
    process.exitCode = await run(command, rest);
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}

async function run(command: string | undefined, args: string[]): Promise<number> {
  switch (command) {
    case 'serve':
    case 'api':
    case 'worker': {
      const { serve } = await import('./commands/serve.ts');
      return serve(readConfig(), { api: command !== 'worker', worker: command !== 'api' });
    }
    case 'migrate': {
      const { migrateCommand } = await import('./commands/migrate.ts');
      return migrateCommand(readConfig());
    }
    case 'migrate-data': {
      const { migrateDataCommand } = await import('./commands/migrate-data.ts');
      return migrateDataCommand(readConfig(), args);
    }
    case 'backup': {
      const { backupCommand } = await import('./commands/backup/backup.ts');
      return backupCommand(readConfig(), args);
    }
    case 'restore': {
      const { restoreCommand } = await import('./commands/backup/restore.ts');
      return restoreCommand(readConfig(), args);
    }
    case 'bucket': {
      const { bucketCommand } = await import('./commands/bucket.ts');
      return bucketCommand(readConfig(), args);
    }
    case 'key': {
      const { keyCommand } = await import('./commands/key.ts');
      return keyCommand(readConfig(), args);
    }
    case 'setup-link':
    case 'reset-link': {
      const { setupLink, resetLink } = await import('./commands/accounts.ts');
      return command === 'setup-link' ? setupLink(readConfig()) : resetLink(readConfig(), args);
    }
    case 'doctor': {
      const { doctor } = await import('./commands/doctor.ts');
      return doctor(readConfig());
    }
    case 'health': {
      const { healthCommand } = await import('./commands/health.ts');
      return healthCommand(readConfig());
    }
    case 'decrypt': {
      const { decryptCommand } = await import('./commands/decrypt.ts');
      return decryptCommand(args);
    }
    case 'receive': {
      const { receiveCommand } = await import('./commands/receive.ts');
      return receiveCommand(args);
    }
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      console.log(help);
      return 0;
    default:
      console.error(`There is no command "${command}".\n\n${help}`);
      return 2;
  }
}

/** What a person can act on is one sentence; what is our fault keeps its stack. */
function explain(error: unknown): string {
  // By name where the class would have to be loaded for every command.
  const told = ['BackupError', 'CopyError'].includes((error as Error).name);
  if (told || error instanceof ConfigError || error instanceof SchemaVersionError)
    return (error as Error).message;
  const { code, port, message, stack } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Set APERTUR_PORT to another one.`;
  if (code === 'EACCES') return `${message}. Check who may write there, or set APERTUR_DATA_DIR.`;
  if (code?.startsWith('ERR_PARSE_ARGS')) return message;
  return stack ?? message;
}
