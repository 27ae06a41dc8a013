import { ZONE_NORMAL, type Zone } from '../zones/zone.ts';
import { PAGEBLOCK } from '../zones/zone-buddy.ts';
import type { Zonelists } from '../zones/zonelist.ts';
import type { Zones } from '../zones/zones.ts';
import { memmapPages } from './altmap.ts';

interface Unit {
  readonly host: Zone;
  readonly pfn: number;
}

/**
 * Where the page structures of hot-added memory live: vmemmap_populate allocates them from the range's own node, or
 * from the nearest one that has memory for the kernel. Blocks that hold some cannot go offline.
 */
export class PageMaps {
  readonly #zones: Zones;
  readonly #zonelists: Zonelists;
  readonly #changed: (node: number) => void;
  /** Pages of page structures on each node. */
  readonly #pages = new Map<number, number>();
  /** By the first page frame of the range that they describe. */
  readonly #allocations = new Map<number, readonly Unit[]>();

  /** @param changed told of a node of which `pagesOn` has changed */
  constructor(zones: Zones, zonelists: Zonelists, changed: (node: number) => void) {
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
        const first = this.#zones.buddy(host).allocPinned();
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
      this.#zones.buddy(unit.host).free(unit.pfn);
      this.#count(unit.host.node, -PAGEBLOCK);
    }
    this.#allocations.delete(pfn);
  }

  #count(node: number, pages: number): void {
    this.#pages.set(node, this.pagesOn(node) + pages);
    this.#changed(node);
  }

  /** Zones to allocate from, in order, up to the first node that has boot memory for the kernel. */
  *#hostsFor(node: number): Iterable<Zone> {
    for (const from of this.#zonelists.fallback(node)) {
      const zones = this.#zones.of(from);
      if (zones.some(zone => zone.index <= ZONE_NORMAL && zone.presentEarlyPages > 0)) return;
      yield zones[ZONE_NORMAL]!;
    }
  }
}
