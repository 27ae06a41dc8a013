import { memmapPages } from './altmap.ts';
import type { BlockTable } from './block-table.ts';
import { MAP_UNIT, PageMapHost } from './page-map-host.ts';
import { ZONE_NORMAL } from './zone.ts';
import type { Zonelists } from './zonelist.ts';
import type { Zones } from './zones.ts';

interface Unit {
  readonly host: PageMapHost;
  readonly pfn: number;
}

/**
 * Where the page structures of hot-added memory live: vmemmap_populate allocates them from the range's own node, or
 * from the nearest one that has memory for the kernel. Blocks that hold some cannot go offline.
 */
export class PageMaps {
  readonly #blocks: BlockTable;
  readonly #zones: Zones;
  readonly #zonelists: Zonelists;
  readonly #changed: (node: number) => void;
  /** Hot-added Normal blocks of each node, in the order in which they went online. */
  readonly #hosts = new Map<number, Map<number, PageMapHost>>();
  /** Pages of page structures on each node. */
  readonly #pages = new Map<number, number>();
  /** By the first page frame of the range that they describe. */
  readonly #allocations = new Map<number, readonly Unit[]>();

  /** @param changed told of a node of which `pagesOn` has changed */
  constructor(blocks: BlockTable, zones: Zones, zonelists: Zonelists, changed: (node: number) => void) {
    this.#blocks = blocks;
    this.#zones = zones;
    this.#zonelists = zonelists;
    this.#changed = changed;
  }

  blockOnline(id: number): void {
    const blocks = this.#blocks;
    if (blocks.isEarly(id) || blocks.zoneOf(id) !== ZONE_NORMAL) return;
    const node = blocks.nodeOf(id);
    const pfn = id * blocks.pagesPerBlock;
    const host = new PageMapHost(node, pfn + blocks.memmapPagesOf(id), pfn + blocks.pagesPerBlock);
    const hosts = this.#hosts.get(node) ?? new Map<number, PageMapHost>();
    this.#hosts.set(node, hosts.set(id, host));
  }

  blockOffline(id: number): void {
    this.#hosts.get(this.#blocks.nodeOf(id))?.delete(id);
  }

  /** The first page frame of a block that page structures are in. */
  firstHeldIn(id: number): number | undefined {
    return this.#hosts.get(this.#blocks.nodeOf(id))?.get(id)?.firstHeld;
  }

  /** Pages of page structures on a node. */
  pagesOn(node: number): number {
    return this.#pages.get(node) ?? 0;
  }

  /** Allocates for `pages` pages from `pfn`. Boot memory takes any amount and is not accounted. */
  allocate(node: number, pfn: number, pages: number): void {
    const units = Math.ceil(memmapPages(pages) / MAP_UNIT);
    const taken: Unit[] = [];
    for (const host of this.#hostsFor(node)) {
      while (taken.length < units) {
        const first = host.alloc();
        if (first === undefined) break;
        taken.push({ host, pfn: first });
        this.#count(host.node, MAP_UNIT);
      }
      if (taken.length === units) break;
    }
    if (taken.length > 0) this.#allocations.set(pfn, taken);
  }

  free(pfn: number): void {
    for (const unit of this.#allocations.get(pfn) ?? []) {
      unit.host.free(unit.pfn);
      this.#count(unit.host.node, -MAP_UNIT);
    }
    this.#allocations.delete(pfn);
  }

  #count(node: number, pages: number): void {
    this.#pages.set(node, this.pagesOn(node) + pages);
    this.#changed(node);
  }

  /** Blocks to allocate from, in order, up to the first node that has boot memory for the kernel. */
  *#hostsFor(node: number): Iterable<PageMapHost> {
    for (const from of this.#zonelists.fallback(node)) {
      if (this.#zones.of(from).some(zone => zone.index <= ZONE_NORMAL && zone.presentEarlyPages > 0)) return;
      yield* this.#hosts.get(from)?.values() ?? [];
    }
  }
}
