import type { DeviceClass } from '../base/class.ts';
import type { Device } from '../base/device.ts';
import { group, ro, rw, wo } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import { EBUSY, EINVAL, ENOSPC, ENXIO, isErrno, type Result, refusal } from '../lib/errno.ts';
import { byteCount, dec } from '../lib/format.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { kstrtoint, stripNewline, sysfsStreq } from '../lib/kstrtox.ts';
import type { Range } from '../lib/range.ts';
import type { DaxBus } from './bus.ts';
import { createDevDax, type DevDax } from './dev-dax.ts';
import { RegionResources } from './region-resources.ts';

export interface RegionOptions extends Range {
  /** The region id, the X of daxX.Y; for hmem and cxl the memregion id. */
  readonly id: number;
  /** The node of the memory once it is ordinary RAM, or −1. */
  readonly targetNode: number;
  /** Bytes. */
  readonly align: bigint;
  /** IORESOURCE_DAX_STATIC: one device of fixed size, as on persistent memory. */
  readonly static: boolean;
  /** IORESOURCE_DAX_KMEM: kmem is the default driver. */
  readonly kmem: boolean;
  /** DEV_DAX_CLASS: the device is of this class, and not on the bus, so that no driver of the bus can have it. */
  readonly class?: DeviceClass | undefined;
}

/** drivers/dax/bus.c `struct dax_region`: a range on a parent device, carved into dax devices. */
export class DaxRegion {
  readonly bus: DaxBus;
  readonly parent: Device;
  readonly id: number;
  readonly targetNode: number;
  readonly align: bigint;
  readonly static: boolean;
  readonly kmem: boolean;
  readonly class: DeviceClass | undefined;
  readonly resources: RegionResources;
  readonly ids = new IdAllocator();
  /** The first created device that was not bound yet. */
  seed: DevDax | undefined;
  /** The device that `create` made last. */
  youngest: DevDax | undefined;
  #directory: Directory | undefined;

  constructor(bus: DaxBus, parent: Device, options: RegionOptions) {
    this.bus = bus;
    this.parent = parent;
    this.id = options.id;
    this.targetNode = options.targetNode;
    this.align = options.align;
    this.static = options.static;
    this.kmem = options.kmem;
    this.class = options.class;
    this.resources = new RegionResources(options.start, options.end);
  }

  /** create_store: one more device of size 0. ENOSPC when nothing is free. */
  create(): Result<undefined> {
    if (this.resources.available === 0n)
      return refusal(ENOSPC, 'nothing of the region is free: shrink a device first');
    const device = createDevDax(this, { size: 0n, memmapOnMemory: false });
    if (isErrno(device)) return device;
    this.seed ??= device;
    this.youngest = device;
    this.contentChanged('seed', 'create');
    return undefined;
  }

  /** delete_store: ENXIO for an unknown name, EBUSY while bound, not empty, or instance 0. */
  delete(name: string): Result<undefined> {
    for (const child of this.parent.children) {
      if (!sysfsStreq(child.name, name)) continue;
      const victim = this.bus.devDax(child.name);
      if (!victim) break;
      if (victim.driver)
        return refusal(EBUSY, `${victim.name} is bound to ${victim.driver.name}: unbind it first`);
      if (victim.size !== 0n)
        return refusal(EBUSY, `${victim.name} has ${byteCount(victim.size)}: write 0 to its size first`);
      if (victim.id <= 0) return refusal(EBUSY, `${victim.name} is the first of its region, which stays`);
      victim.invalidateId();
      this.forget(victim);
      victim.unregister();
      return undefined;
    }
    return refusal(ENXIO, `the region has no device "${stripNewline(name)}"`);
  }

  /** A device that is gone is neither seed nor youngest. */
  forget(device: DevDax): void {
    if (this.seed === device) this.seed = undefined;
    if (this.youngest === device) this.youngest = undefined;
    this.contentChanged('seed', 'create');
  }

  /** A device that was bound is no seed any more. */
  seedBound(device: DevDax): void {
    if (this.static || this.seed !== device) return;
    this.seed = undefined;
    this.contentChanged('seed');
  }

  contentChanged(...names: readonly string[]): void {
    this.#directory?.contentChanged(...names);
  }

  /** dax_region_groups: the files appear in `dax_region` until the parent's driver is gone. */
  show(): void {
    const { directory, devres } = this.parent;
    this.#directory = directory.addDirectory('dax_region');
    this.#directory.attach(regionAttributes.of(this));
    devres.add(() => directory.remove('dax_region'));
  }
}

const nameOf = (device: DevDax | undefined): string => `${device?.name ?? ''}\n`;

const regionAttributes = group<DaxRegion>(
  {
    align: ro(region => dec(region.align), { mode: 0o400 }),
    available_size: ro(region => dec(region.resources.available)),
    create: rw(
      region => nameOf(region.youngest),
      (region, text) => {
        const value = kstrtoint(text);
        if (isErrno(value)) return value;
        return value === 1 ? region.create() : refusal(EINVAL, 'only 1 makes a device');
      },
    ),
    delete: wo((region, text) => region.delete(text)),
    id: ro(region => dec(region.id)),
    seed: ro(region => nameOf(region.seed)),
    size: ro(region => dec(region.resources.size)),
  },
  { stable: true, visible: (region, name, mode) => (isDynamicOnly(region, name) ? 0 : mode) },
);

/** dax_region_visible */
function isDynamicOnly(region: DaxRegion, name: string): boolean {
  const fixed = region.static || !region.bus.core.profile.dax.dynamicRegions;
  return fixed && ['available_size', 'create', 'delete', 'seed'].includes(name);
}

/** alloc_dax_region: EINVAL when the range is not a multiple of `align`, EBUSY when the parent has driver data. */
export function allocDaxRegion(bus: DaxBus, parent: Device, options: RegionOptions): Result<DaxRegion> {
  if (parent.driverData !== undefined) return refusal(EBUSY, `${parent.name} has driver data`);
  if (options.start % options.align !== 0n || (options.end + 1n) % options.align !== 0n)
    return refusal(EINVAL, `the range is no multiple of ${byteCount(options.align)} (align)`);
  const region = new DaxRegion(bus, parent, options);
  parent.driverData = region;
  region.show();
  return region;
}
