import type { Driver } from './driver.ts';
import type { Module, ModuleDefinition } from './module.ts';

/** module_driver: a module whose whole life is one driver's. */
export function driverModule(
  name: string,
  make: (module: Module) => Driver,
  finding: Pick<ModuleDefinition, 'depends' | 'aliases'> = {},
): ModuleDefinition {
  return {
    name,
    ...finding,
    init(module) {
      const driver = make(module);
      driver.register();
      return () => driver.unregister();
    },
  };
}
