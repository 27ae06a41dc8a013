import type { MemoryHotplug } from './memory-hotplug.ts';
import { memoryUse } from './page-counters.ts';
import { idleCounters } from './vm-items.ts';

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

/** `nodeN/meminfo`: MemTotal counts the managed pages of online blocks. */
export function nodeMeminfo(memory: MemoryHotplug, node: number): string {
  const newer = memory.core.profile.vmCounters === '6.12';
  const prefix = `Node ${node} `;
  const line = (label: string, kib: number): string => {
    // Two labels lacked a blank for years.
    const width = !newer && /^File(Huge|Pmd)/.test(label) ? 15 : 16;
    return `${prefix}${`${label}:`.padEnd(width)}${String(kib).padStart(8)} kB\n`;
  };
  const { total, free, counters } = memoryUse(memory, [node]);
  const hugePages = memory.hugePages.sizes[0]!.countOn(node);
  const count = (label: string, pages: number): string =>
    `${prefix}${`${label}:`.padEnd(16)}${String(pages).padStart(6)}\n`;
  return [
    line('MemTotal', total),
    line('MemFree', free),
    line('MemUsed', total - free),
    ...(newer ? [...NODE_LABELS, 'Unaccepted'] : NODE_LABELS).map(label =>
      line(label, counters.get(label) ?? 0),
    ),
    count('HugePages_Total', hugePages),
    count('HugePages_Free', hugePages),
    count('HugePages_Surp', 0),
  ].join('');
}

/** `nodeN/vmstat` */
export function nodeVmstat(memory: MemoryHotplug, node: number): string {
  const { free } = memoryUse(memory, [node]);
  return `nr_free_pages ${free / 4}\n${idleCounters[memory.core.profile.vmCounters].vmstat}`;
}
