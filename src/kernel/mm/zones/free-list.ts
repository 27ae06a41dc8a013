/** A free list of the page allocator: page frames, of which the last that came goes first. */
export class FreeList {
  readonly #stack: number[] = [];
  /** Where each page frame stands; what was taken out of the middle leaves a place that nobody points to. */
  readonly #places = new Map<number, number>();

  push(pfn: number): void {
    this.#places.set(pfn, this.#stack.length);
    this.#stack.push(pfn);
  }

  pop(): number | undefined {
    for (;;) {
      const pfn = this.#stack.pop();
      if (pfn === undefined) return undefined;
      if (this.#places.get(pfn) === this.#stack.length) {
        this.#places.delete(pfn);
        return pfn;
      }
    }
  }

  has(pfn: number): boolean {
    return this.#places.has(pfn);
  }

  /** Whether it was there. */
  delete(pfn: number): boolean {
    return this.#places.delete(pfn);
  }
}
