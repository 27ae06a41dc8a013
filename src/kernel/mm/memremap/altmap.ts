/** include/linux/memremap.h `struct vmem_altmap`: page structures carved from the device itself. Counts are 4 KiB pages. */
export interface Altmap {
  /** Where the mapped range begins: another value is refused. */
  readonly basePfn: number;
  /** Pages at the base that the driver keeps for itself. */
  readonly reserve: number;
  /** Pages after those, for page structures. */
  readonly free: number;
  /** Pages in use for page structures. */
  alloc: number;
}

/** Page size over sizeof(struct page), which is 64 bytes: pages that one page of page structures describes. */
const PAGES_PER_MAP_PAGE = 64;

/** vmem_altmap_offset: pages from the base to the first one that is valid device memory. */
export function altmapOffset(altmap: Altmap | undefined): number {
  return altmap ? altmap.reserve + altmap.free : 0;
}

/** Pages of page structures for `pages` pages of memory. */
export function memmapPages(pages: number): number {
  return Math.ceil(pages / PAGES_PER_MAP_PAGE);
}
