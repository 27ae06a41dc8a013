import type { MemoryManagement } from '../memory-management.ts';

/** Kibibytes of a set of nodes. */
export interface MemoryUse {
  readonly total: number;
  readonly free: number;
  /** meminfo labels that are not zero. */
  readonly counters: ReadonlyMap<string, number>;
}

/** One page in this many of boot memory is in use, by the kernel's slabs: nothing runs on the simulated machine. */
const BOOT_USE = 64;

/** Pages of a node that the kernel has allocated: hot-added memory is free but for the page structures that live in it. */
export function kernelPages({ zones, pageMaps }: MemoryManagement, node: number): number {
  const early = zones.of(node).reduce((pages, zone) => pages + zone.presentEarlyPages, 0);
  return bootUse(early, zones.managed(node)) + pageMaps.pagesOn(node);
}

/** Pages in use of so many of boot memory, of which so many are managed. */
export function bootUse(early: number, managed: number): number {
  return Math.floor(Math.min(early, managed) / BOOT_USE);
}

/** What the page allocator would count. */
export function memoryUse(memory: MemoryManagement, nodes: Iterable<number>): MemoryUse {
  let total = 0;
  let kernel = 0;
  let huge = 0;
  for (const node of nodes) {
    total += memory.zones.managed(node);
    kernel += kernelPages(memory, node);
    huge += memory.hugePages.pagesOn(node);
  }
  const slab = Math.floor(kernel / 2);
  const kib = (pages: number): number => pages * 4;
  return {
    total: kib(total),
    free: kib(total - kernel - huge),
    counters: new Map([
      ['Slab', kib(slab)],
      ['SUnreclaim', kib(slab)],
    ]),
  };
}

/** Free pages of a zone: its share of its node's. */
export function freePagesOf({ total, free }: MemoryUse, zoneManaged: number): number {
  return total === 0 ? 0 : Math.floor((zoneManaged * free) / total);
}
