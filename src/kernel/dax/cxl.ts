import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { CXL_DEVICE_DAX_REGION, type CxlBus, CxlDevice, CxlDriver } from '../cxl/bus.ts';
import type { CxlRegion } from '../cxl/region.ts';
import { ENOMEM, type Errno, isErrno } from '../lib/errno.ts';
import { PMD_SIZE } from '../lib/page.ts';
import type { DaxBus } from './bus.ts';
import { createDevDax } from './dev-dax.ts';
import { allocDaxRegion } from './region.ts';

/** drivers/cxl/core/region.c `struct cxl_dax_region`: dax_regionN, what a committed region offers to dax. */
export class CxlDaxRegion extends CxlDevice {
  override get devtype(): string {
    return 'cxl_dax_region';
  }

  readonly id = CXL_DEVICE_DAX_REGION;
  readonly region: CxlRegion;

  constructor(region: CxlRegion) {
    super(region.cxlBus, `dax_region${region.regionId}`, region);
    this.region = region;
  }
}

/** drivers/dax/cxl.c: a dax region with one device over all of it. It cannot be bound or unbound by hand. */
export class CxlDaxRegionDriver extends CxlDriver {
  readonly id = CXL_DEVICE_DAX_REGION;
  readonly #dax: DaxBus;

  constructor(bus: CxlBus, dax: DaxBus, module: Module) {
    super(bus, 'cxl_dax_region', module);
    this.#dax = dax;
  }

  override get suppressBindAttributes(): boolean {
    return true;
  }

  override probe(device: Device): Errno | undefined {
    const { region } = device as CxlDaxRegion;
    const { start, end } = region.resource!;
    const daxRegion = allocDaxRegion(this.#dax, device, {
      id: region.regionId,
      start,
      end,
      targetNode: region.root.targetNode,
      align: PMD_SIZE,
      static: false,
      kmem: true,
    });
    if (isErrno(daxRegion)) return ENOMEM;
    const made = createDevDax(daxRegion, { size: daxRegion.resources.size, memmapOnMemory: true });
    return isErrno(made) ? made : undefined;
  }
}
