import { PAGE_SHIFT } from '../../kernel/lib/page.ts';
import type { BootZone, BootZoneName, NodeRange } from '../../kernel/mm/hotplug/memory-facts.ts';

/** Zone limits of x86-64 in page frames: 16 MiB and 4 GiB. */
const ZONE_LIMITS: readonly { readonly name: BootZoneName; readonly first: number; readonly past: number }[] =
  [
    { name: 'DMA', first: 0, past: 4096 },
    { name: 'DMA32', first: 4096, past: 1048576 },
    { name: 'Normal', first: 1048576, past: Number.POSITIVE_INFINITY },
  ];

export interface PageRange {
  readonly first: number;
  readonly past: number;
  readonly node: number;
}

export function pageRange({ start, end, node }: NodeRange): PageRange {
  return { first: Number(start >> PAGE_SHIFT), past: Number((end + 1n) >> PAGE_SHIFT), node };
}

/** The nodes that have some of the ranges, ascending. */
export function nodesOf(ranges: readonly PageRange[]): number[] {
  return [...new Set(ranges.map(range => range.node))].sort((a, b) => a - b);
}

/** Pages of `ranges` between two page frames. */
export function presentPages(ranges: readonly PageRange[], first: number, past: number): number {
  return ranges.reduce(
    (pages, range) => pages + Math.max(0, Math.min(range.past, past) - Math.max(range.first, first)),
    0,
  );
}

/** What decides how much boot takes from a node's memory for itself. */
export interface EarlyUse {
  readonly cpusOf: (node: number) => number;
  /** Possible nodes without boot memory: their structures lie on the highest node. */
  readonly memorylessNodes: number;
}

/** The first page of the highest zone that boot memory reaches, where ZONE_MOVABLE may begin (find_usable_zone_for_movable). */
export function highestZoneStart(memory: readonly PageRange[]): number {
  const past = memory.at(-1)?.past ?? 0;
  return ZONE_LIMITS.findLast(({ first }) => first < past)?.first ?? 0;
}

/** calculate_node_totalpages: a zone spans its node's first to last page inside the zone's limits, holes included. */
export function bootZones(
  memory: readonly PageRange[],
  use: EarlyUse,
  movableStarts: ReadonlyMap<number, number> = new Map(),
): readonly BootZone[] {
  return nodesOf(memory).flatMap(node => {
    const own = memory.filter(range => range.node === node);
    const nodeFirst = own[0]!.first;
    const nodePast = own.at(-1)!.past;
    // adjust_zone_range_for_zone_movable
    const movable = movableStarts.get(node) ?? nodePast;
    const limits = [
      ...ZONE_LIMITS.map(limit => ({ ...limit, past: Math.min(limit.past, movable) })),
      { name: 'Movable', first: movable, past: nodePast } as const,
    ];
    return limits.flatMap(({ name, first, past }) => {
      const startPfn = Math.max(nodeFirst, first);
      const endPfn = Math.min(nodePast, past);
      if (startPfn >= endPfn) return [];
      const present = presentPages(own, startPfn, endPfn);
      const early =
        earlyPages(name, own, startPfn, endPfn) + (endPfn === nodePast ? topPages(memory, node, use) : 0);
      const managed = Math.max(0, present - early);
      return [
        {
          node,
          name,
          startPfn,
          spannedPages: endPfn - startPfn,
          presentPages: present,
          managedPages: managed,
        },
      ];
    });
  });
}

const SECTION_PAGES = 32768;
/** 64 bytes for each page of a section. */
const MEMMAP_PAGES = 512;
/** BIOS memory below 1 MiB is never given to the page allocator. */
const LOW_MEMORY_PAGES = 256;
const NODE_DATA_PAGES = 43;
const PER_CPU_PAGES = 66;
/** Kernel image, initial RAM disk and the 64 MiB bounce buffer, all low. */
const KERNEL_PAGES = 25944;
/** Early page tables and hash tables, allocated downwards from the end of RAM. */
const TOP_PAGES = 714;

/** Measured on Debian 6.12 guests of a few GiB: what boot keeps of a zone for itself, but for {@link topPages}. */
function earlyPages(name: BootZoneName, own: readonly PageRange[], startPfn: number, endPfn: number): number {
  if (name === 'DMA') return presentPages(own, startPfn, LOW_MEMORY_PAGES);
  const sections = new Set<number>();
  let memmap = 0;
  for (const range of own) {
    const first = Math.floor(Math.max(range.first, startPfn) / SECTION_PAGES);
    const past = Math.ceil(Math.min(range.past, endPfn) / SECTION_PAGES);
    if (past <= first) continue;
    memmap += (past - first - (sections.has(first) ? 1 : 0)) * MEMMAP_PAGES;
    sections.add(past - 1);
  }
  return memmap + (name === 'DMA32' ? KERNEL_PAGES : 0);
}

/** What a node's structures take at its end. */
function topPages(memory: readonly PageRange[], node: number, { cpusOf, memorylessNodes }: EarlyUse): number {
  const highest = memory.at(-1)!.node === node;
  const others = highest ? TOP_PAGES + memorylessNodes * NODE_DATA_PAGES : 0;
  return NODE_DATA_PAGES + cpusOf(node) * PER_CPU_PAGES + others;
}
