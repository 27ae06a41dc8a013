import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import type { Device } from '../base/device.ts';
import type { Driver } from '../base/driver.ts';
import { ENXIO, type Errno, refusal } from '../lib/errno.ts';
import type { MemoryManagement } from '../mm/memory-management.ts';
import type { Memremap } from '../mm/memremap/memremap.ts';
import { DevDax } from './dev-dax.ts';
import { DaxDriver } from './driver.ts';
import { DaxSuper } from './super.ts';

/** What the dax subsystem uses of the rest of the kernel. */
export interface DaxServices {
  readonly memory: MemoryManagement;
  readonly memremap: Memremap;
}

/** drivers/dax/bus.c: the bus of dax devices. */
export class DaxBus extends Bus {
  readonly super: DaxSuper;
  readonly memory: MemoryManagement;
  readonly memremap: Memremap;
  /** Says why a driver must not have a device, where no kernel would: extensions of the simulation. */
  refuse: (dax: DevDax, driver: DaxDriver) => Errno | undefined = () => undefined;

  /** Told of each device whose ranges changed, for what lies outside of the bus. */
  resized: (dax: DevDax) => void = () => {};

  constructor(core: DriverCore, services: DaxServices) {
    super(core, 'dax');
    this.super = new DaxSuper(core);
    this.memory = services.memory;
    this.memremap = services.memremap;
  }

  /** Devices of the class model, which are not on the bus. */
  readonly ofClass = new Map<string, DevDax>();

  devDax(name: string): DevDax | undefined {
    const device = this.devices.get(name) ?? this.ofClass.get(name);
    return device instanceof DevDax ? device : undefined;
  }

  /** Of the bus and of the class. */
  everyDevDax(): DevDax[] {
    return [...this.devices.keys(), ...this.ofClass.keys()].flatMap(name => this.devDax(name) ?? []);
  }

  /** dax_bus_match: by id, then by the type that the region wants. Before 6.3 device_dax takes everything else. */
  override match(device: Device, driver: Driver): boolean {
    if (!(device instanceof DevDax) || !(driver instanceof DaxDriver)) return false;
    if (driver.hasId(device.name)) return true;
    if (this.core.profile.dax.match === 'always') return driver.kind === 'device';
    return driver.kind === (device.region.kmem ? 'kmem' : 'device');
  }

  /** dax_bus_probe: ENXIO without memory or while being deleted. */
  override probe(device: Device, driver: Driver): Errno | undefined {
    if (!(device instanceof DevDax)) return ENXIO;
    if (device.size === 0n) return refusal(ENXIO, `${device.name} has no memory: write its size first`);
    if (device.id < 0) return refusal(ENXIO, `${device.name} is being deleted`);
    const refused = this.refuse(device, driver as DaxDriver) ?? driver.probe(device);
    if (!refused) device.region.seedBound(device);
    return refused;
  }
}
