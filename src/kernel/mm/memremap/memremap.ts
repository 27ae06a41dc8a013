import type { DriverCore } from '../../base/core.ts';
import { KERN_INFO, KERN_WARNING } from '../../base/printk.ts';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  ENOMEM,
  ENXIO,
  EOPNOTSUPP,
  type Errno,
  refusal,
  sameErrno,
} from '../../lib/errno.ts';
import { prefixedHex } from '../../lib/format.ts';
import { PAGE_SHIFT, PAGES_PER_SUBSECTION } from '../../lib/page.ts';
import { formatRange, type Range, rangeLength } from '../../lib/range.ts';
import { RangeIndex } from '../../lib/range-index.ts';
import { regionIntersects } from '../../resource/iomem-walk.ts';
import { IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM, type Resource } from '../../resource/resource.ts';
import type { MemoryFacts } from '../hotplug/memory-facts.ts';
import { mhpRangeAllowed } from '../hotplug/memory-hotplug.ts';
import { altmapOffset, memmapPages } from './altmap.ts';
import type { DeviceRanges } from './device-ranges.ts';
import { countsPagesInUse, MEMORY_DEVICE_PRIVATE, type PageMap, pageMapComplaint } from './page-map.ts';

/** 2 MiB: a subsection of page structures, and what a PMD maps. */
const SUBSECTION_SHIFT = 21n;
const SUBSECTION_PAGES = BigInt(PAGES_PER_SUBSECTION);

/** `struct percpu_ref` of a page map, and what is set up for it. */
interface Life {
  /** Ends at 0. */
  references: number;
  killed: boolean;
  readonly node: number;
  /** Ranges that have page structures now. */
  readonly ranges: Range[];
  /** Stretches of 2 MiB, by number, of which a page was mapped once: `page->mapping` is set and stays. */
  readonly mapped: Set<bigint>;
}

interface MappedRange extends Range {
  readonly pageMap: PageMap;
}

/** What ZONE_DEVICE needs of memory management. */
export interface DeviceMemory {
  readonly core: Pick<DriverCore, 'printk' | 'profile'>;
  readonly facts: Pick<MemoryFacts, 'nodes' | 'maxPhysicalAddress'>;
  readonly iomem: Resource;
  readonly deviceRanges: Pick<DeviceRanges, 'add' | 'remove'>;
}

/** Told of a poisoned page of device memory: whoever maps it gets SIGBUS. */
export type FailureListener = (address: bigint) => void;

/**
 * mm/memremap.c: ZONE_DEVICE.
 *
 * Where the kernel sleeps until the last reference to a page map is dropped, {@link unmap} returns and the page
 * structures stay until then: nothing finds the map any more, and mapping the same range again is EEXIST.
 */
export class Memremap {
  readonly #memory: DeviceMemory;
  /** The kernel's `pgmap_array`. */
  readonly #index = new RangeIndex<MappedRange>();
  readonly #lives = new Map<PageMap, Life>();
  readonly #failureListeners = new Set<FailureListener>();

  constructor(memory: DeviceMemory) {
    this.#memory = memory;
  }

  /**
   * memremap_pages: EINVAL for a bad argument, ENOMEM over another map, ENXIO over System RAM, EEXIST over other page
   * structures. What was done for earlier ranges is undone when a later one fails.
   *
   * @param node −1 stands for the local memory node
   */
  map(pageMap: PageMap, node: number): Errno | undefined {
    const complaint = pageMapComplaint(pageMap);
    if (complaint) this.#warn(complaint.warning);
    if (complaint?.fatal) return refusal(EINVAL, complaint.warning);
    if (this.isPending(pageMap)) return refusal(EEXIST, 'the page map is still referenced');
    const life: Life = {
      references: 1,
      killed: false,
      node: node < 0 ? this.#localNode() : node,
      ranges: [],
      mapped: new Set(),
    };
    this.#lives.set(pageMap, life);
    for (const [i, range] of pageMap.ranges.entries()) {
      const refused = this.#mapRange(pageMap, life, range, i);
      if (!refused) continue;
      this.unmap(pageMap);
      return refused;
    }
    return undefined;
  }

