import { AccessClasses } from '../acpi/numa/access-classes.ts';
import type { DriverCore } from '../base/core.ts';
import { Cpus } from '../base/cpus.ts';
import { BlockDevices } from '../base/memory/block-devices.ts';
import { BlockTable, NO_ZONE } from '../base/memory/block-table.ts';
import { MemoryGroups } from '../base/memory/memory-group.ts';
import { addBuiltinModule } from '../base/module.ts';
import { Nodes } from '../base/node/nodes.ts';
import type { Directory } from '../fs/directory.ts';
import { PAGE_SHIFT } from '../lib/page.ts';
import type { Resource } from '../resource/resource.ts';
import type { MemoryFacts } from './hotplug/memory-facts.ts';
import { MemoryHotplug } from './hotplug/memory-hotplug.ts';
import { OnlinePolicy, type OnlinePolicyOptions, onlinePolicyParameters } from './hotplug/online-policy.ts';
import { HugePages } from './hugetlb/hugepages.ts';
import { MemoryFailures } from './memory-failure.ts';
import { MemoryTiers } from './memory-tiers.ts';
import { addMempolicy } from './mempolicy.ts';
import { DeviceRanges } from './memremap/device-ranges.ts';
import { PageMaps } from './memremap/page-maps.ts';
import { registerMemorySysctls } from './sysctl.ts';
import { addProcMemory } from './vmstat/proc-memory.ts';
import { zoneNames } from './zones/zone.ts';
import { Zonelists } from './zones/zonelist.ts';
import { Zones } from './zones/zones.ts';

/** Boot parameters; what is left out is the kernel's default. */
export interface HotplugOptions extends OnlinePolicyOptions {
  /** `hugepages=`: 2 MiB pages, on all nodes or by node. */
  readonly hugePages?: number | ReadonlyMap<number, number>;
}

/** mm/ of one machine: its blocks, zones, nodes, groups and tiers, and what acts on them. */
export class MemoryManagement {
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
  readonly hotplug: MemoryHotplug;
  readonly deviceRanges: DeviceRanges;

  constructor(core: DriverCore, iomem: Resource, facts: MemoryFacts, options: HotplugOptions = {}) {
    this.core = core;
    this.iomem = iomem;
    this.facts = facts;
    this.blockSize = facts.blockSizeBytes;
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
    this.groups = new MemoryGroups(node => this.nodes.isPossible(node));
    this.policy = new OnlinePolicy(this, options);
    this.hotplug = new MemoryHotplug(this);
    this.deviceRanges = new DeviceRanges(this);
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
    nodes.booted();
    this.zonelists.build();
    this.zones.setWatermarks(() => nodes.online());
    for (const node of online) nodes.register(node);
    this.tiers.boot(online.filter(node => nodes.hasMemory.has(node)));
    this.accessClasses.boot();
    if (core.profile.hotplug.memoryGroups)
      addBuiltinModule(core, 'memory_hotplug', onlinePolicyParameters, this.policy);
    addMempolicy(this);
    addProcMemory(this);
    registerMemorySysctls(this);
  }

  /** The block of a page frame, present or not. */
  blockOf(pfn: bigint): number {
    return Number((pfn << PAGE_SHIFT) / this.blockSize);
  }
}
