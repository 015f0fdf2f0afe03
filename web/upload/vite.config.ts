import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { bladePaths } from './view/aperture.ts';
import { words as ar } from './words/ar.ts';
import { words as de } from './words/de.ts';
import type { Words } from './words/en.ts';
import { words as en } from './words/en.ts';
import { words as es } from './words/es.ts';
import { words as fr } from './words/fr.ts';
import { words as it } from './words/it.ts';
import { words as ja } from './words/ja.ts';
import { words as nl } from './words/nl.ts';
import { words as pl } from './words/pl.ts';
import { words as pt } from './words/pt.ts';
import { words as tr } from './words/tr.ts';
import { words as zh } from './words/zh.ts';

const languages: Record<string, Words> = { ar, de, en, es, fr, it, ja, nl, pl, pt, tr, zh };

/** Runs in pages of others, as it is. */
const widget = readFileSync(new URL('./widget/widget.js', import.meta.url), 'utf8');

/** Stands for the page while there is no connection. */
const worker = readFileSync(new URL('./offline/worker.js', import.meta.url), 'utf8');

/** Written from right to left. */
const rightToLeft: readonly string[] = ['ar'];

/**
 * One shell a language, so that the first paint already speaks it and its words load without a detour. What is
 * known only when the page is asked for ({{scheme}}, {{session}}, {{link}}) is left for the server.
 */
function shells(): Plugin {
  return {
    name: 'apertur-shells',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const page = bundle['index.html'];
      if (page?.type !== 'asset') throw new Error('The build made no index.html');
      const template = String(page.source).replace('</head>', `${partAddresses(bundle)}</head>`);
      delete bundle['index.html'];
      this.emitFile({ type: 'asset', fileName: 'widget.js', source: widget });
      this.emitFile({ type: 'asset', fileName: 'worker.js', source: fillWorker(template, bundle) });
      for (const [language, words] of Object.entries(languages)) {
        const chunk = Object.values(bundle).find(
          (part) => part.type === 'chunk' && part.facadeModuleId?.endsWith(`/words/${language}.ts`),
        );
        const preload = chunk
          ? `<link rel="modulepreload" href="/u/${chunk.fileName}">\n  </head>`
          : '</head>';
        const source = fill(template, language, words).replace('</head>', preload);
        this.emitFile({ type: 'asset', fileName: `shell.${language}.html`, source });
      }
    },
  };
}

type Bundle = Record<string, { type: string; fileName: string; facadeModuleId?: string | null }>;

/** Where the parts are that the page loads later, for when it must ask for one under another address. */
function partAddresses(bundle: Bundle): string {
  const names = { road: '/road/road.ts', seal: '/upload/seal.ts' };
  const lines = Object.entries(names).map(([name, source]) => {
    const part = Object.values(bundle).find(({ facadeModuleId }) => facadeModuleId?.endsWith(source));
    if (part === undefined) throw new Error(`The build made no ${name}`);
    return `  <meta name="apertur:${name}" content="/u/${part.fileName}">\n  `;
  });
  return lines.join('');
}

/** It keeps every file but the languages: of those, each page names its own. */
function fillWorker(template: string, bundle: Bundle): string {
  const isLanguage = (part: { facadeModuleId?: string | null }) =>
    /\/words\/\w+\.ts$/.test(part.facadeModuleId ?? '');
  const names = Object.keys(bundle).sort();
  const files = names.filter((name) => name.startsWith('assets/') && !isLanguage(bundle[name]!));
  // Names hold a hash of their content: another build, another worker.
  const build = createHash('sha256').update(`${template}${names}${worker}`).digest('hex').slice(0, 16);
  return worker.replace('__BUILD__', build).replace('__FILES__', files.map((name) => `/u/${name}`).join(' '));
}

function fill(template: string, language: string, words: Words): string {
  const blades = bladePaths(0.2).map((d) => `<path d="${d}"/>`);
  const aperture = `<svg viewBox="0 0 32 32" class="aperture" aria-hidden="true">${blades.join('')}</svg>`;
  const direction = rightToLeft.includes(language) ? 'rtl' : 'ltr';
  const localised = template.replace('<html lang="en"', `<html lang="${language}" dir="${direction}"`);
  return localised.replace(/\{\{(\w+)\}\}/g, (blank, name: string) => {
    if (name === 'aperture') return aperture;
    const text = name in words ? words[name as keyof Words] : undefined;
    return typeof text === 'string' ? text : blank;
  });
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/u/',
  publicDir: false,
  plugins: [shells()],
  build: {
    outDir: fileURLToPath(new URL('../../dist/upload', import.meta.url)),
    emptyOutDir: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    target: ['chrome90', 'safari14'],
    reportCompressedSize: false,
  },
});
