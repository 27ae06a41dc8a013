/** What differs between kernel versions, as data. One profile is one column of behaviour. */
export interface KernelProfile {
  /** The version series, e.g. `6.12`. */
  readonly name: string;
  /** `type`: hmem and cxl regions go to kmem, others to device_dax. `always`: device_dax matches everything, kmem by id. */
  readonly match: 'type' | 'always';
  /** hmem.N made by dax_hmem's hmem_platform driver at module load, or at boot with an iomem entry of their own. */
  readonly hmemPlatform: boolean;
  /** size, align, mapping, create, delete, seed, available_size. */
  readonly dynamicRegions: boolean;
  readonly memmapOnMemoryAttribute: boolean;
  /** A dax device tells its numa_node. */
  readonly numaNodeAttribute: boolean;
  /** device_dax refuses a device that kept the page map of a failed probe. */
  readonly stalePageMaps: boolean;
  /** What kmem calls its memory in /proc/iomem. */
  readonly kmemResourceName: 'System RAM' | 'System RAM (kmem)';
  /** `mapping` writes without a bound region driver or with a misaligned length: ENXIO, or ignored. */
  readonly mappingErrors: 'ENXIO' | 'ignored';
  /** Whether `bind` tells why a probe failed; otherwise everything is ENODEV. */
  readonly bindErrno: boolean;
  readonly memoryTiers: 'none' | 'fixed' | 'algorithmic';
  /** drivers/base/dd.c of this version words a failed probe as `DRV: probe of DEV failed with error -N`. */
  readonly probeMessage: 'probe of' | 'probe with driver';
  /** numaN/memory_failure, memory/crash_hotplug. */
  readonly memoryFailureCounters: boolean;
  readonly crashHotplug: boolean;
  /** Pages dumped on a failed offline show a hashed `struct page` pointer. */
  readonly pageDumpPointer: boolean;
  /** Onlining a block with poisoned pages is refused. */
  readonly poisonedBlocksStayOffline: boolean;
  /** A node without memory heads its own fallback list, and leaves the others' only at the next rebuild. */
  readonly memorylessFallback: boolean;
  /** Movable zones keep few pages free, and the minimum of all is shared among the others. */
  readonly movableWatermarkCap: boolean;
  /** Which counters vmstat, zoneinfo and meminfo have, and how they are spelt. */
  readonly vmCounters: '5.10' | '6.1' | '6.12';
  /** The dynamic major that `dax` gets. */
  readonly daxMajor: number;
  /** nodeN/x86, for the counters of SGX. */
  readonly nodeArchDirectory: boolean;
  /** nodeN/hugepages also while the node has no memory. */
  readonly emptyNodesHaveHugePages: boolean;
  /** A larger huge page can be split: `demote`. */
  readonly hugePageDemotion: boolean;
  /** Huge pages that are allocated together join the free ones together. */
  readonly hugePageBatches: boolean;
  /** cpulist and cpumap are binary attributes, with a st_size for the longest. */
  readonly binaryCpuMasks: boolean;
  /** A block with holes is of one zone all the same. */
  readonly zoneOfHoles: boolean;
  /** The log tells each node's fallback order with its zonelists. */
  readonly logsFallbackOrder: boolean;
  /** uevent_store tells the errno that it fails with. */
  readonly logsUeventErrno: boolean;
  /** The log tells of blocks that go offline. */
  readonly logsOfflinedPages: boolean;
  /** Whose files a disk has. */
  readonly blockLayer: '6.1' | '6.6' | '6.12';
  /** Kernel configuration: the auto-online policy when the command line does not say. */
  readonly autoOnlineDefault: 'offline' | 'online';
  /** auto_online_blocks knows online_kernel and online_movable. */
  readonly autoOnlineZones: boolean;
  /** kmem hands its memory, of which there must be some, to a static memory group; online_policy and auto_movable_* exist. */
  readonly memoryGroups: boolean;
  /** memory_hotplug.memmap_on_memory is a mode that can be `force`, not a boolean. */
  readonly memmapOnMemoryModes: boolean;
  /** CONFIG_DEV_DAX_PMEM_COMPAT can be chosen: the class model of device-dax. */
  readonly classModel: boolean;
  /** The parameter page_reporting.page_reporting_order before a driver sets it. */
  readonly pageReportingOrder: number | undefined;
  /** The dynamic major of /dev/ndctlN; /dev/nmemN has the one below. */
  readonly ndctlMajor: number;
  /** libnvdimm's fresh seeds appear while the device that used the last one is still being bound, or after that. */
  readonly ndSeedsBeforeBind: boolean;
  /** ACPI drivers name their module. */
  readonly acpiDriversOwned: boolean;
  readonly moduleSizes: Readonly<Record<string, number>>;
  /** Where warnings come from, as their reports tell: `FILE:LINE SYMBOL`. */
  readonly warningSites: WarningSites;
  /** `%#lx` of a warning of __add_pages was first written `#%lx`. */
  readonly misalignedEndPrefix: '0x' | '#';
  readonly poisonedAlready: PoisonedAlready;
  /** What memory_failure calls a page that it can do nothing about. */
  readonly unhandlable: 'get hwpoison page' | 'unknown page';
}

/** What is said of a page that was poisoned before, `PAGE` for its frame number. */
export interface PoisonedAlready {
  readonly hard: string;
  readonly soft: string;
}

export interface WarningSites {
  readonly zeroSizeAllocation: string;
  readonly misalignedPages: string;
  readonly pagesNotAdded: string;
}

