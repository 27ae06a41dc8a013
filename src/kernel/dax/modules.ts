import { driverModule } from '../base/driver-module.ts';
import type { ModuleDefinition } from '../base/module.ts';
import type { DaxBus } from './bus.ts';
import { DeviceDaxDriver } from './device.ts';
import { FsdevDriver } from './fsdev.ts';
import { KmemDriver } from './kmem.ts';

/** MODULE_ALIAS_DAX_DEVICE: whichever takes a device, all are asked for. */
const aliases = ['dax:t0*'];

/** The modules with one driver of the dax bus each. */
export function daxModules(bus: DaxBus): ModuleDefinition[] {
  const { fsdev } = bus.core.profile.dax;
  return [
    driverModule('device_dax', module => new DeviceDaxDriver(bus, 'device_dax', module), { aliases }),
    driverModule('kmem', module => new KmemDriver(bus, 'kmem', module), { aliases }),
    ...(fsdev
      ? [driverModule('fsdev_dax', module => new FsdevDriver(bus, 'fsdev_dax', module), { aliases })]
      : []),
  ];
}
