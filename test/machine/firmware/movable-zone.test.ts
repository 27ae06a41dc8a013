import { describe, expect, it } from 'vitest';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import type { MachineDescription } from '../../../src/machine/description.ts';
import { readFirmware } from '../../../src/machine/firmware/read-firmware.ts';
import { fromSpec } from '../../../src/machine/from-spec.ts';
import { createRack } from '../../../src/machine/rack.ts';
import type { MachineSpec } from '../../../src/machine/schema.ts';

const GIB = 1n << 30n;

function machine(cmdline: string, nodes: MachineSpec['nodes']): MachineDescription {
  return fromSpec({ cmdline, nodes }, 'movable') as MachineDescription;
}

/** `NODE:START-END` of each ZONE_MOVABLE, in bytes. */
function movable(cmdline: string, nodes: MachineSpec['nodes']): string[] {
  const { zones } = readFirmware(machine(cmdline, nodes));
  const hex = (pfn: number) => (BigInt(pfn) << 12n).toString(16);
  return zones
    .filter(({ name }) => name === 'Movable')
    .map(zone => `${zone.node}:${hex(zone.startPfn)}-${hex(zone.startPfn + zone.spannedPages)}`);
}

/** RAM at 0-2 GiB and 4-6 GiB on node 0, at 6-10 GiB on node 1. */
const even = [{ cpus: 1, ram: '4GiB' }, { ram: '4GiB' }];
/** RAM at 0-1 GiB on node 0, at 1-2 GiB and 4-9 GiB on node 1. */
const uneven = [{ cpus: 1, ram: '1GiB' }, { ram: '6GiB' }];

describe('ZONE_MOVABLE at boot', () => {
  it('is not there without an option, nor when the kernel is to have all memory or there is no mirror', () => {
    for (const words of ['quiet', 'kernelcore=8G', 'kernelcore=mirror movablecore=2G', 'movable_node'])
      expect(movable(words, even)).toEqual([]);
  });

  it('is what kernelcore= and movablecore= leave, the share of the kernel spread over the nodes', () => {
    // The holes below 1 MiB and the firmware's tables push what is low on to the next 4 MiB.
    expect(movable('kernelcore=4G', even)).toEqual(['0:100400000-180000000', '1:200000000-280000000']);
    expect(movable('movablecore=25%', even)).toEqual(['0:140400000-180000000', '1:240000000-280000000']);
    expect(movable('movablecore=3G kernelcore=6G', even)).toEqual(movable('kernelcore=6G', even));
    expect(movable('kernelcore=3G', uneven)).toEqual(['1:140400000-240000000']);
  });

  it('begins below 4 GiB only where no memory is above', () => {
    expect(movable('movablecore=512M', [{ cpus: 1, ram: '1GiB' }])).toEqual(['0:20000000-3ffde000']);
  });

  it('is with movable_node what the SRAT calls hot-pluggable, but not on the node that holds the kernel', () => {
    const hotplug = (start: bigint, size: bigint) => [{ start: `${start}`, size: `${size}` }];
    const nodes = [
      { cpus: 1, ram: '4GiB', hotplug: hotplug(4n * GIB, 2n * GIB) },
      { ram: '4GiB', hotplug: hotplug(7n * GIB, 9n * GIB) },
    ];
    expect(movable('movable_node kernelcore=1G', nodes)).toEqual(['1:1c0000000-280000000']);
    expect(movable('numa=off movable_node', nodes)).toEqual([]);
  });

  it('lets its blocks go offline and come back to it, and makes no normal memory', () => {
    const nodes = [
      { cpus: 1, ram: '4GiB' },
      { ram: '4GiB', hotplug: [{ start: '6GiB', size: '4GiB' }] },
    ];
    const state = '/sys/devices/system/memory/memory60/state';
    const before = ['offline', 'online'].map(word => `echo ${word} > ${state}`);
    const description = { ...machine('movable_node', nodes), before };
    const rack = createRack([{ description }], {
      clock: () => 0n,
      onBug: throwBug,
    });
    const { memory, refusedCommands } = rack.machine();
    expect(refusedCommands).toEqual([]);
    expect([...memory.nodes.hasNormalMemory]).toEqual([0]);
    expect([...memory.nodes.hasMemory]).toEqual([0, 1]);
    expect(memory.zones.movable(1)).toMatchObject({ presentPages: 1 << 20, startPfn: 0x180000 });
  });
});
