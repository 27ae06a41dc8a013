import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import type { Module } from '../base/module.ts';
import { group, ro } from '../fs/attribute.ts';
import { sysfsNotify } from '../fs/attribute-file.ts';
import { type ChildSource, Directory } from '../fs/directory.ts';
import { EOPNOTSUPP, type Errno, sameErrno } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';

/** include/linux/libnvdimm.h: the kinds of devices on the nd bus, the number of `nd:tN`. */
export const ND_DEVICE_BUS = 0;
export const ND_DEVICE_DIMM = 1;
export const ND_DEVICE_REGION_PMEM = 2;
export const ND_DEVICE_NAMESPACE_IO = 4;
export const ND_DEVICE_NAMESPACE_PMEM = 5;
export const ND_DEVICE_DAX_PMEM = 7;

/** A region: what moves on to fresh seeds when one of its devices was bound. */
export interface SeededParent {
  advanceSeeds(device: NdDevice): void;
}

/** drivers/nvdimm/bus.c `nvdimm_bus_type`. */
export class NdBus extends Bus {
  readonly #work: (() => void)[] = [];
  #busy = 0;

  constructor(core: DriverCore) {
    super(core, 'nd');
  }

  override match(device: Device, driver: Driver): boolean {
    return device instanceof NdDevice && driver instanceof NdDriver && driver.types.includes(device.ndType);
  }

  /** nvdimm_bus_probe: after a device of a region was bound, or was found but could not be used, new seeds follow. */
  override probe(device: Device, driver: Driver): Errno | undefined {
    const refused = driver.probe(device);
    if ((!refused || sameErrno(refused, EOPNOTSUPP)) && device instanceof NdDevice)
      device.seededParent?.advanceSeeds(device);
    return refused;
  }

  /** nd_device_register: the device appears when the probe that makes it is over. */
  registerLater(device: NdDevice): void {
    this.#work.push(() => device.add());
    this.#settle();
  }

  /** Holds registrations back until `action` is done. */
  during<R>(action: () => R): R {
    this.#busy++;
    const result = action();
    this.#busy--;
    this.#settle();
    return result;
  }

  /** async_synchronize_full_domain */
  #settle(): void {
    if (this.#busy > 0) return;
    this.#busy++;
    for (let next = this.#work.shift(); next; next = this.#work.shift()) next();
    this.#busy--;
  }
}

/** A device on the nd bus. */
export abstract class NdDevice extends Device {
  readonly ndBus: NdBus;

  constructor(bus: NdBus, name: string, parent: Device) {
    super(bus.core, name, parent);
    this.ndBus = bus;
  }

  abstract get ndType(): number;

  /** Whether {@link ndType} is the same for the life of the device. */
  get ndTypeIsFixed(): boolean {
    return true;
  }

  override get bus(): Bus {
    return this.ndBus;
  }

  override get powerManaged(): boolean {
    return this.core.profile.nvdimm.powerDirectories;
  }

  /** The region whose seeds this device may be. */
  get seededParent(): SeededParent | undefined {
    return undefined;
  }

  override typeUeventKeys(): string[] {
    return [`MODALIAS=nd:t${this.ndType}`];
  }

  /** sysfs_notify: whoever polls the attribute, of the device or of a group with a name, wakes. */
  notify(attribute: string, groupName?: string): void {
    const directory = groupName === undefined ? this.directory : this.directory.liveChild(groupName);
    if (directory instanceof Directory) sysfsNotify(directory, attribute);
  }
}

/** nd_device_attributes */
export const ndDeviceAttributes = group<NdDevice>(
  {
    modalias: ro(device => `nd:t${device.ndType}\n`, { stable: device => device.ndTypeIsFixed }),
    devtype: ro(device => `${device.devtype}\n`),
  },
  { stable: true },
);

/** A device with a place in the machine. */
export interface Placed {
  readonly numaNode: number;
  readonly targetNode: number;
}

/** nd_numa_attributes */
const numaAttributes = group<Placed>(
  {
    numa_node: ro(device => dec(device.numaNode)),
    target_node: ro(device => dec(device.targetNode)),
  },
  {
    stable: true,
    visible: (device, name, mode) => (name === 'target_node' && device.targetNode < 0 ? 0 : mode),
  },
);

export function placedAttributes(device: NdDevice & Placed): ChildSource[] {
  return [ndDeviceAttributes.of(device), numaAttributes.of(device)];
}

/** `struct nd_device_driver`: a driver of the nd bus. */
export abstract class NdDriver extends Driver {
  readonly ndBus: NdBus;
  /** The ND_DEVICE_* kinds it takes. */
  abstract readonly types: readonly number[];

  constructor(bus: NdBus, name: string, module: Module) {
    super(bus, name, module);
    this.ndBus = bus;
  }

  override attach(device: Device): Errno | undefined {
    return this.ndBus.during(() => super.attach(device));
  }
}
