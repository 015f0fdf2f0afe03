/** Memory and processor time of a process and everything below it, as Linux counts them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever its clock. */
const msPerTick = 10;

/** The process and all its descendants. */
export function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // The name of the program stands in brackets and may hold anything.
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    parents.set(Number(name), parent);
  }
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child);
  }
  return tree;
}

/** Bytes in memory (RSS), added up over the tree. */
export function residentBytes(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + statusOf(member, 'VmRSS'), 0);
}

/** Bytes that are the tree's own: without the parts of programs and what it shares with others. */
export function ownBytes(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + statusOf(member, 'RssAnon'), 0);
}

/** The most that the tree had in memory since `forgetPeak`, as the kernel kept it: no sample is missed. */
export function peakBytes(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + statusOf(member, 'VmHWM'), 0);
}

/** Processor time that the tree has taken since it was started, in milliseconds, in its own code and in the kernel. */
export function processorMs(pid: number): number {
  return treeOf(pid).reduce((sum, member) => {
    const stat = read(`/proc/${member}/stat`) ?? '';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * msPerTick;
  }, 0);
}

/** From here on the kernel keeps a new peak. */
export function forgetPeak(pid: number): void {
  for (const member of treeOf(pid)) writeFileSync(`/proc/${member}/clear_refs`, '5');
}

function statusOf(pid: number, field: 'VmRSS' | 'VmHWM' | 'RssAnon'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`) ?? '');
  return Number(line?.[1] ?? 0) * 1_024;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
