import type { DeviceClass } from '../base/class.ts';
import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { ENOMEM, type Errno, isErrno } from '../lib/errno.ts';
import { MEMORY_DEVICE_GENERIC } from '../mm/memremap/page-map.ts';
import type { NdDax } from '../nvdimm/claim.ts';
import { INFO_BLOCK_RESERVE } from '../nvdimm/info-block.ts';
import { claimSpan, commonProbe, whileEnabled } from '../nvdimm/namespace-probe.ts';
import { ND_DEVICE_DAX_PMEM, type NdBus, NdDriver } from '../nvdimm/nd-bus.ts';
import { setupPfn } from '../nvdimm/pfn-setup.ts';
import type { DaxBus } from './bus.ts';
import { createDevDax } from './dev-dax.ts';
import { probeDeviceDax } from './device.ts';
import { allocDaxRegion } from './region.ts';

/**
 * drivers/dax/pmem.c: a static dax region, with one device, for the data of a namespace. Kernels before 5.17 may have
 * it twice: with a class, dax_pmem_compat makes devices of that class, which device_dax runs without being their driver.
 */
export class DaxPmemDriver extends NdDriver {
  readonly types = [ND_DEVICE_DAX_PMEM];
  readonly #dax: DaxBus;
  readonly #class: DeviceClass | undefined;

  constructor(bus: NdBus, dax: DaxBus, module: Module, deviceClass?: DeviceClass) {
    super(bus, module.name, module);
    this.#dax = dax;
    this.#class = deviceClass;
  }

  /** __dax_pmem_probe: the names of region and device are those of the namespace, X.Y. */
  override probe(device: Device): Errno | undefined {
    const ndDax = device as NdDax;
    const namespace = commonProbe(ndDax);
    if (isErrno(namespace)) return namespace;
    const setup = whileEnabled(ndDax, namespace, INFO_BLOCK_RESERVE, () =>
      setupPfn(ndDax, namespace, MEMORY_DEVICE_GENERIC),
    );
    if (isErrno(setup)) return setup;
    const { block, pageMap } = setup;
    const metadata = claimSpan(ndDax, namespace, block.dataOffset, 'could not reserve metadata');
    if (isErrno(metadata)) return metadata;
    const mapped = pageMap.ranges[0]!;
    const region = allocDaxRegion(this.#dax, ndDax, {
      id: namespace.region.id,
      start: mapped.start + block.dataOffset,
      end: mapped.end,
      targetNode: namespace.targetNode,
      align: block.align,
      static: true,
      kmem: false,
      class: this.#class,
    });
    if (isErrno(region)) return ENOMEM;
    const size = region.resources.size;
    const made = createDevDax(region, { size, memmapOnMemory: false, id: namespace.id, pageMap });
    if (isErrno(made)) return made;
    return this.#class ? probeDeviceDax(made) : undefined;
  }
}
