import type { DriverCore } from '../base/core.ts';
import type { Errno, Result } from '../lib/errno.ts';
import type { MemoryFacts } from './memory-facts.ts';

export const onlineTypes = ['offline', 'online', 'online_kernel', 'online_movable'] as const;
/** MMOP_*, as `state` and `auto_online_blocks` spell them. */
export type OnlineType = (typeof onlineTypes)[number];

/** Boot parameters; what is left out is the kernel's default. */
export interface HotplugOptions {
  /** `memhp_default_state=`; default: the profile's autoOnlineDefault. */
  readonly autoOnline?: OnlineType;
  /** `memory_hotplug.online_policy=` */
  readonly onlinePolicy?: 'contig-zones' | 'auto-movable';
  readonly autoMovableRatio?: number;
  readonly autoMovableNumaAware?: boolean;
  /** `memory_hotplug.memmap_on_memory=` */
  readonly memmapOnMemory?: 'Y' | 'N' | 'force';
  /** `movable_node` */
  readonly movableNode?: boolean;
}

/** drivers/base/memory.c `struct memory_group` of a device that hands over all its memory. */
export interface MemoryGroup {
  readonly id: number;
  readonly node: number;
  readonly maxPages: bigint;
}

/** mm/memory-tiers.c `struct memory_dev_type` */
export interface MemoryType {
  readonly abstractDistance: number;
}

/** 576 × 5: the distance of dax memory when nobody knows better. */
export const DEFAULT_DAX_ADISTANCE = 2880;

export interface MemoryTiers {
  /** mt_calc_adistance: the distance that the HMAT gives a node, else `fallback`. */
  calculateDistance(node: number, fallback: number): number;
  /** mt_find_alloc_memory_type: one type for each distance. */
  findMemoryType(abstractDistance: number): MemoryType;
  /** init_node_memory_type */
  initNodeMemoryType(node: number, type: MemoryType): void;
  /** clear_node_memory_type; without a type, whatever the node has. */
  clearNodeMemoryType(node: number, type?: MemoryType): void;
}

export interface NodeStates {
  isPossible(node: number): boolean;
  isOnline(node: number): boolean;
  /** numa_map_to_online_node: the node itself, or the nearest one online; −1 stays −1. */
  nearestOnline(node: number): number;
}

/** Where ZONE_DEVICE pages come from: answers a poisoned page of a page map. */
export interface PageMapOwner {
  /** pagemap_ops.memory_failure: SIGBUS to those who map it. */
  memoryFailure(address: bigint): Errno | undefined;
}

/** mm/memory_hotplug.c: the memory blocks, nodes, zones, groups and tiers of one machine. */
export interface MemoryHotplugApi {
  readonly core: DriverCore;
  readonly facts: MemoryFacts;
  /** Bytes. */
  readonly blockSize: bigint;
  readonly nodes: NodeStates;
  readonly tiers: MemoryTiers;
  /** mhp_supports_memmap_on_memory for one block. */
  supportsMemmapOnMemory(): boolean;
  /** EINVAL for an impossible node or no pages. */
  registerStaticGroup(node: number, maxPages: bigint): Result<MemoryGroup>;
  unregisterGroup(group: MemoryGroup): void;
  /** EINVAL, E2BIG, EEXIST as the kernel orders them; onlines the blocks when the policy says so. */
  addDriverManaged(
    group: MemoryGroup,
    start: bigint,
    size: bigint,
    resourceName: string,
    options: { readonly memmapOnMemory: boolean },
  ): Errno | undefined;
  /** EBUSY while a block is online. */
  remove(start: bigint, size: bigint): Errno | undefined;
  /** The ZONE_DEVICE part of memremap_pages: EEXIST over memory that has page structures already. */
  addDeviceRange(node: number, start: bigint, size: bigint, owner?: PageMapOwner): Errno | undefined;
  removeDeviceRange(start: bigint, size: bigint): void;
}
