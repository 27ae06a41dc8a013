import type { Module, ModuleDefinition } from '../base/module.ts';
import { ENXIO, type Errno } from '../lib/errno.ts';
import {
  CXL_DEVICE_NVDIMM,
  CXL_DEVICE_NVDIMM_BRIDGE,
  CXL_DEVICE_PMEM_REGION,
  type CxlBus,
  CxlDriver,
} from './bus.ts';
import type { CxlSystem } from './system.ts';

/** A driver of drivers/cxl/pmem.c. No device of the simulated board is persistent. */
class CxlPmemDriver extends CxlDriver {
  readonly id: number;

  constructor(bus: CxlBus, name: string, id: number, module: Module) {
    super(bus, name, module);
    this.id = id;
  }

  override probe(): Errno {
    return ENXIO;
  }
}

const DRIVERS: readonly (readonly [name: string, id: number])[] = [
  ['cxl_nvdimm_bridge', CXL_DEVICE_NVDIMM_BRIDGE],
  ['cxl_nvdimm', CXL_DEVICE_NVDIMM],
  ['cxl_pmem_region', CXL_DEVICE_PMEM_REGION],
];

/** The module cxl_pmem: CXL memory as NVDIMMs. */
export function cxlPmem(system: CxlSystem): ModuleDefinition {
  return {
    name: 'cxl_pmem',
    depends: ['libnvdimm'],
    aliases: ['cxl:t1*', 'cxl:t2*', 'cxl:t7*'],
    init(module) {
      const drivers = DRIVERS.map(([name, id]) => new CxlPmemDriver(system.bus, name, id, module));
      for (const driver of drivers) driver.register();
      return () => {
        for (const driver of drivers.reverse()) driver.unregister();
      };
    },
  };
}
