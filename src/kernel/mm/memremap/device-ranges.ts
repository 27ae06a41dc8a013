import { EEXIST, EINVAL, type Errno } from '../../lib/errno.ts';
import { PAGE_SHIFT } from '../../lib/page.ts';
import type { Range } from '../../lib/range.ts';
import { RangeIndex } from '../../lib/range-index.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { ZONE_DEVICE } from '../zones/zone.ts';
import type { PageMapOwner } from './page-map.ts';

interface DeviceRange extends Range {
  readonly node: number;
  readonly owner: PageMapOwner | undefined;
}

/** The ranges of ZONE_DEVICE. */
export class DeviceRanges {
  readonly #memory: MemoryManagement;
  readonly #ranges = new RangeIndex<DeviceRange>();

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
  }

  at(address: bigint): DeviceRange | undefined {
    return this.#ranges.at(address);
  }

  overlaps(range: Range): boolean {
    return this.#ranges.overlaps(range);
  }

  /** What memremap_pages does to a range: EINVAL beyond the addressable, EEXIST over other page structures. */
  add(node: number, start: bigint, size: bigint, owner?: PageMapOwner): Errno | undefined {
    const end = start + size - 1n;
    if (end > this.#memory.facts.maxPhysicalAddress) return EINVAL;
    if (this.#hasPageStructures(start, end)) return EEXIST;
    const zone = this.#memory.zones.of(node)[ZONE_DEVICE]!;
    zone.grow(Number(start >> PAGE_SHIFT), Number(size >> PAGE_SHIFT));
    this.#ranges.add({ node, start, end, owner });
    return undefined;
  }

  /** The zone keeps its span, and thereby the node: the kernel cannot shrink ZONE_DEVICE. */
  remove(start: bigint, _size: bigint): void {
    this.#ranges.remove(start);
  }

  /** Whether page structures of the range exist; those of the holes of boot memory can be made. */
  #hasPageStructures(start: bigint, end: bigint): boolean {
    const { blocks, blockSize } = this.#memory;
    const last = Number(end / blockSize);
    for (let id = Number(start / blockSize); id <= last; id++)
      if (blocks.has(id) && blocks.presentPagesOf(id) === blocks.pagesPerBlock) return true;
    return this.overlaps({ start, end });
  }
}
