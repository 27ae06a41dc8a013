import { larger } from '../lib/bigint.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { byStart, intersection, overlap, type Range } from '../lib/range.ts';

/** Bytes that cannot be read any more, or can again. */
export interface BadRangeChange extends Range {
  readonly bad: boolean;
}

/** drivers/nvdimm/badrange.c: media errors by physical address. */
export class BadRanges {
  #ranges: Range[] = [];
  readonly #listeners = new Set<(change: BadRangeChange) => void>();

  /** In the order in which they were found. */
  get list(): readonly Range[] {
    return this.#ranges;
  }

  /** badrange_add: a range that begins where a known one does takes the place of it. */
  add(start: bigint, length: bigint): void {
    const range = { start, end: start + length - 1n };
    const known = this.#ranges.findIndex(other => other.start === start);
    if (known < 0) this.#ranges.push(range);
    else this.#ranges[known] = range;
    this.#tell({ ...range, bad: true });
  }

  /** badrange_forget: what lies in the span is good again; ranges are trimmed or split. */
  forget(start: bigint, length: bigint): void {
    const end = start + length - 1n;
    this.#ranges = this.#ranges.flatMap(range => {
      if (!overlap(range, { start, end })) return [range];
      const rest: Range[] = [];
      if (range.start < start) rest.push({ start: range.start, end: start - 1n });
      if (range.end > end) rest.push({ start: end + 1n, end: range.end });
      return rest;
    });
    this.#tell({ start, end, bad: false });
  }

  /** The parts of ranges inside a span, in address order. */
  within(start: bigint, end: bigint): Range[] {
    return this.#ranges.flatMap(range => intersection(range, { start, end }) ?? []).sort(byStart);
  }

  /** Answers whether a range is bad somewhere, for as long as nothing changes: many answers cost one sort. */
  overlapTest(): (range: Range) => boolean {
    let last = -1n;
    const reaching = [...this.#ranges].sort(byStart).map(({ start, end }) => {
      last = larger(last, end);
      return { start, last };
    });
    return range => {
      const before = partitionPoint(reaching, bad => bad.start <= range.end);
      return before > 0 && reaching[before - 1]!.last >= range.start;
    };
  }

  subscribe(listener: (change: BadRangeChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: BadRangeChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
