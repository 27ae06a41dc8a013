import { AccessClasses } from '../../acpi/numa/access-classes.ts';
import type { DriverCore } from '../../base/core.ts';
import { Cpus } from '../../base/cpus.ts';
import { BlockDevices } from '../../base/memory/block-devices.ts';
import { BlockTable, NO_ZONE } from '../../base/memory/block-table.ts';
import { type MemoryGroup, MemoryGroups } from '../../base/memory/memory-group.ts';
import { MMOP_OFFLINE, type OnlineType, onlineTypes } from '../../base/memory/online-type.ts';
import { addBuiltinModule } from '../../base/module.ts';
import { Nodes } from '../../base/node/nodes.ts';
import { KERN_ERR, KERN_WARNING } from '../../base/printk.ts';
import { group, parsed, rw } from '../../fs/attribute.ts';
import type { Directory } from '../../fs/directory.ts';
import { E2BIG, EBUSY, EEXIST, EINVAL, type Errno, isErrno } from '../../lib/errno.ts';
import { hexPad, prefixedHex } from '../../lib/format.ts';
import { kstrtobool } from '../../lib/kstrtox.ts';
import { PAGE_SHIFT } from '../../lib/page.ts';
import type { Range } from '../../lib/range.ts';
import { RangeIndex } from '../../lib/range-index.ts';
import {
  flagBits,
  IORESOURCE_SYSRAM_DRIVER_MANAGED,
  IORESOURCE_SYSTEM_RAM,
  type Resource,
  releaseMemRegionAdjustable,
  requestRegion,
} from '../../resource/resource.ts';
import { HugePages } from '../hugetlb/hugepages.ts';
import { MemoryFailures } from '../memory-failure.ts';
import { MemoryTiers } from '../memory-tiers.ts';
import { memmapPages } from '../memremap/altmap.ts';
import type { PageMapOwner } from '../memremap/page-map.ts';
import { PageMaps } from '../memremap/page-maps.ts';
import { addProcMemory } from '../vmstat/proc-memory.ts';
import { ZONE_DEVICE, type Zone, zoneNames } from '../zones/zone.ts';
import { PAGEBLOCK } from '../zones/zone-buddy.ts';
import { Zonelists } from '../zones/zonelist.ts';
import { Zones } from '../zones/zones.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { OnlinePolicy, type OnlinePolicyOptions, onlinePolicyParameters } from './online-policy.ts';

/** Boot parameters; what is left out is the kernel's default. */
export interface HotplugOptions extends OnlinePolicyOptions {
  /** `memhp_default_state=` */
  readonly autoOnline?: OnlineType;
  /** `hugepages=`: 2 MiB pages, on all nodes or by node. */
  readonly hugePages?: number | ReadonlyMap<number, number>;
}

interface DeviceRange extends Range {
  readonly node: number;
  readonly owner: PageMapOwner | undefined;
}

/** mhp_range_allowed: whether page structures can describe `size` bytes from `start` on; says so if not. */
export function mhpRangeAllowed(
  { core, facts }: { core: Pick<DriverCore, 'printk'>; facts: Pick<MemoryFacts, 'maxPhysicalAddress'> },
  start: bigint,
  size: bigint,
): boolean {
  const { maxPhysicalAddress } = facts;
  if (size > 0n && start + size - 1n <= maxPhysicalAddress) return true;
  const [from, to, max] = [start, start + size, maxPhysicalAddress].map(prefixedHex);
  core.printk.print(
    KERN_WARNING,
    `Hotplug memory [${from}-${to}] exceeds maximum addressable range [0x0-${max}]`,
  );
  return false;
}

/** mm/memory_hotplug.c: the memory blocks, zones, nodes, groups and tiers of one machine. */
export class MemoryHotplug {
  readonly core: DriverCore;
  readonly iomem: Resource;
  readonly facts: MemoryFacts;
  /** Bytes. */
  readonly blockSize: bigint;
  readonly blocks: BlockTable;
  readonly zones: Zones;
  readonly nodes: Nodes;
  readonly cpus: Cpus;
  readonly zonelists: Zonelists;
  readonly pageMaps: PageMaps;
  readonly policy: OnlinePolicy;
  readonly groups: MemoryGroups;
  readonly tiers: MemoryTiers;
  readonly failures: MemoryFailures;
  readonly accessClasses: AccessClasses;
  readonly blockDevices: BlockDevices;
  /** /sys/kernel/mm */
  readonly mmDirectory: Directory;
  readonly hugePages: HugePages;
  /** MMOP_* that added blocks go online with. */
  autoOnlineType: number;
  demotionEnabled = false;
  /** Those of ZONE_DEVICE. */
  readonly deviceRanges = new RangeIndex<DeviceRange>();

