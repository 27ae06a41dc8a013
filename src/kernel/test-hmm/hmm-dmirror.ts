import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import { KERN_INFO } from '../base/printk.ts';
import type { Errno, Result } from '../lib/errno.ts';
import { isErrno } from '../lib/errno.ts';
import { prefixedHex } from '../lib/format.ts';
import { PAGE } from '../lib/page.ts';
import type { DeviceNumber } from '../lib/stat.ts';
import type { DeviceMemory, Memremap } from '../mm/memremap/memremap.ts';
import {
  MEMORY_DEVICE_COHERENT,
  MEMORY_DEVICE_PRIVATE,
  type PageMap,
  type PageMapOps,
} from '../mm/memremap/page-map.ts';
import { requestFreeMemRegion } from '../resource/free-mem-region.ts';
import { type Resource, releaseResource } from '../resource/resource.ts';
import type { Alter } from './page-map-options.ts';

/** The dynamic major of `HMM_DMIRROR`, below those of dax and cxl. */
const HMM_MAJOR = 250;
/** DEVMEM_CHUNK_SIZE */
export const CHUNK_BYTES = 256n << 20n;
const MIB = 1n << 20n;
const NUMA_NO_NODE = -1;

/** What a mirror device needs of memory management. */
export interface HmmServices {
  readonly core: DriverCore;
  readonly memory: DeviceMemory;
  readonly memremap: Memremap;
}

interface Chunk {
  readonly pageMap: PageMap;
  readonly start: bigint;
  /** The claim in /proc/iomem of unaddressable memory. */
  readonly resource: Resource | undefined;
}

/**
 * lib/test_hmm.c `struct dmirror_device`: hmm_dmirrorN, a device with memory of its own. Private memory gets made-up
 * physical addresses at the top, in chunks of 256 MiB as it is used; coherent memory is one chunk at a given address.
 */
export class DmirrorDevice extends Device {
  readonly minor: number;
  /** Where coherent memory is; undefined for private memory. */
  readonly coherentStart: bigint | undefined;
  readonly #services: HmmServices;
  readonly #migrateToRam: NonNullable<PageMapOps['migrateToRam']>;
  readonly #alter: Alter;
  readonly #chunks: Chunk[] = [];
  readonly #free: bigint[] = [];
  /** The part of the newest chunk that no page was taken from yet. */
  #fresh = { next: 0n, end: 0n };
  #inUse = 0;

  constructor(
    services: HmmServices,
    minor: number,
    coherentStart: bigint | undefined,
    migrateToRam: NonNullable<PageMapOps['migrateToRam']>,
    alter: Alter = pageMap => pageMap,
  ) {
    super(services.core, `hmm_dmirror${minor}`, services.core.devicesDirectory);
    this.minor = minor;
    this.coherentStart = coherentStart;
    this.#services = services;
    this.#migrateToRam = migrateToRam;
    this.#alter = alter;
  }

  override get number(): DeviceNumber {
    return { major: HMM_MAJOR, minor: this.minor };
  }

  get isPrivate(): boolean {
    return this.coherentStart === undefined;
  }

  get chunks(): readonly { readonly start: bigint }[] {
    return this.#chunks;
  }

  get pagesInUse(): number {
    return this.#inUse;
  }

  /** dmirror_allocate_chunk: ERANGE without address space, else memremap_pages' errno. */
  allocateChunk(): Errno | undefined {
    const { core, memremap } = this.#services;
    const place = this.#placeChunk();
    if (isErrno(place)) return place;
    const { start, resource } = place;
    const pageMap = this.#alter({
      type: this.isPrivate ? MEMORY_DEVICE_PRIVATE : MEMORY_DEVICE_COHERENT,
      ranges: [{ start, end: start + CHUNK_BYTES - 1n }],
      vmemmapShift: 0,
      owner: this,
      ops: {
        pageFree: address => this.#free.push(address),
        migrateToRam: this.#migrateToRam,
      },
    });
    const refused = memremap.map(pageMap, NUMA_NO_NODE);
    if (refused) {
      if (resource) releaseResource(resource);
      return refused;
    }
    const count = this.#chunks.push({ pageMap, start, resource });
    this.#fresh = { next: start, end: start + CHUNK_BYTES };
    const mebibytes = CHUNK_BYTES / MIB;
    const pfns = [start, start + CHUNK_BYTES].map(address => prefixedHex(address / PAGE));
    core.printk.print(
      KERN_INFO,
      `added new ${mebibytes} MB chunk (total ${count} chunks, ${BigInt(count) * mebibytes} MB) PFNs [${pfns.join(' ')})`,
    );
    return undefined;
  }

  #placeChunk(): Result<{ start: bigint; resource: Resource | undefined }> {
    if (this.coherentStart !== undefined) return { start: this.coherentStart, resource: undefined };
    const { iomem, facts } = this.#services.memory;
    const resource = requestFreeMemRegion(iomem, CHUNK_BYTES, 'hmm_dmirror', facts.maxPhysicalAddress);
    return isErrno(resource) ? resource : { start: resource.start, resource };
  }

  /** dmirror_devmem_alloc_page: the physical address of a free page, from a new chunk when all are taken. */
  allocatePage(): Result<bigint> {
    let address = this.#free.pop();
    if (address === undefined) {
      if (this.#fresh.next >= this.#fresh.end) {
        const refused = this.allocateChunk();
        if (refused) return refused;
      }
      address = this.#fresh.next;
      this.#fresh.next += PAGE;
    }
    this.#services.memremap.get(address);
    this.#inUse++;
    return address;
  }

  /** do_swap_page on a device private entry: the owner of the page map has to bring the page back. */
  cpuFault(address: bigint): Errno | undefined {
    return this.#services.memremap.find(address)?.ops?.migrateToRam?.(address);
  }

  /** free_zone_device_page: back to the driver, and the reference of the page map goes. */
  freePage(address: bigint): void {
    const { memremap } = this.#services;
    const chunk = this.#chunks.find(({ start }) => address >= start && address < start + CHUNK_BYTES);
    if (!chunk) throw new Error('not a page of this device');
    chunk.pageMap.ops?.pageFree?.(address);
    memremap.put(chunk.pageMap);
    this.#inUse--;
  }

  /** dmirror_device_remove_chunks, after its pages were migrated away. */
  protected override released(): void {
    for (let chunk = this.#chunks.pop(); chunk; chunk = this.#chunks.pop()) {
      this.#services.memremap.unmap(chunk.pageMap);
      if (chunk.resource) releaseResource(chunk.resource);
    }
  }
}
