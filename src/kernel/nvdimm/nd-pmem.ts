import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { KERN_WARNING } from '../base/printk.ts';
import type { BlockLayer } from '../block/block-layer.ts';
import type { DaxSuper } from '../dax/super.ts';
import { ENODEV, ENOMEM, ENXIO, EOPNOTSUPP, type Errno, isErrno, refusal, sameErrno } from '../lib/errno.ts';
import type { Memremap } from '../mm/memremap/memremap.ts';
import { MEMORY_DEVICE_FS_DAX, type PageMap } from '../mm/memremap/page-map.ts';
import { bttOffset, bttSector, bttSize, readBttInfo, writeBttInfo } from './btt-info.ts';
import { NdBtt, NdDax, NdPfn } from './claim.ts';
import { INFO_BLOCK_OFFSET, INFO_BLOCK_RESERVE } from './info-block.ts';
import type { NdNamespace } from './namespace.ts';
import { claimSpan, commonProbe, whileEnabled } from './namespace-probe.ts';
import { ND_DEVICE_NAMESPACE_IO, ND_DEVICE_NAMESPACE_PMEM, type NdBus, NdDriver } from './nd-bus.ts';
import { setupPfn, validateInfoBlock } from './pfn-setup.ts';
import { type DiskOptions, PmemDisk } from './pmem-disk.ts';

export interface PmemServices {
  readonly block: BlockLayer;
  readonly dax: DaxSuper;
  readonly memremap: Memremap;
}

/** drivers/nvdimm/pmem.c: a namespace as a disk, or the start of what its info block says it is. */
export class PmemDriver extends NdDriver {
  readonly types = [ND_DEVICE_NAMESPACE_IO, ND_DEVICE_NAMESPACE_PMEM];
  readonly #services: PmemServices;

  constructor(bus: NdBus, services: PmemServices, module: Module) {
    super(bus, 'nd_pmem', module);
    this.#services = services;
  }

  /**
   * nd_pmem_probe. ENXIO when an info block was found: the device of its kind takes over. EOPNOTSUPP for an info block that cannot
   * be used.
   */
  override probe(device: Device): Errno | undefined {
    const namespace = commonProbe(device);
    if (isErrno(namespace)) return namespace;
    if (device instanceof NdBtt) return this.#attachBtt(device, namespace);
    if (device instanceof NdPfn) return this.#attachPfn(device, namespace);
    const found = whileEnabled(device, namespace, INFO_BLOCK_RESERVE, () => probeInfoBlocks(namespace));
    if (found) return found;
    const pageMap: PageMap | undefined = namespace.mapsPages
      ? {
          type: MEMORY_DEVICE_FS_DAX,
          ranges: [{ start: namespace.start, end: namespace.end }],
          vmemmapShift: 0,
        }
      : undefined;
    return this.#attachDisk(device, namespace, 0n, namespace.size, pageMap);
  }

  #attachPfn(pfn: NdPfn, namespace: NdNamespace): Errno | undefined {
    const setup = whileEnabled(pfn, namespace, INFO_BLOCK_RESERVE, () =>
      setupPfn(pfn, namespace, MEMORY_DEVICE_FS_DAX),
    );
    if (isErrno(setup)) return setup;
    const { dataOffset, endTruncation } = setup.block;
    const size = namespace.size - dataOffset - endTruncation;
    return this.#attachDisk(pfn, namespace, dataOffset, size, setup.pageMap);
  }

  /** nvdimm_namespace_attach_btt: needs a sector size, a uuid and 16 MiB. What is in maps and logs is not simulated. */
  #attachBtt(btt: NdBtt, namespace: NdNamespace): Errno | undefined {
    if (btt.uuid === undefined || btt.sectorSize === 0)
      return refusal(ENODEV, `${btt.name} needs a uuid and a sector_size first`);
    const claim = claimSpan(btt, namespace, namespace.size);
    if (isErrno(claim)) return claim;
    const size = bttSize(namespace, btt.sectorSize);
    if (size === 0n) return refusal(ENXIO, `${namespace.name} is too small for a btt`);
    const found = readBttInfo(namespace);
    if (found?.uuid !== btt.uuid && namespace.region.readOnly) {
      btt.log(KERN_WARNING, `${namespace.region.name} is read-only, unable to init btt metadata`);
      return ENOMEM;
    }
    if (found?.uuid !== btt.uuid) writeBttInfo(namespace, { uuid: btt.uuid, sectorSize: btt.sectorSize });
    btt.size = size;
    const offset = bttOffset(namespace) + INFO_BLOCK_OFFSET;
    this.#addDisk(btt, namespace, { offset, size, bttSector: bttSector(btt.sectorSize) });
    return undefined;
  }

  /** pmem_attach_disk. Without DIMMs nobody knows how writes are flushed (nvdimm_has_flush). */
  #attachDisk(
    device: Device,
    namespace: NdNamespace,
    offset: bigint,
    size: bigint,
    pageMap: PageMap | undefined,
  ): Errno | undefined {
    const { dax, memremap } = this.#services;
    if (namespace.region.mappings.length === 0)
      device.log(KERN_WARNING, 'unable to guarantee persistence of writes');
    const claim = claimSpan(device, namespace, namespace.size);
    if (isErrno(claim)) return claim;
    if (pageMap) {
      const refused = memremap.map(pageMap, device.numaNode);
      if (refused) return refused;
      device.devres.add(() => memremap.unmap(pageMap));
    }
    const object = dax.alloc();
    device.devres.add(() => object.put());
    this.#addDisk(device, namespace, { offset, size });
    return undefined;
  }

  #addDisk(device: Device, namespace: NdNamespace, options: DiskOptions): void {
    const disk = new PmemDisk(this.#services.block, device, namespace, options);
    disk.add();
    device.devres.add(() => disk.remove());
  }
}

/** nd_btt_probe, nd_pfn_probe, nd_dax_probe: ENXIO when one was found and registered, undefined when there is none. */
function probeInfoBlocks(namespace: NdNamespace): Errno | undefined {
  if (namespace.forceRaw) return undefined;
  const btt = findBtt(namespace);
  if (btt) return btt;
  for (const Claim of [NdPfn, NdDax]) {
    const device = new Claim(namespace.region);
    if (namespace.holderClass !== '' && namespace.holderClass !== device.kind) {
      device.abandon();
      continue;
    }
    const block = validateInfoBlock(device, namespace);
    if (isErrno(block)) {
      device.abandon();
      if (sameErrno(block, EOPNOTSUPP)) return block;
      continue;
    }
    device.claim(namespace);
    namespace.ndBus.registerLater(device);
    return refusal(ENXIO, `${device.name} takes over ${namespace.name}`);
  }
  return undefined;
}

/** nd_btt_probe: ENXIO when a btt was found and registered. */
function findBtt(namespace: NdNamespace): Errno | undefined {
  if (namespace.holderClass !== '' && namespace.holderClass !== 'btt') return undefined;
  const info = readBttInfo(namespace);
  if (!info) return undefined;
  const btt = new NdBtt(namespace.region);
  btt.uuid = info.uuid;
  btt.sectorSize = info.sectorSize;
  btt.claim(namespace);
  namespace.ndBus.registerLater(btt);
  return refusal(ENXIO, `${btt.name} takes over ${namespace.name}`);
}
