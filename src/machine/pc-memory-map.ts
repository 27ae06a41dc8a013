import { prefixedHex } from '../kernel/lib/format.ts';
import { byStart, type Range } from '../kernel/lib/range.ts';
import type { MemoryMapEntry } from './description.ts';
import type { E820Type } from './firmware/facts.ts';
import { HIGH_START, type Layout } from './layout.ts';

type Span = readonly [start: bigint, end: bigint];

/** Where the firmware keeps its tables, at the end of RAM below 4 GiB. */
const FIRMWARE_BYTES = 0x22000n;

/** Holes of every PC in its first mebibyte: extended BIOS data and ROM are reserved, video memory is no memory. */
const BIOS_DATA: Span = [0x9fc00n, 0x9ffffn];
const VIDEO: Span = [0xa0000n, 0xeffffn];
const BIOS_ROM: Span = [0xf0000n, 0xfffffn];

/** Reserved for the board's devices, where no memory is. */
const BOARD_RESERVED: readonly Span[] = [
  [0xb0000000n, 0xbfffffffn],
  [0xfed1c000n, 0xfed1ffffn],
  [0xfffc0000n, 0xffffffffn],
  [0xfd00000000n, 0xffffffffffn],
];

/** The memory map that the firmware of a PC gives for a layout. */
export function pcMemoryMap(layout: Layout): readonly MemoryMapEntry[] {
  const ram = layout.of('ram');
  const lowEnd = ram.findLast(range => range.end < HIGH_START)?.end;
  const tables: readonly Span[] =
    lowEnd === undefined || lowEnd <= BIOS_ROM[1] + FIRMWARE_BYTES
      ? []
      : [[lowEnd + 1n - FIRMWARE_BYTES, lowEnd]];
  const board = BOARD_RESERVED.filter(([start, end]) =>
    layout.placed.every(range => range.end < start || range.start > end),
  );
  const holes = [BIOS_DATA, VIDEO, BIOS_ROM, ...tables];
  const entries = [
    ...joined(ram)
      .flatMap(span => without(holes, span))
      .map(span => entryOf(span, 'usable')),
    ...[BIOS_DATA, BIOS_ROM, ...tables, ...board].map(span => entryOf(span, 'reserved')),
    ...layout.of('soft_reserved').map(({ start, end }) => entryOf([start, end], 'soft reserved')),
    ...layout.of('legacy_pmem').map(({ start, end }) => entryOf([start, end], 'persistent (type 12)')),
  ];
  return entries.sort(byStart).map(({ entry }) => entry);
}

function entryOf([start, end]: Span, type: E820Type): { start: bigint; entry: MemoryMapEntry } {
  return { start, entry: { start: prefixedHex(start), end: prefixedHex(end), type } };
}

/** Ranges that touch, as one. */
function joined(ranges: readonly Range[]): readonly Span[] {
  const spans: Span[] = [];
  for (const { start, end } of ranges) {
    const last = spans.at(-1);
    if (last?.[1] === start - 1n) spans[spans.length - 1] = [last[0], end];
    else spans.push([start, end]);
  }
  return spans;
}

/** What is left of a range without the holes, which ascend. */
function without(holes: readonly Span[], [start, end]: Span): readonly Span[] {
  const rest: Span[] = [];
  let from = start;
  for (const [first, last] of holes) {
    if (last < from || first > end) continue;
    if (first > from) rest.push([from, first - 1n]);
    from = last + 1n;
  }
  if (from <= end) rest.push([from, end]);
  return rest;
}
