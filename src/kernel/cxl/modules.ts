import { driverModule } from '../base/driver-module.ts';
import type { ModuleDefinition } from '../base/module.ts';
import { CxlDaxRegionDriver } from '../dax/cxl.ts';
import { CxlAcpiDriver } from './acpi.ts';
import { CxlPciDriver } from './pci-driver.ts';
import { CxlMemDriver, CxlPortDriver } from './port-driver.ts';
import { CxlRegionDriver } from './region-driver.ts';
import type { CxlSystem } from './system.ts';

/** The modules of drivers/cxl and drivers/dax/cxl.c, on kernels that have regions of volatile memory. */
export function cxlModules(system: CxlSystem): ModuleDefinition[] {
  if (!system.supported) return [];
  const { dax } = system;
  const core = ['cxl_core'];
  const ports = [...core, 'cxl_port'];
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
    driverModule('cxl_port', module => new CxlPortDriver(system, module), {
      depends: core,
      aliases: ['cxl:t3*', 'cxl:t4*'],
    }),
    driverModule('cxl_acpi', module => new CxlAcpiDriver(system, system.rootDevice, module), {
      depends: ports,
      aliases: ['acpi*:ACPI0017:*'],
    }),
    driverModule('cxl_pci', module => new CxlPciDriver(system, module), {
      depends: core,
      aliases: ['pci:v*d*sv*sd*bc05sc02i10*'],
    }),
    driverModule('cxl_mem', module => new CxlMemDriver(system, module), {
      depends: ports,
      aliases: ['cxl:t5*'],
    }),
    driverModule('dax_cxl', module => new CxlDaxRegionDriver(system.bus, dax, module), {
      depends: core,
      aliases: ['cxl:t8*'],
    }),
  ];
}
