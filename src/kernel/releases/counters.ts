/** Which counters a kernel shows of its pages, in its order: mm/vmstat.c vmstat_text, and what meminfo prints. */
export interface CounterNames {
  /** Of a zone, `nr_free_pages` first. */
  readonly zone: readonly string[];
  readonly node: readonly string[];
  /** drivers/base/node.c node_read_meminfo, after `MemUsed`. */
  readonly nodeMeminfo: readonly string[];
  /** fs/proc/meminfo.c, after `MemAvailable`. */
  readonly meminfo: readonly string[];
  /** How wide `FileHugePages:` is in a node's meminfo: two labels lacked a blank for years. */
  readonly fileLabelWidth: 15 | 16;
  /** /proc/zoneinfo */
  readonly zoneinfo: {
    readonly boost: boolean;
    readonly promo: boolean;
    readonly cma: boolean;
    /** `high_min` and `high_max` of page sets. */
    readonly pagesetMarks: boolean;
    readonly highatomic: boolean;
  };
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const without = (names: readonly string[], gone: string): string[] => {
  const set = new Set(words(gone));
  return names.filter(name => !set.has(name));
};

const after = (names: readonly string[], before: string, added: string): string[] =>
  names.flatMap(name => (name === before ? [name, ...words(added)] : [name]));

export const counters5_10: CounterNames = {
  zone: words(`nr_free_pages nr_zone_inactive_anon nr_zone_active_anon nr_zone_inactive_file nr_zone_active_file
    nr_zone_unevictable nr_zone_write_pending nr_mlock nr_page_table_pages nr_bounce nr_zspages nr_free_cma`),
  node: words(`nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_slab_reclaimable
    nr_slab_unreclaimable nr_isolated_anon nr_isolated_file workingset_nodes workingset_refault_anon workingset_refault_file
    workingset_activate_anon workingset_activate_file workingset_restore_anon workingset_restore_file workingset_nodereclaim
    nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback nr_writeback_temp nr_shmem nr_shmem_hugepages
    nr_shmem_pmdmapped nr_file_hugepages nr_file_pmdmapped nr_anon_transparent_hugepages nr_vmscan_write
    nr_vmscan_immediate_reclaim nr_dirtied nr_written nr_kernel_misc_reclaimable nr_foll_pin_acquired nr_foll_pin_released
    nr_kernel_stack`),
  nodeMeminfo:
    words(`Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file) Unevictable Mlocked Dirty
    Writeback FilePages Mapped AnonPages Shmem KernelStack PageTables NFS_Unstable Bounce WritebackTmp KReclaimable Slab
    SReclaimable SUnreclaim AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped`),
  meminfo:
    words(`Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file)
    Unevictable Mlocked SwapTotal SwapFree Dirty Writeback AnonPages Mapped Shmem KReclaimable Slab SReclaimable SUnreclaim
    KernelStack PageTables NFS_Unstable Bounce WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk
    Percpu HardwareCorrupted AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped`),
  fileLabelWidth: 15,
  zoneinfo: { boost: false, promo: false, cma: false, pagesetMarks: false, highatomic: false },
};

export const counters6_1: CounterNames = {
  zone: without(counters5_10.zone, 'nr_page_table_pages'),
  node: [
    ...after(
      after(counters5_10.node, 'nr_written', 'nr_throttled_written'),
      'nr_kernel_stack',
      'nr_page_table_pages nr_sec_page_table_pages',
    ),
    ...words('nr_swapcached pgpromote_success pgpromote_candidate'),
  ],
  nodeMeminfo: ['SwapCached', ...after(counters5_10.nodeMeminfo, 'PageTables', 'SecPageTables')],
  meminfo: after(after(counters5_10.meminfo, 'SwapFree', 'Zswap Zswapped'), 'PageTables', 'SecPageTables'),
  fileLabelWidth: 15,
  zoneinfo: { ...counters5_10.zoneinfo, boost: true, cma: true },
};

export const counters6_12: CounterNames = {
  zone: [...counters6_1.zone, 'nr_unaccepted'],
  node: [
    ...after(counters6_1.node, 'nr_sec_page_table_pages', 'nr_iommu_pages'),
    ...words('pgdemote_kswapd pgdemote_direct pgdemote_khugepaged'),
  ],
  nodeMeminfo: [...counters6_1.nodeMeminfo, 'Unaccepted'],
  meminfo: [...counters6_1.meminfo, 'Unaccepted'],
  fileLabelWidth: 16,
  zoneinfo: { ...counters6_1.zoneinfo, promo: true },
};

export const counters6_16: CounterNames = {
  ...counters6_12,
  zone: after(without(counters6_12.zone, 'nr_bounce'), 'nr_free_pages', 'nr_free_pages_blocks'),
  node: [...counters6_12.node, ...words('pgdemote_proactive nr_hugetlb nr_balloon_pages')],
  meminfo: [...counters6_12.meminfo, 'Balloon'],
  zoneinfo: { ...counters6_12.zoneinfo, pagesetMarks: true },
};

export const counters6_17: CounterNames = {
  ...counters6_16,
  node: without(counters6_16.node, 'nr_writeback_temp'),
};

export const counters6_18: CounterNames = {
  ...counters6_17,
  node: [
    ...after(counters6_17.node, 'pgpromote_candidate', 'pgpromote_candidate_nrl'),
    'nr_kernel_file_pages',
  ],
};

export const counters6_19: CounterNames = {
  ...counters6_18,
  zoneinfo: { ...counters6_18.zoneinfo, highatomic: true },
};

export const counters7_1: CounterNames = {
  ...counters6_19,
  node: [
    ...after(
      after(counters6_19.node, 'nr_foll_pin_released', 'nr_vmalloc'),
      'pgdemote_proactive',
      `pgsteal_kswapd pgsteal_direct pgsteal_khugepaged pgsteal_proactive pgsteal_anon pgsteal_file
      pgscan_kswapd pgscan_direct pgscan_khugepaged pgscan_proactive pgscan_anon pgscan_file pgrefill`,
    ),
    ...words('nr_gpu_active nr_gpu_reclaim'),
  ],
  nodeMeminfo: [...counters6_19.nodeMeminfo, ...words('GPUActive GPUReclaim')],
  meminfo: [...counters6_19.meminfo, ...words('GPUActive GPUReclaim')],
};

export const counters7_2: CounterNames = {
  ...counters7_1,
  nodeMeminfo: after(counters7_1.nodeMeminfo, 'Unaccepted', 'Balloon'),
  meminfo: after(counters7_1.meminfo, 'FilePmdMapped', 'CmaTotal CmaFree'),
};

export const counters7_3: CounterNames = {
  ...counters7_2,
  node: after(counters7_2.node, 'pgscan_file', 'pgrotate_anon pgrotate_file'),
};
