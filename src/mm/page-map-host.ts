/** Pages that one memory section's page structures fill, and the unit in which they are allocated: 2 MiB. */
export const MAP_UNIT = 512;
/** MAX_PAGE_ORDER, in pages: what the buddy allocator hands out from an untouched block. */
const MAX_ORDER_PAGES = 2 * MAP_UNIT;

/** The buddy allocator of a block that holds page structures, as far as it decides which pages they take. */
export class PageMapHost {
  readonly node: number;
  /** Where the untouched rest begins. */
  #fresh: number;
  readonly #end: number;
  /** Free chunks and halves that were in use, the last freed on top, as on the kernel's free lists. */
  readonly #chunks: number[] = [];
  readonly #halves: number[] = [];
  readonly #held = new Set<number>();

  /** The page frames of the block that are left by its own page structures: [pfn, end). */
  constructor(node: number, pfn: number, end: number) {
    this.node = node;
    this.#fresh = Math.ceil(pfn / MAX_ORDER_PAGES) * MAX_ORDER_PAGES;
    this.#end = end;
  }

  /** The first page frame in use: where isolation stops. */
  get firstHeld(): number | undefined {
    return this.#held.size === 0 ? undefined : Math.min(...this.#held);
  }

  /** The first page frame of a unit, or undefined when the block is full. */
  alloc(): number | undefined {
    const pfn = this.#halves.pop() ?? this.#split();
    if (pfn !== undefined) this.#held.add(pfn);
    return pfn;
  }

  free(pfn: number): void {
    this.#held.delete(pfn);
    const buddy = this.#halves.indexOf(pfn ^ MAP_UNIT);
    if (buddy < 0) this.#halves.push(pfn);
    else {
      this.#halves.splice(buddy, 1);
      this.#chunks.push(pfn & ~MAP_UNIT);
    }
  }

  #split(): number | undefined {
    let chunk = this.#chunks.pop();
    if (chunk === undefined && this.#fresh < this.#end) {
      chunk = this.#fresh;
      this.#fresh += MAX_ORDER_PAGES;
    }
    if (chunk !== undefined) this.#halves.push(chunk + MAP_UNIT);
    return chunk;
  }
}
