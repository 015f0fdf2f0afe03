/** The connection test: a real probe that says each step, and leaves nothing. */
import { expect, test } from 'vitest';
import { checkInTime } from './check-in-time.ts';
import { never } from './contract.fixture.ts';
import { type Definition, type Start, secretsOf, type Wish } from './contract-scene.fixture.ts';
import type { CheckResult } from './destination.ts';

export function describeChecks(scene: Start, { missingFolder }: Definition): void {
  const failed = (result: CheckResult) => result.steps.find(({ outcome }) => outcome === 'failed');

  test('the connection test writes, says each step and leaves nothing', async () => {
    const here = scene();
    const result = await here.open().check(never());
    expect(result, JSON.stringify(result)).toMatchObject({ success: true });
    expect(result.steps.map(({ step }) => step)).toContain('write');
    for (const step of result.steps) expect(step.durationMs, step.step).toBeGreaterThanOrEqual(0);
    expect(failed(result)).toBeUndefined();
    expect(await here.list()).toEqual([]);
  });

  test('the connection test names the step that failed, with advice', async () => {
    const here = scene();
    const refusing = await here.road();
    refusing.set({ refuse: true });
    const wishes: Partial<Wish>[] = [{ wrong: 'credentials' }, { at: refusing }];
    if (missingFolder !== 'made') wishes.push({ wrong: 'folder' });
    for (const wish of wishes) {
      const result = await here.open(wish).check(never());
      expect(result.success).toBe(false);
      expect(result.message, JSON.stringify(result)).toBeTruthy();
      expect(failed(result)?.advice, JSON.stringify(result)).toBeTruthy();
      for (const secret of secretsOf(here, here.settings(wish))) {
        expect(JSON.stringify(result)).not.toContain(secret);
      }
    }
  });

  test('the connection test of a server that says nothing more ends in time, with advice', async () => {
    const here = scene();
    const silent = await here.road();
    silent.set({ stallAfter: 0 });
    const result = await checkInTime(here.open({ at: silent }), never(), 500);
    expect(result.success).toBe(false);
    const { message, advice } = failed(result) ?? {};
    expect([message, advice], JSON.stringify(result)).toEqual([
      expect.stringContaining('0.5 s'),
      expect.any(String),
    ]);
  });

  test('a connection test that is stopped answers', async () => {
    const result = await scene().open().check(AbortSignal.abort());
    expect(result.success).toBe(false);
  });
}
