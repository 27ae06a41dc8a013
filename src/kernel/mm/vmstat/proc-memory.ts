import { SeqFile } from '../../fs/seq-file.ts';
import type { KernelProfile } from '../../releases/profile.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { lowmemReserve } from '../zones/lowmem-reserve.ts';
import type { Zone } from '../zones/zone.ts';
import { freePagesOf, type MemoryUse, memoryUse } from './page-counters.ts';
import { idleCounters, vmItem } from './vm-items.ts';

const MEMINFO = [
  'Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file)',
  'Unevictable Mlocked SwapTotal SwapFree Zswap Zswapped Dirty Writeback AnonPages Mapped Shmem KReclaimable',
  'Slab SReclaimable SUnreclaim KernelStack PageTables SecPageTables NFS_Unstable Bounce WritebackTmp',
  'CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk Percpu HardwareCorrupted AnonHugePages',
  'ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped',
].flatMap(line => line.split(' '));

/** x86-64 with 4-level page tables: 32 TiB less a byte. */
const VMALLOC_TOTAL = 34359738367;

const line = (label: string, value: number, unit = ' kB'): string =>
  `${`${label}:`.padEnd(16)}${String(value).padStart(Math.min(8, 23 - label.length))}${unit}\n`;

/** The lines of a machine on which nothing runs. */
const IDLE_LINES: Readonly<Record<KernelProfile['counters'], ReadonlyMap<string, string>>> = {
  '5.10': new Map(
    MEMINFO.filter(label => !/^(Zswap|Zswapped|SecPageTables)$/.test(label)).map(label => [
      label,
      line(label, 0),
    ]),
  ),
  '6.1': new Map(MEMINFO.map(label => [label, line(label, 0)])),
  '6.12': new Map([...MEMINFO, 'Unaccepted'].map(label => [label, line(label, 0)])),
};

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
    ...[...IDLE_LINES[memory.core.profile.counters]].map(([label, idle]) => {
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
  const pagesets = memory.cpus.ids.map(pageset).join('');
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
  const { counters: version } = memory.core.profile;
  const idle = idleCounters[version];
  const free = freePagesOf(use, zone.managedPages);
  const mark = memory.zones.watermarksOf(zone);
  const head = `Node ${zone.node}, zone ${zone.name.padStart(8)}${first ? `\n  per-node stats${idle.node}` : ''}`;
  const pages =
    `\n  pages free     ${free}` +
    (version === '5.10' ? '' : '\n        boost    0') +
    `\n        min      ${mark.min}\n        low      ${mark.low}\n        high     ${mark.high}` +
    (version === '6.12' ? `\n        promo    ${mark.promo}` : '') +
    `\n        spanned  ${zone.spannedPages}\n        present  ${zone.presentPages}` +
    `\n        managed  ${zone.managedPages}${version === '5.10' ? '' : '\n        cma      0'}` +
    `\n        protection: (${reserve.join(', ')})`;
  const counters = zone.populated
    ? `${vmItem('nr_free_pages', free)}${idle.zone}\n  pagesets${pagesets}` +
      `\n  node_unreclaimable:  0\n  start_pfn:           ${zone.startPfn}`
    : '';
  return `${head}${pages}${counters}\n`;
}

function pageset(cpu: number): string {
  return (
    `\n    cpu: ${cpu}\n              count: 0\n              high:  0\n              batch: 1` +
    '\n  vm stats threshold: 4'
  );
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
