import { hexPad, prefixedHex } from '../lib/format.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import {
  IORESOURCE_DISABLED,
  IORESOURCE_IO,
  IORESOURCE_MEM,
  IORESOURCE_MEM_64,
  IORESOURCE_PREFETCH,
  IORESOURCE_UNSET,
  IORESOURCE_WINDOW,
  type Resource,
} from './resource.ts';

type Shown = Range & Partial<Pick<Resource, 'flags'>>;

const DECODED_FLAGS: readonly (readonly [flag: number, text: string])[] = [
  [IORESOURCE_MEM_64, ' 64bit'],
  [IORESOURCE_PREFETCH, ' pref'],
  [IORESOURCE_WINDOW, ' window'],
  [IORESOURCE_DISABLED, ' disabled'],
];

const MAX_IORES_LEVEL = 5;
const HIDDEN = '00000000-00000000';

function typeOf(flags: number): { label: string; digits: number } | undefined {
  if (flags & IORESOURCE_IO) return { label: 'io  ', digits: 4 };
  if (flags & IORESOURCE_MEM) return { label: 'mem ', digits: 8 };
  return undefined;
}

/** lib/vsprintf.c resource_string, `%pR`: `[mem 0x140000000-0x33fffffff]`. Plain ranges count as memory. */
export function formatResource(range: Shown): string {
  const flags = range.flags ?? IORESOURCE_MEM;
  const type = typeOf(flags);
  const decoded = DECODED_FLAGS.map(([flag, text]) => (flags & flag ? text : '')).join('');
  return `[${addresses(range, flags)}${type ? decoded : rawFlags(flags)}]`;
}

/** `%pr`: as `%pR`, with the flags as a number. */
export function formatResourceRaw(range: Shown): string {
  const flags = range.flags ?? IORESOURCE_MEM;
  return `[${addresses(range, flags)}${rawFlags(flags)}]`;
}

function addresses(range: Range, flags: number): string {
  const { label, digits } = typeOf(flags) ?? { label: '??? ', digits: 8 };
  const number = (value: bigint): string => `0x${hexPad(value, digits)}`;
  if (flags & IORESOURCE_UNSET) return `${label}size ${number(rangeLength(range))}`;
  return `${label}${number(range.start)}${range.start === range.end ? '' : `-${number(range.end)}`}`;
}

function rawFlags(flags: number): string {
  return ` flags ${prefixedHex(flags)}`;
}

/** kernel/resource.c r_show: /proc/iomem. Without privilege the addresses read as zero. */
export function formatIomem(root: Resource, privileged: boolean): string {
  const lines: string[] = [];
  const show = (resource: Resource, depth: number): void => {
    const range = privileged ? `${hexPad(resource.start, 8)}-${hexPad(resource.end, 8)}` : HIDDEN;
    lines.push(`${'  '.repeat(Math.min(depth, MAX_IORES_LEVEL))}${range} : ${resource.name ?? '<BAD>'}\n`);
    for (const child of resource.children) show(child, depth + 1);
  };
  for (const child of root.children) show(child, 0);
  return lines.join('');
}