  constructor(core: DriverCore, iomem: Resource, facts: MemoryFacts, options: HotplugOptions = {}) {
    this.core = core;
    this.iomem = iomem;
    this.facts = facts;
    this.blockSize = facts.blockSizeBytes;
    this.autoOnlineType = onlineTypes.indexOf(options.autoOnline ?? core.profile.hotplug.autoOnlineDefault);
    this.blocks = new BlockTable(Number(this.blockSize >> PAGE_SHIFT));
    for (const { first, last, nodes, zone, presentPages } of facts.memoryBlocks)
      this.blocks.addEarly(
        first,
        last,
        nodes,
        zone === null ? NO_ZONE : zoneNames.indexOf(zone),
        presentPages,
      );
    this.zones = new Zones(facts, this.blocks, core.profile.zones.movableWatermarkCap);
    this.policy = new OnlinePolicy(this.zones, options);
    this.groups = new MemoryGroups(node => this.nodes.isPossible(node));
    this.failures = new MemoryFailures(this);
    this.mmDirectory = core.kernelDirectory.addDirectory('mm');
    this.hugePages = new HugePages(this);
    this.cpus = new Cpus(core, facts.nodes);
    this.nodes = new Nodes(this);
    this.zonelists = new Zonelists(core, facts, this.nodes, this.zones);
    this.pageMaps = new PageMaps(this.zones, this.zonelists, node => this.nodes.countersChanged(node));
    this.blockDevices = new BlockDevices(this);
    this.tiers = new MemoryTiers(this);
    this.accessClasses = new AccessClasses(this);
    this.#boot();
    if (options.hugePages) this.hugePages.boot(options.hugePages);
  }