const V6_12: KernelProfile = {
  name: '6.12',
  match: 'type',
  hmemPlatform: true,
  dynamicRegions: true,
  memmapOnMemoryAttribute: true,
  numaNodeAttribute: true,
  stalePageMaps: true,
  kmemResourceName: 'System RAM (kmem)',
  mappingErrors: 'ignored',
  bindErrno: true,
  memoryTiers: 'algorithmic',
  probeMessage: 'probe with driver',
  memoryFailureCounters: true,
  crashHotplug: true,
  pageDumpPointer: false,
  poisonedBlocksStayOffline: true,
  memorylessFallback: false,
  movableWatermarkCap: true,
  vmCounters: '6.12',
  blockLayer: '6.12',
  daxMajor: 252,
  nodeArchDirectory: true,
  emptyNodesHaveHugePages: true,
  hugePageDemotion: true,
  hugePageBatches: true,
  binaryCpuMasks: true,
  zoneOfHoles: true,
  logsFallbackOrder: true,
  logsUeventErrno: true,
  logsOfflinedPages: false,
  autoOnlineDefault: 'online',
  autoOnlineZones: true,
  memoryGroups: true,
  memmapOnMemoryModes: true,
  classModel: false,
  pageReportingOrder: -1,
  warningSites: {
    zeroSizeAllocation: 'drivers/dax/bus.c:854 alloc_dev_dax_range',
    misalignedPages: 'mm/memory_hotplug.c:414 __add_pages',
    pagesNotAdded: 'arch/x86/mm/init_64.c:986 add_pages',
  },
  misalignedEndPrefix: '0x',
  unhandlable: 'get hwpoison page',
  poisonedAlready: {
    hard: 'Memory failure: PAGE: recovery action for already poisoned page: Failed',
    soft: 'Soft offline: PAGE: page already poisoned',
  },
  ndctlMajor: 245,
  ndSeedsBeforeBind: true,
  acpiDriversOwned: true,
  moduleSizes: {
    kmem: 12288,
    device_dax: 20480,
    dax_hmem: 16384,
    dax_pmem: 12288,
    nd_pmem: 24576,
    nd_btt: 32768,
    nd_e820: 12288,
    libnvdimm: 241664,
    nfit: 81920,
    cxl_acpi: 24576,
    cxl_pci: 28672,
    cxl_mem: 12288,
  },
};

const V6_6: KernelProfile = {
  ...V6_12,
  hugePageBatches: false,
  unhandlable: 'unknown page',
  name: '6.6',
  memmapOnMemoryAttribute: false,
  mappingErrors: 'ENXIO',
  memoryTiers: 'fixed',
  probeMessage: 'probe of',
  memorylessFallback: true,
  poisonedAlready: {
    hard: 'Memory failure: PAGE: already hardware poisoned',
    soft: 'soft_offline_page: PAGE page already poisoned',
  },
  vmCounters: '6.1',
  blockLayer: '6.6',
  autoOnlineDefault: 'offline',
};

const V6_1: KernelProfile = {
  ...V6_6,
  name: '6.1',
  blockLayer: '6.1',
  match: 'always',
  hmemPlatform: false,
  memoryFailureCounters: false,
  crashHotplug: false,
  pageDumpPointer: true,
  poisonedBlocksStayOffline: false,
  movableWatermarkCap: false,
  memmapOnMemoryModes: false,
  pageReportingOrder: 11,
  warningSites: {
    zeroSizeAllocation: 'drivers/dax/bus.c:816 alloc_dev_dax_range',
    misalignedPages: 'mm/memory_hotplug.c:328 __add_pages',
    pagesNotAdded: 'arch/x86/mm/init_64.c:978 add_pages',
  },
  misalignedEndPrefix: '#',
  ndctlMajor: 246,
  ndSeedsBeforeBind: false,
  acpiDriversOwned: false,
  moduleSizes: {
    ...V6_12.moduleSizes,
    kmem: 16384,
    dax_pmem: 16384,
    nd_e820: 16384,
    libnvdimm: 204800,
    nfit: 73728,
    cxl_acpi: 20480,
    cxl_pci: 20480,
    cxl_mem: 16384,
  },
};

const V5_10: KernelProfile = {
  ...V6_1,
  name: '5.10',
  stalePageMaps: false,
  bindErrno: false,
  memoryTiers: 'none',
  memoryGroups: false,
  classModel: true,
  vmCounters: '5.10',
  daxMajor: 253,
  nodeArchDirectory: false,
  emptyNodesHaveHugePages: false,
  hugePageDemotion: false,
  binaryCpuMasks: false,
  zoneOfHoles: false,
  logsFallbackOrder: false,
  logsUeventErrno: false,
  logsOfflinedPages: true,
  pageReportingOrder: undefined,
};

const V5_4: KernelProfile = {
  ...V5_10,
  name: '5.4',
  dynamicRegions: false,
  numaNodeAttribute: false,
  kmemResourceName: 'System RAM',
  autoOnlineZones: false,
};

const PROFILES: readonly KernelProfile[] = [V5_4, V5_10, V6_1, V6_6, V6_12];

export const profileNames: readonly string[] = PROFILES.map(profile => profile.name);

/** The profile of a kernel release such as `6.12.117`: the newest one that is not newer; the oldest for anything older. */
export function profileOf(release: string): KernelProfile {
  const key = versionKey(release);
  return PROFILES.findLast(profile => versionKey(profile.name) <= key) ?? V5_4;
}

/** Whether a release is of a series that has a profile of its own. */
export function isProfiled(release: string): boolean {
  return versionKey(profileOf(release).name) === versionKey(release);
}

/** Whether a release is older than every profile. */
export function predatesProfiles(release: string): boolean {
  return versionKey(release) < versionKey(V5_4.name);
}

function versionKey(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(part => Number.parseInt(part, 10));
  return major * 1000 + minor;
}
