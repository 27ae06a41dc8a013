import type { CounterNames } from './counters.ts';

/** What differs between kernel versions, as data. */
export interface KernelProfile {
  /** The release that brought the newest change in it, e.g. `6.12`. */
  readonly name: string;
  readonly dax: DaxFacts;
  readonly driverCore: DriverCoreFacts;
  readonly hotplug: HotplugFacts;
  readonly node: NodeFacts;
  readonly zones: ZoneFacts;
  readonly hugetlb: HugetlbFacts;
  readonly memoryFailure: MemoryFailureFacts;
  readonly warnings: WarningFacts;
  readonly nvdimm: NvdimmFacts;
  readonly firmware: FirmwareFacts;
  readonly cpu: CpuFacts;
  readonly memoryTiers: 'none' | 'fixed' | 'algorithmic';
  /** mm/numa/demotion_enabled: reclaim may move pages to slower nodes. */
  readonly demotion: boolean;
  /** mm/mempolicy/weighted_interleave. */
  readonly weightedInterleave: boolean;
  /** Which counters vmstat, zoneinfo and meminfo have, and how they are spelt. */
  readonly counters: CounterNames;
  /** Whose files a disk has. */
  readonly blockLayer: '6.1' | '6.6' | '6.12' | '7.3';
  /** The parameter page_reporting.page_reporting_order before a driver sets it. */
  readonly pageReportingOrder: number | undefined;
  /** fstat of an open attribute that is gone: no link is left. */
  readonly removedFilesHaveNoLinks: boolean;
  /** page_reporting.page_reporting_delay_ms */
  readonly pageReportingDelay: boolean;
  /** The dynamic major of `cxl`, whose devices are memN. */
  readonly cxlMajor: number;
  /** What modules came to need: of cxl_acpi, cxl_pci. */
  readonly cxlDependencies: { readonly acpi: readonly string[]; readonly pci: readonly string[] };
  /** dax_hmem names cxl_acpi as one to be loaded before it, which kmod does. */
  readonly hmemSoftDependency: boolean;
  readonly moduleSizes: Readonly<Record<string, number>>;
}

/** drivers/dax, with its hmem and kmem. */
export interface DaxFacts {
  /** Soft reserved ranges are in a tree of their own, and not in /proc/iomem. */
  readonly softReservedApart: boolean;
  /** hmem.N are children of hmem_platform.0; dax_hmem asks for the modules of CXL. */
  readonly hmemBelowPlatform: boolean;
  /** The driver fsdev_dax, for file systems. */
  readonly fsdev: boolean;
  /** kmem has daxN.M/state, reserves all ranges before it adds memory, and words its refusals anew. */
  readonly kmemState: boolean;
  /** Who refuses a mapping, as the log says. */
  readonly mmapFunction: 'dax_mmap' | 'dax_mmap_prepare';
  /** kmem tells what of a device the alignment to memory blocks cost. */
  readonly tellsTruncation: boolean;
  /** At unbind kmem leaves alone what it could not add at bind; others' blocks there do not hinder it. */
  readonly skipsRangesNotAdded: boolean;
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
  /** The dynamic major that `dax` gets. */
  readonly major: number;
  /** CONFIG_DEV_DAX_PMEM_COMPAT can be chosen: the class model of device-dax. */
  readonly classModel: boolean;
}

/** What early boot makes of firmware tables and of the command line about them. */
export interface FirmwareFacts {
  /** `efi_fake_mem=` can make memory specific purpose (EFI_MEMORY_SP). */
  readonly efiFakeMem: boolean;
  /** Memory blocks are no larger than the alignment of the CXL windows. */
  readonly blockSizeAdvice: boolean;
}

/** drivers/base/cpu.c. */
export interface CpuFacts {
  /** Names that the kernel has a file for in cpu/vulnerabilities. */
  readonly vulnerabilities: Readonly<Record<string, boolean>>;
}

/** drivers/base, without memory and nodes. */
export interface DriverCoreFacts {
  /** Whether `bind` tells why a probe failed; otherwise everything is ENODEV. */
  readonly bindErrno: boolean;
  /** drivers/base/dd.c of this version words a failed probe as `DRV: probe of DEV failed with error -N`. */
  readonly probeMessage: 'probe of' | 'probe with driver';
  /** uevent_store tells the errno that it fails with. */
  readonly logsUeventErrno: boolean;
}

