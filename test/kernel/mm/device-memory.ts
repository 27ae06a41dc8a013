import { Printk } from '../../../src/kernel/base/printk.ts';
import type { Errno } from '../../../src/kernel/lib/errno.ts';
import type { DeviceMemory } from '../../../src/kernel/mm/memremap/memremap.ts';
import { profileOf } from '../../../src/kernel/releases/history.ts';
import {
  createIomem,
  flagBits,
  IORESOURCE_BUSY,
  IORESOURCE_SYSTEM_RAM,
  insertResource,
  Resource,
} from '../../../src/kernel/resource/resource.ts';

export const GIB = 1n << 30n;
export const MIB = 1n << 20n;

/** Just enough memory management for ZONE_DEVICE: 4 GiB of RAM, 46 address bits, node 1 is the one online. */
export class FakeDeviceMemory implements DeviceMemory {
  readonly core = { printk: new Printk(() => 0n), profile: profileOf('6.12') };
  readonly facts = {
    maxPhysicalAddress: (1n << 46n) - 1n,
    nodes: [
      { id: 0, cpus: [], online: false },
      { id: 1, cpus: [0], online: true },
    ],
  };
  readonly iomem = createIomem();
  /** `NODE START+SIZE` of what has page structures. */
  readonly added = new Set<string>();
  readonly removed: string[] = [];
  refuse: Errno | undefined;

  constructor() {
    const flags = flagBits(IORESOURCE_SYSTEM_RAM, IORESOURCE_BUSY);
    insertResource(this.iomem, new Resource({ start: 0n, end: 4n * GIB - 1n, name: 'System RAM', flags }));
  }

  readonly deviceRanges = {
    add: (node: number, start: bigint, size: bigint): Errno | undefined => {
      if (this.refuse) return this.refuse;
      this.added.add(`${node} ${start.toString(16)}+${size.toString(16)}`);
      return undefined;
    },
    remove: (start: bigint, size: bigint): void => {
      const suffix = `${start.toString(16)}+${size.toString(16)}`;
      this.removed.push(suffix);
      for (const key of this.added) if (key.endsWith(` ${suffix}`)) this.added.delete(key);
    },
  };

  get log(): string[] {
    const { printk } = this.core;
    return Array.from({ length: printk.next }, (_, i) => printk.at(i)!.text);
  }
}
