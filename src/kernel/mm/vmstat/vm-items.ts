import type { KernelProfile } from '../../releases/profile.ts';

/** After nr_free_pages. */
const ZONE_ITEMS = [
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

/** Counters of page allocations by node. */
const NUMA_ITEMS = ['numa_hit', 'numa_miss', 'numa_foreign', 'numa_interleave', 'numa_local', 'numa_other'];

const NODE_ITEMS = [
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

const SWAP_AND_PROMOTION = ['nr_swapcached', 'pgpromote_success', 'pgpromote_candidate'];

/** Counters as text. Nothing runs on the simulated machine that would move one, nr_free_pages excepted, which is not among them. */
interface IdleCounters {
  /** As /proc/zoneinfo has those of a zone, and before the first zone those of its node. */
  readonly zone: string;
  readonly node: string;
  /** `nodeN/vmstat` */
  readonly vmstat: string;
}

export const vmItem = (name: string, value: number): string => `\n      ${name.padEnd(12)} ${value}`;

/** mm/vmstat.c vmstat_text, in the order of that kernel. */
function idle(zoneItems: readonly string[], node: readonly string[]): IdleCounters {
  const zone = [...zoneItems, ...NUMA_ITEMS];
  const zeros = (names: readonly string[]) => names.map(name => vmItem(name, 0)).join('');
  return {
    zone: zeros(zone),
    node: zeros(node),
    vmstat: [...zone, ...node].map(name => `${name} 0\n`).join(''),
  };
}

export const idleCounters: Readonly<Record<KernelProfile['counters'], IdleCounters>> = {
  '5.10': idle(
    ZONE_ITEMS.flatMap(name => (name === 'nr_mlock' ? [name, 'nr_page_table_pages'] : name)),
    NODE_ITEMS.filter(
      name => !/^(nr_throttled_written|nr_page_table_pages|nr_sec_page_table_pages)$/.test(name),
    ),
  ),
  '6.1': idle(ZONE_ITEMS, [...NODE_ITEMS, ...SWAP_AND_PROMOTION]),
  '6.12': idle(
    [...ZONE_ITEMS, 'nr_unaccepted'],
    [
      ...NODE_ITEMS,
      'nr_iommu_pages',
      ...SWAP_AND_PROMOTION,
      'pgdemote_kswapd',
      'pgdemote_direct',
      'pgdemote_khugepaged',
    ],
  ),
};
