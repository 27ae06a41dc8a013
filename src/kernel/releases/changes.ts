import {
  counters6_1,
  counters6_12,
  counters6_16,
  counters6_17,
  counters6_18,
  counters6_19,
  counters7_1,
  counters7_2,
  counters7_3,
} from './counters.ts';
import type { KernelProfile } from './profile.ts';

/** Facts by their groups; what is left out stays as it was. */
type Facts<T> = T extends string | number | boolean | undefined
  ? T
  : { readonly [K in keyof T]?: Facts<T[K]> };

export interface ReleaseChange extends Facts<Omit<KernelProfile, 'name'>> {
  /** The first release that has it, e.g. `6.3`. */
  readonly release: string;
  /** The recording, commit or source file that shows it. */
  readonly proof: string;
}

/** What releases changed, in their order. A change of unknown release stands with the whole series that has it. */
export const CHANGES: readonly ReleaseChange[] = [
  {
    release: '5.5',
    proof: 'drivers/dax/bus.c of 5.5: dev_dax_numa_node_attr',
    dax: { numaNodeAttribute: true },
  },
  {
    release: '5.5',
    proof: 'commit "x86/efi: Add efi_fake_mem support for EFI_MEMORY_SP", merged for 5.5',
    firmware: { efiFakeMem: true },
  },
  {
    release: '5.7',
    proof: 'commit "mm/memory_hotplug: allow to specify a default online_type"',
    hotplug: { autoOnlineZones: true },
  },
  {
    release: '5.8',
    proof: 'commit "device-dax/kmem: add memory to resource tree with a named System RAM (kmem)"',
    dax: { kmemResourceName: 'System RAM (kmem)' },
    cpu: { vulnerabilities: { srbds: true } },
  },
  {
    release: '5.10',
    proof: 'commit "device-dax: add dis-contiguous resource support", merged for 5.10',
    dax: { dynamicRegions: true },
  },
  {
    release: '5.13',
    proof: 'commit "vsprintf: dump full information of page flags in pGp", merged for 5.13',
    hotplug: { pageDumpNamesZone: true },
  },
  {
    release: '5.14',
    proof: 'commit "driver core: Don\'t return EPROBE_DEFER to userspace during sysfs bind", merged for 5.14',
    driverCore: { bindErrno: true },
  },
  {
    release: '5.15',
    proof: 'commit "mm/memory_hotplug: introduce "auto-movable" online policy", merged for 5.15',
    hotplug: { memoryGroups: true },
    demotion: true,
  },
  {
    release: '5.17',
    proof: 'commit "dax: Kill DEV_DAX_PMEM_COMPAT", merged for 5.17',
    dax: { classModel: false },
  },
  {
    release: '5.18',
    proof: 'commit "mm/memory_hotplug: simplify and generalize test_pages_in_a_zone", merged for 5.18',
    hotplug: { zoneOfHoles: true },
    nvdimm: { noblk: false },
  },
  {
    release: '5.19',
    proof: 'drivers/base/cpu.c of 5.19',
    cpu: { vulnerabilities: { mmio_stale_data: true, retbleed: true } },
  },
  {
    release: '6.1',
    proof: 'recordings of 6.1.192',
    memoryTiers: 'fixed',
    counters: counters6_1,
    pageReportingOrder: 11,
    dax: { stalePageMaps: true, major: 252 },
    node: { archDirectory: true, emptyHaveHugePages: true, binaryCpuMasks: true },
    hugetlb: { demotion: true },
    zones: { logsFallbackOrder: true },
    driverCore: { logsUeventErrno: true },
    hotplug: { logsOfflinedPages: false, logsDevicePages: false },
    warnings: { sites: { zeroSizeAllocation: 'drivers/dax/bus.c:816 alloc_dev_dax_range' } },
    nvdimm: { ndctlMajor: 246, powerDirectories: false },
    moduleSizes: { nd_btt: 32768, libnvdimm: 204800, nfit: 73728 },
  },
  {
    release: '6.2',
    proof: 'commit "mm/hwpoison: introduce per-memory_block hwpoison counter", merged for 6.2',
    hotplug: { poisonedBlocksStayOffline: true },
  },
  {
    release: '6.3',
    proof: 'commit "dax: Assign RAM regions to memory-hotplug by default", merged for 6.3',
    dax: { match: 'type', hmemPlatform: true },
    hmemSoftDependency: true,
  },
  {
    release: '6.5',
    proof: 'drivers/base/cpu.c of 6.5',
    cpu: { vulnerabilities: { gather_data_sampling: true, spec_rstack_overflow: true } },
  },
  {
    release: '6.6',
    proof: 'sources of 6.6',
    blockLayer: '6.6',
    pageReportingOrder: -1,
    moduleSizes: {
      kmem: 12288,
      dax_pmem: 12288,
      nd_e820: 12288,
      libnvdimm: 241664,
      nfit: 81920,
      cxl_acpi: 24576,
      cxl_pci: 28672,
      cxl_mem: 12288,
    },
    node: { memoryFailureCounters: true },
    hotplug: { crashHotplug: true, pageDumpPointer: false, memmapOnMemoryModes: true },
    zones: { movableWatermarkCap: true },
    warnings: {
      sites: {
        zeroSizeAllocation: 'drivers/dax/bus.c:854 alloc_dev_dax_range',
        misalignedPages: 'mm/memory_hotplug.c:414 __add_pages',
        pagesNotAdded: 'arch/x86/mm/init_64.c:986 add_pages',
      },
      misalignedEndPrefix: '0x',
    },
    nvdimm: { ndctlMajor: 245, seedsBeforeBind: true, acpiDriversOwned: true },
  },
  {
    release: '6.7',
    proof: 'commit "memory tiering: add abstract distance calculation algorithms management", merged for 6.7',
    memoryTiers: 'algorithmic',
  },
  {
    release: '6.8',
    proof: 'commit "dax: add a sysfs knob to control memmap_on_memory behavior", merged for 6.8',
    dax: { memmapOnMemoryAttribute: true },
  },
  {
    release: '6.9',
    proof: 'drivers/dax/bus.c of 6.9: mapping_store',
    dax: { mappingErrors: 'ignored' },
    weightedInterleave: true,
    cpu: { vulnerabilities: { reg_file_data_sampling: true } },
  },
  {
    release: '6.11',
    proof: 'commit "x86/efi: Drop support for fake EFI memory maps", merged for 6.11',
    firmware: { efiFakeMem: false },
  },
  {
    release: '6.12',
    proof: 'recordings of 6.12.117',
    counters: counters6_12,
    blockLayer: '6.12',
    driverCore: { probeMessage: 'probe with driver' },
    zones: { memorylessFallback: false },
    hugetlb: { batches: true },
    hotplug: { autoOnlineDefault: 'online' },
    cpu: { vulnerabilities: { ghostwrite: true } },
    memoryFailure: {
      unhandlable: 'get hwpoison page',
      poisonedAlready: {
        hard: 'Memory failure: PAGE: recovery action for already poisoned page: Failed',
        soft: 'Soft offline: PAGE: page already poisoned',
      },
    },
  },
  {
    release: '6.14',
    proof:
      'commit "kthread: Make sure kthread hasn\'t started while binding it", merged for 6.14: threads on their node',
    hotplug: { threadsOnTheirNode: true },
  },
  {
    release: '6.15',
    proof: 'commit "acpi,srat: give memory block size advice based on CFMWS alignment", merged for 6.15',
    firmware: { blockSizeAdvice: true },
    cpu: { vulnerabilities: { indirect_target_selection: true } },
  },
  {
    release: '6.16',
    proof: 'recordings of 6.16.12',
    counters: counters6_16,
    dax: { tellsTruncation: true },
    node: { accessRuntimePower: false },
    hotplug: { autoOnlineDefault: 'offline' },
  },
  {
    release: '6.17',
    proof: 'recordings of 6.17.13; majors moved down together, /proc/devices of 6.18.15',
    counters: counters6_17,
    dax: { major: 251 },
    cxlMajor: 249,
    nvdimm: { ndctlMajor: 244 },
    node: { reclaim: 'EAGAIN', normalMemoryFollowsHotplug: false },
    hotplug: { autoOnlineDefault: 'online' },
  },
  {
    release: '6.18',
    proof: 'recordings of 6.18.15',
    counters: counters6_18,
    moduleSizes: { libnvdimm: 245760, nd_btt: 36864, cxl_acpi: 28672 },
    node: { addedBeforeBlocks: true },
  },
  {
    release: '6.19',
    proof: 'zoneinfo of 6.19.14',
    counters: counters6_19,
  },
  {
    release: '7.0',
    proof: 'recordings of 7.2.12, /proc/iomem of 7.0.13',
    dax: { softReservedApart: true },
  },
  {
    release: '7.1',
    proof: 'recordings of 7.2.12; commits for dax_hmem and CXL, merged for 7.1; counters of 7.1.13',
    counters: counters7_1,
    dax: { hmemBelowPlatform: true },
    hmemSoftDependency: false,
    cxlDependencies: { acpi: ['cxl_pmem'], pci: ['cxl_mem'] },
    moduleSizes: { dax_hmem: 20480 },
  },
  {
    release: '7.2',
    proof: 'recordings of 7.2.12',
    counters: counters7_2,
    dax: { fsdev: true, mmapFunction: 'dax_mmap_prepare', skipsRangesNotAdded: true },
    node: { normalMemoryFollowsHotplug: true },
    nvdimm: { nfitOnPlatformBus: true },
    warnings: { siteFirst: true, sites: { zeroSizeAllocation: 'drivers/dax/bus.c:866 alloc_dev_dax_range' } },
    hotplug: { slabFlags: 'workingset|head' },
    removedFilesHaveNoLinks: true,
    moduleSizes: {
      libnvdimm: 253952,
      cxl_mem: 16384,
      cxl_pci: 28672,
      cxl_pmem: 24576,
      fsdev_dax: 20480,
      nfit: 90112,
    },
  },
  {
    release: '7.3',
    proof: 'recordings of 7.3.4',
    counters: counters7_3,
    blockLayer: '7.3',
    dax: { kmemState: true },
    node: { reclaim: 'EINVAL' },
    pageReportingDelay: true,
    moduleSizes: { kmem: 16384 },
  },
];
