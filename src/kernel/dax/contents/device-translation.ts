import { PAGE_SHIFT } from '../../lib/page.ts';
import { type Range, rangeLength } from '../../lib/range.ts';
import type { DevDax } from '../dev-dax.ts';

/** A physically contiguous part of a device. */
export interface Extent extends Range {
  /** In 4 KiB pages of the device. */
  readonly pageOffset: bigint;
}

/** What device_dax claimed when it bound the device, which a later `mapping` write does not extend. */
export function claimedExtents(dax: DevDax): readonly Extent[] {
  if (!dax.pageMap) return [];
  return dax.ranges
    .slice(0, dax.pageMap.ranges.length)
    .map(({ pageOffset, allocation: { start, end } }) => ({ pageOffset, start, end }));
}

/**
 * dax_pgoff_to_phys: the physical address of `size` bytes at a page offset, all in one extent; undefined otherwise,
 * also when the next one happens to follow physically.
 */
export function physicalAddress(
  extents: readonly Extent[],
  pageOffset: bigint,
  size: bigint,
): bigint | undefined {
  for (const extent of extents) {
    const inside = (pageOffset - extent.pageOffset) << PAGE_SHIFT;
    if (inside < 0n || inside >= rangeLength(extent)) continue;
    return inside + size <= rangeLength(extent) ? extent.start + inside : undefined;
  }
  return undefined;
}

/** A part of a byte span of the device that is physically contiguous. */
export interface Piece {
  readonly address: bigint;
  readonly length: number;
}

/** The pieces of `length` bytes at a byte offset, in order; they end where the device ends. */
export function* physicalPieces(
  extents: readonly Extent[],
  offset: bigint,
  length: number,
): Generator<Piece> {
  let position = offset;
  let rest = length;
  for (const extent of extents) {
    const inside = position - (extent.pageOffset << PAGE_SHIFT);
    const room = rangeLength(extent) - inside;
    if (inside < 0n || room <= 0n) continue;
    if (rest <= 0) return;
    const count = room < BigInt(rest) ? Number(room) : rest;
    yield { address: extent.start + inside, length: count };
    position += BigInt(count);
    rest -= count;
  }
}
