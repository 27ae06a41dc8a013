import type { Module, ModuleDefinition } from '../base/module.ts';
import type { DaxBus } from './bus.ts';
import { DeviceDaxDriver } from './device.ts';
import type { DaxDriver } from './driver.ts';
import { KmemDriver } from './kmem.ts';

function driverModule(name: string, make: (module: Module) => DaxDriver): ModuleDefinition {
  return {
    name,
    init(module) {
      const driver = make(module);
      driver.register();
      return () => driver.unregister();
    },
  };
}

/** The modules device_dax and kmem: one driver of the dax bus each. */
export function daxModules(bus: DaxBus): ModuleDefinition[] {
  return [
    driverModule('device_dax', module => new DeviceDaxDriver(bus, 'device_dax', module)),
    driverModule('kmem', module => new KmemDriver(bus, 'kmem', module)),
  ];
}
