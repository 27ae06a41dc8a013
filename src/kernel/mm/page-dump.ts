import type { DriverCore } from '../base/core.ts';
import { KERN_WARNING } from '../base/printk.ts';
import { hexPad, prefixedHex } from '../lib/format.ts';
import type { Zone } from './zones/zone.ts';

const NODE_SHIFT = 54n;
const ZONE_SHIFT = 51n;
const LAST_CPUPID = 0x1fffffn << 30n;

/** PG_head and PG_workingset. */
const HEAD = 1n << 6n;
const WORKINGSET = 1n << 9n;
const ZEROS = '0'.repeat(16);

/** mm/debug.c dump_page of a kernel page that isolation stumbled upon: reserved, or the head of a slab. */
export function dumpUnmovablePage(
  core: DriverCore,
  pfn: number,
  zone: Zone,
  kind: 'reserved' | 'slab',
): void {
  for (const line of [
    ...(kind === 'slab' ? slabLines(core, pfn, zone) : reservedLines(core, pfn, zone)),
    'page dumped because: unmovable page',
  ])
    core.printk.print(KERN_WARNING, line);
}

function flagsOf({ node, index }: Zone): bigint {
  return (BigInt(node) << NODE_SHIFT) | (BigInt(index) << ZONE_SHIFT) | LAST_CPUPID;
}

const nameOf = ({ node, index }: Zone): string => `node=${node}|zone=${index}|lastcpupid=0x1fffff`;

function reservedLines(core: DriverCore, pfn: number, zone: Zone): string[] {
  const flags = flagsOf(zone);
  // Older kernels print the page structure's address, hashed.
  const { pageDumpPointer, pageDumpNamesZone } = core.profile.hotplug;
  const pointer = pageDumpPointer ? hashedPointer(pfn) : ' ';
  return [
    `page:${pointer}refcount:1 mapcount:0 mapping:${ZEROS} index:0x0 pfn:${prefixedHex(pfn)}`,
    `flags: ${prefixedHex(flags)}(${pageDumpNamesZone ? nameOf(zone) : ''})`,
    `raw: ${hexPad(flags, 16)} ${ZEROS} dead000000000122 ${ZEROS}`,
    `raw: ${ZEROS} ${ZEROS} 00000001ffffffff ${ZEROS}`,
  ];
}

/** A slab of eight pages, as a thread's task_struct is in. */
function slabLines(core: DriverCore, pfn: number, zone: Zone): string[] {
  const { slabFlags } = core.profile.hotplug;
  const inUse = slabFlags !== 'head';
  const flags = flagsOf(zone) | HEAD | (inUse ? WORKINGSET : 0n);
  const words = [
    `${hexPad(flags, 16)} ff00000000000000 dead000000000122 ${ZEROS}`,
    `${ZEROS} 0000000080030003 00000000f5000000 ${ZEROS}`,
  ];
  return [
    `page: refcount:0 mapcount:0 mapping:${ZEROS} index:0x${inUse ? 'ff00000000000000' : '0'} pfn:${prefixedHex(pfn)}`,
    'head: order:3 mapcount:0 entire_mapcount:0 nr_pages_mapped:0 pincount:0',
    `flags: ${prefixedHex(flags)}(${slabFlags}|${nameOf(zone)})`,
    'page_type: f5(slab)',
    ...words.map(line => `raw: ${line}`),
    ...words.map(line => `head: ${line}`),
    `head: ${hexPad(flags & 3n, 16)} ff00000000000001 00000000ffffffff 00000000ffffffff`,
    `head: ffffffffffffffff ${ZEROS} 00000000ffffffff 0000000000000008`,
  ];
}

/** `%p`: 32 meaningless bits that are the same for the same page. */
function hashedPointer(pfn: number): string {
  const hash = Math.imul(pfn ^ (pfn >>> 15), 0x2c1b3c6d) >>> 0;
  return `${hexPad(hash, 16)} `;
}
