/** Writes `docs/config.md` from the settings in `src/config/settings.ts`; a test keeps the two equal. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Setting, settings } from '../src/config.ts';

/** Chapters by what a name begins with; the first that fits wins, and the last takes what is left. */
const chapters: readonly (readonly [string, RegExp])[] = [
  ['Where it listens', /^(PORT|HOST|PUBLIC_URL|TRUST_PROXY|TLS_|CLIENT_CERT|DRAIN)/],
  [
    'Where things are kept',
    /^(DATA_DIR|DATABASE_|STORAGE_|SECRET_KEY|(EVENT_|AUDIT_)?RETENTION_|SERVER_KEY)/,
  ],
  ['Deliveries', /^(ALLOW_|LOCAL_|DELIVERY_|WORKER_|WEBHOOK_|RETRY_)/],
  ['People, mail and text messages', /^(OPEN_|SMTP_|MAIL_|SMS_)/],
  ['Services where people sign in', /^(GOOGLE|DROPBOX|MICROSOFT|BOX|OAUTH)/],
  ['Plans', /^(PLANS|STRIPE)/],
  ['Watching it', /^(LOG_|METRICS|OTLP)/],
  ['More', /^/],
];

const chapterOf = ({ name }: Setting): string => chapters.find(([, begins]) => begins.test(name))![0];

/** Every setting with its default and its meaning, by chapter. */
export function renderConfigDocs(all: readonly Setting[] = settings): string {
  const parts = chapters.map(([title]) => {
    const rows = all.filter((setting) => chapterOf(setting) === title).map(renderRow);
    if (rows.length === 0) return '';
    return `\n## ${title}\n\n| Setting | Default | Meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${head}${parts.join('')}`;
}

function renderRow({ name, default: value, meaning, secret }: Setting): string {
  const fallback = value === '' ? '' : `\`${cell(value)}\``;
  return `| \`APERTUR_${name}\`${secret ? ' (secret)' : ''} | ${fallback} | ${cell(meaning)} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

const head = `# Settings

All settings come from the environment, all are optional, and a value that cannot be used stops the start with a sentence that names
it. A setting marked *secret* may also come from a file: \`APERTUR_<NAME>_FILE=/run/secrets/name\`.

This page is written from \`src/config/settings.ts\` by \`node scripts/config-docs.ts\`.
`;

if (import.meta.main)
  writeFileSync(path.resolve(import.meta.dirname, '../docs/config.md'), renderConfigDocs());
