import { intersection } from '../lib/range.ts';
import type { BadRangeChange, BadRanges } from '../nvdimm/badrange.ts';

export const SECTOR = 512n;
/** BB_MAX_LEN, MAX_BADBLOCKS */
const MAX_SECTORS = 512n;
const MAX_ENTRIES = 512;

interface Entry {
  readonly first: bigint;
  readonly sectors: bigint;
}

/** block/badblocks.c: bad 512-byte sectors of a region, a namespace or a disk. Sorted, at most 512 entries of at most 512 sectors. */
export class Badblocks {
  #entries: Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** badblocks_set: false when not all of it could be kept. */
  set(first: bigint, sectors: bigint): boolean {
    const spans = merge([...this.#entries, { first, sectors }]);
    this.#entries = split(spans);
    return spans.reduce((count, span) => count + pieces(span), 0) <= MAX_ENTRIES;
  }

  /** badblocks_clear */
  clear(first: bigint, sectors: bigint): void {
    const end = first + sectors;
    const rest = merge(this.#entries).flatMap(span => {
      const spanEnd = span.first + span.sectors;
      if (spanEnd <= first || span.first >= end) return [span];
      const parts: Entry[] = [];
      if (span.first < first) parts.push({ first: span.first, sectors: first - span.first });
      if (spanEnd > end) parts.push({ first: end, sectors: spanEnd - end });
      return parts;
    });
    this.#entries = split(rest);
  }

  /** badblocks_check: whether any sector of the span is bad. */
  check(first: bigint, sectors: bigint): boolean {
    return this.#entries.some(entry => entry.first < first + sectors && first < entry.first + entry.sectors);
  }

  /** nvdimm_badblocks_populate: what is bad of [start, end], rounded outwards to sectors. */
  populate(ranges: BadRanges, start: bigint, end: bigint): void {
    this.#entries = [];
    for (const range of ranges.within(start, end)) this.follow({ ...range, bad: true }, start, end);
  }

  /** Takes over one change of the bus-wide list, as far as it lies in [start, end]. */
  follow(change: BadRangeChange, start: bigint, end: bigint): void {
    const inside = intersection(change, { start, end });
    if (!inside) return;
    const from = inside.start - start;
    const to = inside.end + 1n - start;
    if (change.bad) this.set(from / SECTOR, (to + SECTOR - 1n) / SECTOR - from / SECTOR);
    else if (to - from >= SECTOR)
      this.clear((from + SECTOR - 1n) / SECTOR, to / SECTOR - (from + SECTOR - 1n) / SECTOR);
  }

  /** badblocks_show: `FIRST SECTORS` lines. */
  show(): string {
    return this.#entries.map(({ first, sectors }) => `${first} ${sectors}\n`).join('');
  }
}

function merge(entries: readonly Entry[]): Entry[] {
  const sorted = entries.toSorted((a, b) => (a.first < b.first ? -1 : 1));
  const merged: Entry[] = [];
  for (const entry of sorted) {
    const last = merged.at(-1);
    if (!last || last.first + last.sectors < entry.first) {
      merged.push(entry);
      continue;
    }
    const end = entry.first + entry.sectors;
    if (end > last.first + last.sectors)
      merged[merged.length - 1] = { first: last.first, sectors: end - last.first };
  }
  return merged;
}

function pieces({ sectors }: Entry): number {
  return Number((sectors + MAX_SECTORS - 1n) / MAX_SECTORS);
}

/** The first MAX_ENTRIES pieces; what is behind them costs nothing. */
function split(spans: readonly Entry[]): Entry[] {
  const parts: Entry[] = [];
  for (const { first, sectors } of spans)
    for (let at = 0n; at < sectors; at += MAX_SECTORS) {
      if (parts.length === MAX_ENTRIES) return parts;
      const rest = sectors - at;
      parts.push({ first: first + at, sectors: rest < MAX_SECTORS ? rest : MAX_SECTORS });
    }
  return parts;
}
