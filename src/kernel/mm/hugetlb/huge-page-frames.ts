import { PAGE_SHIFT } from '../../lib/page.ts';
import type { Range } from '../../lib/range.ts';
import { systemRamIn } from '../../resource/iomem-walk.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { bootUse } from '../vmstat/page-counters.ts';
import { FrameRun } from '../zones/frame-run.ts';
import { lowmemReserve } from '../zones/lowmem-reserve.ts';
import { ZONE_MOVABLE, ZONE_NORMAL, type Zone } from '../zones/zone.ts';
import { PAGEBLOCK } from '../zones/zone-buddy.ts';
import { type FrameRange, FrameRanges } from './frame-ranges.ts';
import { type HugePageRun, joinedRuns } from './huge-page-run.ts';

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
  /** What of boot memory is known to be taken. */
  readonly #takenFrames = new FrameRanges();

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
  }

  /** Takes `count` huge pages of `pages` pages on a node, or as many as there are, in the order in which they are found. */
  alloc(node: number, pages: number, count: number): HugePageRun[] {
    return joinedRuns(
      pages > PAGEBLOCK ? this.#contiguous(node, pages, count) : this.#pageblocks(node, count),
    );
  }

  free({ zone, early, count, frames }: HugePageRun, pages: number): void {
    this.#count(zone, -pages * count, early);
    if (!frames) return;
    const buddy = this.#memory.zones.buddy(zone);
    if (early) for (const [start, end] of frames.spans(pages)) this.#takenFrames.delete(start, end);
    else if (pages === PAGEBLOCK) buddy.freeRun(frames);
    else
      for (let i = 0; i < count; i++) buddy.freeRun(new FrameRun(frames.at(i), pages / PAGEBLOCK, PAGEBLOCK));
  }

  /** Huge pages by which those of a zone's boot memory are more than it has room for. */
  shortage(zone: Zone, pages: number): number {
    return Math.ceil(Math.max(this.#takenOfEarly(zone) - this.#earlyPages(zone), 0) / pages);
  }

  /** alloc_pages of order 9: from the highest zone that keeps its low mark, else from one that keeps its min mark. */
  *#pageblocks(node: number, count: number): Iterable<HugePageRun> {
    const { zones } = this.#memory;
    const own = zones.of(node);
    const highestFirst = own.slice(0, ZONE_MOVABLE + 1).reverse();
    let left = count;
    for (const level of ['low', 'min'] as const)
      for (const zone of highestFirst) {
        const kept = zones.watermarksOf(zone)[level] + lowmemReserve(zone, own)[ZONE_MOVABLE]!;
        const usable = Math.ceil((this.#freePages(zone) - UNUSABLE - kept) / PAGEBLOCK);
        for (const run of this.#pageblocksOf(zone, Math.min(left, usable))) {
          left -= run.count;
          yield run;
        }
      }
  }

  /** Of boot memory first. */
  *#pageblocksOf(zone: Zone, count: number): Iterable<HugePageRun> {
    const idle = Math.floor((this.#earlyPages(zone) - this.#takenOfEarly(zone)) / PAGEBLOCK);
    const early = Math.max(Math.min(count, idle), 0);
    if (early > 0) yield this.#take({ zone, early: true, count: early }, PAGEBLOCK);
    for (let left = count - early; left > 0; ) {
      const frames = this.#memory.zones.buddy(zone).allocRun(left);
      if (!frames) return;
      left -= frames.count;
      yield this.#take({ zone, early: false, count: frames.count, frames }, PAGEBLOCK);
    }
  }

  /** alloc_contig_pages: the first aligned ranges of one zone of which nothing is in use. Such pages count as never movable. */
  *#contiguous(node: number, pages: number, count: number): Iterable<HugePageRun> {
    const kernelZones = this.#memory.zones.of(node).slice(0, ZONE_NORMAL + 1);
    let left = count;
    for (const zone of kernelZones.reverse())
      for (const { early, range } of this.#stretches(zone)) {
        if (left === 0) return;
        const runs = early ? this.#idle(zone, range, pages, left) : this.#free(zone, range, pages, left);
        for (const run of runs) {
          left -= run.count;
          yield run;
        }
      }
  }

  /** The blocks of a zone in order of address: boot memory that is all the zone's, and hot-added memory. */
  *#stretches(zone: Zone): Iterable<{ readonly early: boolean; readonly range: FrameRange }> {
    const { blocks } = this.#memory;
    const { pagesPerBlock } = blocks;
    const end = Math.ceil(zone.endPfn / pagesPerBlock);
    const from = Math.floor(zone.startPfn / pagesPerBlock);
    for (let id = blocks.nextInZone(from, end, zone); id !== undefined; ) {
      const first = id;
      const early = blocks.isEarly(first);
      let next: number | undefined;
      do next = blocks.nextInZone(++id, end, zone);
      while (next === id && blocks.isEarly(id) === early && blocks.zoneOf(id) === blocks.zoneOf(first));
      if (blocks.zoneOf(first) === zone.index)
        yield { early, range: [first * pagesPerBlock, id * pagesPerBlock] };
      id = next!;
    }
  }

  /** The kernel's pages lie at both ends of a zone's boot memory: the first that were needed, and what boot took from the top. */
  *#idle(zone: Zone, range: FrameRange, pages: number, count: number): Iterable<HugePageRun> {
    const room = Math.floor((this.#earlyPages(zone) - this.#takenOfEarly(zone)) / pages);
    const start = Math.max(range[0], zone.earlyStartPfn + 1);
    const end = Math.min(range[1], zone.earlyEndPfn - 1);
    let left = Math.min(count, room);
    for (const ram of systemRamIn(this.#memory.iomem, rangeOf(start, end)))
      for (const [from, to] of this.#takenFrames.gaps(...framesOf(ram))) {
        const first = Math.ceil(from / pages) * pages;
        const fit = Math.min(Math.floor((to - first) / pages), left);
        if (fit <= 0) continue;
        left -= fit;
        this.#takenFrames.add(first, first + fit * pages);
        yield this.#take({ zone, early: true, count: fit, frames: new FrameRun(first, fit, pages) }, pages);
      }
  }

  /** Of hot-added memory. */
  *#free(zone: Zone, [start, end]: FrameRange, pages: number, count: number): Iterable<HugePageRun> {
    const buddy = this.#memory.zones.buddy(zone);
    let left = count;
    for (let pfn = Math.ceil(start / pages) * pages; left > 0 && pfn + pages <= end; pfn += pages) {
      if (!buddy.isFree(pfn, pfn + pages)) continue;
      left--;
      buddy.takeAll(pfn, pfn + pages);
      yield this.#take({ zone, early: false, count: 1, frames: new FrameRun(pfn, 1, 0) }, pages);
    }
  }

  #take(run: HugePageRun, pages: number): HugePageRun {
    this.#count(run.zone, run.count * pages, run.early);
    return run;
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

  #count(zone: Zone, pages: number, early: boolean): void {
    this.#taken.set(zone, (this.#taken.get(zone) ?? 0) + pages);
    if (early) this.#takenEarly.set(zone, this.#takenOfEarly(zone) + pages);
  }
}

function rangeOf(start: number, end: number): Range {
  return { start: BigInt(start) << PAGE_SHIFT, end: (BigInt(end) << PAGE_SHIFT) - 1n };
}

/** The whole pages of a range. */
function framesOf({ start, end }: Range): FrameRange {
  return [Number((start + (1n << PAGE_SHIFT) - 1n) >> PAGE_SHIFT), Number((end + 1n) >> PAGE_SHIFT)];
}
