import type { Directory } from '../fs/directory.ts';
import type { DriverCore } from './core.ts';
import type { Device } from './device.ts';
import { sendUevent, type UeventObject } from './kobject-uevent.ts';

/** drivers/base/class.c: devices that share a purpose, linked under /sys/class. */
export class DeviceClass implements UeventObject {
  readonly core: DriverCore;
  readonly name: string;
  readonly subsystem = 'class';
  readonly directory: Directory;

  constructor(core: DriverCore, name: string) {
    this.core = core;
    this.name = name;
    this.directory = core.classDirectory.addDirectory(name);
    sendUevent(this, 'add');
  }

  unregister(): void {
    sendUevent(this, 'remove');
    this.core.classDirectory.remove(this.name);
  }

  link(device: Device): void {
    this.directory.addLink(device.name, device.directory);
    device.directory.addLink('subsystem', this.directory);
  }

  unlink(device: Device): void {
    this.directory.remove(device.name);
  }
}
