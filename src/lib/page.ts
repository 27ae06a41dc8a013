/** The page of x86-64, for addresses and sizes. */
export const PAGE_SHIFT = 12n;
export const PAGE = 1n << PAGE_SHIFT;

/** The same in bytes of a buffer or a file. */
export const PAGE_SIZE = Number(PAGE);

/** Pages of the largest run that the page allocator keeps as one: the grain of zones. */
export const MAX_ORDER_NR_PAGES = 1024;
