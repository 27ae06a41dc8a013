import type { Device } from '../../base/device.ts';
import { Driver } from '../../base/driver.ts';
import { driverModule } from '../../base/driver-module.ts';
import type { Module, ModuleDefinition } from '../../base/module.ts';
import { bool, int, ulong } from '../../base/module-parameters.ts';
import type { Errno } from '../../lib/errno.ts';
import { rangeLength } from '../../lib/range.ts';
import { noTimer } from '../../lib/timer.ts';
import { Nvdimm } from '../../nvdimm/dimm.ts';
import type { DimmHardware } from '../../nvdimm/dimm-hardware.ts';
import { interleaveSet } from '../../nvdimm/interleave-set.ts';
import type { NfitRange, NvdimmSubsystem } from '../../nvdimm/nvdimm.ts';
import { createNvdimmBus } from '../../nvdimm/nvdimm-bus.ts';
import { NdRegion } from '../../nvdimm/region.ts';
import { regionIntersects } from '../../resource/iomem-walk.ts';
import {
  IORES_DESC_PERSISTENT_MEMORY,
  IORESOURCE_MEM,
  insertResource,
  Resource,
  removeResource,
} from '../../resource/resource.ts';
import { AcpiDevice } from '../acpi.ts';
import { AcpiPlatformDevice } from '../acpi-platform.ts';
import {
  type NfitBus,
  nfitBusAttributes,
  nfitDimmAttributes,
  nfitRegionAttributes,
} from './nfit-attributes.ts';
import { AddressRangeScrub } from './scrub.ts';

const NFIT_ID = 'ACPI0012';
const LABEL_COMMANDS = ['get_size', 'get_data', 'set_data'];
const ARS_COMMANDS = ['ars_cap', 'ars_start', 'ars_status', 'clear_error'];

/** drivers/acpi/nfit/core.c: what the NFIT describes, as a bus with DIMMs and regions. */
class NfitDriver extends Driver {
  readonly #subsystem: NvdimmSubsystem;
  readonly #provider: Module;

  override readonly acpiIds = [NFIT_ID];

  constructor(subsystem: NvdimmSubsystem, module: Module) {
    const { acpiDriversOwned, nfitOnPlatformBus } = subsystem.core.profile.nvdimm;
    const { acpi, platform } = subsystem.services;
    const [bus, name] = nfitOnPlatformBus ? ([platform, 'acpi-nfit'] as const) : ([acpi, 'nfit'] as const);
    super(bus, name, acpiDriversOwned ? module : undefined);
    this.#subsystem = subsystem;
    this.#provider = module;
  }

