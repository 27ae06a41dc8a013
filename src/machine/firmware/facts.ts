import type { CxlWindow } from '../../kernel/cxl/topology.ts';
import type { SoftReserved } from '../../kernel/dax/hmem/hmem.ts';
import type { Range } from '../../kernel/lib/range.ts';
import type { BootNode, MemoryFacts } from '../../kernel/mm/hotplug/memory-facts.ts';
import type { LegacyRange, NfitRange } from '../../kernel/nvdimm/nvdimm.ts';

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
export interface NodeFacts extends BootNode {
  readonly proximityDomain: number;
  /** The node has boot memory (N_MEMORY). */
  readonly hasMemory: boolean;
}

/** Everything that a kernel knows of its machine when early boot is over. Pure data and a look-up. */
export interface FirmwareFacts extends MemoryFacts {
  /** The sanitized memory map after `mem=` and `memmap=`, ascending, without overlaps. */
  readonly e820: readonly E820Entry[];
  /** Ascending. `nodes.at(-1).id + 1` is nr_node_ids. */
  readonly nodes: readonly NodeFacts[];
  /** In address order. */
  readonly softReserved: readonly SoftReserved[];
  /** What is registered for hmem, in that order: with an HMAT the SRAT's memory ranges come before {@link softReserved}. */
  readonly hmemRanges: readonly SoftReserved[];
  /** e820 type 12 ranges: `Persistent Memory (legacy)`. */
  readonly legacyPmem: readonly LegacyRange[];
  readonly nfit: readonly NfitRange[];
  readonly cxlWindows: readonly CxlWindow[];
}
