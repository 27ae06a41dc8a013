import type { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import { driverModule } from '../base/driver-module.ts';
import type { Module, ModuleDefinition } from '../base/module.ts';
import { PlatformDevice } from '../base/platform.ts';
import type { Errno } from '../lib/errno.ts';
import type { NvdimmSubsystem } from './nvdimm.ts';
import { createNvdimmBus } from './nvdimm-bus.ts';
import { NdRegion } from './region.ts';

const NAME = 'e820_pmem';

/** arch/x86/kernel/pmem.c: a platform device when the memory map has persistent memory of type 12. */
export function addLegacyPmemDevice({ services }: NvdimmSubsystem): void {
  if (services.legacyPmem.length > 0) new PlatformDevice(services.platform, NAME).add();
}

/** drivers/nvdimm/e820.c: each range a region without DIMMs and labels. */
class LegacyPmemDriver extends Driver {
  readonly #subsystem: NvdimmSubsystem;
  readonly #provider: Module;

  constructor(subsystem: NvdimmSubsystem, module: Module) {
    super(subsystem.services.platform, NAME, module);
    this.#subsystem = subsystem;
    this.#provider = module;
  }

  override probe(device: Device): Errno | undefined {
    const { services, memory, lib } = this.#subsystem;
    const bus = createNvdimmBus(this.#subsystem, device, { provider: 'e820', commands: [] });
    const { memory: mm } = services.dax;
    for (const { start, end, node } of services.legacyPmem) {
      const id = services.memregions.alloc();
      device.devres.add(() => services.memregions.free(id));
      const region = new NdRegion(lib!.bus, bus, {
        id,
        start,
        end,
        numaNode: mm.nodes.nearestOnline(node),
        targetNode: node,
        mappings: [],
        pageMap: true,
        memory,
        iomem: mm.iomem,
        module: this.#provider,
      });
      region.add();
    }
    return undefined;
  }
}

/** The module nd_e820. */
export function legacyPmemModule(subsystem: NvdimmSubsystem): ModuleDefinition {
  return driverModule('nd_e820', module => new LegacyPmemDriver(subsystem, module), {
    depends: ['libnvdimm'],
    aliases: [`platform:${NAME}*`],
  });
}
