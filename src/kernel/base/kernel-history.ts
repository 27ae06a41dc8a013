import type { KernelProfile } from './profile.ts';

/** Series that are known as a whole: what differs from one to the next has come by the later one. */
export const wholeSeries: readonly string[] = ['5.4', '5.10', '6.1', '6.6', '6.12'];

const OLDEST: KernelProfile = {
  name: wholeSeries[0]!,
  match: 'always',
  hmemPlatform: false,
  dynamicRegions: false,
  memmapOnMemoryAttribute: false,
  numaNodeAttribute: false,
  stalePageMaps: false,
  kmemResourceName: 'System RAM',
  mappingErrors: 'ENXIO',
  bindErrno: false,
  memoryTiers: 'none',
  probeMessage: 'probe of',
  memoryFailureCounters: false,
  crashHotplug: false,
  pageDumpPointer: true,
  poisonedBlocksStayOffline: false,
  memorylessFallback: true,
  movableWatermarkCap: false,
  vmCounters: '5.10',
  blockLayer: '6.1',
  daxMajor: 253,
  nodeArchDirectory: false,
  emptyNodesHaveHugePages: false,
  hugePageDemotion: false,
  hugePageBatches: false,
  binaryCpuMasks: false,
  zoneOfHoles: false,
  logsFallbackOrder: false,
  logsUeventErrno: false,
  logsOfflinedPages: true,
  autoOnlineDefault: 'offline',
  autoOnlineZones: false,
  memoryGroups: false,
  memmapOnMemoryModes: false,
  classModel: true,
  pageReportingOrder: undefined,
  warningSites: {
    zeroSizeAllocation: 'drivers/dax/bus.c:816 alloc_dev_dax_range',
    misalignedPages: 'mm/memory_hotplug.c:328 __add_pages',
    pagesNotAdded: 'arch/x86/mm/init_64.c:978 add_pages',
  },
  misalignedEndPrefix: '#',
  unhandlable: 'unknown page',
  poisonedAlready: {
    hard: 'Memory failure: PAGE: already hardware poisoned',
    soft: 'soft_offline_page: PAGE page already poisoned',
  },
  ndctlMajor: 246,
  ndSeedsBeforeBind: false,
  acpiDriversOwned: false,
  moduleSizes: {
    kmem: 16384,
    device_dax: 20480,
    dax_hmem: 16384,
    dax_pmem: 16384,
    nd_pmem: 24576,
    nd_btt: 32768,
    nd_e820: 16384,
    libnvdimm: 204800,
    nfit: 73728,
    cxl_acpi: 20480,
    cxl_pci: 20480,
    cxl_mem: 16384,
  },
};

/** What later releases changed, in their order. A change of unknown release stands with the whole series that has it. */
const CHANGES: readonly (Partial<KernelProfile> & Pick<KernelProfile, 'name'>)[] = [
  { name: '5.5', numaNodeAttribute: true },
  { name: '5.7', autoOnlineZones: true },
  { name: '5.8', kmemResourceName: 'System RAM (kmem)' },
  { name: '5.10', dynamicRegions: true },
  { name: '5.14', bindErrno: true },
  { name: '5.15', memoryGroups: true },
  { name: '5.17', classModel: false },
  { name: '5.18', zoneOfHoles: true },
  {
    name: '6.1',
    stalePageMaps: true,
    memoryTiers: 'fixed',
    vmCounters: '6.1',
    daxMajor: 252,
    nodeArchDirectory: true,
    emptyNodesHaveHugePages: true,
    hugePageDemotion: true,
    binaryCpuMasks: true,
    logsFallbackOrder: true,
    logsUeventErrno: true,
    logsOfflinedPages: false,
    pageReportingOrder: 11,
  },
  { name: '6.2', poisonedBlocksStayOffline: true },
  { name: '6.3', match: 'type', hmemPlatform: true },
  {
    name: '6.6',
    memoryFailureCounters: true,
    crashHotplug: true,
    pageDumpPointer: false,
    movableWatermarkCap: true,
    blockLayer: '6.6',
    memmapOnMemoryModes: true,
    pageReportingOrder: -1,
    warningSites: {
      zeroSizeAllocation: 'drivers/dax/bus.c:854 alloc_dev_dax_range',
      misalignedPages: 'mm/memory_hotplug.c:414 __add_pages',
      pagesNotAdded: 'arch/x86/mm/init_64.c:986 add_pages',
    },
    misalignedEndPrefix: '0x',
    ndctlMajor: 245,
    ndSeedsBeforeBind: true,
    acpiDriversOwned: true,
    moduleSizes: {
      ...OLDEST.moduleSizes,
      kmem: 12288,
      dax_pmem: 12288,
      nd_e820: 12288,
      libnvdimm: 241664,
      nfit: 81920,
      cxl_acpi: 24576,
      cxl_pci: 28672,
      cxl_mem: 12288,
    },
  },
  { name: '6.7', memoryTiers: 'algorithmic' },
  { name: '6.8', memmapOnMemoryAttribute: true },
  { name: '6.9', mappingErrors: 'ignored' },
  {
    name: '6.12',
    probeMessage: 'probe with driver',
    memorylessFallback: false,
    vmCounters: '6.12',
    blockLayer: '6.12',
    hugePageBatches: true,
    autoOnlineDefault: 'online',
    unhandlable: 'get hwpoison page',
    poisonedAlready: {
      hard: 'Memory failure: PAGE: recovery action for already poisoned page: Failed',
      soft: 'Soft offline: PAGE: page already poisoned',
    },
  },
];

const profiles = new Map<string, KernelProfile>();

/** The profile of a kernel release such as `6.12.117`, which has all changes up to it; the oldest for anything older. */
export function profileOf(release: string): KernelProfile {
  const made = CHANGES.filter(({ name }) => versionKey(name) <= versionKey(release));
  const { name } = made.at(-1) ?? OLDEST;
  const profile: KernelProfile = profiles.get(name) ?? Object.assign({ ...OLDEST }, ...made);
  profiles.set(name, profile);
  return profile;
}

/** The newest whole series that a release is of or came after; the oldest for anything older. */
export function wholeSeriesOf(release: string): string {
  return wholeSeries.findLast(series => versionKey(series) <= versionKey(release)) ?? OLDEST.name;
}

/** Whether a release is of a series before the other. */
export function isBefore(release: string, other: string): boolean {
  return versionKey(release) < versionKey(other);
}

function versionKey(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(part => Number.parseInt(part, 10));
  return major * 1000 + minor;
}
