import { partitionPoint } from './partition-point.ts';
import type { Range } from './range.ts';

/** Disjoint ranges in address order: any look-up takes O(log n). */
export class RangeIndex<T extends Range> {
  readonly #ranges: T[] = [];

  /** The range that holds the address. */
  at(address: bigint): T | undefined {
    const range = this.#ranges[this.#indexOf(address)];
    return range && range.start <= address ? range : undefined;
  }

  overlaps({ start, end }: Range): boolean {
    const next = this.#ranges[this.#indexOf(start)];
    return next !== undefined && next.start <= end;
  }

  /** @throws when it overlaps: ask {@link overlaps} first */
  add(range: T): void {
    if (this.overlaps(range)) throw new Error('overlapping ranges');
    this.#ranges.splice(this.#indexOf(range.start), 0, range);
  }

  /** Takes away the range that begins there, if there is one. */
  remove(start: bigint): void {
    const index = this.#indexOf(start);
    if (this.#ranges[index]?.start === start) this.#ranges.splice(index, 1);
  }

  /** The first range that ends at or after the address. */
  #indexOf(address: bigint): number {
    return partitionPoint(this.#ranges, range => range.end < address);
  }
}
