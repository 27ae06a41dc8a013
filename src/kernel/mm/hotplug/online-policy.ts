import type { MemoryGroup } from '../../base/memory/memory-group.ts';
import {
  MMOP_ONLINE_KERNEL,
  MMOP_ONLINE_MOVABLE,
  type OnlineType,
  onlineTypes,
} from '../../base/memory/online-type.ts';
import { group, parsed, ro, rw } from '../../fs/attribute.ts';
import { dec, yesNo } from '../../lib/format.ts';
import { kstrtobool, kstrtouint, sysfsMatchString } from '../../lib/kstrtox.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { memmapPages } from '../memremap/altmap.ts';
import { ZONE_MOVABLE, type Zone } from '../zones/zone.ts';
import { PAGEBLOCK } from '../zones/zone-buddy.ts';

type Memory = Pick<MemoryManagement, 'core' | 'zones' | 'blocks' | 'groups'>;

const POLICIES = ['contig-zones', 'auto-movable'] as const;
type OnlinePolicyName = (typeof POLICIES)[number];

type MemmapOnMemoryMode = 'Y' | 'N' | 'force';

/** What the command line says; what is left out is the kernel's default. */
export interface OnlinePolicyOptions {
  /** `memhp_default_state=` */
  readonly autoOnline?: OnlineType;
  /** `memory_hotplug.online_policy=` */
  readonly onlinePolicy?: OnlinePolicyName;
  /** `memory_hotplug.auto_movable_ratio=`, percent */
  readonly autoMovableRatio?: number;
  /** `memory_hotplug.auto_movable_numa_aware=` */
  readonly autoMovableNumaAware?: boolean;
  /** `memory_hotplug.memmap_on_memory=` */
  readonly memmapOnMemory?: MemmapOnMemoryMode;
  /** `movable_node` */
  readonly movableNode?: boolean;
}

/** The parameters of /sys/module/memory_hotplug, and the zone that a block goes online to. */
export class OnlinePolicy {
  readonly #memory: Memory;
  readonly #movableNode: boolean;
  /** MMOP_* that added blocks go online with. */
  autoOnlineType: number;
  readonly memmapOnMemory: MemmapOnMemoryMode;
  policy: OnlinePolicyName;
  /** Percent of early kernel memory that may be Movable. */
  autoMovableRatio: number;
  autoMovableNumaAware: boolean;

  constructor(memory: Memory, options: OnlinePolicyOptions) {
    this.#memory = memory;
    const { autoOnlineDefault } = memory.core.profile.hotplug;
    this.autoOnlineType = onlineTypes.indexOf(options.autoOnline ?? autoOnlineDefault);
    this.#movableNode = options.movableNode ?? false;
    this.policy = options.onlinePolicy ?? 'contig-zones';
    this.autoMovableRatio = options.autoMovableRatio ?? 301;
    this.autoMovableNumaAware = options.autoMovableNumaAware ?? true;
    this.memmapOnMemory = options.memmapOnMemory ?? 'N';
  }

  /** mhp_supports_memmap_on_memory for one block. */
  supportsMemmapOnMemory(): boolean {
    const { pagesPerBlock } = this.#memory.blocks;
    return this.memmapOnMemory !== 'N' && memmapPages(pagesPerBlock) % PAGEBLOCK === 0;
  }

  /** zone_for_pfn_range for a block and an MMOP_* type. */
  zoneFor(type: number, id: number): Zone {
    const { blocks, groups } = this.#memory;
    const pages = blocks.pagesPerBlock;
    const node = blocks.nodeOf(id);
    const pfn = id * pages;
    if (type === MMOP_ONLINE_KERNEL) return this.#memory.zones.defaultKernel(node, pfn, pages);
    if (type === MMOP_ONLINE_MOVABLE) return this.#memory.zones.movable(node);
    return this.policy === 'auto-movable'
      ? this.#autoMovable(node, groups.find(blocks.groupOf(id)), pfn, pages)
      : this.#contiguous(node, pfn, pages);
  }

  /** default_zone_for_pfn */
  #contiguous(node: number, pfn: number, pages: number): Zone {
    const kernel = this.#memory.zones.defaultKernel(node, pfn, pages);
    const movable = this.#memory.zones.movable(node);
    const inKernel = kernel.intersects(pfn, pages);
    if (inKernel !== movable.intersects(pfn, pages)) return inKernel ? kernel : movable;
    return this.#movableNode ? movable : kernel;
  }

  /** auto_movable_zone_for_pfn: a static group counts with all that it may still bring online. */
  #autoMovable(node: number, group: MemoryGroup | undefined, pfn: number, pages: number): Zone {
    const kernel = this.#memory.zones.defaultKernel(node, pfn, pages);
    if (this.autoMovableRatio === 0 || (group && group.presentKernelPages > 0)) return kernel;
    const needed = group ? Number(group.maxPages) - group.presentMovablePages : pages;
    if (!this.#canBeMovable(this.#memory.zones.all(), needed)) return kernel;
    if (this.autoMovableNumaAware && !this.#canBeMovable(this.#memory.zones.of(node), needed)) return kernel;
    return this.#memory.zones.movable(node);
  }

  /** auto_movable_can_online_movable */
  #canBeMovable(zones: Iterable<Zone>, needed: number): boolean {
    let early = 0;
    let movable = 0;
    for (const zone of zones) {
      if (zone.index === ZONE_MOVABLE) movable += zone.presentPages;
      else early += zone.presentEarlyPages;
    }
    return early > 0 && movable + needed <= Math.floor((this.autoMovableRatio * early) / 100);
  }
}

export const onlinePolicyParameters = group<OnlinePolicy>(
  {
    auto_movable_numa_aware: rw(
      policy => yesNo(policy.autoMovableNumaAware),
      parsed(kstrtobool, (policy, value) => {
        policy.autoMovableNumaAware = value;
      }),
    ),
    auto_movable_ratio: rw(
      policy => dec(policy.autoMovableRatio),
      parsed(kstrtouint, (policy, value) => {
        policy.autoMovableRatio = value;
      }),
    ),
    memmap_on_memory: ro(policy => `${policy.memmapOnMemory}\n`),
    online_policy: rw(
      policy => `${policy.policy}\n`,
      parsed(
        text => sysfsMatchString(POLICIES, text),
        (policy, value) => {
          policy.policy = value;
        },
      ),
    ),
  },
  { stable: true },
);
