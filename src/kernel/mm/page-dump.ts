import type { DriverCore } from '../base/core.ts';
import { KERN_WARNING } from '../base/printk.ts';
import { hexPad, prefixedHex } from '../lib/format.ts';

const NODE_SHIFT = 54n;
const ZONE_SHIFT = 51n;
const LAST_CPUPID = 0x1fffffn << 30n;

/** mm/debug.c dump_page of a kernel page that isolation stumbled upon. */
export function dumpUnmovablePage(core: DriverCore, pfn: number, node: number, zone: number): void {
  const flags = (BigInt(node) << NODE_SHIFT) | (BigInt(zone) << ZONE_SHIFT) | LAST_CPUPID;
  // Older kernels print the page structure's address, hashed.
  const pointer = core.profile.hotplug.pageDumpPointer ? hashedPointer(pfn) : ' ';
  const zeros = '0'.repeat(16);
  for (const line of [
    `page:${pointer}refcount:1 mapcount:0 mapping:${zeros} index:0x0 pfn:${prefixedHex(pfn)}`,
    `flags: ${prefixedHex(flags)}(node=${node}|zone=${zone}|lastcpupid=0x1fffff)`,
    `raw: ${hexPad(flags, 16)} ${zeros} dead000000000122 ${zeros}`,
    `raw: ${zeros} ${zeros} 00000001ffffffff ${zeros}`,
    'page dumped because: unmovable page',
  ])
    core.printk.print(KERN_WARNING, line);
}

/** `%p`: 32 meaningless bits that are the same for the same page. */
function hashedPointer(pfn: number): string {
  const hash = Math.imul(pfn ^ (pfn >>> 15), 0x2c1b3c6d) >>> 0;
  return `${hexPad(hash, 16)} `;
}
