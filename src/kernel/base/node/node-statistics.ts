import type { MemoryManagement } from '../../mm/memory-management.ts';
import { memoryUse } from '../../mm/vmstat/page-counters.ts';
import { idleCounters } from '../../mm/vmstat/vm-items.ts';
import type { KernelProfile } from '../../releases/profile.ts';

/** drivers/base/node.c node_read_meminfo, in its order. */
const NODE_LABELS = [
  'SwapCached',
  'Active',
  'Inactive',
  'Active(anon)',
  'Inactive(anon)',
  'Active(file)',
  'Inactive(file)',
  'Unevictable',
  'Mlocked',
  'Dirty',
  'Writeback',
  'FilePages',
  'Mapped',
  'AnonPages',
  'Shmem',
  'KernelStack',
  'PageTables',
  'SecPageTables',
  'NFS_Unstable',
  'Bounce',
  'WritebackTmp',
  'KReclaimable',
  'Slab',
  'SReclaimable',
  'SUnreclaim',
  'AnonHugePages',
  'ShmemHugePages',
  'ShmemPmdMapped',
  'FileHugePages',
  'FilePmdMapped',
];

const line = (label: string, kib: number, width = 16): string =>
  `${`${label}:`.padEnd(width)}${String(kib).padStart(8)} kB\n`;

/** @param fileWidth of the labels of huge pages in files */
function linesOf(labels: readonly string[], fileWidth: number): ReadonlyMap<string, string> {
  return new Map(
    labels.map(label => [label, line(label, 0, /^File(Huge|Pmd)/.test(label) ? fileWidth : 16)]),
  );
}

/** The lines of a node whose memory nobody uses. */
const IDLE_LINES: Readonly<Record<KernelProfile['counters'], ReadonlyMap<string, string>>> = {
  // Two labels lacked a blank for years.
  '5.10': linesOf(
    NODE_LABELS.filter(label => label !== 'SwapCached' && label !== 'SecPageTables'),
    15,
  ),
  '6.1': linesOf(NODE_LABELS, 15),
  '6.12': linesOf([...NODE_LABELS, 'Unaccepted'], 16),
};

/** `nodeN/meminfo`: MemTotal counts the managed pages of online blocks. */
export function nodeMeminfo(memory: MemoryManagement, node: number): string {
  const { total, free, counters } = memoryUse(memory, [node]);
  const hugePages = memory.hugePages.sizes[0]!.countOn(node);
  const prefix = `Node ${node} `;
  let text = `${prefix}${line('MemTotal', total)}${prefix}${line('MemFree', free)}${prefix}${line('MemUsed', total - free)}`;
  for (const [label, idle] of IDLE_LINES[memory.core.profile.counters]) {
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
  return `nr_free_pages ${free / 4}\n${idleCounters[memory.core.profile.counters].vmstat}`;
}
