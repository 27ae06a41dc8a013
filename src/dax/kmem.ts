import type { Device } from '../base/device.ts';
import { KERN_ERR, KERN_INFO, KERN_WARNING } from '../base/printk.ts';
import { EBUSY, EINVAL, type Errno, isErrno } from '../lib/errno.ts';
import { DEFAULT_DAX_ADISTANCE, type MemoryGroup, type MemoryHotplug } from '../mm/memory-hotplug.ts';
import { IORESOURCE_SYSTEM_RAM, type Resource, removeResource, requestRegion } from '../mm/resource.ts';
import { type DaxRange, type DevDax, PAGE_SHIFT } from './dev-dax.ts';
import { DaxDriver } from './driver.ts';

const RESOURCE_NAME = 'System RAM (kmem)';

interface Span {
  readonly start: bigint;
  /** Inclusive. */
  readonly end: bigint;
}

interface KmemData {
  readonly group: MemoryGroup;
  /** The claimed range of each mapping that was added, by range index. */
  readonly resources: Map<number, Resource>;
}

const format = (index: number, { start, end }: Span): string =>
  `mapping${index}: 0x${start.toString(16)}-0x${end.toString(16)}`;

const length = ({ start, end }: Span): bigint => end - start + 1n;

/** drivers/dax/kmem.c: gives the device's ranges to the kernel as System RAM on their own node. */
export class KmemDriver extends DaxDriver {
  readonly kind = 'kmem';

  /** dax_kmem_range: the whole memory blocks inside a range, or undefined. */
  #blocksOf(range: DaxRange): Span | undefined {
    const { blockSize } = this.#memory;
    const start = ((range.allocation.start + blockSize - 1n) / blockSize) * blockSize;
    const end = ((range.allocation.end + 1n) / blockSize) * blockSize - 1n;
    return start < end ? { start, end } : undefined;
  }

  get #memory(): MemoryHotplug {
    return this.daxBus.memory;
  }

  /** dev_dax_kmem_probe. EINVAL without a node or a whole block, EBUSY when the range is claimed, else add_memory's. */
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
      if (span) total += length(span);
      else dax.log(KERN_INFO, `${format(i, range.allocation)} too small after alignment`);
    });
    if (total === 0n) {
      dax.log(KERN_WARNING, 'rejecting DAX region without any memory after alignment');
      return EINVAL;
    }
    memory.tiers.initNodeMemoryType(node, type);
    const group = memory.registerStaticGroup(node, total >> PAGE_SHIFT);
    if (isErrno(group)) {
      memory.tiers.clearNodeMemoryType(node, type);
      return group;
    }
    const data: KmemData = { group, resources: new Map() };
    const refused = this.#addRanges(dax, data);
    if (refused) {
      memory.unregisterGroup(group);
      memory.tiers.clearNodeMemoryType(node, type);
      return refused;
    }
    dax.driverData = data;
    return undefined;
  }

  /** Once a range was added, one that cannot be is only warned about. */
  #addRanges(dax: DevDax, { group, resources }: KmemData): Errno | undefined {
    const memory = this.#memory;
    for (const [i, range] of dax.ranges.entries()) {
      const span = this.#blocksOf(range);
      if (!span) continue;
      const resource = requestRegion(memory.iomem, span.start, length(span), dax.name);
      if (isErrno(resource)) {
        dax.log(KERN_WARNING, `${format(i, span)} could not reserve region`);
        if (resources.size > 0) continue;
        return EBUSY;
      }
      // Not BUSY, so that the memory itself can be claimed inside.
      resource.flags = IORESOURCE_SYSTEM_RAM;
      const refused = memory.addDriverManaged(group, span.start, length(span), RESOURCE_NAME, {
        memmapOnMemory: dax.memmapOnMemory,
      });
      if (refused) {
        dax.log(KERN_WARNING, `${format(i, span)} memory add failed`);
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
      if (!resource) {
        success++;
        continue;
      }
      if (memory.remove(span.start, length(span))) {
        dax.log(KERN_ERR, `${format(i, span)} cannot be hotremoved until the next reboot`);
        continue;
      }
      removeResource(resource);
      success++;
    }
    if (success < dax.ranges.length) return;
    memory.unregisterGroup(group);
    memory.tiers.clearNodeMemoryType(dax.targetNode);
  }
}
