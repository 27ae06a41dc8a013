import type { MemoryHotplug } from './memory-hotplug.ts';

/** Kibibytes of a set of nodes. */
export interface MemoryUse {
  readonly total: number;
  readonly free: number;
  /** meminfo labels that are not zero. */
  readonly counters: ReadonlyMap<string, number>;
}

/** One page in this many of boot memory is in use, by the kernel's slabs: nothing runs on the simulated machine. */
const BOOT_USE = 64;

/** What the page allocator would count: hot-added memory is free but for the page structures that live in it. */
export function memoryUse(memory: MemoryHotplug, nodes: Iterable<number>): MemoryUse {
  let total = 0;
  let used = 0;
  for (const node of nodes) {
    total += memory.zones.managed(node);
    const early = memory.zones.of(node).reduce((pages, zone) => pages + zone.presentEarlyPages, 0);
    used +=
      Math.floor(Math.min(early, memory.zones.managed(node)) / BOOT_USE) + memory.pageMaps.pagesOn(node);
    used += memory.hugePages.pagesOn(node);
  }
  const slab = Math.floor(used / 2);
  const kib = (pages: number): number => pages * 4;
  return {
    total: kib(total),
    free: kib(total - used),
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
