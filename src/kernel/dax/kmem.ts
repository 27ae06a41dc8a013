import type { Device } from '../base/device.ts';
import type { MemoryGroup } from '../base/memory/memory-group.ts';
import { type OnlineType, onlineTypes } from '../base/memory/online-type.ts';
import { KERN_ERR, KERN_INFO, KERN_WARNING } from '../base/printk.ts';
import { roundUp } from '../lib/bigint.ts';
import { EINVAL, type Errno, isErrno, refusal } from '../lib/errno.ts';
import { byteCount, stringGetSize } from '../lib/format.ts';
import { PAGE_SHIFT } from '../lib/page.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import type { MemoryManagement } from '../mm/memory-management.ts';
import { DEFAULT_DAX_ADISTANCE, type MemoryType, type MemoryTypes } from '../mm/memory-tiers.ts';
import { type Resource, removeResource } from '../resource/resource.ts';
import { type DaxRange, type DevDax, formatMapping } from './dev-dax.ts';
import { DaxDriver } from './driver.ts';
import { addRanges } from './kmem-ranges.ts';
import { addStateAttribute } from './kmem-state.ts';

/** What kmem keeps of a device that it has. */
export interface KmemData {
  /** undefined when there was nothing to add. */
  readonly group: MemoryGroup | undefined;
  readonly type: MemoryType | undefined;
  /** The whole memory blocks of each range that has some, by range index. */
  readonly spans: ReadonlyMap<number, Range>;
  /** The claimed range of each mapping that was added, by range index. */
  readonly resources: Map<number, Resource>;
  /** What was last done to the device as a whole. */
  state: OnlineType | 'unplugged';
}

/** drivers/dax/kmem.c: gives the device's ranges to the kernel as System RAM on their own node. */
export class KmemDriver extends DaxDriver {
  readonly kind = 'kmem';
  /** kmem_memory_types */
  readonly #types: MemoryTypes = new Map();

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
      return refusal(EINVAL, `${dax.name} has no node for its memory (target_node ${node})`);
    }
    const type = memory.tiers.findMemoryType(
      memory.tiers.calculateDistance(node, DEFAULT_DAX_ADISTANCE),
      this.#types,
    );
    const spans = new Map<number, Range>();
    dax.ranges.forEach((range, i) => {
      const span = this.#blocksOf(range);
      if (span) spans.set(i, span);
      else dax.log(KERN_INFO, `${formatMapping(i, range.allocation)} too small after alignment`);
    });
    const total = [...spans.values()].reduce((sum, span) => sum + rangeLength(span), 0n);
    if (total === 0n) return this.#withoutMemory(dax);
    if (total !== dax.size && dax.core.profile.dax.tellsTruncation)
      dax.log(KERN_WARNING, `DAX region truncated by ${stringGetSize(dax.size - total)} due to alignment`);
    memory.tiers.initNodeMemoryType(node, type);
    const group = memory.groups.registerStatic(node, total >> PAGE_SHIFT);
    if (isErrno(group)) {
      memory.tiers.clearNodeMemoryType(node, type);
      return group;
    }
    const state = onlineTypes[memory.policy.autoOnlineType]!;
    const data: KmemData = { group, type, spans, resources: new Map(), state };
    const refused = addRanges(dax, data, state);
    if (refused) {
      memory.groups.unregister(group);
      memory.tiers.clearNodeMemoryType(node, type);
      return refused;
    }
    dax.driverData = data;
    if (dax.core.profile.dax.kmemState) addStateAttribute(dax, data);
    return undefined;
  }

  /** Before there were memory groups, nobody counted: kmem had the device and nothing of it. */
  #withoutMemory(dax: DevDax): Errno | undefined {
    if (dax.core.profile.hotplug.memoryGroups) {
      dax.log(KERN_WARNING, 'rejecting DAX region without any memory after alignment');
      const block = byteCount(this.#memory.blockSize);
      return refusal(EINVAL, `no range of ${dax.name} holds a whole memory block of ${block}`);
    }
    const data: KmemData = {
      group: undefined,
      type: undefined,
      spans: new Map(),
      resources: new Map(),
      state: 'offline',
    };
    dax.driverData = data;
    return undefined;
  }

  /** dev_dax_kmem_remove: range by range; a range with an online block stays until the next reboot. */
  override remove(device: Device): void {
    const dax = device as DevDax;
    const memory = this.#memory;
    const { group, type, spans, resources } = dax.driverData as KmemData;
    const { skipsRangesNotAdded, kmemState } = dax.core.profile.dax;
    let stuck = dax.ranges.length - spans.size;
    for (const [i, span] of spans) {
      const resource = resources.get(i);
      if (!resource && skipsRangesNotAdded) continue;
      const { start } = span;
      const size = rangeLength(span);
      if (resource ? memory.hotplug.remove(start, size) : memory.hotplug.checkOffline(start, size)) {
        stuck++;
        dax.log(
          kmemState ? KERN_WARNING : KERN_ERR,
          `${formatMapping(i, span)} ${kmemState ? 'stuck online until reboot' : 'cannot be hotremoved until the next reboot'}`,
        );
      } else if (resource) removeResource(resource);
    }
    if (stuck > dax.ranges.length - spans.size && kmemState)
      dax.log(KERN_ERR, 'Hotplug regions stuck online until reboot');
    if (!group || stuck > 0) return;
    memory.groups.unregister(group);
    memory.tiers.clearNodeMemoryType(
      dax.targetNode,
      dax.core.profile.memoryTiers === 'fixed' ? type : undefined,
    );
  }

  /** dax_kmem_exit */
  override unregister(): void {
    super.unregister();
    this.#memory.tiers.putMemoryTypes(this.#types);
  }
}