  /** memunmap_pages: kill, drop the references of the pages, then tear down, now or with the last reference. */
  unmap(pageMap: PageMap): void {
    const life = this.#lives.get(pageMap);
    if (!life || life.killed) return;
    life.killed = true;
    life.references -= 1;
    if (!countsPagesInUse(pageMap))
      for (const [i, range] of life.ranges.entries()) life.references -= pageUnits(pageMap, range, i);
    this.#tearDownIfUnused(pageMap, life);
  }

  /** Whether the map was taken down but is still referenced. */
  isPending(pageMap: PageMap): boolean {
    return this.#lives.get(pageMap)?.killed ?? false;
  }

  /** find_dev_pagemap, without a reference. A map that is going away is not found. O(log n) in the ranges. */
  find(address: bigint): PageMap | undefined {
    const pageMap = this.#index.at(address)?.pageMap;
    return pageMap && !this.isPending(pageMap) ? pageMap : undefined;
  }

  /** get_dev_pagemap: a reference that {@link put} gives back. */
  get(address: bigint): PageMap | undefined {
    const pageMap = this.find(address);
    if (pageMap) this.#lives.get(pageMap)!.references++;
    return pageMap;
  }

  /** put_dev_pagemap */
  put(pageMap: PageMap): void {
    const life = this.#lives.get(pageMap);
    if (!life) return;
    life.references--;
    this.#tearDownIfUnused(pageMap, life);
  }

  /** References held, 0 for a map that is not live. */
  references(pageMap: PageMap): number {
    return this.#lives.get(pageMap)?.references ?? 0;
  }

  onFailure(listener: FailureListener): () => void {
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** dax_set_mapping: a program has a span in its page tables. */
  setMapping(address: bigint, bytes: bigint): void {
    const pageMap = this.find(address);
    if (!pageMap) return;
    const { mapped } = this.#lives.get(pageMap)!;
    const last = (address + bytes - 1n) >> SUBSECTION_SHIFT;
    for (let stretch = address >> SUBSECTION_SHIFT; stretch <= last; stretch++) mapped.add(stretch);
  }

  /**
   * memory_failure_dev_pagemap: ENXIO in the metadata and for memory that a device driver migrates, EBUSY for a page that
   * was never mapped (dax_lock_folio).
   */
  memoryFailure(address: bigint): Errno | undefined {
    const pageMap = this.find(address);
    if (!pageMap || address < firstValid(pageMap)) return ENXIO;
    const { ops } = pageMap;
    const answer = ops?.memoryFailure ? ops.memoryFailure(address) : EOPNOTSUPP;
    if (!sameErrno(answer, EOPNOTSUPP)) return answer;
    if (countsPagesInUse(pageMap)) return ENXIO;
    if (!this.#lives.get(pageMap)!.mapped.has(address >> SUBSECTION_SHIFT)) return EBUSY;
    for (const listener of this.#failureListeners) listener(address);
    return undefined;
  }

  /** pagemap_range */
  #mapRange(pageMap: PageMap, life: Life, range: Range, index: number): Errno | undefined {
    const refused = this.#checkRange(pageMap, range, index) ?? this.#addPages(pageMap, life, range);
    if (refused) return refused;
    this.#tellPages(pageMap, range);
    this.#index.add({ start: range.start, end: range.end, pageMap });
    life.ranges.push(range);
    if (!countsPagesInUse(pageMap)) life.references += pageUnits(pageMap, range, index);
    return undefined;
  }

  #checkRange(pageMap: PageMap, range: Range, index: number): Errno | undefined {
    const { start, end } = range;
    if (pageMap.altmap && index > 0) return this.#refuse('altmap not supported for multiple ranges', EINVAL);
    if (this.find(start) || this.find(end))
      return this.#refuse('Conflicting mapping in same section', ENOMEM);
    const { iomem } = this.#memory;
    const ram = regionIntersects(iomem, start, rangeLength(range), IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE);
    if (ram !== 'DISJOINT') {
      const kind = ram === 'MIXED' ? 'mixed' : 'ram';
      return this.#refuse(`attempted on ${kind} region ${prefixedHex(start)}-${prefixedHex(end)}`, ENXIO);
    }
    return mhpRangeAllowed(this.#memory, start, rangeLength(range))
      ? undefined
      : refusal(EINVAL, `${formatRange(range)} is beyond what can be addressed`);
  }

  /** memmap_init_zone_device: page structures that the altmap holds are not counted. */
  #tellPages({ altmap }: PageMap, range: Range): void {
    const { printk, profile } = this.#memory.core;
    if (!profile.hotplug.logsDevicePages) return;
    const pages = (rangeLength(range) >> PAGE_SHIFT) - BigInt(altmapOffset(altmap));
    printk.print(KERN_INFO, `memmap_init_zone_device initialised ${pages} pages in 0ms`);
  }

  /** add_pages of x86, which warns the first time that something is refused. */
  #addPages(pageMap: PageMap, life: Life, range: Range): Errno | undefined {
    const { printk, profile } = this.#memory.core;
    const refused = this.#addSections(pageMap, life, range);
    if (refused) printk.warnOnce(profile.warnings.sites.pagesNotAdded);
    return refused;
  }