/** mm/memory_hotplug.c and drivers/base/memory.c. */
export interface HotplugFacts {
  /** kswapdN and kcompactdN are made of memory of their own node, which then cannot go offline any more. */
  readonly threadsOnTheirNode: boolean;
  /** What the dump of a slab page shows among its flags. */
  readonly slabFlags: 'head' | 'workingset|head';
  readonly crashHotplug: boolean;
  /** The log tells how many page structures of device memory were set up, and how long it took. */
  readonly logsDevicePages: boolean;
  /** Dumped page flags name node and zone, too (`%pGp`). */
  readonly pageDumpNamesZone: boolean;
  /** Pages dumped on a failed offline show a hashed `struct page` pointer. */
  readonly pageDumpPointer: boolean;
  /** Onlining a block with poisoned pages is refused. */
  readonly poisonedBlocksStayOffline: boolean;
  /** A block with holes is of one zone all the same. */
  readonly zoneOfHoles: boolean;
  /** The log tells of blocks that go offline. */
  readonly logsOfflinedPages: boolean;
  /** Kernel configuration: the auto-online policy when the command line does not say. */
  readonly autoOnlineDefault: 'offline' | 'online';
  /** auto_online_blocks knows online_kernel and online_movable. */
  readonly autoOnlineZones: boolean;
  /** kmem hands its memory, of which there must be some, to a static memory group; online_policy and auto_movable_* exist. */
  readonly memoryGroups: boolean;
  /** memory_hotplug.memmap_on_memory is a mode that can be `force`, not a boolean. */
  readonly memmapOnMemoryModes: boolean;
}

/** drivers/base/node.c. */
export interface NodeFacts {
  /** nodeN/reclaim; at first everything that it cannot do is EAGAIN, also what it cannot read. */
  readonly reclaim: false | 'EAGAIN' | 'EINVAL';
  /** A node appears before the blocks that it comes with. */
  readonly addedBeforeBlocks: boolean;
  /** has_normal_memory follows blocks that go online and offline. */
  readonly normalMemoryFollowsHotplug: boolean;
  /** The `power` of access classes tells of runtime power management, too. */
  readonly accessRuntimePower: boolean;
  /** numaN/memory_failure, memory/crash_hotplug. */
  readonly memoryFailureCounters: boolean;
  /** nodeN/x86, for the counters of SGX. */
  readonly archDirectory: boolean;
  /** nodeN/hugepages also while the node has no memory. */
  readonly emptyHaveHugePages: boolean;
  /** cpulist and cpumap are binary attributes, with a st_size for the longest. */
  readonly binaryCpuMasks: boolean;
}

/** mm/page_alloc.c: zones, their marks and their fallback lists. */
export interface ZoneFacts {
  /** A node without memory heads its own fallback list, and leaves the others' only at the next rebuild. */
  readonly memorylessFallback: boolean;
  /** Movable zones keep few pages free, and the minimum of all is shared among the others. */
  readonly movableWatermarkCap: boolean;
  /** The log tells each node's fallback order with its zonelists. */
  readonly logsFallbackOrder: boolean;
}

/** mm/hugetlb.c. */
export interface HugetlbFacts {
  /** A larger huge page can be split: `demote`. */
  readonly demotion: boolean;
  /** Huge pages that are allocated together join the free ones together. */
  readonly batches: boolean;
}

/** mm/memory-failure.c. */
export interface MemoryFailureFacts {
  readonly poisonedAlready: PoisonedAlready;
  /** What memory_failure calls a page that it can do nothing about. */
  readonly unhandlable: 'get hwpoison page' | 'unknown page';
}

/** WARN_ON reports: where they come from, how they print. */
export interface WarningFacts {
  /** `WARNING: FILE:LINE at SYMBOL`, below a line of level 6. */
  readonly siteFirst: boolean;
  /** Where warnings come from, as their reports tell: `FILE:LINE SYMBOL`. */
  readonly sites: WarningSites;
  /** `%#lx` of a warning of __add_pages was first written `#%lx`. */
  readonly misalignedEndPrefix: '0x' | '#';
}

/** drivers/nvdimm and drivers/acpi/nfit. */
export interface NvdimmFacts {
  /** The dynamic major of /dev/ndctlN; /dev/nmemN has the one below. */
  readonly ndctlMajor: number;
  /** libnvdimm's fresh seeds appear while the device that used the last one is still being bound, or after that. */
  readonly seedsBeforeBind: boolean;
  /** Devices of the nd bus, and ndctlN, have a `power` directory. */
  readonly powerDirectories: boolean;
  /** libnvdimm can leave block mode alone: its parameter noblk, in place of key_revalidate. */
  readonly noblk: boolean;
  /** ACPI drivers name their module. */
  readonly acpiDriversOwned: boolean;
  /** The NFIT root is a platform device, and libnvdimm tells what name space it imports. */
  readonly nfitOnPlatformBus: boolean;
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
