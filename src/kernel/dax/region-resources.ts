import { EBUSY, ENOMEM, type Errno, type Result, refusal } from '../lib/errno.ts';
import { prefixedHex } from '../lib/format.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { formatRange, type Range, rangeLength } from '../lib/range.ts';

/** One allocation of a region, named after the device that owns it. Addresses are inclusive. */
export interface Allocation extends Range {
  readonly owner: string;
  end: bigint;
}

export interface Gap {
  /** The allocation that the gap follows; undefined for the gap at the region's start. */
  readonly after: Allocation | undefined;
  readonly start: bigint;
  readonly length: bigint;
}

/**
 * The private resource tree of a dax region: its allocations in address order, flat, never overlapping.
 * The first gap is found without walking what lies before it.
 */
export class RegionResources {
  readonly start: bigint;
  readonly end: bigint;
  readonly #allocations: Allocation[] = [];
  #allocated = 0n;
  /** Allocations below this index follow each other, from the region's start, without a gap. */
  #packed = 0;

  constructor(start: bigint, end: bigint) {
    this.start = start;
    this.end = end;
  }

  get size(): bigint {
    return rangeLength(this);
  }

  /** Bytes that no device owns. */
  get available(): bigint {
    return this.size - this.#allocated;
  }

  get empty(): boolean {
    return this.#allocations.length === 0;
  }

  /** __request_region: ENOMEM outside the region, reversed, or on an overlap with any device. */
  request(owner: string, start: bigint, end: bigint): Result<Allocation> {
    if (start < this.start || end > this.end || end < start)
      return refusal(ENOMEM, `${formatRange({ start, end })} is not inside the region, ${formatRange(this)}`);
    const index = this.#indexOf(start);
    const before = this.#allocations[index - 1];
    const after = this.#allocations[index];
    const taken = before && before.end >= start ? before : after && after.start <= end ? after : undefined;
    if (taken) return refusal(ENOMEM, `${taken.owner} has ${formatRange(taken)}`);
    const allocation = { owner, start, end };
    this.#allocations.splice(index, 0, allocation);
    this.#allocated += rangeLength(allocation);
    this.#repack(index);
    return allocation;
  }

  release(allocation: Allocation): void {
    const index = this.#indexOf(allocation.start);
    if (this.#allocations[index] !== allocation) throw new Error('not an allocation of this region');
    this.#allocations.splice(index, 1);
    this.#allocated -= rangeLength(allocation);
    this.#repack(index);
  }

  /** adjust_resource with the same start: EBUSY past the region or into a neighbour. */
  resize(allocation: Allocation, end: bigint): Errno | undefined {
    const index = this.#indexOf(allocation.start);
    const after = this.#allocations[index + 1];
    if (end > this.end) return refusal(EBUSY, `the region ends at ${prefixedHex(this.end)}`);
    if (after && after.start <= end) return refusal(EBUSY, `${after.owner} has ${formatRange(after)}`);
    this.#allocated += end - allocation.end;
    allocation.end = end;
    this.#repack(index);
    return undefined;
  }

  /** The free space with the lowest address; undefined when the region is full. */
  firstGap(): Gap | undefined {
    const allocations = this.#allocations;
    while (this.#packed < allocations.length && this.#followsPredecessor(this.#packed)) this.#packed++;
    const after = allocations[this.#packed - 1];
    const start = after ? after.end + 1n : this.start;
    const next = allocations[this.#packed];
    const length = (next ? next.start : this.end + 1n) - start;
    return length > 0n ? { after, start, length } : undefined;
  }

  #followsPredecessor(index: number): boolean {
    const previousEnd = index === 0 ? this.start - 1n : this.#allocations[index - 1]!.end;
    return this.#allocations[index]!.start === previousEnd + 1n;
  }

  /** Something changed at `index`: what follows it may no longer be packed. */
  #repack(index: number): void {
    this.#packed = Math.min(this.#packed, index);
  }

  #indexOf(start: bigint): number {
    return partitionPoint(this.#allocations, allocation => allocation.start < start);
  }
}
