import type { NvdimmFeatures } from '../kernel/nvdimm/nvdimm.ts';
import type { E820Type } from './firmware/facts.ts';

/**
 * A simulated machine as plain data, ready for JSON: what the firmware tells, and the kernel that boots on it.
 * Addresses are hexadecimal text (`0x180000000`), since JSON numbers do not reach far enough; `end` is included.
 */
export interface MachineDescription {
  readonly name: string;
  /** Kernel release, e.g. `6.12.117`; the behaviour is that of its series. */
  readonly kernel: string;
  readonly cmdline: string;
  readonly firmware: FirmwareTables;
  /** Boot loads the modules that devices ask for by their MODALIAS. */
  readonly autoload?: boolean;
  /** Shell commands to run after that, in order, before anybody looks: first of all those that load modules. */
  readonly before: readonly string[];
  readonly options: MachineOptions;
}

/** Settings of the simulation that no firmware table holds. */
export interface MachineOptions {
  /** Bytes per memory block where the kernel's own rule is not wanted: a power of two of at least 128 MiB. */
  readonly memoryBlockSize?: number | undefined;
  /** Bits of a physical address, 36 to 52: bounds what can be hot-added. */
  readonly physicalAddressBits?: number | undefined;
  /** No hypervisor underneath: memory blocks of machines with 64 GiB and more are 2 GiB. */
  readonly bareMetal?: boolean | undefined;
  /** What /dev/daxX.Y is: a character device node, or a regular file that can be mapped through FUSE. */
  readonly devNodes?: 'node' | 'file' | undefined;
  /** Ranges with uncorrectable errors at boot. */
  readonly poison?: readonly RangeEntry[] | undefined;
  /** `compat`: device-dax as a class of its own (`/sys/class/dax`), on kernels that had it. */
  readonly classModel?: 'bus' | 'compat' | undefined;
  /** What persistent memory can do beyond the emulated boards that most people test on. */
  readonly nvdimm?: Omit<NvdimmFeatures, 'classModel'> | undefined;
}

export interface RangeEntry {
  readonly start: string;
  readonly end: string;
}

/** The firmware's tables. Nodes are ACPI proximity domains here; the kernel numbers its own. */
export interface FirmwareTables {
  /** The e820 memory map as the firmware gives it. */
  readonly memoryMap: readonly MemoryMapEntry[];
  readonly cpus: readonly CpuEntry[];
  /** SRAT memory affinity entries, in table order. */
  readonly srat: readonly SratEntry[];
  /** Indexed by proximity domain. Empty: no SLIT. */
  readonly slit: readonly (readonly number[])[];
  readonly hmat?: HmatTable | undefined;
  readonly nvdimms: readonly NvdimmEntry[];
  readonly cxlWindows: readonly CxlWindowEntry[];
}

export interface MemoryMapEntry extends RangeEntry {
  readonly type: E820Type;
}

export interface CpuEntry {
  readonly cpu: number;
  readonly proximityDomain: number;
}

export interface SratEntry extends RangeEntry {
  readonly proximityDomain: number;
  readonly hotplug?: boolean;
  readonly nonVolatile?: boolean;
}

/** A DIMM, alone in its region. The NFIT names the region's range and domain. */
export interface NvdimmEntry extends RangeEntry {
  readonly proximityDomain: number;
  /** Bytes of the DIMM, and of its label area (0: none). */
  readonly size: number;
  readonly labelSize: number;
  /** The label area is valid and empty, as after `ndctl init-labels`. */
  readonly labelsInitialized?: boolean;
}

export interface CxlWindowEntry extends RangeEntry {
  /** The host bridges that the window interleaves over. */
  readonly ways?: number;
}

export interface HmatTable {
  /** Memory proximity domain attributes: target domain to its attached initiator domain. */
  readonly initiators: Readonly<Record<string, number>>;
  readonly localities: readonly HmatLocality[];
}

/** One value of a System Locality Latency and Bandwidth structure for memory. */
export interface HmatLocality {
  readonly initiator: number;
  readonly target: number;
  readonly kind: HmatKind;
  /** Nanoseconds, or MB/s. */
  readonly value: number;
}

export const hmatKinds = [
  'access-latency',
  'read-latency',
  'write-latency',
  'access-bandwidth',
  'read-bandwidth',
  'write-bandwidth',
] as const;
export type HmatKind = (typeof hmatKinds)[number];

/** What is wrong in a machine file, and where: `nodes[1].ram`. */
export interface MachineError {
  readonly path: string;
  readonly message: string;
  /** Line in the file, from 1, where it is known. */
  readonly line?: number;
}

/** Whether what should be a machine is everything that is wrong with it. */
export function isErrors(outcome: MachineDescription | MachineError[]): outcome is MachineError[] {
  return Array.isArray(outcome);
}

/** `FILE:LINE: PATH: MESSAGE`, as compilers print and editors understand. */
export function formatMachineError(file: string, { path, message, line }: MachineError): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}
