/** Writes `.env.example` from the settings in `src/config/settings.ts`; a test keeps the two equal. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Setting, settings } from '../src/config.ts';

/** Every setting as a commented line with its default and its meaning. */
export function renderEnvExample(all: readonly Setting[] = settings): string {
  const entries = all.map(({ name, default: value, meaning, secret }) => {
    const fileToo = secret ? `\n# Or APERTUR_${name}_FILE with the path of a file that holds it.` : '';
    return `# ${meaning}${fileToo}\n# APERTUR_${name}=${value}\n`;
  });
  return [
    '# Every setting with its default; all are optional. Written by scripts/env-example.ts.\n',
    ...entries,
  ].join('\n');
}

if (import.meta.main) writeFileSync(path.resolve(import.meta.dirname, '../.env.example'), renderEnvExample());
