import { driverModule } from '../base/driver-module.ts';
import type { ModuleDefinition } from '../base/module.ts';
import { CxlDaxRegionDriver } from '../dax/cxl.ts';
import { CxlAcpiDriver } from './acpi.ts';
import { CxlPciDriver } from './pci-driver.ts';
import { cxlPmem } from './pmem.ts';
import { CxlMemDriver, CxlPortDriver } from './port-driver.ts';
import { CxlRegionDriver } from './region-driver.ts';
import type { CxlSystem } from './system.ts';

/** The modules of drivers/cxl and drivers/dax/cxl.c, on kernels that have regions of volatile memory. */
export function cxlModules(system: CxlSystem): ModuleDefinition[] {
  if (!system.supported) return [];
  const { core, dax } = system;
  const { acpi, pci } = core.profile.cxlDependencies;
  for (const driver of [new CxlRegionDriver(system.bus, dax.memory.iomem), new CxlPortDriver(system)])
    driver.register();
  return [
    ...['cxl_core', 'cxl_port'].map(name => ({ name, builtin: true, init: () => () => {} }) as const),
    cxlPmem(system),
    driverModule('cxl_acpi', module => new CxlAcpiDriver(system, module), {
      depends: acpi,
      aliases: ['acpi*:ACPI0017:*'],
    }),
    driverModule('cxl_mem', module => new CxlMemDriver(system, module), { aliases: ['cxl:t5*'] }),
    driverModule('cxl_pci', module => new CxlPciDriver(system, module), {
      depends: pci,
      aliases: ['pci:v*d*sv*sd*bc05sc02i10*'],
    }),
    driverModule('dax_cxl', module => new CxlDaxRegionDriver(system.bus, dax, module), {
      depends: core.profile.dax.hmemBelowPlatform ? ['dax_hmem'] : [],
      aliases: ['cxl:t8*'],
    }),
  ];
}
