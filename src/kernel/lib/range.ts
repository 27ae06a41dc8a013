import { larger, smaller } from './bigint.ts';
import { prefixedHex } from './format.ts';

/** include/linux/range.h `struct range`: both ends are included. */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** range_len: 0 for a range that ends right before it starts. */
export function rangeLength({ start, end }: Range): bigint {
  return end - start + 1n;
}

export function overlap(a: Range, b: Range): boolean {
  return a.start <= b.end && b.start <= a.end;
}

/** The part of a range that lies in another, if any. */
export function intersection(a: Range, b: Range): Range | undefined {
  return overlap(a, b) ? { start: larger(a.start, b.start), end: smaller(a.end, b.end) } : undefined;
}

/** Whether others, in order of address, have all of a range between them. */
export function isCovered({ start, end }: Range, others: readonly Range[]): boolean {
  let next = start;
  for (const other of others) if (other.start <= next && other.end >= next) next = other.end + 1n;
  return next > end;
}

/** For sort: by `start`, ascending. */
export function byStart(a: Pick<Range, 'start'>, b: Pick<Range, 'start'>): number {
  return a.start < b.start ? -1 : 1;
}

/** `0x240000000-0x2bfffffff`, the end inclusive. */
export function formatRange({ start, end }: Range): string {
  return `${prefixedHex(start)}-${prefixedHex(end)}`;
}
