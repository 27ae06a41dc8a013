import { addNfitDevice, nfitModule } from '../acpi/nfit/nfit.ts';
import { DeviceClass } from '../base/class.ts';
import type { Driver } from '../base/driver.ts';
import { driverModule } from '../base/driver-module.ts';
import type { ModuleDefinition } from '../base/module.ts';
import { bool } from '../base/module-parameters.ts';
import { DaxPmemDriver } from '../dax/pmem.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { NvdimmDriver } from './dimm.ts';
import { addLegacyPmemDevice, legacyPmemModule } from './e820.ts';
import { NdBus } from './nd-bus.ts';
import { PmemDriver } from './nd-pmem.ts';
import type { NvdimmSubsystem } from './nvdimm.ts';
import { NvdimmBusDriver } from './nvdimm-bus.ts';
import { applyPoisonPolicy } from './poison-policy.ts';
import { NdRegionDriver } from './region-driver.ts';

/** The module libnvdimm: the nd bus, and the drivers that need nobody else. */
function libnvdimm(subsystem: NvdimmSubsystem): ModuleDefinition {
  return {
    name: 'libnvdimm',
    aliases: ['nd:t1*', 'nd:t2*', 'nd:t3*'],
    parameters: () =>
      subsystem.core.profile.nvdimm.noblk
        ? { noblk: bool(false, 0o444) }
        : { key_revalidate: bool(true, 0o444) },
    ...(subsystem.core.profile.nvdimm.nfitOnPlatformBus && { importNamespaces: 'DEVMEM' }),
    init(module) {
      const { core } = subsystem;
      const bus = new NdBus(core);
      const deviceClass = new DeviceClass(core, 'nd');
      subsystem.lib = {
        bus,
        class: deviceClass,
        busIds: new IdAllocator(),
        dimmIds: new IdAllocator(),
      };
      const drivers: Driver[] = [
        new NvdimmBusDriver(bus, module),
        new NvdimmDriver(bus, module),
        new NdRegionDriver(bus, module),
      ];
      for (const driver of drivers) driver.register();
      return () => {
        for (const driver of drivers.reverse()) driver.unregister();
        deviceClass.unregister();
        bus.unregister();
        subsystem.lib = undefined;
      };
    },
  };
}

/**
 * Persistent memory at boot: the devices that firmware describes are there; the modules that this returns know what to
 * do with them.
 */
export function registerNvdimm(subsystem: NvdimmSubsystem): ModuleDefinition[] {
  const { services, block } = subsystem;
  const { dax } = services;
  if (services.nfit.length > 0) addNfitDevice(subsystem);
  addLegacyPmemDevice(subsystem);
  applyPoisonPolicy(subsystem);
  const pmem = { block, dax: dax.super, memremap: dax.memremap };
  return [
    libnvdimm(subsystem),
    nfitModule(subsystem),
    legacyPmemModule(subsystem),
    { name: 'nd_btt', depends: ['libnvdimm'], init: () => () => {} },
    driverModule('nd_pmem', module => new PmemDriver(subsystem.lib!.bus, pmem, module), {
      depends: ['libnvdimm', 'nd_btt'],
      aliases: ['nd:t4*', 'nd:t5*'],
    }),
    ...daxPmemModules(subsystem),
  ];
}

/** dax_pmem; on kernels with the class model dax_pmem_compat too, and what both share in a module of its own. */
function daxPmemModules(subsystem: NvdimmSubsystem): ModuleDefinition[] {
  const { core, services } = subsystem;
  const { dax, features } = services;
  const daxPmem = (name: string, finding: Pick<ModuleDefinition, 'depends' | 'aliases'>, of?: DeviceClass) =>
    driverModule(name, module => new DaxPmemDriver(subsystem.lib!.bus, dax, module, of), finding);
  const aliases = ['nd:t7*'];
  if (!core.profile.dax.classModel || !features?.classModel)
    return [daxPmem('dax_pmem', { depends: ['libnvdimm'], aliases })];
  const depends = ['libnvdimm', 'dax_pmem_core'];
  return [
    { name: 'dax_pmem_core', depends: ['libnvdimm'], init: () => () => {} },
    // Nothing asks for it where the class model was built (drivers/dax/pmem/pmem.c of 5.4).
    daxPmem('dax_pmem', { depends }),
    daxPmem(
      'dax_pmem_compat',
      { depends: [...depends, 'device_dax'], aliases },
      new DeviceClass(core, 'dax'),
    ),
  ];
}
