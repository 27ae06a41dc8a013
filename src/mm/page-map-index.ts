import { partitionPoint } from '../lib/partition-point.ts';
import type { Range } from '../lib/range.ts';
import type { PageMap } from './page-map.ts';

export interface IndexedRange extends Range {
  readonly pageMap: PageMap;
}

/** Disjoint ranges in address order (the kernel's `pgmap_array`): any look-up takes O(log n). */
export class PageMapIndex {
  readonly #ranges: IndexedRange[] = [];

  /** The range that holds the address. */
  at(address: bigint): IndexedRange | undefined {
    const range = this.#ranges[this.#indexOf(address)];
    return range && range.start <= address ? range : undefined;
  }

  overlaps({ start, end }: Range): boolean {
    const next = this.#ranges[this.#indexOf(start)];
    return next !== undefined && next.start <= end;
  }

  /** @throws when it overlaps: ask {@link overlaps} first */
  add(range: Range, pageMap: PageMap): void {
    if (this.overlaps(range)) throw new Error('overlapping page maps');
    this.#ranges.splice(this.#indexOf(range.start), 0, { start: range.start, end: range.end, pageMap });
  }

  remove({ start }: Range): void {
    const index = this.#indexOf(start);
    if (this.#ranges[index]?.start === start) this.#ranges.splice(index, 1);
  }

  /** The first range that ends at or after the address. */
  #indexOf(address: bigint): number {
    return partitionPoint(this.#ranges, range => range.end < address);
  }
}
