import { intersection, type Range } from '../../kernel/lib/range.ts';
import type { MemoryMapEntry } from '../description.ts';
import type { E820Entry, E820Type } from './facts.ts';
import type { MemoryMapChange } from './memmap.ts';

/** enum e820_type. */
export const E820_RAM = 1;
export const E820_RESERVED = 2;
export const E820_ACPI = 3;
export const E820_NVS = 4;
export const E820_UNUSABLE = 5;
export const E820_PMEM = 7;
export const E820_PRAM = 12;
export const E820_SOFT_RESERVED = 0xefffffff;

/** Names as the kernel log prints them (e820_print_type). */
const NUMBER_OF_TYPE: Readonly<Record<E820Type, number>> = {
  usable: E820_RAM,
  reserved: E820_RESERVED,
  'ACPI data': E820_ACPI,
  'ACPI NVS': E820_NVS,
  unusable: E820_UNUSABLE,
  'persistent (type 7)': E820_PMEM,
  'persistent (type 12)': E820_PRAM,
  'soft reserved': E820_SOFT_RESERVED,
};

export const e820Types = Object.keys(NUMBER_OF_TYPE) as E820Type[];

const TYPE_OF_NUMBER: ReadonlyMap<number, E820Type> = new Map(
  e820Types.map(name => [NUMBER_OF_TYPE[name], name]),
);

/** e820_nomerge: ranges that may differ in something else stay apart even when they touch. */
const UNMERGED: readonly number[] = [E820_PRAM, E820_PMEM, E820_SOFT_RESERVED];

const BIOS_ROM = { start: 0xa0000n, end: 0xfffffn };

interface Entry extends Range {
  readonly type: number;
}

/** The memory map that the kernel works with: the firmware's, after the command line and after trim_bios_range. */
export function buildMemoryMap(
  firmware: readonly MemoryMapEntry[],
  changes: readonly MemoryMapChange[],
  softReserve: boolean,
): readonly E820Entry[] {
  let map: readonly Entry[] = firmware.map(({ start, end, type }) => ({
    start: BigInt(start),
    end: BigInt(end),
    type: NUMBER_OF_TYPE[softReserve || type !== 'soft reserved' ? type : 'usable'],
  }));
  map = sanitize(map);
  for (const change of changes) map = apply(map, change);
  map = retype(sanitize(map), { start: 0n, end: 0xfffn }, E820_RAM, E820_RESERVED);
  map = sanitize(retype(map, BIOS_ROM, E820_RAM, undefined));
  return map.map(({ start, end, type }) => ({ start, end, type: TYPE_OF_NUMBER.get(type) ?? 'reserved' }));
}

function apply(map: readonly Entry[], change: MemoryMapChange): readonly Entry[] {
  if (change.kind === 'exactmap') return [];
  if (change.size === 0n) return map;
  const span = { start: change.start, end: change.start + change.size - 1n };
  switch (change.kind) {
    case 'add':
      return [...map, { ...span, type: change.type }];
    case 'remove':
      return retype(map, span, change.from, undefined);
    case 'update':
      return retype(map, span, change.from, change.to);
  }
}

/** e820__range_update and e820__range_remove: what lies in `span` and is of type `from` becomes `to`, or goes. */
function retype(
  map: readonly Entry[],
  span: Range,
  from: number | undefined,
  to: number | undefined,
): readonly Entry[] {
  return map.flatMap(entry => {
    const inside = intersection(entry, span);
    if (!inside || (from !== undefined && entry.type !== from)) return [entry];
    const parts: Entry[] = [];
    if (entry.start < inside.start) parts.push({ ...entry, end: inside.start - 1n });
    if (to !== undefined) parts.push({ ...inside, type: to });
    if (entry.end > inside.end) parts.push({ ...entry, start: inside.end + 1n });
    return parts;
  });
}

/** e820__update_table: ascending and without overlaps; where entries overlap, the higher type wins. */
function sanitize(map: readonly Entry[]): readonly Entry[] {
  const points = map
    .flatMap(({ start, end, type }) => [
      { at: start, type, by: 1 },
      { at: end + 1n, type, by: -1 },
    ])
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const result: Entry[] = [];
  /** How many entries of each type have the address that was come to. */
  const here = new Map<number, number>();
  for (const [index, { at: start, type: changed, by }] of points.entries()) {
    here.set(changed, (here.get(changed) ?? 0) + by);
    const end = (points[index + 1]?.at ?? start) - 1n;
    const type = Math.max(...[...here].map(([type, count]) => (count > 0 ? type : 0)));
    if (end < start || type === 0) continue;
    const last = result.at(-1);
    if (last && last.type === type && last.end === start - 1n && !UNMERGED.includes(type)) {
      result[result.length - 1] = { start: last.start, end, type };
    } else {
      result.push({ start, end, type });
    }
  }
  return result;
}