  #boot(): void {
    const { core, nodes, facts } = this;
    const online = facts.nodes.filter(node => node.online).map(node => node.id);
    for (const node of online) nodes.setOnline(node);
    for (const node of online) nodes.updateStates(node);
    this.zonelists.build();
    this.zones.setWatermarks(() => nodes.online());
    for (const node of online) nodes.register(node);
    this.tiers.boot(online.filter(node => nodes.hasMemory.has(node)));
    this.accessClasses.boot();
    if (core.profile.hotplug.memoryGroups)
      addBuiltinModule(core, 'memory_hotplug', onlinePolicyParameters, this.policy);
    if (core.profile.memoryTiers !== 'none')
      this.mmDirectory.addDirectory('numa').attach(demotionAttribute.of(this));
    addProcMemory(this);
  }

  /** The block of a page frame, present or not. */
  blockOf(pfn: bigint): number {
    return Number((pfn << PAGE_SHIFT) / this.blockSize);
  }

  /** zone_for_pfn_range for a block and an MMOP_* type. */
  zoneFor(type: number, id: number): Zone {
    const { blocks } = this;
    const pages = blocks.pagesPerBlock;
    return this.policy.zoneFor(
      type,
      blocks.nodeOf(id),
      this.groups.find(blocks.groupOf(id)),
      id * pages,
      pages,
    );
  }

  /** mhp_supports_memmap_on_memory for one block. */
  supportsMemmapOnMemory(): boolean {
    return this.policy.memmapOnMemory !== 'N' && memmapPages(this.blocks.pagesPerBlock) % PAGEBLOCK === 0;
  }

  /**
   * add_memory_driver_managed, and add_memory of the kernels that had only that. EINVAL for a name that is not
   * `System RAM (…)` or an unaligned range, E2BIG beyond the addressable, EEXIST when the range is taken. Then the blocks
   * go online if the policy says so.
   */
  addDriverManaged(
    group: MemoryGroup,
    start: bigint,
    size: bigint,
    resourceName: string,
    { memmapOnMemory }: { readonly memmapOnMemory: boolean },
  ): Errno | undefined {
    const plain = resourceName === 'System RAM' && this.core.profile.dax.kmemResourceName === resourceName;
    if (!plain && !/^System RAM \(.*\)$/.test(resourceName)) return EINVAL;
    if (!mhpRangeAllowed(this, start, size)) return E2BIG;
    const flags = flagBits(IORESOURCE_SYSTEM_RAM, plain ? 0 : IORESOURCE_SYSRAM_DRIVER_MANAGED);
    if (isErrno(requestRegion(this.iomem, start, size, resourceName, flags))) return EEXIST;
    const refused = this.#add(group, start, size, memmapOnMemory && this.supportsMemmapOnMemory());
    if (refused) releaseMemRegionAdjustable(this.iomem, start, size);
    return refused;
  }

  /** add_memory_resource */
  #add(group: MemoryGroup, start: bigint, size: bigint, memmapOnMemory: boolean): Errno | undefined {
    const { blockSize, blocks, nodes, blockDevices } = this;
    if (start % blockSize !== 0n || size % blockSize !== 0n) {
      const [block, from, length] = [blockSize, start, size].map(prefixedHex);
      const range = `start ${from}, size ${length}`;
      this.core.printk.print(KERN_ERR, `Block size [${block}] unaligned hotplug range: ${range}`);
      return EINVAL;
    }
    if (this.groups.find(group.id) !== group) return EINVAL;
    const first = Number(start / blockSize);
    const end = Number((start + size) / blockSize);
    const { node } = group;
    const isNew = !nodes.isOnline(node);
    if (isNew) this.zonelists.build(node);
    for (let id = first; id < end; id++) if (blocks.has(id)) return EEXIST;
    if (this.deviceRanges.overlaps({ start, end: start + size - 1n })) return EEXIST;
    const mapPages = memmapOnMemory ? memmapPages(blocks.pagesPerBlock) : 0;
    if (!memmapOnMemory)
      this.pageMaps.allocate(node, first * blocks.pagesPerBlock, Number(size >> PAGE_SHIFT));
    for (let id = first; id < end; id++) {
      blocks.add(id, node, group.id, mapPages);
      blockDevices.added(id);
    }
    if (isNew) {
      nodes.setOnline(node);
      nodes.register(node);
    }
    for (let id = first; id < end; id++) blockDevices.linkToNode(id);
    if (this.autoOnlineType !== MMOP_OFFLINE) this.#autoOnline(first, end);
    return undefined;
  }

  /** The first block that refuses ends the walk; nobody is told. */
  #autoOnline(first: number, end: number): void {
    for (let id = first; id < end; id++) {
      this.blocks.setOnlineType(id, this.autoOnlineType);
      if (this.blockDevices.online(id)) return;
    }
  }

  /** remove_memory: all or nothing; EBUSY while a block is online. */
  remove(start: bigint, size: bigint): Errno | undefined {
    const { blocks, blockSize, blockDevices } = this;
    const first = Number(start / blockSize);
    const end = Number((start + size) / blockSize);
    for (let id = first; id < end; id++) {
      if (!blocks.isOnline(id)) continue;
      const from = BigInt(id) * blockSize;
      const [a, b] = [from, from + blockSize - 1n].map(n => `0x${hexPad(n, 16)}`);
      this.core.printk.print(KERN_WARNING, `removing memory fails, because memory [${a}-${b}] is onlined`);
      return EBUSY;
    }
    let node: number | undefined;
    for (let id = first; id < end; id++) {
      if (!blocks.has(id)) continue;
      node = blocks.nodeOf(id);
      blockDevices.remove(id);
      this.failures.forget(id);
    }
    this.pageMaps.free(first * blocks.pagesPerBlock);
    releaseMemRegionAdjustable(this.iomem, start, size);
    if (node !== undefined) this.nodes.tryOffline(node);
    return undefined;
  }

  /** What memremap_pages does to a range: EINVAL beyond the addressable, EEXIST over other page structures. */
  addDeviceRange(node: number, start: bigint, size: bigint, owner?: PageMapOwner): Errno | undefined {
    const end = start + size - 1n;
    if (end > this.facts.maxPhysicalAddress) return EINVAL;
    if (this.#hasPageStructures(start, end)) return EEXIST;
    const zone = this.zones.of(node)[ZONE_DEVICE]!;
    zone.grow(Number(start >> PAGE_SHIFT), Number(size >> PAGE_SHIFT));
    this.deviceRanges.add({ node, start, end, owner });
    return undefined;
  }

  /** The zone keeps its span, and thereby the node: the kernel cannot shrink ZONE_DEVICE. */
  removeDeviceRange(start: bigint, _size: bigint): void {
    this.deviceRanges.remove(start);
  }

  /** Whether page structures of the range exist; those of the holes of boot memory can be made. */
  #hasPageStructures(start: bigint, end: bigint): boolean {
    const { blocks, blockSize } = this;
    const last = Number(end / blockSize);
    for (let id = Number(start / blockSize); id <= last; id++)
      if (blocks.has(id) && blocks.presentPagesOf(id) === blocks.pagesPerBlock) return true;
    return this.deviceRanges.overlaps({ start, end });
  }
}

const demotionAttribute = group<MemoryHotplug>(
  {
    demotion_enabled: rw(
      memory => `${memory.demotionEnabled}\n`,
      parsed(kstrtobool, (memory, value) => {
        memory.demotionEnabled = value;
      }),
    ),
  },
  { stable: true },
);
