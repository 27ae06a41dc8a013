import type { Device } from '../base/device.ts';
import type { MemoryGroup } from '../base/memory/memory-group.ts';
import { KERN_ERR, KERN_INFO, KERN_WARNING } from '../base/printk.ts';
import { roundUp } from '../lib/bigint.ts';
import { EBUSY, EINVAL, type Errno, isErrno } from '../lib/errno.ts';
import { stringGetSize } from '../lib/format.ts';
import { PAGE_SHIFT } from '../lib/page.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import type { MemoryManagement } from '../mm/memory-management.ts';
import { DEFAULT_DAX_ADISTANCE } from '../mm/memory-tiers.ts';
import { IORESOURCE_SYSTEM_RAM, type Resource, removeResource, requestRegion } from '../resource/resource.ts';
import { type DaxRange, type DevDax, formatMapping } from './dev-dax.ts';
import { DaxDriver } from './driver.ts';

interface KmemData {
  /** undefined when there was nothing to add. */
  readonly group: MemoryGroup | undefined;
  /** The claimed range of each mapping that was added, by range index. */
  readonly resources: Map<number, Resource>;
}

/** drivers/dax/kmem.c: gives the device's ranges to the kernel as System RAM on their own node. */
export class KmemDriver extends DaxDriver {
  readonly kind = 'kmem';

  /** dax_kmem_range: the whole memory blocks inside a range, or undefined. */
  #blocksOf(range: DaxRange): Range | undefined {
    const { blockSize } = this.#memory;
    const start = roundUp(range.allocation.start, blockSize);
    const end = ((range.allocation.end + 1n) / blockSize) * blockSize - 1n;
    return start < end ? { start, end } : undefined;
  }

  get #memory(): MemoryManagement {
    return this.daxBus.memory;
  }

  /** dev_dax_kmem_probe. EINVAL without a node or (since 5.15) a whole block, EBUSY when the range is claimed, else add_memory's. */
  override probeDax(dax: DevDax): Errno | undefined {
    const memory = this.#memory;
    const node = dax.targetNode;
    if (node < 0) {
      dax.log(KERN_WARNING, `rejecting DAX region with invalid node: ${node}`);
      return EINVAL;
    }
    const type = memory.tiers.findMemoryType(memory.tiers.calculateDistance(node, DEFAULT_DAX_ADISTANCE));
    let total = 0n;
    dax.ranges.forEach((range, i) => {
      const span = this.#blocksOf(range);
      if (span) total += rangeLength(span);
      else dax.log(KERN_INFO, `${formatMapping(i, range.allocation)} too small after alignment`);
    });
    if (total === 0n) return this.#withoutMemory(dax);
    if (total !== dax.size && dax.core.profile.dax.tellsTruncation)
      dax.log(KERN_WARNING, `DAX region truncated by ${stringGetSize(dax.size - total)} due to alignment`);
    memory.tiers.initNodeMemoryType(node, type);
    const group = memory.groups.registerStatic(node, total >> PAGE_SHIFT);
    if (isErrno(group)) {
      memory.tiers.clearNodeMemoryType(node, type);
      return group;
    }
    const resources = new Map<number, Resource>();
    const refused = this.#addRanges(dax, group, resources);
    if (refused) {
      memory.groups.unregister(group);
      memory.tiers.clearNodeMemoryType(node, type);
      return refused;
    }
    dax.driverData = { group, resources } satisfies KmemData;
    return undefined;
  }

  /** Before there were memory groups, nobody counted: kmem had the device and nothing of it. */
  #withoutMemory(dax: DevDax): Errno | undefined {
    if (dax.core.profile.hotplug.memoryGroups) {
      dax.log(KERN_WARNING, 'rejecting DAX region without any memory after alignment');
      return EINVAL;
    }
    dax.driverData = { group: undefined, resources: new Map() } satisfies KmemData;
    return undefined;
  }

  /** Once a range was added, one that cannot be is only warned about. */
  #addRanges(dax: DevDax, group: MemoryGroup, resources: Map<number, Resource>): Errno | undefined {
    const memory = this.#memory;
    const { kmemResourceName } = dax.core.profile.dax;
    for (const [i, range] of dax.ranges.entries()) {
      const span = this.#blocksOf(range);
      if (!span) continue;
      const resource = requestRegion(memory.iomem, span.start, rangeLength(span), dax.name);
      if (isErrno(resource)) {
        dax.log(KERN_WARNING, `${formatMapping(i, span)} could not reserve region`);
        if (resources.size > 0) continue;
        return EBUSY;
      }
      // Not BUSY, so that the memory itself can be claimed inside.
      resource.flags = IORESOURCE_SYSTEM_RAM;
      const refused = memory.hotplug.addDriverManaged(
        group,
        span.start,
        rangeLength(span),
        kmemResourceName,
        {
          memmapOnMemory: dax.memmapOnMemory,
        },
      );
      if (refused) {
        dax.log(KERN_WARNING, `${formatMapping(i, span)} memory add failed`);
        removeResource(resource);
        if (resources.size > 0) continue;
        return refused;
      }
      resources.set(i, resource);
    }
    return undefined;
  }

  /** dev_dax_kmem_remove: range by range; a range with an online block stays until the next reboot. */
  override remove(device: Device): void {
    const dax = device as DevDax;
    const memory = this.#memory;
    const { group, resources } = dax.driverData as KmemData;
    let success = 0;
    for (const [i, range] of dax.ranges.entries()) {
      const span = this.#blocksOf(range);
      if (!span) continue;
      const resource = resources.get(i);
      const { skipsRangesNotAdded } = dax.core.profile.dax;
      if (!resource && skipsRangesNotAdded) {
        success++;
        continue;
      }
      const { start } = span;
      const size = rangeLength(span);
      if (resource ? memory.hotplug.remove(start, size) : memory.hotplug.checkOffline(start, size)) {
        dax.log(KERN_ERR, `${formatMapping(i, span)} cannot be hotremoved until the next reboot`);
        continue;
      }
      if (resource) removeResource(resource);
      success++;
    }
    if (!group || success < dax.ranges.length) return;
    memory.groups.unregister(group);
    memory.tiers.clearNodeMemoryType(dax.targetNode);
  }
}
