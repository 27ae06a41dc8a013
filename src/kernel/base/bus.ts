import { group, rw, wo } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { EINVAL, ENODEV, type Result, refusal } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { stripNewline } from '../lib/kstrtox.ts';
import type { DriverCore } from './core.ts';
import type { Device } from './device.ts';
import type { Driver } from './driver.ts';
import { sendUevent, type UeventObject, ueventWriteOnly } from './kobject-uevent.ts';

const busAttributes = group<Bus>(
  {
    drivers_autoprobe: rw(
      bus => dec(Number(bus.autoprobe)),
      (bus, text) => {
        bus.autoprobe = text[0] !== '0';
      },
    ),
    drivers_probe: wo((bus, text) => bus.rescan(stripNewline(text))),
  },
  { stable: true },
);

/** A bus whose devices are too many to hold: they are made when somebody looks. */
export interface VirtualDevices {
  /** The links of `devices/`. */
  readonly links: (devicesDirectory: Directory) => ChildSource;
  has(name: string): boolean;
}

/** drivers/base/bus.c. A subclass says what matches. */
export class Bus implements UeventObject {
  readonly core: DriverCore;
  readonly name: string;
  readonly subsystem = 'bus';
  readonly directory: Directory;
  readonly devicesDirectory: Directory;
  readonly driversDirectory: Directory;
  /** In the order in which they were added. */
  readonly devices = new Map<string, Device>();
  /** In the order in which they were registered. */
  readonly drivers: Driver[] = [];
  autoprobe = true;
  readonly #virtual: VirtualDevices | undefined;

  constructor(core: DriverCore, name: string, virtual?: VirtualDevices) {
    this.core = core;
    this.name = name;
    this.#virtual = virtual;
    this.directory = core.busDirectory.addDirectory(name);
    this.devicesDirectory = this.directory.addDirectory('devices');
    this.driversDirectory = this.directory.addDirectory('drivers');
    this.directory.attach(ueventWriteOnly.of(this));
    this.directory.attach(busAttributes.of(this));
    if (virtual) this.devicesDirectory.attach(virtual.links(this.devicesDirectory));
    core.buses.add(this);
    sendUevent(this, 'add');
  }

  /** bus_unregister, when no device and no driver is left. */
  unregister(): void {
    sendUevent(this, 'remove');
    this.core.buses.delete(this);
    this.core.busDirectory.remove(this.name);
  }

  /** bus_type.match */
  match(_device: Device, _driver: Driver): boolean {
    return false;
  }

  /** bus_type.probe: gates of the bus before the driver's own probe. */
  probe(device: Device, driver: Driver) {
    return driver.probe(device);
  }

  /** bus_type.remove, called before managed resources are released. */
  remove(device: Device, driver: Driver): void {
    driver.remove(device);
  }

  /** A device joins: the links of device_add. */
  link(device: Device): void {
    this.devices.set(device.name, device);
    this.devicesDirectory.addLink(device.name, device.directory);
    device.directory.addLink('subsystem', this.directory);
  }

  unlink(device: Device): void {
    device.directory.remove('subsystem');
    this.devicesDirectory.remove(device.name);
    this.devices.delete(device.name);
  }

  /** bus_probe_device */
  probeNewDevice(device: Device): void {
    if (this.autoprobe) this.attach(device);
  }

  /** device_attach: drivers in the order of registration until one takes the device. An errno ends the walk. */
  attach(device: Device) {
    if (device.driver) return undefined;
    for (const driver of [...this.drivers]) {
      if (!this.match(device, driver)) continue;
      if (!device.registered) return ENODEV;
      if (driver.attach(device) === undefined) return undefined;
    }
    return undefined;
  }

  /** A write to drivers_probe. ENODEV for an unknown name, EINVAL when the walk fails. */
  rescan(name: string): Result<undefined> {
    const device = this.devices.get(name);
    if (!device && this.#virtual?.has(name)) return undefined;
    if (!device) return refusal(ENODEV, `there is no device "${name}" on bus ${this.name}`);
    const refused = this.attach(device);
    return refused && refusal(EINVAL, `the probe failed with ${refused.name}`);
  }
}
