/** What a tab takes: the memory of the process that draws it, as the kernel counts it, and its longest tasks. */
import { readFileSync } from 'node:fs';
import type { CDPSession, Page } from 'playwright-core';
import { ownBytes, peakBytes, residentBytes } from './process-tree.ts';

export interface TabReading {
  /** The process that draws the page and runs its script and its workers. */
  pid: number;
  /** With the parts of the browser's program that all tabs share. */
  residentBytes: number;
  /** Its own alone: about what the task manager of the browser shows for a tab. */
  ownBytes: number;
  /** The most since `forgetPeak`. */
  peakBytes: number;
  /** Of the page's script, without what its workers have. */
  heapBytes: number;
  /** Tasks of the main thread over 50 ms. */
  longTasks: number;
  longestTaskMs: number;
}

const sessions = new WeakMap<Page, Promise<{ cdp: CDPSession; pid: number }>>();

/** The page must have `tasks`, as a PerformanceObserver for `longtask` fills them. */
export async function readTab(page: Page): Promise<TabReading> {
  const known = sessions.get(page) ?? attach(page);
  sessions.set(page, known);
  const { cdp, pid } = await known;
  const { metrics } = await cdp.send('Performance.getMetrics');
  const durations = (await page.evaluate('tasks.map(([, duration]) => duration)')) as number[];
  return {
    pid,
    residentBytes: residentBytes(pid),
    ownBytes: ownBytes(pid),
    peakBytes: peakBytes(pid),
    heapBytes: metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0,
    longTasks: durations.length,
    longestTaskMs: Math.max(0, ...durations),
  };
}

async function attach(page: Page): Promise<{ cdp: CDPSession; pid: number }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  return { cdp, pid: await findRenderer(page) };
}

/** The renderer that spends processor time while this page does: the browser keeps a spare one ready. */
async function findRenderer(page: Page): Promise<number> {
  const browser = page.context().browser() ?? undefined;
  const cdp = browser ? await browser.newBrowserCDPSession() : await page.context().newCDPSession(page);
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  const before = new Map(renderers.map((id) => [id, ticksOf(id)]));
  await page.evaluate('(() => { const end = performance.now() + 200; while (performance.now() < end); })()');
  const spent = renderers.map((id) => ({ id, ticks: ticksOf(id) - before.get(id)! }));
  const busiest = spent.sort((a, b) => b.ticks - a.ticks)[0];
  if (busiest === undefined || busiest.ticks === 0) throw new Error('No process draws this page');
  return busiest.id;
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
