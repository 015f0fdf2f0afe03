import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const logger = JSON.stringify(new URL('./logger.ts', import.meta.url).href);

/** What a process of its own writes to its output. */
async function linesOf(program: string): Promise<Record<string, unknown>[]> {
  const script = `
    const { createLogger } = await import(${logger});
    const logger = createLogger({ level: 'info', pretty: false });
    ${program}`;
  const args = ['--input-type=module', '-e', script];
  const options = { cwd: fileURLToPath(new URL('.', import.meta.url)) };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch(
    (error: { stdout: string }) => error,
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test.each([
  ['ends by itself', ''],
  ['exits in the same turn', 'process.exit(3);'],
  ['dies of an error', "throw new Error('oh');"],
])('every line is out, in order, when the process %s', async (_, end) => {
  const lines = await linesOf(`for (let n = 0; n < 2_000; n++) logger.info({ n }, 'line'); ${end}`);
  expect(lines.map((line) => line.n)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
});

test('secrets are taken out, times are ISO, and nothing says who the process is', async () => {
  const [line] = await linesOf("logger.warn({ password: 'x', owner: { token: 'y', id: 1 } }, 'careful');");
  expect(line).toEqual({ level: 40, time: expect.stringMatching(/T.*Z$/), owner: { id: 1 }, msg: 'careful' });
});
