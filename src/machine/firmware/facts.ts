import type { Range } from '../../lib/range.ts';

/** A physical range and the NUMA node it belongs to; -1 when the firmware names none. */
export interface NodeRange extends Range {
  readonly node: number;
}

/** enum e820_type, by name. */
export type E820Type =
  | 'usable'
  | 'reserved'
  | 'ACPI data'
  | 'ACPI NVS'
  | 'unusable'
  | 'persistent (type 7)'
  | 'persistent (type 12)'
  | 'soft reserved';

export interface E820Entry extends Range {
  readonly type: E820Type;
}

/** A possible node (`/sys/devices/system/node/possible`). */
export interface NodeFacts {
  readonly id: number;
  readonly proximityDomain: number;
  /** CPUs present on the node, ascending. */
  readonly cpus: readonly number[];
  /** The node has boot memory (N_MEMORY). */
  readonly hasMemory: boolean;
  /** Registered at boot: it has CPUs or boot memory. */
  readonly online: boolean;
}

export type BootZoneName = 'DMA' | 'DMA32' | 'Normal' | 'Movable';

/** A zone populated at boot. Counts are 4 KiB pages; other zones of the node are empty (spanned 0, no start). */
export interface BootZone {
  readonly node: number;
  readonly name: BootZoneName;
  readonly startPfn: number;
  readonly spannedPages: number;
  readonly presentPages: number;
  /** An estimate: what the kernel image, the page map and early allocations leave to the page allocator. */
  readonly managedPages: number;
}

/**
 * Consecutive memory blocks that are alike, so that a machine of 500,000 blocks is a handful of runs.
 * Blocks present at boot are online, belong to no memory group, and may cover less than their span.
 */
export interface BootBlockRun {
  readonly first: number;
  /** Last block id, included. */
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
export interface HmatTarget {
  readonly node: number;
  /** access0: best initiator of any kind. access1: best initiator with CPUs. */
  readonly access: readonly [AccessClass, AccessClass];
  /** Performance based distance for memory tiers (tier index = distance / 128); undefined leaves the default. */
  readonly abstractDistance: number | undefined;
}

export interface SoftReservedRange extends Range {
  /** phys_to_target_node of the start; -1 when no table names it. */
  readonly targetNode: number;
}

/** A region that the NFIT describes: interleaved over `dimms`. Start and length are what the SPA table says. */
export interface NfitRange extends Range {
  readonly targetNode: number;
  readonly dimms: readonly NvdimmFacts[];
}

export interface NvdimmFacts {
  readonly sizeBytes: bigint;
  /** 0: the DIMM holds no labels. */
  readonly labelBytes: bigint;
}

/** A CXL fixed memory window (CFMWS). */
export interface CxlWindow extends Range {
  readonly targetNode: number;
  /** Host bridges that it interleaves over. */
  readonly ways: number;
}

/** Everything that a kernel knows of its machine when early boot is over. Pure data and a look-up. */
export interface FirmwareFacts {
  /** The sanitized memory map after `mem=` and `memmap=`, ascending, without overlaps. */
  readonly e820: readonly E820Entry[];
  /** Highest mappable physical address: adding memory above it is E2BIG. */
  readonly maxPhysicalAddress: bigint;
  /** Possible nodes, ascending. `nodes.at(-1).id + 1` is nr_node_ids. */
  readonly nodes: readonly NodeFacts[];
  /** node_distance of two possible nodes. */
  distance(from: number, to: number): number;
  /** Boot RAM by node (memblock.memory after the SRAT), ascending, in whole pages. */
  readonly memory: readonly NodeRange[];
  readonly zones: readonly BootZone[];
  /** Bytes per memory block. */
  readonly blockSizeBytes: bigint;
  readonly memoryBlocks: readonly BootBlockRun[];
  /** In address order. */
  readonly softReserved: readonly SoftReservedRange[];
  /**
   * What is registered for hmem, in address order: as {@link softReserved}, but with an HMAT the SRAT's memory ranges
   * come first. hmem makes devices of those that are soft reserved and nothing else.
   */
  readonly hmemRanges: readonly SoftReservedRange[];
  /** e820 type 12 ranges: `Persistent Memory (legacy)`. */
  readonly legacyPmem: readonly NodeRange[];
  readonly nfit: readonly NfitRange[];
  readonly cxlWindows: readonly CxlWindow[];
  /** One for each HMAT target with performance data; empty without an HMAT. */
  readonly hmat: readonly HmatTarget[];
}
