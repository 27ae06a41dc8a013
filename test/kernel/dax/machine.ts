import { DriverCore } from '../../../src/kernel/base/core.ts';
import type { Device } from '../../../src/kernel/base/device.ts';
import { Driver } from '../../../src/kernel/base/driver.ts';
import { ModuleLoader } from '../../../src/kernel/base/module.ts';
import { PlatformBus, PlatformDevice } from '../../../src/kernel/base/platform.ts';
import { DaxBus } from '../../../src/kernel/dax/bus.ts';
import { createDevDax, type DevDax } from '../../../src/kernel/dax/dev-dax.ts';
import { daxModules } from '../../../src/kernel/dax/modules.ts';
import { allocDaxRegion } from '../../../src/kernel/dax/region.ts';
import { Directory } from '../../../src/kernel/fs/directory.ts';
import { type Caller, KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { Tree } from '../../../src/kernel/fs/node.ts';
import { Vfs } from '../../../src/kernel/fs/vfs.ts';
import { isErrno } from '../../../src/kernel/lib/errno.ts';
import type { MemoryManagement } from '../../../src/kernel/mm/memory-management.ts';
import { Memremap } from '../../../src/kernel/mm/memremap/memremap.ts';
import { profileOf } from '../../../src/kernel/releases/history.ts';
import { FakeDeviceMemory, GIB } from '../mm/device-memory.ts';

export const REGION_START = 16n * GIB;
export const CALLER: Caller = { ...KERNEL, comm: 'test' };

class RegionDriver extends Driver {
  readonly #dax: DaxBus;
  readonly #size: bigint;

  constructor(platform: PlatformBus, dax: DaxBus, size: bigint) {
    super(platform, 'region');
    this.#dax = dax;
    this.#size = size;
  }

  override probe(device: Device) {
    const region = allocDaxRegion(this.#dax, device, {
      id: 0,
      start: REGION_START,
      end: REGION_START + this.#size - 1n,
      targetNode: 1,
      align: 2n << 20n,
      static: false,
      kmem: false,
    });
    if (isErrno(region)) return region;
    const made = createDevDax(region, { size: this.#size, memmapOnMemory: false });
    return isErrno(made) ? made : undefined;
  }
}

/** A machine of nothing but a dax region with dax0.0 over all of it, bound to device_dax. */
export class DaxMachine {
  readonly core: DriverCore;
  readonly memory = new FakeDeviceMemory();
  readonly memremap: Memremap;
  readonly bus: DaxBus;
  readonly platform: PlatformBus;
  readonly modules: ModuleLoader;
  readonly vfs: Vfs;

  constructor(size = GIB) {
    const root = new Directory(new Tree(() => 0n), undefined, '');
    this.vfs = new Vfs(root, throwBug);
    this.core = new DriverCore({ root, profile: profileOf('6.12'), clock: () => 0n });
    const memory = Object.assign(this.memory, { core: this.core });
    this.memremap = new Memremap(memory);
    this.bus = new DaxBus(this.core, {
      memory: memory as unknown as MemoryManagement,
      memremap: this.memremap,
    });
    this.modules = new ModuleLoader(this.core, daxModules(this.bus), () => new Map());
    this.modules.modprobe('device_dax');
    this.platform = new PlatformBus(this.core);
    new RegionDriver(this.platform, this.bus, size).register();
    new PlatformDevice(this.platform, 'region', 0).add();
  }

  dax(name = 'dax0.0'): DevDax {
    const dax = this.bus.devDax(name);
    if (!dax) throw new Error(`no device ${name}`);
    return dax;
  }

  get driver() {
    const driver = this.bus.drivers.find(({ name }) => name === 'device_dax');
    if (!driver) throw new Error('device_dax is not loaded');
    return driver;
  }

  unbind(name = 'dax0.0') {
    return this.driver.unbind(name);
  }

  bind(name = 'dax0.0') {
    return this.driver.bind(name);
  }

  get log(): string[] {
    return this.memory.log;
  }
}
