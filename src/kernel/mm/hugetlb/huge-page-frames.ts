import { PAGE_SHIFT } from '../../lib/page.ts';
import { isSystemRam } from '../../resource/iomem-walk.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { bootUse } from '../vmstat/page-counters.ts';
import { lowmemReserve } from '../zones/lowmem-reserve.ts';
import { ZONE_MOVABLE, ZONE_NORMAL, type Zone } from '../zones/zone.ts';
import { PAGEBLOCK } from '../zones/zone-buddy.ts';

/** Where a huge page is. */
export interface HugePage {
  readonly zone: Zone;
  /** In boot memory: where, matters for the larger ones only. */
  readonly early: boolean;
  readonly pfn?: number;
}

/**
 * What __zone_watermark_ok does not count for an order 9 page, and another such page, which waits on a per-CPU list: rmqueue_bulk
 * takes two at a time.
 */
const UNUSABLE = PAGEBLOCK - 1 + PAGEBLOCK;

/** The page allocator, as huge pages ask it. */
export class HugePageFrames {
  readonly #memory: MemoryManagement;
  /** Pages that huge pages take of a zone, and of its boot memory. */
  readonly #taken = new Map<Zone, number>();
  readonly #takenEarly = new Map<Zone, number>();
  /** The pageblocks of boot memory that are known to be taken. */
  readonly #earlyPageblocks = new Set<number>();
  /** There may be millions of them. */
  readonly #earlyPage = new Map<Zone, HugePage>();

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
  }

  /** Finds a page of `pages` pages on a node, and takes it. */
  alloc(node: number, pages: number): HugePage | undefined {
    return pages > PAGEBLOCK ? this.#contiguous(node, pages) : this.#pageblock(node);
  }

  free({ zone, early, pfn }: HugePage, pages: number): void {
    this.#count(zone, -pages, early);
    if (pfn === undefined) return;
    for (let first = pfn; first < pfn + pages; first += PAGEBLOCK)
      if (early) this.#earlyPageblocks.delete(first);
      else this.#memory.zones.buddy(zone).free(first);
  }

  /** Whether a zone's boot memory has fewer pages than huge pages take of it. */
  isShort(zone: Zone): boolean {
    return this.#takenOfEarly(zone) > this.#earlyPages(zone);
  }

  /** alloc_pages of order 9: from the highest zone that keeps its low mark, else from one that keeps its min mark. */
  #pageblock(node: number): HugePage | undefined {
    const { zones } = this.#memory;
    const own = zones.of(node);
    const highestFirst = own.slice(0, ZONE_MOVABLE + 1).reverse();
    for (const level of ['low', 'min'] as const)
      for (const zone of highestFirst) {
        const kept = zones.watermarksOf(zone)[level] + lowmemReserve(zone, own)[ZONE_MOVABLE]!;
        if (this.#freePages(zone) - UNUSABLE <= kept) continue;
        const page = this.#pageblockOf(zone);
        if (page) return page;
      }
    return undefined;
  }

  #pageblockOf(zone: Zone): HugePage | undefined {
    if (this.#takenOfEarly(zone) + PAGEBLOCK <= this.#earlyPages(zone)) {
      this.#count(zone, PAGEBLOCK, true);
      return this.#earlyPageOf(zone);
    }
    const pfn = this.#memory.zones.buddy(zone).alloc();
    if (pfn === undefined) return undefined;
    this.#count(zone, PAGEBLOCK, false);
    return { zone, early: false, pfn };
  }

  /** alloc_contig_pages: the first aligned range of one zone of which nothing is in use. Such pages count as never movable. */
  #contiguous(node: number, pages: number): HugePage | undefined {
    const kernelZones = this.#memory.zones.of(node).slice(0, ZONE_NORMAL + 1);
    for (const zone of kernelZones.reverse()) {
      const end = zone.endPfn - pages;
      for (let pfn = Math.ceil(zone.startPfn / pages) * pages; pfn <= end; pfn += pages) {
        const early = this.#isIdleBootMemory(zone, pfn, pages);
        if (!early && !this.#isFree(zone, pfn, pages)) continue;
        this.#count(zone, pages, early);
        for (let first = pfn; first < pfn + pages; first += PAGEBLOCK)
          if (early) this.#earlyPageblocks.add(first);
          else this.#memory.zones.buddy(zone).take(first);
        return { zone, early, pfn };
      }
    }
    return undefined;
  }

  #isFree(zone: Zone, pfn: number, pages: number): boolean {
    const buddy = this.#memory.zones.buddy(zone);
    for (let first = pfn; first < pfn + pages; first += PAGEBLOCK) if (!buddy.isFree(first)) return false;
    return true;
  }

  /** The kernel's pages lie at both ends of a zone's boot memory: the first that were needed, and what boot took from the top. */
  #isIdleBootMemory(zone: Zone, pfn: number, pages: number): boolean {
    if (pfn <= zone.earlyStartPfn || pfn + pages >= zone.earlyEndPfn) return false;
    if (this.#takenOfEarly(zone) + pages > this.#earlyPages(zone)) return false;
    for (let first = pfn; first < pfn + pages; first += PAGEBLOCK)
      if (this.#earlyPageblocks.has(first)) return false;
    const { blocks, iomem } = this.#memory;
    const last = Math.floor((pfn + pages - 1) / blocks.pagesPerBlock);
    for (let id = Math.floor(pfn / blocks.pagesPerBlock); id <= last; id++)
      if (!blocks.isEarly(id) || blocks.zoneOf(id) !== zone.index) return false;
    return isSystemRam(iomem, BigInt(pfn) << PAGE_SHIFT, (BigInt(pfn + pages) << PAGE_SHIFT) - 1n);
  }

  #takenOfEarly(zone: Zone): number {
    return this.#takenEarly.get(zone) ?? 0;
  }

  #freePages(zone: Zone): number {
    const maps = zone.index === ZONE_NORMAL ? this.#memory.pageMaps.pagesOn(zone.node) : 0;
    return (
      zone.managedPages -
      bootUse(zone.presentEarlyPages, zone.managedPages) -
      maps -
      (this.#taken.get(zone) ?? 0)
    );
  }

  /** Pages of boot memory that the kernel leaves. */
  #earlyPages(zone: Zone): number {
    const managed = Math.min(zone.managedPages, zone.presentEarlyPages - zone.reservedEarlyPages);
    return managed - bootUse(zone.presentEarlyPages, zone.managedPages);
  }

  #earlyPageOf(zone: Zone): HugePage {
    const page = this.#earlyPage.get(zone) ?? { zone, early: true };
    this.#earlyPage.set(zone, page);
    return page;
  }

  #count(zone: Zone, pages: number, early: boolean): void {
    this.#taken.set(zone, (this.#taken.get(zone) ?? 0) + pages);
    if (early) this.#takenEarly.set(zone, this.#takenOfEarly(zone) + pages);
  }
}
