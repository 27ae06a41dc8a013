import type { DriverCore } from '../kernel/base/core.ts';
import type { Device } from '../kernel/base/device.ts';
import type { ModuleLoader } from '../kernel/base/module.ts';

const MODALIAS = 'MODALIAS=';

/**
 * What udev does at boot (systemd-udev-trigger): loads the modules that devices ask for by their MODALIAS, in the order of
 * their paths, and then those that the devices ask for that came by that.
 */
export function coldplug(core: DriverCore, modules: ModuleLoader): void {
  const asked = new Set<string>();
  for (;;) {
    const fresh = aliases(core).filter(alias => !asked.has(alias));
    if (fresh.length === 0) break;
    for (const alias of fresh) {
      asked.add(alias);
      for (const name of modules.resolve(alias)) modules.modprobeWithSoftDependencies(name);
    }
  }
  for (const name of forLaterDevices(core)) modules.modprobe(name);
}

function aliases(core: DriverCore): string[] {
  const devices = [...core.buses].flatMap(bus => [...bus.devices.values()]);
  const paths = devices.map(device => ({ device, path: core.devpath(device.directory) }));
  paths.sort((a, b) => (a.path < b.path ? -1 : 1));
  return paths.flatMap(({ device }) => aliasOf(device));
}

function aliasOf(device: Device): string[] {
  const key = device.typeUeventKeys().find(each => each.startsWith(MODALIAS));
  return key === undefined ? [] : [key.slice(MODALIAS.length)];
}

/** A dax device that is made later finds its drivers also where no udevd runs. */
function forLaterDevices(core: DriverCore): string[] {
  const hasCxl = [...core.buses].some(({ name, devices }) => name === 'cxl' && devices.size > 0);
  return [...(hasCxl ? ['dax_cxl'] : []), 'device_dax', 'kmem'];
}
