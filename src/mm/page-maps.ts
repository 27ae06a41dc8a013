import type { BlockTable } from './block-table.ts';
import { ZONE_NORMAL } from './zone.ts';
import type { Zonelists } from './zonelist.ts';
import type { Zones } from './zones.ts';

/** sizeof(struct page) over the page size, as pages of page structures for each page: 1/64. */
const PAGES_PER_MAP_PAGE = 64;

interface Allocation {
  readonly host: number;
  readonly pages: number;
}

/**
 * Where the page structures of hot-added memory live: vmemmap_populate allocates them from the range's own node, or
 * from the nearest one that has memory for the kernel. Blocks that hold some cannot go offline.
 */
export class PageMaps {
  readonly #blocks: BlockTable;
  readonly #zones: Zones;
  readonly #zonelists: Zonelists;
  /** Hot-added Normal blocks of each node, in the order in which they went online. */
  readonly #hosts = new Map<number, Set<number>>();
  /** Pages held in a block. */
  readonly #held = new Map<number, number>();
  /** By the start page frame of the range that they describe. */
  readonly #allocations = new Map<number, readonly Allocation[]>();

  constructor(blocks: BlockTable, zones: Zones, zonelists: Zonelists) {
    this.#blocks = blocks;
    this.#zones = zones;
    this.#zonelists = zonelists;
  }

  blockOnline(id: number): void {
    if (this.#blocks.isEarly(id) || this.#blocks.zoneOf(id) !== ZONE_NORMAL) return;
    const node = this.#blocks.nodeOf(id);
    const hosts = this.#hosts.get(node) ?? new Set();
    this.#hosts.set(node, hosts.add(id));
  }

  blockOffline(id: number): void {
    this.#hosts.get(this.#blocks.nodeOf(id))?.delete(id);
  }

  /** Pages of page structures in a block. */
  heldIn(id: number): number {
    return this.#held.get(id) ?? 0;
  }

  pagesOn(node: number): number {
    let pages = 0;
    for (const [host, held] of this.#held) if (this.#blocks.nodeOf(host) === node) pages += held;
    return pages;
  }

  /** Allocates for a range of `pages` pages. Boot memory takes any amount and is not accounted. */
  allocate(node: number, pfn: number, pages: number): void {
    let wanted = Math.ceil(pages / PAGES_PER_MAP_PAGE);
    const taken: Allocation[] = [];
    for (const from of this.#zonelists.fallback(node)) {
      if (this.#zones.of(from).some(zone => zone.index <= ZONE_NORMAL && zone.presentEarlyPages > 0)) break;
      for (const host of this.#hosts.get(from) ?? []) {
        const room = this.#blocks.pagesPerBlock - this.#blocks.memmapPagesOf(host) - this.heldIn(host);
        const share = Math.min(wanted, room);
        if (share <= 0) continue;
        taken.push({ host, pages: share });
        this.#held.set(host, this.heldIn(host) + share);
        wanted -= share;
        if (wanted === 0) break;
      }
      if (wanted === 0) break;
    }
    if (taken.length > 0) this.#allocations.set(pfn, taken);
  }

  free(pfn: number): void {
    for (const { host, pages } of this.#allocations.get(pfn) ?? []) {
      const left = this.heldIn(host) - pages;
      if (left > 0) this.#held.set(host, left);
      else this.#held.delete(host);
    }
    this.#allocations.delete(pfn);
  }
}
