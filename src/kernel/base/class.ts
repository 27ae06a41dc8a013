import type { Directory } from '../fs/directory.ts';
import type { DriverCore } from './core.ts';
import type { Device } from './device.ts';

/** drivers/base/class.c: devices that share a purpose, linked under /sys/class. */
export class DeviceClass {
  readonly name: string;
  readonly directory: Directory;

  constructor(core: DriverCore, name: string) {
    this.name = name;
    this.directory = core.classDirectory.addDirectory(name);
  }

  link(device: Device): void {
    this.directory.addLink(device.name, device.directory);
    device.directory.addLink('subsystem', this.directory);
  }

  unlink(device: Device): void {
    this.directory.remove(device.name);
  }
}
