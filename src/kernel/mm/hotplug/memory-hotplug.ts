import type { DriverCore } from '../../base/core.ts';
import type { MemoryGroup } from '../../base/memory/memory-group.ts';
import {
  MMOP_OFFLINE,
  MMOP_ONLINE_KERNEL,
  MMOP_ONLINE_MOVABLE,
  type OnlineType,
  onlineTypes,
} from '../../base/memory/online-type.ts';
import { KERN_ERR, KERN_WARNING } from '../../base/printk.ts';
import { E2BIG, EBUSY, EEXIST, EINVAL, type Errno, isErrno, refusal } from '../../lib/errno.ts';
import { hexPad, prefixedHex } from '../../lib/format.ts';
import { PAGE_SHIFT } from '../../lib/page.ts';
import { type Range, rangeLength } from '../../lib/range.ts';
import {
  flagBits,
  IORESOURCE_SYSRAM_DRIVER_MANAGED,
  IORESOURCE_SYSTEM_RAM,
  releaseMemRegionAdjustable,
  requestRegion,
} from '../../resource/resource.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { memmapPages } from '../memremap/altmap.ts';
import { ZONE_MOVABLE } from '../zones/zone.ts';
import type { MemoryFacts } from './memory-facts.ts';

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

const span = (start: bigint, size: bigint): string =>
  `${prefixedHex(start)}-${prefixedHex(start + size - 1n)}`;

interface AddOptions {
  /** Wanted, where the system and the policy can. */
  readonly memmapOnMemory: boolean;
  /** As what the blocks go online; by the policy when left out. */
  readonly online?: OnlineType;
}

