import { memmapPages } from './altmap.ts';
import { type BlockBuddy, PAGEBLOCK } from './block-buddy.ts';
import type { FreeBlocks } from './free-blocks.ts';
import { ZONE_NORMAL } from './zone.ts';
import type { Zonelists } from './zonelist.ts';
import type { Zones } from './zones.ts';

interface Unit {
  readonly host: BlockBuddy;
  readonly pfn: number;
}

/**
 * Where the page structures of hot-added memory live: vmemmap_populate allocates them from the range's own node, or
 * from the nearest one that has memory for the kernel. Blocks that hold some cannot go offline.
 */
export class PageMaps {
  readonly #freeBlocks: FreeBlocks;
  readonly #zones: Zones;
  readonly #zonelists: Zonelists;
  readonly #changed: (node: number) => void;
  /** Pages of page structures on each node. */
  readonly #pages = new Map<number, number>();
  /** By the first page frame of the range that they describe. */
  readonly #allocations = new Map<number, readonly Unit[]>();

  /** @param changed told of a node of which `pagesOn` has changed */
  constructor(freeBlocks: FreeBlocks, zones: Zones, zonelists: Zonelists, changed: (node: number) => void) {
    this.#freeBlocks = freeBlocks;
    this.#zones = zones;
    this.#zonelists = zonelists;
    this.#changed = changed;
  }

  /** Pages of page structures on a node. */
  pagesOn(node: number): number {
    return this.#pages.get(node) ?? 0;
  }

  /** Allocates for `pages` pages from `pfn`. Boot memory takes any amount and is not accounted. */
  allocate(node: number, pfn: number, pages: number): void {
    const units = Math.ceil(memmapPages(pages) / PAGEBLOCK);
    const taken: Unit[] = [];
    for (const host of this.#hostsFor(node)) {
      while (taken.length < units) {
        const first = host.allocPinned();
        if (first === undefined) break;
        taken.push({ host, pfn: first });
        this.#count(host.node, PAGEBLOCK);
      }
      if (taken.length === units) break;
    }
    if (taken.length > 0) this.#allocations.set(pfn, taken);
  }

  free(pfn: number): void {
    for (const unit of this.#allocations.get(pfn) ?? []) {
      unit.host.free(unit.pfn);
      this.#count(unit.host.node, -PAGEBLOCK);
    }
    this.#allocations.delete(pfn);
  }

  #count(node: number, pages: number): void {
    this.#pages.set(node, this.pagesOn(node) + pages);
    this.#changed(node);
  }

  /** Blocks to allocate from, in order, up to the first node that has boot memory for the kernel. */
  *#hostsFor(node: number): Iterable<BlockBuddy> {
    for (const from of this.#zonelists.fallback(node)) {
      if (this.#zones.of(from).some(zone => zone.index <= ZONE_NORMAL && zone.presentEarlyPages > 0)) return;
      yield* this.#freeBlocks.of(this.#zones.of(from)[ZONE_NORMAL]!);
    }
  }
}
