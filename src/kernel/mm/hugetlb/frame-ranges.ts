/** Page frames, [start, end). */
export type FrameRange = readonly [start: number, end: number];

/** Page frames that are kept as disjoint ranges, ascending. */
export class FrameRanges {
  #ranges: FrameRange[] = [];

  add(start: number, end: number): void {
    const apart = this.#ranges.filter(([from, to]) => to < start || from > end);
    const touching = this.#ranges.filter(([from, to]) => to >= start && from <= end);
    const whole: FrameRange = [
      Math.min(start, touching[0]?.[0] ?? start),
      Math.max(end, touching.at(-1)?.[1] ?? end),
    ];
    this.#ranges = [...apart, whole].sort(([a], [b]) => a - b);
  }

  delete(start: number, end: number): void {
    this.#ranges = this.#ranges.flatMap(range => without(range, start, end));
  }

  /** What of [start, end) is not in it. */
  gaps(start: number, end: number): FrameRange[] {
    let gaps: FrameRange[] = [[start, end]];
    for (const [from, to] of this.#ranges) gaps = gaps.flatMap(gap => without(gap, from, to));
    return gaps;
  }
}

function without([from, to]: FrameRange, start: number, end: number): FrameRange[] {
  const parts: FrameRange[] = [
    [from, Math.min(to, start)],
    [Math.max(from, end), to],
  ];
  return start >= to || end <= from ? [[from, to]] : parts.filter(([low, high]) => low < high);
}
