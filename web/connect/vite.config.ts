/** Two scripts and a style sheet under their own names: other sites load the first, and its address must stay. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: here('.'),
  publicDir: false,
  build: {
    outDir: here('../../dist/connect'),
    emptyOutDir: true,
    modulePreload: false,
    target: ['chrome90', 'safari14'],
    reportCompressedSize: false,
    rollupOptions: {
      input: {
        'aptr-connect': here('aptr-connect.ts'),
        answer: here('answer.ts'),
        consent: here('consent.css'),
      },
      output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
});
