import { driverModule } from '../base/driver-module.ts';
import type { ModuleDefinition } from '../base/module.ts';
import { CxlDaxRegionDriver } from '../dax/cxl.ts';
import { CxlAcpiDriver } from './acpi.ts';
import { CxlMemdev } from './memdev.ts';
import { CxlMemDriver, CxlPortDriver } from './port-driver.ts';
import { CxlRegionDriver } from './region-driver.ts';
import type { CxlSystem } from './system.ts';

/** The modules that boot loads for the hardware, in order. */
export const cxlBootModules: readonly string[] = ['cxl_acpi', 'cxl_pci', 'cxl_mem', 'dax_cxl'];

/** The modules of drivers/cxl and drivers/dax/cxl.c, on kernels that have regions of volatile memory. */
export function cxlModules(system: CxlSystem): ModuleDefinition[] {
  if (!system.supported) return [];
  const { dax } = system;
  return [
    {
      name: 'cxl_core',
      init(module) {
        const driver = new CxlRegionDriver(system.bus, dax.memory.iomem, module);
        driver.register();
        return () => {
          driver.unregister();
          system.removeBus();
        };
      },
    },
    driverModule('cxl_port', module => new CxlPortDriver(system, module), ['cxl_core']),
    driverModule('cxl_acpi', module => new CxlAcpiDriver(system, system.rootDevice, module), [
      'cxl_core',
      'cxl_port',
    ]),
    { name: 'cxl_pci', depends: ['cxl_core'], init: () => addMemdevs(system) },
    driverModule('cxl_mem', module => new CxlMemDriver(system, module), ['cxl_core', 'cxl_port']),
    driverModule('dax_cxl', module => new CxlDaxRegionDriver(system.bus, dax, module), ['cxl_core']),
  ];
}

/** drivers/cxl/pci.c: a memdev for every memory device of the board. */
function addMemdevs(system: CxlSystem): () => void {
  const { nodes } = system.dax.memory;
  for (const { number, pci, ramBytes } of system.board.memdevs) {
    const serial = BigInt(number + 1);
    const memdev = new CxlMemdev(system.bus, pci, {
      number,
      ramBytes,
      serial,
      numaNode: nodes.nearestOnline(0),
    });
    system.memdevs.push(memdev);
    memdev.add();
  }
  return () => {
    for (let memdev = system.memdevs.pop(); memdev; memdev = system.memdevs.pop()) memdev.remove();
  };
}
