import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// For the tests and for the product that they start and kill again and again: a quarter of each start is spared.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/** What starts servers and browsers and waits for them takes longest: first, so that nothing of it is left at the end. */
const longest = /\/test\/(faults|operating|e2e)\/|\/test\/contract\/fuzz/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = (file: TestSpecification): number => Number(longest.test(file.moduleId));
    return sorted.sort((one, other) => isLong(other) - isLong(one));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'web/**/*.test.ts', 'bench/**/*.test.ts'],
    globalSetup: 'test/helpers/global-setup.ts',
    pool: 'forks',
    // Node reads our TypeScript by itself, as the product does; Vite would turn every module into another one for each file.
    experimental: { viteModuleRunner: false },
    // One more than the cores of a small machine: many tests wait for a server or a browser.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
