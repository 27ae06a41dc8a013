import { SeqFile } from '../../fs/seq-file.ts';
import type { CounterNames } from '../../releases/counters.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { lowmemReserve } from '../zones/lowmem-reserve.ts';
import type { Zone } from '../zones/zone.ts';
import { freePagesOf, type MemoryUse, memoryUse } from './page-counters.ts';
import { freeItems, idleCounters, vmItem } from './vm-items.ts';

/** x86-64 with 4-level page tables: 32 TiB less a byte. */
const VMALLOC_TOTAL = 34359738367;

const line = (label: string, value: number, unit = ' kB'): string =>
  `${`${label}:`.padEnd(16)}${String(value).padStart(Math.min(8, 23 - label.length))}${unit}\n`;

const idleLines = new WeakMap<CounterNames, ReadonlyMap<string, string>>();

/** The lines of a machine on which nothing runs. */
function linesOf(names: CounterNames): ReadonlyMap<string, string> {
  const lines = idleLines.get(names) ?? new Map(names.meminfo.map(label => [label, line(label, 0)]));
  idleLines.set(names, lines);
  return lines;
}

/** /proc/meminfo, in kibibytes. */
function meminfo(memory: MemoryManagement): string {
  const { total, free, counters } = memoryUse(memory, memory.nodes.online());
  const values = new Map([
    ...counters,
    ['CommitLimit', Math.floor(total / 2)],
    ['VmallocTotal', VMALLOC_TOTAL],
    ['HardwareCorrupted', memory.failures.count * 4],
  ] as const);
  const [small, large] = memory.hugePages.sizes;
  const hugetlb = small!.total * small!.kib + large!.total * large!.kib;
  return [
    line('MemTotal', total),
    line('MemFree', free),
    line('MemAvailable', free),
    ...[...linesOf(memory.core.profile.counters)].map(([label, idle]) => {
      const value = values.get(label);
      return value === undefined ? idle : line(label, value);
    }),
    line('HugePages_Total', small!.total, ''),
    line('HugePages_Free', small!.total, ''),
    line('HugePages_Rsvd', 0, ''),
    line('HugePages_Surp', 0, ''),
    line('Hugepagesize', small!.kib),
    line('Hugetlb', hugetlb),
    line('DirectMap4k', 0),
    line('DirectMap2M', total),
    line('DirectMap1G', 0),
  ].join('');
}

/** /proc/zoneinfo: every zone of every online node, populated or not; a record for each node. */
function zoneinfo(memory: MemoryManagement): string[] {
  const { pagesetMarks } = memory.core.profile.counters.zoneinfo;
  const pagesets = memory.cpus.ids.map(cpu => pageset(cpu, pagesetMarks)).join('');
  return memory.nodes.online().map(node => {
    const zones = memory.zones.of(node);
    const use = memoryUse(memory, [node]);
    const first = zones.find(zone => zone.populated);
    return zones
      .map(zone => zoneText(memory, zone, lowmemReserve(zone, zones), use, pagesets, zone === first))
      .join('');
  });
}

/** zoneinfo_show_print */
function zoneText(
  memory: MemoryManagement,
  zone: Zone,
  reserve: readonly number[],
  use: MemoryUse,
  pagesets: string,
  first: boolean,
): string {
  const names = memory.core.profile.counters;
  const { boost, promo, cma, highatomic } = names.zoneinfo;
  const idle = idleCounters(names);
  const free = freePagesOf(use, zone.managedPages);
  const mark = memory.zones.watermarksOf(zone);
  const head = `Node ${zone.node}, zone ${zone.name.padStart(8)}${first ? `\n  per-node stats${idle.node}` : ''}`;
  const pages =
    `\n  pages free     ${free}` +
    (boost ? '\n        boost    0' : '') +
    `\n        min      ${mark.min}\n        low      ${mark.low}\n        high     ${mark.high}` +
    (promo ? `\n        promo    ${mark.promo}` : '') +
    `\n        spanned  ${zone.spannedPages}\n        present  ${zone.presentPages}` +
    `\n        managed  ${zone.managedPages}${cma ? '\n        cma      0' : ''}` +
    `\n        protection: (${reserve.join(', ')})`;
  const counters = zone.populated
    ? `${freeItems(names, free)
        .map(([name, value]) => vmItem(name, value))
        .join('')}${idle.zone}\n  pagesets${pagesets}` +
      `\n  node_unreclaimable:  0\n  start_pfn:           ${zone.startPfn}` +
      (highatomic ? '\n  reserved_highatomic: 0\n  free_highatomic:     0' : '')
    : '';
  return `${head}${pages}${counters}\n`;
}

/** With more to tell, the numbers moved to a column. */
function pageset(cpu: number, marks: boolean): string {
  const counts = marks
    ? ['count:    0', 'high:     0', 'batch:    1', 'high_min: 0', 'high_max: 0']
    : ['count: 0', 'high:  0', 'batch: 1'];
  const indent = ' '.repeat(14);
  return `\n    cpu: ${cpu}\n${counts.map(count => `${indent}${count}\n`).join('')}  vm stats threshold: 4`;
}

const ORDERS = 11;

/** /proc/buddyinfo: free chunks of each order of the populated zones, the largest that fit; a record for each node. */
function buddyinfo(memory: MemoryManagement): string[] {
  return memory.nodes.online().map(node => {
    let text = '';
    const use = memoryUse(memory, [node]);
    for (const zone of memory.zones.of(node)) {
      if (!zone.populated) continue;
      const free = freePagesOf(use, zone.managedPages);
      text += `Node ${node}, zone ${zone.name.padStart(8)} `;
      for (let order = 0; order < ORDERS; order++) {
        const chunks = order === ORDERS - 1 ? free >> order : (free >> order) & 1;
        text += `${String(chunks).padStart(6)} `;
      }
      text += '\n';
    }
    return text;
  });
}

const files = { meminfo, zoneinfo, buddyinfo };

/** What tells of pages in /proc, as `meminfo` of the nodes does. */
export const procMemoryFiles = Object.keys(files);

/** The /proc files of the page allocator. */
export function addProcMemory(memory: MemoryManagement): void {
  const { proc } = memory.core;
  for (const [name, show] of Object.entries(files)) proc.add(new SeqFile(proc, name, () => show(memory)));
}
