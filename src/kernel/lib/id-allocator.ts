/** The kernel's `ida`: hands out the lowest free id. Amortised O(log n) for each call. */
export class IdAllocator {
  #next = 0;
  /** Freed ids below `#next`, a binary min-heap. */
  readonly #free: number[] = [];
  readonly #freed = new Set<number>();

  alloc(): number {
    const heap = this.#free;
    if (heap.length === 0) return this.#next++;
    const id = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#siftDown();
    }
    this.#freed.delete(id);
    return id;
  }

  free(id: number): void {
    if (id < 0 || id >= this.#next || this.#freed.has(id)) throw new Error(`id ${id} is not allocated`);
    this.#freed.add(id);
    const heap = this.#free;
    let i = heap.push(id) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]! <= heap[i]!) break;
      [heap[parent], heap[i]] = [heap[i]!, heap[parent]!];
      i = parent;
    }
  }

  #siftDown(): void {
    const heap = this.#free;
    let i = 0;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && heap[child]! < heap[least]!) least = child;
      }
      if (least === i) return;
      [heap[least], heap[i]] = [heap[i]!, heap[least]!];
      i = least;
    }
  }
}
