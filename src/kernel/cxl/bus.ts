import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import { group, ro, wo } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { EINVAL } from '../lib/errno.ts';
import { sysfsStreq } from '../lib/kstrtox.ts';

/** drivers/cxl/cxl.h `CXL_DEVICE_*`: what drivers match; 0 for what no driver takes. */
export const CXL_DEVICE_NONE = 0;
export const CXL_DEVICE_NVDIMM_BRIDGE = 1;
export const CXL_DEVICE_NVDIMM = 2;
export const CXL_DEVICE_PORT = 3;
export const CXL_DEVICE_ROOT = 4;
export const CXL_DEVICE_MEMORY_EXPANDER = 5;
export const CXL_DEVICE_REGION = 6;
export const CXL_DEVICE_PMEM_REGION = 7;
export const CXL_DEVICE_DAX_REGION = 8;

/** `flush` waits for deferred work, of which there is none here. */
const busAttributes = group<CxlBus>({
  flush: wo((_bus, text) => (sysfsStreq(text, '1') ? undefined : EINVAL)),
});

/** drivers/cxl/core/port.c `cxl_bus_type` */
export class CxlBus extends Bus {
  constructor(core: DriverCore) {
    super(core, 'cxl');
    this.directory.attach(busAttributes.of(this));
  }

  override match(device: Device, driver: Driver): boolean {
    return device instanceof CxlDevice && driver instanceof CxlDriver && device.id === driver.id;
  }
}

const baseAttributes = group<CxlDevice>({
  devtype: ro(device => `${device.devtype}\n`),
  modalias: ro(device => `cxl:t${device.id}\n`),
});

/** A device of the cxl bus. None has power management. */
export abstract class CxlDevice extends Device {
  abstract override get devtype(): string;
  /** A CXL_DEVICE_*. */
  abstract readonly id: number;
  readonly cxlBus: CxlBus;

  constructor(bus: CxlBus, name: string, parent: Device | Directory) {
    super(bus.core, name, parent);
    this.cxlBus = bus;
  }

  override get bus(): Bus {
    return this.cxlBus;
  }

  override get powerManaged(): boolean {
    return false;
  }

  override groups(): ChildSource[] {
    return [baseAttributes.of(this)];
  }

  override typeUeventKeys(): string[] {
    return [`MODALIAS=cxl:t${this.id}`];
  }
}

/** drivers/cxl/cxl.h `struct cxl_driver` */
export abstract class CxlDriver extends Driver {
  abstract readonly id: number;
}
