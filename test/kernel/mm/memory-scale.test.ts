import { describe, expect, it } from 'vitest';
import { BLOCK, BootedMemory, facts, PAGES } from './booted-memory.ts';

/** A machine with `blocks` boot blocks on node 0. */
function machineOf(blocks: number): BootedMemory {
  const pages = blocks * PAGES;
  return new BootedMemory({
    facts: {
      ...facts,
      zones: [
        {
          node: 0,
          name: 'Normal',
          startPfn: 0,
          spannedPages: pages,
          presentPages: pages,
          managedPages: pages,
        },
      ],
      memoryBlocks: [{ first: 0, last: blocks - 1, nodes: [0], zone: 'Normal', presentPages: PAGES }],
      nodes: facts.nodes.map(node => ({ ...node, online: node.id === 0 })),
    },
    autoOnline: 'online',
  });
}

const nodesMade = (machine: BootedMemory): number => machine.core.sys.tree.nextIno();

describe('a large machine', () => {
  it('makes no file for a block that nobody looks at', () => {
    expect(nodesMade(machineOf(524288))).toBe(nodesMade(machineOf(16)));
  });

  it('has every block under its name, with a few files for the one that was looked at', () => {
    const machine = machineOf(524288);
    const before = nodesMade(machine);
    expect(machine.read('sys/devices/system/memory/memory524287/phys_index')).toBe('0007ffff\n');
    expect(nodesMade(machine) - before).toBeLessThan(10);
    expect(machine.node('sys/devices/system/memory')).toHaveProperty('nlink', 2 + 524288 + 1);
  });

  it('does not rebuild anything for each block of a large device', () => {
    const machine = machineOf(16);
    const log = machine.log(() => machine.add(1, 4096, 4096 + 8191));
    expect(log.filter(line => line.startsWith('Built'))).toHaveLength(2);
    expect(machine.memory.zones.of(1)[2]).toMatchObject({ presentPages: 8192 * PAGES });
  });

  it('offlines a large device from either end and removes it', () => {
    const machine = machineOf(16);
    machine.add(1, 4096, 4096 + 8191);
    const { blockDevices, zones } = machine.memory;
    for (let i = 0; i < 4000; i++) {
      expect(blockDevices.offline(4096 + i)).toBeUndefined();
      expect(blockDevices.offline(4096 + 8191 - i)).toBeUndefined();
    }
    expect(zones.of(1)[2]).toMatchObject({ startPfn: (4096 + 4000) * PAGES, spannedPages: 192 * PAGES });
    for (let i = 4000; i < 4192; i++) blockDevices.offline(4096 + i);
    expect(machine.memory.hotplug.remove(4096n * BLOCK, 8192n * BLOCK)).toBeUndefined();
    expect(machine.memory.blocks.count).toBe(16);
  });
});
