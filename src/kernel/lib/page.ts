/** The page of x86-64, for addresses and sizes. */
export const PAGE_SHIFT = 12n;
export const PAGE = 1n << PAGE_SHIFT;

/** What one entry of the upper page tables maps. */
export const PMD_SIZE = 1n << 21n;
export const PUD_SIZE = 1n << 30n;
/** Alignments for which device-dax and nd_pfn have page table entries. */
export const MAP_ALIGNMENTS: readonly bigint[] = [PAGE, PMD_SIZE, PUD_SIZE];

/** The same in bytes of a buffer or a file. */
export const PAGE_SIZE = Number(PAGE);

/** Pages of the largest run that the page allocator keeps as one: the grain of zones. */
export const MAX_ORDER_NR_PAGES = 1024;

/** A subsection of page structures, the least that can be made of them: 2 MiB. */
export const PAGES_PER_SUBSECTION = 512;

/** A section of page structures: 128 MiB. */
export const PAGES_PER_SECTION = 32768;
