/** Bytes that cannot be read. The end is included. */
export interface BadRange {
  readonly start: bigint;
  readonly end: bigint;
}

export interface BadRangeChange extends BadRange {
  readonly bad: boolean;
}

/** The part of a range inside [start, end], if any. */
export function clip(range: BadRange, start: bigint, end: bigint): BadRange | undefined {
  if (range.end < start || range.start > end) return undefined;
  return { start: range.start < start ? start : range.start, end: range.end > end ? end : range.end };
}

/** drivers/nvdimm/badrange.c: media errors by physical address. */
export class BadRanges {
  #ranges: BadRange[] = [];
  readonly #listeners = new Set<(change: BadRangeChange) => void>();

  /** In the order in which they were found. */
  get list(): readonly BadRange[] {
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
      if (!clip(range, start, end)) return [range];
      const rest: BadRange[] = [];
      if (range.start < start) rest.push({ start: range.start, end: start - 1n });
      if (range.end > end) rest.push({ start: end + 1n, end: range.end });
      return rest;
    });
    this.#tell({ start, end, bad: false });
  }

  /** The parts of ranges inside a span, in address order. */
  within(start: bigint, end: bigint): BadRange[] {
    return this.#ranges
      .flatMap(range => clip(range, start, end) ?? [])
      .sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  subscribe(listener: (change: BadRangeChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: BadRangeChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
