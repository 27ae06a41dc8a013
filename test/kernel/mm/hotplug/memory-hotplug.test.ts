import { describe, expect, it } from 'vitest';
import type { MemoryGroup } from '../../../../src/kernel/base/memory/memory-group.ts';
import { E2BIG, EBUSY, EEXIST, EINVAL } from '../../../../src/kernel/lib/errno.ts';
import { formatIomem } from '../../../../src/kernel/resource/iomem-format.ts';
import { BLOCK, BootedMemory, MIB } from '../booted-memory.ts';

const NAME = 'System RAM (kmem)';
const plain = { memmapOnMemory: false };
const at = (block: number): bigint => BigInt(block) * BLOCK;

function withGroup(node = 2): { machine: BootedMemory; group: MemoryGroup } {
  const machine = new BootedMemory();
  const group = machine.memory.groups.registerStatic(node, 1n) as MemoryGroup;
  return { machine, group };
}

describe('adding memory', () => {
  it('announces the blocks in ascending order, then the new node, then each block that goes online', () => {
    const machine = new BootedMemory({ autoOnline: 'online_movable' });
    expect(machine.uevents(() => machine.add(2, 48, 49))).toEqual([
      'add memory48',
      'add memory49',
      'add node2',
      'add memory_tier22',
      'online memory48',
      'online memory49',
    ]);
  });

  it('claims its range as busy System RAM of the given name', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    expect(formatIomem(machine.iomem, true)).toContain('180000000-18fffffff : System RAM (kmem)\n');
    expect(machine.remove(48, 49)).toBeUndefined();
    expect(formatIomem(machine.iomem, true)).toBe('');
  });

  it('refuses a name that is not of a driver', () => {
    const { machine, group } = withGroup();
    for (const name of ['System RAM', 'System RAM (kmem', 'kmem', ''])
      expect(machine.memory.hotplug.addDriverManaged(group, at(48), BLOCK, name, plain)).toEqual(EINVAL);
  });

  it('refuses what lies beyond the addressable and says so', () => {
    const { machine, group } = withGroup();
    const start = 1n << 46n;
    const log = machine.log(() => {
      expect(machine.memory.hotplug.addDriverManaged(group, start, BLOCK, NAME, plain)).toEqual(E2BIG);
    });
    expect(log).toEqual([
      'Hotplug memory [0x400000000000-0x400008000000] exceeds maximum addressable range [0x0-0x3fffffffffff]',
    ]);
  });

  it('refuses a range that is claimed or has blocks, and leaves the claims as they were', () => {
    const { machine, group } = withGroup();
    machine.add(2, 48, 49);
    const before = formatIomem(machine.iomem, true);
    expect(machine.memory.hotplug.addDriverManaged(group, at(49), BLOCK, NAME, plain)).toEqual(EEXIST);
    expect(machine.memory.hotplug.addDriverManaged(group, at(15), BLOCK, NAME, plain)).toEqual(EEXIST);
    expect(formatIomem(machine.iomem, true)).toBe(before);
  });

  it('refuses part of a block with the line that the kernel prints', () => {
    const { machine, group } = withGroup();
    const log = machine.log(() => {
      expect(machine.memory.hotplug.addDriverManaged(group, at(48) + MIB, BLOCK, NAME, plain)).toEqual(
        EINVAL,
      );
    });
    expect(log).toEqual([
      'Block size [0x8000000] unaligned hotplug range: start 0x180100000, size 0x8000000',
    ]);
    expect(formatIomem(machine.iomem, true)).toBe('');
  });

  it('refuses a group that is gone, and groups of nodes that cannot be', () => {
    const { machine, group } = withGroup();
    machine.memory.groups.unregister(group);
    expect(machine.memory.hotplug.addDriverManaged(group, at(48), BLOCK, NAME, plain)).toEqual(EINVAL);
    expect(machine.memory.groups.registerStatic(4, 1n)).toEqual(EINVAL);
    expect(machine.memory.groups.registerStatic(2, 0n)).toEqual(EINVAL);
  });
});

describe('removing memory', () => {
  it('is refused while any block is online, naming the first of them', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 50);
    machine.state(49, 'online');
    const log = machine.log(() => expect(machine.remove(48, 50)).toEqual(EBUSY));
    expect(log).toEqual([
      'removing memory fails, because memory [0x0000000188000000-0x000000018fffffff] is onlined',
    ]);
    expect(machine.node('sys/devices/system/memory/memory50')).toBeDefined();
  });

  it('takes the blocks away and then the node that has nothing left', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    expect(machine.uevents(() => machine.remove(48, 49))).toEqual([
      'remove memory48',
      'remove memory49',
      'remove node2',
    ]);
    expect(machine.read('sys/devices/system/node/online')).toBe('0-1,3\n');
  });

  it('keeps a node with other blocks, with CPUs, or spanned by device memory', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    machine.add(2, 50, 50);
    expect(machine.uevents(() => machine.remove(48, 49))).not.toContain('remove node2');
    machine.memory.deviceRanges.add(2, at(56), BLOCK);
    machine.memory.deviceRanges.remove(at(56), BLOCK);
    expect(machine.uevents(() => machine.remove(50, 50))).toEqual(['remove memory50']);
  });

  it('makes a re-added block a new file', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 48);
    const before = machine.node('sys/devices/system/memory/memory48/state');
    machine.remove(48, 48);
    machine.add(2, 48, 48);
    expect(before?.removed).toBe(true);
    expect(machine.node('sys/devices/system/memory/memory48/state')).not.toBe(before);
  });
});

describe('auto_online_blocks', () => {
  const path = 'sys/devices/system/memory/auto_online_blocks';

  it('starts as the command line says, or as the kernel was configured', () => {
    expect(new BootedMemory({ autoOnline: 'online_kernel' }).read(path)).toBe('online_kernel\n');
    expect(new BootedMemory().read(path)).toBe('offline\n');
  });

  it('takes the four keywords and decides for memory added later', () => {
    const machine = new BootedMemory();
    for (const junk of ['Online', 'online ', 'movable']) expect(machine.write(path, junk)).toBe('EINVAL');
    machine.add(2, 48, 48);
    expect(machine.write(path, 'online_movable\n')).toBe('OK');
    machine.add(2, 49, 49);
    expect([48, 49].map(block => machine.validZones(block))).toEqual(['Normal Movable', 'Movable']);
  });
});

describe('device memory', () => {
  it('is refused over memory blocks and beyond the addressable', () => {
    const { memory } = new BootedMemory();
    expect(memory.deviceRanges.add(0, at(32), BLOCK)).toEqual(EEXIST);
    expect(memory.deviceRanges.add(0, 1n << 46n, BLOCK)).toEqual(EINVAL);
    expect(memory.deviceRanges.add(0, at(48), BLOCK)).toBeUndefined();
    expect(memory.deviceRanges.add(0, at(48) + BLOCK - 2n * MIB, BLOCK)).toEqual(EEXIST);
  });

  it('keeps the span of zone Device when it goes', () => {
    const machine = new BootedMemory();
    machine.memory.deviceRanges.add(0, at(48), 2n * BLOCK);
    machine.memory.deviceRanges.remove(at(48), 2n * BLOCK);
    expect(machine.memory.zones.of(0)[4]).toMatchObject({
      spannedPages: 65536,
      presentPages: 0,
      startPfn: 1572864,
    });
  });
});
