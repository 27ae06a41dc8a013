import type { DriverCore } from '../kernel/base/core.ts';
import { group, ro } from '../kernel/fs/attribute.ts';
import { prefixedHex } from '../kernel/lib/format.ts';
import type { MemoryMapEntry } from './description.ts';
import { e820TypeName } from './firmware/iomem.ts';

const entryAttributes = group<MemoryMapEntry>(
  {
    end: ro(({ end }) => `${prefixedHex(BigInt(end))}\n`),
    start: ro(({ start }) => `${prefixedHex(BigInt(start))}\n`),
    type: ro(({ type }) => `${e820TypeName(type)}\n`),
  },
  { stable: true },
);

/** drivers/firmware/memmap.c: the memory map as the firmware gave it, whatever the command line makes of it. */
export function addFirmwareMap(core: DriverCore, map: readonly MemoryMapEntry[]): void {
  const directory = core.sys.addDirectory('firmware').addDirectory('memmap');
  for (const [index, entry] of map.entries())
    directory.addDirectory(String(index)).attach(entryAttributes.of(entry));
}
