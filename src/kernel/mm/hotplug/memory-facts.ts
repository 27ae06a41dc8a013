import type { Range } from '../../lib/range.ts';

/** A physical range and the NUMA node it belongs to; -1 when the firmware names none. */
export interface NodeRange extends Range {
  readonly node: number;
}

/** What early boot left behind, as far as memory management needs it. */
export interface MemoryFacts {
  /** Bytes per memory block: a power of two of at least 128 MiB. */
  readonly blockSizeBytes: bigint;
  /** Highest mappable physical address: adding memory above it is E2BIG. */
  readonly maxPhysicalAddress: bigint;
  /** Possible nodes, ascending. */
  readonly nodes: readonly BootNode[];
  /** node_distance of two possible nodes. */
  distance(from: number, to: number): number;
  /** Boot RAM by node (memblock.memory after the SRAT), ascending, in whole pages. */
  readonly memory: readonly NodeRange[];
  /** Zones populated at boot; all others are empty (spanned 0, no start). */
  readonly zones: readonly BootZone[];
  /** Blocks present at boot: online, without group. */
  readonly memoryBlocks: readonly BootBlocks[];
  /** One for each HMAT target with performance data; empty without an HMAT. */
  readonly hmat: readonly TargetPerformance[];
}

export interface BootNode {
  readonly id: number;
  /** CPUs present on the node, ascending. */
  readonly cpus: readonly number[];
  /** Registered at boot: it has CPUs or memory. */
  readonly online: boolean;
}

export type BootZoneName = 'DMA' | 'DMA32' | 'Normal' | 'Movable';

/** A zone populated at boot. Counts are 4 KiB pages. */
export interface BootZone {
  readonly node: number;
  readonly name: BootZoneName;
  readonly startPfn: number;
  readonly spannedPages: number;
  readonly presentPages: number;
  /** An estimate: what the kernel image, the page map and early allocations leave to the page allocator. */
  readonly managedPages: number;
}

/** Consecutive blocks that are alike, so that a machine of 500,000 blocks is a handful of these. */
export interface BootBlocks {
  readonly first: number;
  /** Included. */
  readonly last: number;
  /** Nodes with memory in the block, ascending: a `nodeN` link for each. Usually one. */
  readonly nodes: readonly number[];
  /** The only zone that the block's pages are in, or null (`valid_zones` is `none`, offlining is EINVAL). */
  readonly zone: BootZoneName | null;
  /** Boot memory in each block, in pages. Fewer than the block holds means holes: offlining is EINVAL. */
  readonly presentPages: number;
}

/** struct access_coordinate: bandwidths in MB/s, latencies in nanoseconds. */
export interface AccessCoordinate {
  readonly readBandwidth: number;
  readonly writeBandwidth: number;
  readonly readLatency: number;
  readonly writeLatency: number;
}

/** `nodeN/accessM`: the best initiators of a target node and what they get. */
export interface AccessClass {
  /** Initiator nodes, ascending. */
  readonly initiators: readonly number[];
  readonly coordinate: AccessCoordinate;
}

/** What the HMAT tells of one memory node. */
export interface TargetPerformance {
  readonly node: number;
  /** access0: best initiator of any kind. access1: best initiator with CPUs. */
  readonly access: readonly AccessClass[];
  /** Performance based distance for memory tiers (tier index = distance / 128); undefined leaves the default. */
  readonly abstractDistance: number | undefined;
}
