import type { AcpiBus } from '../acpi/acpi.ts';
import type { AddressRangeScrub } from '../acpi/nfit/scrub.ts';
import type { DeviceClass } from '../base/class.ts';
import type { DriverCore } from '../base/core.ts';
import type { PlatformBus } from '../base/platform.ts';
import { BlockLayer } from '../block/block-layer.ts';
import type { DaxBus } from '../dax/bus.ts';
import { EBUSY, EINVAL, ENODEV, type Errno, isErrno, type Result, refusal } from '../lib/errno.ts';
import type { IdAllocator } from '../lib/id-allocator.ts';
import { byStart, isCovered, type Range } from '../lib/range.ts';
import type { Timer } from '../lib/timer.ts';
import { Nvdimm } from './dimm.ts';
import { type DimmFacts, DimmHardware } from './dimm-hardware.ts';
import type { LabelArea, LabelVersion } from './label-area.ts';
import type { NdBus } from './nd-bus.ts';
import { PersistentMemory } from './persistent-memory.ts';
import type { SecurityState } from './security.ts';

/** A range of the NFIT, interleaved over its DIMMs. */
export interface NfitRange extends Range {
  /** −1 when the firmware names none. */
  readonly targetNode: number;
  readonly dimms: readonly DimmFacts[];
}

/** A range of the memory map that is persistent, and that nothing else describes. */
export interface LegacyRange extends Range {
  readonly node: number;
}

/** What the hardware can do beyond what the emulated boards of most testers can. */
export interface NvdimmFeatures {
  /** The platform scrubs, and clears errors on command. */
  readonly addressRangeScrub?: boolean | undefined;
  /** All DIMMs have a passphrase. */
  readonly security?:
    | {
        readonly state: SecurityState;
        readonly frozen?: boolean;
        /** Key ring ids with the right passphrase. */
        readonly keys?: readonly number[];
      }
    | undefined;
  /** CONFIG_DEV_DAX_PMEM_COMPAT: dax_pmem_compat and /sys/class/dax, on kernels that had them. */
  readonly classModel?: boolean;
  /** An extension that no kernel has; see poison-policy. */
  readonly poisonPolicy?: { readonly repMovRecoverable: boolean } | undefined;
}

/** What persistent memory needs of the machine. */
export interface NvdimmServices {
  readonly acpi: AcpiBus;
  readonly platform: PlatformBus;
  readonly dax: DaxBus;
  /** memregion_alloc: ids shared by hmem, nd and cxl regions. */
  readonly memregions: IdAllocator;
  readonly nfit: readonly NfitRange[];
  readonly legacyPmem: readonly LegacyRange[];
  /** Memory that is not persistent and can have errors all the same. */
  readonly volatile?: readonly Range[];
  readonly features?: NvdimmFeatures;
  /** For scrubs, which end only on demand without one. */
  readonly timer?: Timer;
  /** /dev/pmemN are regular files, so that programs on a mount can open them. */
  readonly nodesAreFiles?: boolean;
  /** What was there before a reboot. */
  readonly hardware?: NvdimmHardware;
}

/** What outlives the kernel: the contents of the media and the DIMMs with their labels. */
export interface NvdimmHardware {
  readonly memory: PersistentMemory;
  /** The DIMMs of each NFIT range. */
  readonly dimms: readonly (readonly DimmHardware[])[];
}

/** libnvdimm, while it is loaded. */
export interface Libnvdimm {
  readonly bus: NdBus;
  readonly class: DeviceClass;
  readonly busIds: IdAllocator;
  readonly dimmIds: IdAllocator;
}

function newHardware({ nfit, features }: NvdimmServices): NvdimmHardware {
  let slot = 0;
  const dimms = nfit.map(range =>
    range.dimms.map(facts => new DimmHardware(slot++, facts, features?.security)),
  );
  return { memory: new PersistentMemory(), dimms };
}

function rebooted({ memory, dimms }: NvdimmHardware): NvdimmHardware {
  for (const dimm of dimms.flat()) dimm.security?.reset();
  return { memory: memory.rebooted(), dimms };
}

/** The persistent memory of a machine: the hardware, which stays, and the drivers' view of it, which comes and goes. */
export class NvdimmSubsystem implements NvdimmHardware {
  readonly core: DriverCore;
  readonly services: NvdimmServices;
  readonly memory: PersistentMemory;
  readonly block: BlockLayer;
  /** The DIMMs of each NFIT range. */
  readonly dimms: readonly (readonly DimmHardware[])[];
  lib: Libnvdimm | undefined;
  scrub: AddressRangeScrub | undefined;

  constructor(services: NvdimmServices) {
    this.core = services.dax.core;
    this.services = services;
    this.block = new BlockLayer(this.core, services.nodesAreFiles ?? false);
    const { memory, dimms } = services.hardware ? rebooted(services.hardware) : newHardware(services);
    this.memory = memory;
    this.dimms = dimms;
  }

  /** Where its memory is: what {@link memory} keeps. */
  get ranges(): readonly Range[] {
    return [...this.services.nfit, ...this.services.legacyPmem];
  }

  /** Whether all of a range is persistent memory. */
  isPersistent(range: Range): boolean {
    return isCovered(range, this.ranges.toSorted(byStart));
  }

  /** Whether all of a range is memory that can have errors. */
  isBreakable(range: Range): boolean {
    return isCovered(range, [...this.ranges, ...(this.services.volatile ?? [])].sort(byStart));
  }

  /**
   * What `ndctl init-labels` does with commands to a DIMM: an empty label area. ENODEV for an unknown DIMM, EINVAL
   * when it cannot hold labels, EBUSY while a region uses it. The driver reads it when it is bound anew.
   */
  initLabels(name: string, version: LabelVersion): Errno | undefined {
    const labels = this.#idleLabels(name);
    if (isErrno(labels)) return labels;
    labels.init(version);
    return undefined;
  }

  /** What `ndctl zero-labels` does. Errors as {@link initLabels}. */
  zeroLabels(name: string): Errno | undefined {
    const labels = this.#idleLabels(name);
    if (isErrno(labels)) return labels;
    labels.zero();
    return undefined;
  }

  /** DIMMs are `nmemN` in the order of their handles. */
  #idleLabels(name: string): Result<LabelArea> {
    const hardware = this.dimms.flat().find((_, i) => `nmem${i}` === name);
    if (!hardware) return refusal(ENODEV, `there is no DIMM "${name}"`);
    const dimm = this.lib?.bus.devices.get(name);
    if (dimm instanceof Nvdimm && dimm.active)
      return refusal(EBUSY, `${name} is in use: disable its regions first`);
    return hardware.labels ?? refusal(EINVAL, `${name} has no label area`);
  }
}