/** mm/memory_hotplug.c: memory that comes and goes, in whole blocks. */
export class MemoryHotplug {
  readonly #memory: MemoryManagement;

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
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
    options: AddOptions,
  ): Errno | undefined {
    const plain =
      resourceName === 'System RAM' && this.#memory.core.profile.dax.kmemResourceName === resourceName;
    if (!plain && !/^System RAM \(.*\)$/.test(resourceName))
      return refusal(EINVAL, `${resourceName} is no name for memory of a driver`);
    if (!mhpRangeAllowed(this.#memory, start, size)) return refusal(E2BIG, 'beyond what can be addressed');
    const flags = flagBits(IORESOURCE_SYSTEM_RAM, plain ? 0 : IORESOURCE_SYSRAM_DRIVER_MANAGED);
    if (isErrno(requestRegion(this.#memory.iomem, start, size, resourceName, flags)))
      return refusal(EEXIST, `${span(start, size)} is claimed in iomem`);
    const refused = this.#add(group, start, size, options);
    if (refused) releaseMemRegionAdjustable(this.#memory.iomem, start, size);
    return refused;
  }

  /** add_memory_resource */
  #add(group: MemoryGroup, start: bigint, size: bigint, options: AddOptions): Errno | undefined {
    const { blockSize, blocks, nodes, blockDevices, groups, policy, pageMaps, deviceRanges } = this.#memory;
    if (start % blockSize !== 0n || size % blockSize !== 0n) {
      const [block, from, length] = [blockSize, start, size].map(prefixedHex);
      const range = `start ${from}, size ${length}`;
      this.#memory.core.printk.print(KERN_ERR, `Block size [${block}] unaligned hotplug range: ${range}`);
      return refusal(EINVAL, `${range} is no multiple of the block size, ${block}`);
    }
    if (groups.find(group.id) !== group) return refusal(EINVAL, 'the memory group is gone');
    const first = Number(start / blockSize);
    const end = Number((start + size) / blockSize);
    const { node } = group;
    const isNew = !nodes.isOnline(node);
    if (isNew) this.#memory.zonelists.build(node);
    for (let id = first; id < end; id++) if (blocks.has(id)) return refusal(EEXIST, `memory${id} exists`);
    if (deviceRanges.overlaps({ start, end: start + size - 1n }))
      return refusal(EEXIST, `${span(start, size)} has page structures of a device`);
    const memmapOnMemory = options.memmapOnMemory && policy.supportsMemmapOnMemory();
    const mapPages = memmapOnMemory ? memmapPages(blocks.pagesPerBlock) : 0;
    if (!memmapOnMemory) pageMaps.allocate(node, first * blocks.pagesPerBlock, Number(size >> PAGE_SHIFT));
    const before = this.#memory.core.profile.node.addedBeforeBlocks;
    if (isNew && before) this.#addNode(node);
    for (let id = first; id < end; id++) {
      blocks.add(id, node, group.id, mapPages);
      blockDevices.added(id);
    }
    if (isNew && !before) this.#addNode(node);
    for (let id = first; id < end; id++) blockDevices.linkToNode(id);
    const type = options.online ? onlineTypes.indexOf(options.online) : policy.autoOnlineType;
    if (type !== MMOP_OFFLINE) this.#online(first, end, type);
    return undefined;
  }

  #addNode(node: number): void {
    this.#memory.nodes.setOnline(node);
    this.#memory.nodes.register(node);
  }

  /** The first block that refuses ends the walk; nobody is told. */
  #online(first: number, end: number, type: number): void {
    const { blocks, blockDevices } = this.#memory;
    for (let id = first; id < end; id++) {
      blocks.setOnlineType(id, type);
      if (blockDevices.online(id)) return;
    }
  }

  /** check_memblock_offlined: says so and answers EBUSY when a block of the range is online. */
  checkOffline(start: bigint, size: bigint): Errno | undefined {
    const { blocks, blockSize } = this.#memory;
    const end = Number((start + size) / blockSize);
    for (let id = Number(start / blockSize); id < end; id++) {
      if (!blocks.isOnline(id)) continue;
      const from = BigInt(id) * blockSize;
      const [a, b] = [from, from + blockSize - 1n].map(n => `0x${hexPad(n, 16)}`);
      this.#memory.core.printk.print(
        KERN_WARNING,
        `removing memory fails, because memory [${a}-${b}] is onlined`,
      );
      return refusal(EBUSY, `memory${id} is online: offline it first`);
    }
    return undefined;
  }

  /**
   * offline_and_remove_memory for several ranges: EBUSY when a block cannot go offline; those that did are brought back as
   * they were.
   */
  offlineAndRemove(ranges: readonly Range[]): Errno | undefined {
    const { blocks, blockDevices, blockSize } = this.#memory;
    const offlined: { readonly id: number; readonly type: number }[] = [];
    for (const { start, end } of ranges) {
      for (let id = Number(start / blockSize); id <= Number(end / blockSize); id++) {
        if (!blocks.isOnline(id)) continue;
        const type = blocks.zoneOf(id) === ZONE_MOVABLE ? MMOP_ONLINE_MOVABLE : MMOP_ONLINE_KERNEL;
        const refused = blockDevices.offline(id);
        if (refused && refused !== 'already') {
          for (const block of offlined) {
            blocks.setOnlineType(block.id, block.type);
            blockDevices.online(block.id);
          }
          return refused;
        }
        offlined.push({ id, type });
      }
    }
    for (const range of ranges) this.remove(range.start, rangeLength(range));
    return undefined;
  }

  /** remove_memory: all or nothing; EBUSY while a block is online. */
  remove(start: bigint, size: bigint): Errno | undefined {
    const { blocks, blockSize, blockDevices, failures, nodes, pageMaps } = this.#memory;
    const refused = this.checkOffline(start, size);
    if (refused) return refused;
    const first = Number(start / blockSize);
    const end = Number((start + size) / blockSize);
    let node: number | undefined;
    for (let id = first; id < end; id++) {
      if (!blocks.has(id)) continue;
      node = blocks.nodeOf(id);
      blockDevices.remove(id);
      failures.forget(id);
    }
    pageMaps.free(first * blocks.pagesPerBlock);
    releaseMemRegionAdjustable(this.#memory.iomem, start, size);
    if (node !== undefined) nodes.tryOffline(node);
    return undefined;
  }
}
