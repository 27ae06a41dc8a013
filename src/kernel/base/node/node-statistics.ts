import type { MemoryManagement } from '../../mm/memory-management.ts';
import { memoryUse } from '../../mm/vmstat/page-counters.ts';
import { freeItems, idleCounters } from '../../mm/vmstat/vm-items.ts';
import type { CounterNames } from '../../releases/counters.ts';

const line = (label: string, kib: number, width = 16): string =>
  `${`${label}:`.padEnd(width)}${String(kib).padStart(8)} kB\n`;

const idleLines = new WeakMap<CounterNames, ReadonlyMap<string, string>>();

/** The lines of a node whose memory nobody uses. */
function linesOf(names: CounterNames): ReadonlyMap<string, string> {
  let lines = idleLines.get(names);
  if (!lines) {
    const width = (label: string) => (/^File(Huge|Pmd)/.test(label) ? names.fileLabelWidth : 16);
    lines = new Map(names.nodeMeminfo.map(label => [label, line(label, 0, width(label))]));
    idleLines.set(names, lines);
  }
  return lines;
}

/** `nodeN/meminfo`: MemTotal counts the managed pages of online blocks. */
export function nodeMeminfo(memory: MemoryManagement, node: number): string {
  const { total, free, counters } = memoryUse(memory, [node]);
  const hugePages = memory.hugePages.sizes[0]!.countOn(node);
  const prefix = `Node ${node} `;
  let text = `${prefix}${line('MemTotal', total)}${prefix}${line('MemFree', free)}${prefix}${line('MemUsed', total - free)}`;
  for (const [label, idle] of linesOf(memory.core.profile.counters)) {
    const kib = counters.get(label);
    text += prefix + (kib === undefined ? idle : line(label, kib));
  }
  const count = (label: string, pages: number): string =>
    `${prefix}${`${label}:`.padEnd(16)}${String(pages).padStart(6)}\n`;
  return (
    text +
    count('HugePages_Total', hugePages) +
    count('HugePages_Free', hugePages) +
    count('HugePages_Surp', 0)
  );
}

/** `nodeN/vmstat` */
export function nodeVmstat(memory: MemoryManagement, node: number): string {
  const { free } = memoryUse(memory, [node]);
  const names = memory.core.profile.counters;
  const counts = freeItems(names, free / 4).map(([name, pages]) => `${name} ${pages}\n`);
  return counts.join('') + idleCounters(names).vmstat;
}
