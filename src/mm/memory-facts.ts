/** What early boot left behind, as far as memory management needs it. The firmware's facts have this shape. */
export interface MemoryFacts {
  /** Bytes per memory block: a power of two of at least 128 MiB. */
  readonly blockSizeBytes: bigint;
  /** Highest mappable physical address: adding memory above it is E2BIG. */
  readonly maxPhysicalAddress: bigint;
  /** Possible nodes, ascending. */
  readonly nodes: readonly BootNode[];
  /** node_distance of two possible nodes. */
  distance(from: number, to: number): number;
  /** Zones populated at boot, in 4 KiB pages; all others are empty. */
  readonly zones: readonly BootZoneFacts[];
  /** Blocks present at boot: online, without group. */
  readonly memoryBlocks: readonly BootBlocks[];
  readonly hmat: readonly TargetPerformance[];
}

export interface BootNode {
  readonly id: number;
  /** CPUs present on the node, ascending. */
  readonly cpus: readonly number[];
  /** Registered at boot: it has CPUs or memory. */
  readonly online: boolean;
}

export interface BootZoneFacts {
  readonly node: number;
  readonly name: 'DMA' | 'DMA32' | 'Normal' | 'Movable';
  readonly startPfn: number;
  readonly spannedPages: number;
  readonly presentPages: number;
  readonly managedPages: number;
}

/** Consecutive blocks that are alike. */
export interface BootBlocks {
  readonly first: number;
  /** Included. */
  readonly last: number;
  /** Nodes with memory in the block, ascending. */
  readonly nodes: readonly number[];
  /** The only zone of the block's pages, or null when there are several. */
  readonly zone: BootZoneFacts['name'] | null;
  /** Fewer than the block holds means holes. */
  readonly presentPages: number;
}

/** struct access_coordinate: MB/s and nanoseconds. */
export interface AccessCoordinate {
  readonly readBandwidth: number;
  readonly writeBandwidth: number;
  readonly readLatency: number;
  readonly writeLatency: number;
}

/** What the HMAT tells of one memory node. */
export interface TargetPerformance {
  readonly node: number;
  /** access0 (any initiator) and access1 (CPUs only). */
  readonly access: readonly {
    readonly initiators: readonly number[];
    readonly coordinate: AccessCoordinate;
  }[];
  /** Abstract distance for the memory tiers; undefined leaves the default. */
  readonly abstractDistance: number | undefined;
}
