import type { Errno } from '../lib/errno.ts';
import { partitionPoint } from '../lib/partition-point.ts';

/** Who is told of a poisoned page of device memory. */
export interface PageMapOwner {
  /** dev_pagemap_ops.memory_failure: an errno when the page could not be taken from those who map it. */
  memoryFailure(address: bigint): Errno | undefined;
}

export interface DeviceRange {
  readonly node: number;
  readonly start: bigint;
  /** Bytes. */
  readonly size: bigint;
  readonly owner: PageMapOwner | undefined;
}

/** The ranges of ZONE_DEVICE, disjoint, by address. */
export class DeviceRanges {
  readonly #sorted: DeviceRange[] = [];

  add(range: DeviceRange): void {
    this.#sorted.splice(this.#indexAfter(range.start), 0, range);
  }

  remove(start: bigint): void {
    const index = this.#indexAfter(start) - 1;
    if (this.#sorted[index]?.start === start) this.#sorted.splice(index, 1);
  }

  at(address: bigint): DeviceRange | undefined {
    const range = this.#sorted[this.#indexAfter(address) - 1];
    return range && address < range.start + range.size ? range : undefined;
  }

  overlaps(start: bigint, size: bigint): boolean {
    const range = this.#sorted[this.#indexAfter(start + size - 1n) - 1];
    return range !== undefined && range.start + range.size > start;
  }

  /** How many ranges start at or before an address. */
  #indexAfter(address: bigint): number {
    return partitionPoint(this.#sorted, range => range.start <= address);
  }
}
