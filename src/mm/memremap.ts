import { EEXIST, EINVAL, ENOMEM, ENXIO, type Errno } from '../lib/errno.ts';
import { regionIntersects } from './iomem-walk.ts';
import type { MemoryHotplug } from './memory-hotplug.ts';
import { IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM } from './resource.ts';

/** include/linux/memremap.h `enum memory_type`. */
export const MEMORY_DEVICE_GENERIC = 4;

const SUBSECTION = 2n << 20n;

export interface MappedRange {
  readonly start: bigint;
  /** Inclusive. */
  readonly end: bigint;
}

/** `struct dev_pagemap`: ranges of device memory that get page structures. */
export interface PageMap {
  readonly type: number;
  readonly ranges: readonly MappedRange[];
  /** Order of the compound pages, log2 of 4 KiB pages. */
  vmemmapShift: number;
}

/** mm/memremap.c: ZONE_DEVICE. */
export class Memremap {
  readonly #memory: MemoryHotplug;
  readonly #live = new Map<MappedRange, PageMap>();

  constructor(memory: MemoryHotplug) {
    this.#memory = memory;
  }

  /** memremap_pages. What was done for earlier ranges is undone when a later one fails. */
  map(pageMap: PageMap, node: number): Errno | undefined {
    if (pageMap.ranges.length === 0) return EINVAL;
    for (const [i, range] of pageMap.ranges.entries()) {
      const refused = this.#mapRange(pageMap, range, node);
      if (!refused) continue;
      for (const done of pageMap.ranges.slice(0, i)) this.#unmapRange(done);
      return refused;
    }
    return undefined;
  }

  /** memunmap_pages */
  unmap(pageMap: PageMap): void {
    for (const range of pageMap.ranges) this.#unmapRange(range);
  }

  /** find_dev_pagemap / get_dev_pagemap */
  find(address: bigint): PageMap | undefined {
    for (const [range, pageMap] of this.#live)
      if (range.start <= address && address <= range.end) return pageMap;
    return undefined;
  }

  #mapRange(pageMap: PageMap, range: MappedRange, node: number): Errno | undefined {
    const { start, end } = range;
    if (this.find(start) || this.find(end)) return ENOMEM;
    const size = end - start + 1n;
    const ram = regionIntersects(this.#memory.iomem, start, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE);
    if (ram !== 'DISJOINT') return ENXIO;
    if (start % SUBSECTION !== 0n || size % SUBSECTION !== 0n) return EINVAL;
    for (const other of this.#live.keys()) if (other.start <= end && start <= other.end) return EEXIST;
    const refused = this.#memory.addDeviceRange(node, start, size);
    if (!refused) this.#live.set(range, pageMap);
    return refused;
  }

  #unmapRange(range: MappedRange): void {
    this.#live.delete(range);
    this.#memory.removeDeviceRange(range.start, range.end - range.start + 1n);
  }
}
