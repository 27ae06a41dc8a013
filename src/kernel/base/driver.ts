import { group, wo } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { EAGAIN, EBUSY, ENODEV, ENXIO, type Errno, isErrno, refusal, sameErrno } from '../lib/errno.ts';
import { stripNewline } from '../lib/kstrtox.ts';
import type { Bus } from './bus.ts';
import type { DriverCore } from './core.ts';
import type { Device } from './device.ts';
import { sendUevent, type UeventObject, ueventWriteOnly } from './kobject-uevent.ts';
import type { Module } from './module.ts';
import { KERN_ERR, KERN_WARNING } from './printk.ts';

const bindAttributes = group<Driver>({
  bind: wo((driver, text) => driver.bind(stripNewline(text))),
  unbind: wo((driver, text) => driver.unbind(stripNewline(text))),
});

/** drivers/base/driver.c and dd.c: a driver on a bus, what it may bind and what it has bound. */
export abstract class Driver implements UeventObject {
  readonly core: DriverCore;
  readonly bus: Bus;
  readonly name: string;
  readonly module: Module | undefined;
  readonly subsystem = 'drivers';
  directory!: Directory;
  /** Devices in the order in which they were bound. */
  readonly bound = new Set<Device>();

  /** `acpi_match_table` of a platform driver. */
  readonly acpiIds: readonly string[] = [];

  constructor(bus: Bus, name: string, module?: Module) {
    this.core = bus.core;
    this.bus = bus;
    this.name = name;
    this.module = module;
  }

  /** Takes the device or says why not. What it acquires goes on the device's managed resources. */
  abstract probe(device: Device): Errno | undefined;

  /** Lets the device go; cannot fail. Managed resources are released after it. */
  remove(_device: Device): void {}

  /** Groups of the bus for its drivers (new_id, remove_id). */
  groups(): ChildSource[] {
    return [];
  }

  get suppressBindAttributes(): boolean {
    return false;
  }

  /** driver_register: every device of the bus is offered, then the files and the uevent follow. */
  register(): void {
    const { bus } = this;
    this.directory = bus.driversDirectory.addDirectory(this.name);
    bus.drivers.push(this);
    if (bus.autoprobe) this.attachAll();
    this.module?.linkDriver(this);
    this.directory.attach(ueventWriteOnly.of(this));
    for (const source of this.groups()) this.directory.attach(source);
    if (!this.suppressBindAttributes) this.directory.attach(bindAttributes.of(this));
    sendUevent(this, 'add');
  }

  /** driver_unregister: the device bound last is let go first. */
  unregister(): void {
    const { bus } = this;
    for (const device of [...this.bound].reverse()) this.detach(device);
    bus.drivers.splice(bus.drivers.indexOf(this), 1);
    this.module?.unlinkDriver(this);
    sendUevent(this, 'remove');
    bus.driversDirectory.remove(this.name);
  }

  /** driver_attach: offers every unbound device that matches, in the order of addition. */
  attachAll(): void {
    for (const device of [...this.bus.devices.values()]) {
      if (!device.driver && device.registered && this.bus.match(device, this)) this.attach(device);
    }
  }

  /** Why a device that does not match cannot be bound. */
  protected mismatch(device: Device): string {
    return `${this.name} does not match ${device.name}`;
  }

  /** A write to `bind`: ENODEV without such a device or match, EBUSY when bound, else the probe's errno. */
  bind(name: string): Errno | undefined {
    const device = this.bus.devices.get(name);
    if (!device) return refusal(ENODEV, `there is no device "${name}" on bus ${this.bus.name}`);
    if (!this.bus.match(device, this)) return refusal(ENODEV, this.mismatch(device));
    const refused = this.attach(device);
    if (!refused || this.core.profile.driverCore.bindErrno) return refused;
    return refusal(
      ENODEV,
      `the probe failed with ${refused.name}: ${refused.reason ?? 'see the kernel log'}`,
    );
  }

  /** A write to `unbind`: ENODEV unless bound to this driver. */
  unbind(name: string): Errno | undefined {
    const device = this.bus.devices.get(name);
    if (device?.driver !== this) {
      const has = device
        ? `${name} is bound to ${device.driver?.name ?? 'no driver'}`
        : `there is no device "${name}"`;
      return refusal(ENODEV, `${has}, and ${this.name} lets go only what it has`);
    }
    this.detach(device);
    return undefined;
  }

  /** really_probe */
  attach(device: Device): Errno | undefined {
    if (!device.registered) return refusal(ENODEV, `${device.name} is going away`);
    if (device.driver)
      return refusal(EBUSY, `${device.name} is bound to ${device.driver.name}: unbind it first`);
    if (!device.devres.empty) {
      device.log(KERN_ERR, 'Resources present before probing');
      return refusal(EBUSY, `${device.name} has managed resources left`);
    }
    device.setDriver(this);
    this.directory.addLink(device.name, device.directory);
    device.directory.addLink('driver', this.directory);
    const refused = this.bus.probe(device, this);
    if (isErrno(refused)) {
      this.#logFailure(device, refused);
      this.#unlink(device);
      this.#release(device);
      return refused;
    }
    this.bound.add(device);
    sendUevent(device, 'bind');
    return undefined;
  }

  #logFailure(device: Device, errno: Errno): void {
    if ([ENODEV, ENXIO, EAGAIN].some(quiet => sameErrno(errno, quiet))) return;
    if (this.core.profile.driverCore.probeMessage === 'probe of') {
      const text = `${this.name}: probe of ${device.name} failed with error -${errno.code}`;
      this.core.printk.print(KERN_WARNING, text);
    } else {
      device.log(KERN_ERR, `probe with driver ${this.name} failed with error -${errno.code}`);
    }
  }

  /** device_release_driver: the managed resources go after the driver's remove. */
  detach(device: Device): void {
    this.#unlink(device);
    this.bus.remove(device, this);
    this.#release(device);
    this.bound.delete(device);
    sendUevent(device, 'unbind');
  }

  #unlink(device: Device): void {
    device.directory.remove('driver');
    this.directory.remove(device.name);
  }

  #release(device: Device): void {
    device.devres.releaseAll();
    device.setDriver(undefined);
    device.driverData = undefined;
  }
}