  override probe(device: Device): Errno | undefined {
    const { services, memory, dimms } = this.#subsystem;
    for (const range of services.nfit) insertPersistentMemory(this.#subsystem, device, range);
    const scrubs = services.features?.addressRangeScrub === true;
    const scrub = scrubs
      ? new AddressRangeScrub(memory, services.nfit, services.timer ?? noTimer, () =>
          bus.notify('scrub', 'nfit'),
        )
      : undefined;
    const state: NfitBus = { scrub, hwErrorScrub: false };
    const bus = createNvdimmBus(this.#subsystem, device, {
      provider: 'ACPI.NFIT',
      commands: [...(scrub ? ARS_COMMANDS : []), 'cmd_call'],
      files: { name: 'nfit', source: nfitBusAttributes.of(state) },
    });
    const made = dimms.map(set => set.map(dimm => this.#addDimm(bus, dimm)));
    for (const [i, range] of services.nfit.entries()) this.#addRegion(bus, device, range, made[i]!);
    if (scrub) {
      scrub.start();
      scrub.advance();
      device.devres.add(() => scrub.stop());
      device.devres.add(
        memory.known.subscribe(({ bad }) => {
          if (bad && state.hwErrorScrub) scrub.start();
        }),
      );
    }
    this.#subsystem.scrub = scrub;
    return undefined;
  }

  override remove(): void {
    this.#subsystem.scrub = undefined;
  }

  #addDimm(bus: Device, hardware: DimmHardware): Nvdimm {
    const { lib, memory, services, core } = this.#subsystem;
    const { bus: ndBus, dimmIds } = lib!;
    const range = services.nfit.find((_, i) => this.#subsystem.dimms[i]!.includes(hardware))!;
    const dimm = new Nvdimm(ndBus, bus, hardware, {
      ids: dimmIds,
      major: core.profile.nvdimm.ndctlMajor - 1,
      commands: [...(hardware.labels ? LABEL_COMMANDS : []), 'cmd_call'],
      provider: { name: 'nfit', files: nfitDimmAttributes.of(hardware) },
      erase: () => memory.erase(range),
    });
    dimm.add();
    return dimm;
  }

  #addRegion(bus: Device, host: Device, range: NfitRange, dimms: readonly Nvdimm[]): void {
    const { services, memory, lib } = this.#subsystem;
    const size = rangeLength(range) / BigInt(Math.max(dimms.length, 1));
    const id = services.memregions.alloc();
    const hardware = dimms.map(dimm => dimm.hardware);
    const region = new NdRegion(lib!.bus, bus, {
      id,
      start: range.start,
      end: range.end,
      numaNode: services.dax.memory.nodes.nearestOnline(range.targetNode),
      targetNode: range.targetNode,
      mappings: dimms.map((dimm, position) => ({ dimm, start: 0n, size, position })),
      interleaveSet: interleaveSet(hardware, size),
      pageMap: false,
      provider: {
        name: 'nfit',
        files: nfitRegionAttributes.of({ rangeIndex: hardware[0]?.rangeIndex ?? 1 }),
      },
      memory,
      iomem: services.dax.memory.iomem,
      module: this.#provider,
    });
    host.devres.add(() => services.memregions.free(id));
    region.add();
  }
}

/** acpi_nfit_insert_resource: unless the memory map has it already. */
function insertPersistentMemory({ services }: NvdimmSubsystem, device: Device, range: NfitRange): void {
  const { iomem } = services.dax.memory;
  const size = rangeLength(range);
  const known = regionIntersects(iomem, range.start, size, IORESOURCE_MEM, IORES_DESC_PERSISTENT_MEMORY);
  if (known === 'INTERSECTS') return;
  const { start, end } = range;
  const resource = new Resource({
    start,
    end,
    name: 'Persistent Memory',
    flags: IORESOURCE_MEM,
    desc: IORES_DESC_PERSISTENT_MEMORY,
  });
  if (insertResource(iomem, resource)) return;
  device.devres.add(() => removeResource(resource));
}

/** drivers/acpi/nfit/core.c; nothing here acts on them. */
const parameters = () => ({
  default_dsm_family: int(-1, 0o444),
  disable_vendor_specific: bool(false, 0o444),
  force_enable_dimms: bool(false, 0o644),
  force_labels: bool(false, 0o444),
  no_init_ars: bool(false, 0o644),
  override_dsm_mask: ulong(0n, 0o444),
});

/** The module nfit. */
export function nfitModule(subsystem: NvdimmSubsystem): ModuleDefinition {
  return {
    ...driverModule('nfit', module => new NfitDriver(subsystem, module), {
      depends: ['libnvdimm'],
      aliases: ['acpi*:ACPI0012:*'],
    }),
    parameters,
  };
}

/** The ACPI device that stands for the NFIT. */
export function addNfitDevice({ services, core }: NvdimmSubsystem): void {
  const { acpi, platform } = services;
  const firmware = new AcpiDevice(acpi, { hid: NFIT_ID, path: '\\_SB_.NVDR', driver: 'nfit' }, acpi.system);
  firmware.add();
  if (!core.profile.nvdimm.nfitOnPlatformBus) return;
  const device = new AcpiPlatformDevice(platform, NFIT_ID);
  device.add();
  firmware.isOf(device);
}
