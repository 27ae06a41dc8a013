/** What a 6.12 kernel of Debian showed: /proc/meminfo, and of /proc/zoneinfo a node's first zone and an empty one. */
export const meminfo = `\
MemTotal:        5174836 kB
MemFree:         5020828 kB
MemAvailable:    4878524 kB
Buffers:               0 kB
Cached:            14888 kB
SwapCached:            0 kB
Active:            15020 kB
Inactive:              0 kB
Active(anon):      15020 kB
Inactive(anon):        0 kB
Active(file):          0 kB
Inactive(file):        0 kB
Unevictable:           0 kB
Mlocked:               0 kB
SwapTotal:             0 kB
SwapFree:              0 kB
Zswap:                 0 kB
Zswapped:              0 kB
Dirty:                 0 kB
Writeback:             0 kB
AnonPages:           140 kB
Mapped:             1768 kB
Shmem:             14888 kB
KReclaimable:        764 kB
Slab:               9820 kB
SReclaimable:        764 kB
SUnreclaim:         9056 kB
KernelStack:        1192 kB
PageTables:          144 kB
SecPageTables:         0 kB
NFS_Unstable:          0 kB
Bounce:                0 kB
WritebackTmp:          0 kB
CommitLimit:     2587416 kB
Committed_AS:      15896 kB
VmallocTotal:   13743895347199 kB
VmallocUsed:       31528 kB
VmallocChunk:          0 kB
Percpu:              552 kB
HardwareCorrupted:     0 kB
AnonHugePages:         0 kB
ShmemHugePages:        0 kB
ShmemPmdMapped:        0 kB
FileHugePages:         0 kB
FilePmdMapped:         0 kB
Unaccepted:            0 kB
HugePages_Total:       0
HugePages_Free:        0
HugePages_Rsvd:        0
HugePages_Surp:        0
Hugepagesize:       2048 kB
Hugetlb:               0 kB
DirectMap4k:       40824 kB
DirectMap2M:     6115328 kB
DirectMap1G:     3145728 kB
`;

export const populatedZone = `\
Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 0
      nr_active_anon 14
      nr_inactive_file 0
      nr_active_file 0
      nr_unevictable 0
      nr_slab_reclaimable 64
      nr_slab_unreclaimable 1123
      nr_isolated_anon 0
      nr_isolated_file 0
      workingset_nodes 0
      workingset_refault_anon 0
      workingset_refault_file 0
      workingset_activate_anon 0
      workingset_activate_file 0
      workingset_restore_anon 0
      workingset_restore_file 0
      workingset_nodereclaim 0
      nr_anon_pages 17
      nr_mapped    1
      nr_file_pages 0
      nr_dirty     0
      nr_writeback 0
      nr_writeback_temp 0
      nr_shmem     0
      nr_shmem_hugepages 0
      nr_shmem_pmdmapped 0
      nr_file_hugepages 0
      nr_file_pmdmapped 0
      nr_anon_transparent_hugepages 0
      nr_vmscan_write 0
      nr_vmscan_immediate_reclaim 0
      nr_dirtied   0
      nr_written   0
      nr_throttled_written 0
      nr_kernel_misc_reclaimable 0
      nr_foll_pin_acquired 1
      nr_foll_pin_released 1
      nr_kernel_stack 704
      nr_page_table_pages 18
      nr_sec_page_table_pages 0
      nr_iommu_pages 0
      nr_swapcached 0
      pgpromote_success 0
      pgpromote_candidate 0
      pgdemote_kswapd 0
      pgdemote_direct 0
      pgdemote_khugepaged 0
  pages free     3584
        boost    0
        min      67
        low      83
        high     99
        promo    115
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 1885, 1885, 1885, 1885)
      nr_free_pages 3584
      nr_zone_inactive_anon 0
      nr_zone_active_anon 0
      nr_zone_inactive_file 0
      nr_zone_active_file 0
      nr_zone_unevictable 0
      nr_zone_write_pending 0
      nr_mlock     0
      nr_bounce    0
      nr_zspages   0
      nr_free_cma  0
      nr_unaccepted 0
      numa_hit     1
      numa_miss    0
      numa_foreign 0
      numa_interleave 1
      numa_local   1
      numa_other   0
  pagesets
    cpu: 0
              count: 0
              high:  0
              batch: 1
  vm stats threshold: 4
    cpu: 1
              count: 0
              high:  0
              batch: 1
  vm stats threshold: 4
  node_unreclaimable:  0
  start_pfn:           1
`;

export const emptyZone = `\
Node 0, zone   Normal
  pages free     0
        boost    0
        min      0
        low      0
        high     0
        promo    0
        spanned  0
        present  0
        managed  0
        cma      0
        protection: (0, 0, 0, 0, 0)
`;
