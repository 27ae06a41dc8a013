import type { BootZone, BootZoneName, NodeRange } from './facts.ts';

const PAGE_SHIFT = 12n;

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

/** Pages of `ranges` between two page frames. */
export function presentPages(ranges: readonly PageRange[], first: number, past: number): number {
  return ranges.reduce(
    (pages, range) => pages + Math.max(0, Math.min(range.past, past) - Math.max(range.first, first)),
    0,
  );
}

/** calculate_node_totalpages: a zone spans its node's first to last page inside the zone's limits, holes included. */
export function bootZones(
  memory: readonly PageRange[],
  cpusOf: (node: number) => number,
): readonly BootZone[] {
  const nodes = [...new Set(memory.map(range => range.node))].sort((a, b) => a - b);
  return nodes.flatMap(node => {
    const own = memory.filter(range => range.node === node);
    const nodeFirst = own[0]!.first;
    const nodePast = own.at(-1)!.past;
    return ZONE_LIMITS.flatMap(({ name, first, past }) => {
      const startPfn = Math.max(nodeFirst, first);
      const endPfn = Math.min(nodePast, past);
      if (startPfn >= endPfn) return [];
      const present = presentPages(own, startPfn, endPfn);
      const zone = { node, name, startPfn, spannedPages: endPfn - startPfn, presentPages: present };
      return [{ ...zone, managedPages: managedPages(zone, own, cpusOf(node)) }];
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
const KERNEL_PAGES = 26000;

/** Measured on Debian kernels with a few GiB: what boot takes from a zone before the page allocator gets the rest. */
function managedPages(zone: Omit<BootZone, 'managedPages'>, own: readonly PageRange[], cpus: number): number {
  const { name, startPfn, spannedPages, presentPages: present } = zone;
  if (name === 'DMA') return present - presentPages(own, startPfn, LOW_MEMORY_PAGES);
  const sections = new Set<number>();
  let pagesOfSections = 0;
  for (const range of own) {
    const first = Math.floor(Math.max(range.first, startPfn) / SECTION_PAGES);
    const past = Math.ceil(Math.min(range.past, startPfn + spannedPages) / SECTION_PAGES);
    if (past <= first) continue;
    pagesOfSections += past - first;
    if (sections.has(first)) pagesOfSections--;
    sections.add(past - 1);
  }
  const early = name === 'DMA32' ? KERNEL_PAGES : NODE_DATA_PAGES + cpus * PER_CPU_PAGES;
  return Math.max(0, present - pagesOfSections * MEMMAP_PAGES - early);
}
