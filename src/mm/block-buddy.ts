/** Pages of a pageblock: one memory section's page structures fill it, and so does the smaller huge page. 2 MiB. */
export const PAGEBLOCK = 512;
/** MAX_PAGE_ORDER, in pages: what the buddy allocator hands out from an untouched block. */
const MAX_ORDER_PAGES = 2 * PAGEBLOCK;

/** Page frames exceed 32 bits, which bit operators are for. */
const startOf = (pfn: number, pages: number): number => pfn - (pfn % pages);
const buddyOf = (pfn: number): number =>
  pfn % MAX_ORDER_PAGES < PAGEBLOCK ? pfn + PAGEBLOCK : pfn - PAGEBLOCK;

/** The buddy allocator of a hot-added block, as far as it decides which pageblocks are taken. */
export class BlockBuddy {
  readonly node: number;
  /** Free chunks and halves, the next one on top; what was in use goes on top again, as on the kernel's free lists. */
  readonly #chunks: number[] = [];
  readonly #halves: number[] = [];
  readonly #pinned = new Set<number>();
  /** The pageblock that the block's own page structures leave of their chunk: nobody takes it while there are chunks. */
  #odd: number | undefined;

  /** The page frames of the block that are left by its own page structures: [pfn, end). */
  constructor(node: number, pfn: number, end: number) {
    this.node = node;
    const first = Math.ceil(pfn / MAX_ORDER_PAGES) * MAX_ORDER_PAGES;
    for (let chunk = first; chunk < end; chunk += MAX_ORDER_PAGES) this.#chunks.push(chunk);
    this.#chunks.reverse();
    if (first - pfn >= PAGEBLOCK) this.#odd = first - PAGEBLOCK;
  }

  /** The first page frame that cannot move: where isolation stops. */
  get firstPinned(): number | undefined {
    return this.#pinned.size === 0 ? undefined : Math.min(...this.#pinned);
  }

  /** The first page frame of a pageblock, or undefined when the block is full. */
  alloc(): number | undefined {
    return this.#halves.pop() ?? this.#split() ?? this.#lastOne();
  }

  /** A pageblock for what cannot move. */
  allocPinned(): number | undefined {
    const pfn = this.alloc();
    if (pfn !== undefined) this.#pinned.add(pfn);
    return pfn;
  }

  isPinned(pfn: number): boolean {
    return this.#pinned.has(startOf(pfn, PAGEBLOCK));
  }

  free(pfn: number): void {
    this.#pinned.delete(pfn);
    const buddy = this.#halves.indexOf(buddyOf(pfn));
    if (buddy < 0) this.#halves.push(pfn);
    else {
      this.#halves.splice(buddy, 1);
      this.#chunks.push(startOf(pfn, MAX_ORDER_PAGES));
    }
  }

  isFree(pfn: number): boolean {
    const first = startOf(pfn, PAGEBLOCK);
    return (
      this.#chunks.includes(startOf(pfn, MAX_ORDER_PAGES)) ||
      this.#halves.includes(first) ||
      this.#odd === first
    );
  }

  /** Takes the pageblock of a page frame out of those that are free. */
  take(pfn: number): void {
    const first = startOf(pfn, PAGEBLOCK);
    if (this.#odd === first) this.#odd = undefined;
    const chunk = this.#chunks.indexOf(startOf(pfn, MAX_ORDER_PAGES));
    if (chunk >= 0) {
      this.#chunks.splice(chunk, 1);
      this.#halves.push(buddyOf(first));
      return;
    }
    const half = this.#halves.indexOf(first);
    if (half >= 0) this.#halves.splice(half, 1);
  }

  #split(): number | undefined {
    const chunk = this.#chunks.pop();
    if (chunk !== undefined) this.#halves.push(chunk + PAGEBLOCK);
    return chunk;
  }

  #lastOne(): number | undefined {
    const pfn = this.#odd;
    this.#odd = undefined;
    return pfn;
  }
}
