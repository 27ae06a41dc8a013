import type { Device } from '../base/device.ts';
import { CxlDaxRegion } from '../dax/cxl.ts';
import { ENXIO, type Errno, refusal } from '../lib/errno.ts';
import { holdsSystemRam } from '../resource/iomem-walk.ts';
import type { Resource } from '../resource/resource.ts';
import { CXL_DEVICE_REGION, type CxlBus, CxlDriver } from './bus.ts';
import { CXL_CONFIG_COMMIT, type CxlRegion } from './region.ts';

/** drivers/cxl/core/region.c `cxl_region_driver`. ENXIO before the region is committed. */
export class CxlRegionDriver extends CxlDriver {
  readonly id = CXL_DEVICE_REGION;
  readonly #iomem: Resource;

  constructor(bus: CxlBus, iomem: Resource) {
    super(bus, 'cxl_region');
    this.#iomem = iomem;
  }

  /** Memory that the kernel uses as RAM already stays what it is: no dax region then. */
  override probe(device: Device): Errno | undefined {
    const region = device as CxlRegion;
    const { resource } = region;
    if (region.state < CXL_CONFIG_COMMIT || !resource)
      return refusal(ENXIO, `${region.name} is not committed`);
    if (holdsSystemRam(this.#iomem, resource.start, resource.end)) return undefined;
    const daxRegion = new CxlDaxRegion(region);
    daxRegion.add();
    region.devres.add(() => daxRegion.remove());
    return undefined;
  }
}