  /** __add_pages and the zone. */
  #addSections(pageMap: PageMap, { node }: Life, range: Range): Errno | undefined {
    const { start } = range;
    const size = rangeLength(range);
    const pfn = start >> PAGE_SHIFT;
    const pages = size >> PAGE_SHIFT;
    const { altmap } = pageMap;
    if (altmap) {
      if (BigInt(altmap.basePfn) !== pfn || BigInt(altmapOffset(altmap)) > pages)
        return this.#refuse('memory add fail, invalid altmap', EINVAL);
      altmap.alloc = 0;
    }
    if (pfn % SUBSECTION_PAGES !== 0n || pages % SUBSECTION_PAGES !== 0n) {
      const { printk, profile } = this.#memory.core;
      const end = profile.warnings.misalignedEndPrefix + (pfn + pages - 1n).toString(16);
      printk.warn(
        profile.warnings.sites.misalignedPages,
        `Misaligned __add_pages start: ${prefixedHex(pfn)} end: ${end}`,
      );
      return EINVAL;
    }
    if (this.#index.overlaps(range))
      return refusal(EEXIST, `${formatRange(range)} has page structures already`);
    if (altmap && memmapPages(Number(pages)) > altmap.free)
      return refusal(ENOMEM, 'the range has no room for its page structures');
    const memoryFailure = (address: bigint): Errno | undefined => this.memoryFailure(address);
    const refused = this.#memory.deviceRanges.add(node, start, size, { memoryFailure });
    if (!refused && altmap) altmap.alloc = memmapPages(Number(pages));
    return refused;
  }

  #tearDownIfUnused(pageMap: PageMap, life: Life): void {
    if (!life.killed || life.references > 0) return;
    this.#lives.delete(pageMap);
    for (const range of life.ranges) {
      this.#memory.deviceRanges.remove(range.start, rangeLength(range));
      this.#index.remove(range.start);
    }
    this.#releaseAltmap(pageMap);
  }

  /** Unaddressable memory gives no page structures back to it (pageunmap_range), which memunmap_pages notices. */
  #releaseAltmap({ altmap, type }: PageMap): void {
    if (!altmap) return;
    if (type !== MEMORY_DEVICE_PRIVATE) altmap.alloc = 0;
    if (altmap.alloc > 0) this.#warn('failed to free all reserved pages');
  }

  /** numa_mem_id of the boot CPU. */
  #localNode(): number {
    return this.#memory.facts.nodes.find(node => node.online)?.id ?? 0;
  }

  #refuse(warning: string, errno: Errno): Errno {
    this.#warn(warning);
    return refusal(errno, warning);
  }

  #warn(text: string): void {
    this.#memory.core.printk.print(KERN_WARNING, text);
  }
}

/** pfn_first, as an address. */
function firstValid({ altmap, ranges }: PageMap): bigint {
  return ranges[0]!.start + (BigInt(altmapOffset(altmap)) << PAGE_SHIFT);
}

/** pfn_len: the (compound) pages of a range that hold a reference each. */
function pageUnits(pageMap: PageMap, range: Range, index: number): number {
  const pages = rangeLength(range) >> PAGE_SHIFT;
  const valid = Number(pages) - (index === 0 ? altmapOffset(pageMap.altmap) : 0);
  return Math.floor(valid / 2 ** pageMap.vmemmapShift);
}
