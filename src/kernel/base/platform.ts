import { group, ro, rw } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { EINVAL } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { Bus } from './bus.ts';
import type { DriverCore } from './core.ts';
import { Device, RootDevice } from './device.ts';
import type { Driver } from './driver.ts';

/** drivers/base/platform.c */
export class PlatformBus extends Bus {
  /** /sys/devices/platform */
  readonly root: Device;

  constructor(core: DriverCore) {
    super(core, 'platform');
    this.root = new RootDevice(core, 'platform', core.devicesDirectory);
    this.root.add();
  }

  /** platform_match: an override decides alone; otherwise the name does. */
  override match(device: Device, driver: Driver): boolean {
    if (!(device instanceof PlatformDevice)) return false;
    if (device.driverOverride === undefined && device.acpiId !== undefined)
      return driver.acpiIds.includes(device.acpiId);
    return (device.driverOverride ?? device.kind) === driver.name;
  }
}

/** A platform device, `KIND.ID`. */
export class PlatformDevice extends Device {
  /** The name without the id: what drivers match. */
  readonly kind: string;
  driverOverride: string | undefined;
  /** The hardware id in the firmware's name space, which decides about drivers. */
  readonly acpiId: string | undefined = undefined;
  readonly #bus: PlatformBus;
  readonly #numaNode: number;

  /**
   * @param id undefined for PLATFORM_DEVID_NONE: the name is the kind
   * @param numaNode the nearest online node, or −1
   * @param parent /sys/devices/platform when left out
   */
  constructor(bus: PlatformBus, kind: string, id?: number, numaNode = -1, parent: Device = bus.root) {
    super(bus.core, id === undefined ? kind : `${kind}.${id}`, parent);
    this.kind = kind;
    this.#bus = bus;
    this.#numaNode = numaNode;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override get numaNode(): number {
    return this.#numaNode;
  }

  override groups(): ChildSource[] {
    return [platformAttributes.of(this)];
  }

  override typeUeventKeys(): string[] {
    return [`MODALIAS=${this.modalias}`];
  }

  get modalias(): string {
    return `platform:${this.kind}`;
  }
}

const MAX_OVERRIDE = 4095;

const platformAttributes = group<PlatformDevice>(
  {
    driver_override: rw(
      device => `${device.driverOverride ?? '(null)'}\n`,
      (device, text) => {
        if (text.length >= MAX_OVERRIDE) return EINVAL;
        device.driverOverride = text.replace(/\n.*$/s, '') || undefined;
        return undefined;
      },
    ),
    modalias: ro(device => `${device.modalias}\n`),
    numa_node: ro(device => dec(device.numaNode)),
  },
  { stable: true, visible: (device, name, mode) => (name === 'numa_node' && device.numaNode < 0 ? 0 : mode) },
);
