import type { MemoryHotplug } from './memory-hotplug.ts';
import { memoryUse } from './page-counters.ts';

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

/** mm/vmstat.c, zone items. */
export const zoneItems: readonly string[] = [
  'nr_free_pages',
  'nr_zone_inactive_anon',
  'nr_zone_active_anon',
  'nr_zone_inactive_file',
  'nr_zone_active_file',
  'nr_zone_unevictable',
  'nr_zone_write_pending',
  'nr_mlock',
  'nr_bounce',
  'nr_zspages',
  'nr_free_cma',
];

export const numaItems: readonly string[] = [
  'numa_hit',
  'numa_miss',
  'numa_foreign',
  'numa_interleave',
  'numa_local',
  'numa_other',
];

const NODE_ITEMS: readonly string[] = [
  'nr_inactive_anon',
  'nr_active_anon',
  'nr_inactive_file',
  'nr_active_file',
  'nr_unevictable',
  'nr_slab_reclaimable',
  'nr_slab_unreclaimable',
  'nr_isolated_anon',
  'nr_isolated_file',
  'workingset_nodes',
  'workingset_refault_anon',
  'workingset_refault_file',
  'workingset_activate_anon',
  'workingset_activate_file',
  'workingset_restore_anon',
  'workingset_restore_file',
  'workingset_nodereclaim',
  'nr_anon_pages',
  'nr_mapped',
  'nr_file_pages',
  'nr_dirty',
  'nr_writeback',
  'nr_writeback_temp',
  'nr_shmem',
  'nr_shmem_hugepages',
  'nr_shmem_pmdmapped',
  'nr_file_hugepages',
  'nr_file_pmdmapped',
  'nr_anon_transparent_hugepages',
  'nr_vmscan_write',
  'nr_vmscan_immediate_reclaim',
  'nr_dirtied',
  'nr_written',
  'nr_throttled_written',
  'nr_kernel_misc_reclaimable',
  'nr_foll_pin_acquired',
  'nr_foll_pin_released',
  'nr_kernel_stack',
  'nr_page_table_pages',
  'nr_sec_page_table_pages',
];

/** Items of the node, with those that newer kernels count. */
export function nodeItems(memory: MemoryHotplug): readonly string[] {
  const newer = memory.core.profile.vmCounters === '6.12';
  return [
    ...NODE_ITEMS,
    ...(newer ? ['nr_iommu_pages'] : []),
    'nr_swapcached',
    'pgpromote_success',
    'pgpromote_candidate',
    ...(newer ? ['pgdemote_kswapd', 'pgdemote_direct', 'pgdemote_khugepaged'] : []),
  ];
}

export function zoneItemsOf(memory: MemoryHotplug): readonly string[] {
  return memory.core.profile.vmCounters === '6.12' ? [...zoneItems, 'nr_unaccepted'] : zoneItems;
}

/** `nodeN/vmstat` */
export function nodeVmstat(memory: MemoryHotplug, node: number): string {
  const { free } = memoryUse(memory, [node]);
  return [...zoneItemsOf(memory), ...numaItems, ...nodeItems(memory)]
    .map(name => `${name} ${name === 'nr_free_pages' ? free / 4 : 0}\n`)
    .join('');
}
