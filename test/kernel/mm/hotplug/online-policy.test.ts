import { describe, expect, it } from 'vitest';
import { BootedMemory } from '../booted-memory.ts';

const PARAMETERS = 'sys/module/memory_hotplug/parameters';

describe('the parameters of memory_hotplug', () => {
  it('show the defaults of the kernel', () => {
    const machine = new BootedMemory();
    const values = ['auto_movable_numa_aware', 'auto_movable_ratio', 'memmap_on_memory', 'online_policy'];
    expect(values.map(name => machine.read(`${PARAMETERS}/${name}`))).toEqual([
      'Y\n',
      '301\n',
      'N\n',
      'contig-zones\n',
    ]);
  });

  it('refuse what the kernel would not parse', () => {
    const machine = new BootedMemory();
    expect(machine.write(`${PARAMETERS}/online_policy`, 'movable')).toBe('EINVAL');
    expect(machine.write(`${PARAMETERS}/auto_movable_ratio`, '-1')).toBe('EINVAL');
    expect(machine.write(`${PARAMETERS}/auto_movable_ratio`, '4294967296')).toBe('ERANGE');
    expect(machine.write(`${PARAMETERS}/auto_movable_ratio`, '0x20\n')).toBe('OK');
    expect(machine.read(`${PARAMETERS}/auto_movable_ratio`)).toBe('32\n');
  });
});

describe('contig-zones', () => {
  it('prefers Movable on a fresh node only when booted with movable_node', () => {
    const machine = new BootedMemory({ movableNode: true });
    machine.add(2, 48, 48);
    expect(machine.validZones(48)).toBe('Movable Normal');
  });

  it('keeps a block that both zones span into in the kernel zone', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 55);
    for (const [block, type] of [
      [48, 'online_kernel'],
      [49, 'online_movable'],
      [54, 'online_kernel'],
      [55, 'online_movable'],
    ] as const)
      machine.state(block, type);
    expect(machine.validZones(51)).toBe('Normal Movable');
  });
});

describe('auto-movable', () => {
  const auto = { onlinePolicy: 'auto-movable' } as const;

  it('keeps a node without boot memory in Normal when it looks at the node alone', () => {
    const machine = new BootedMemory(auto);
    machine.add(2, 48, 63);
    expect(machine.validZones(48)).toBe('Normal Movable');
    machine.write(`${PARAMETERS}/auto_movable_numa_aware`, '0');
    expect(machine.validZones(48)).toBe('Movable Normal');
  });

  it('allows Movable up to the ratio of early kernel pages, counting all that the device may still bring', () => {
    // 16 blocks against 1,310,588 early pages: 40.004 percent.
    const machine = new BootedMemory({ ...auto, autoMovableNumaAware: false, autoMovableRatio: 40 });
    machine.add(2, 48, 63);
    expect(machine.validZones(48)).toBe('Normal Movable');
    machine.write(`${PARAMETERS}/auto_movable_ratio`, '41');
    expect(machine.validZones(48)).toBe('Movable Normal');
    machine.state(48, 'online');
    expect(machine.validZones(49)).toBe('Movable Normal');
  });

  it('makes the rest of a device kernel memory once one block of it is', () => {
    const machine = new BootedMemory({ ...auto, autoMovableNumaAware: false });
    machine.add(2, 48, 51);
    machine.add(2, 52, 53);
    machine.state(48, 'online_kernel');
    expect(machine.validZones(49)).toBe('Normal Movable');
    expect(machine.validZones(52)).toBe('Movable Normal');
    machine.state(48, 'offline');
    expect(machine.validZones(49)).toBe('Movable Normal');
  });

  it('never chooses Movable with a ratio of 0', () => {
    const machine = new BootedMemory({ ...auto, autoMovableRatio: 0, autoMovableNumaAware: false });
    machine.add(2, 48, 48);
    expect(machine.validZones(48)).toBe('Normal Movable');
  });
});

describe('memmap_on_memory', () => {
  it('is supported when the parameter is on', () => {
    expect(new BootedMemory().memory.policy.supportsMemmapOnMemory()).toBe(false);
    expect(new BootedMemory({ memmapOnMemory: 'Y' }).memory.policy.supportsMemmapOnMemory()).toBe(true);
    expect(new BootedMemory({ memmapOnMemory: 'force' }).memory.policy.supportsMemmapOnMemory()).toBe(true);
  });

  it('takes 512 pages of each block from what the zone manages, not from what is present', () => {
    const machine = new BootedMemory({ memmapOnMemory: 'Y' });
    machine.add(2, 48, 48, true);
    machine.state(48, 'online');
    expect(machine.memory.zones.of(2)[2]).toMatchObject({
      spannedPages: 32768,
      presentPages: 32768,
      managedPages: 32256,
    });
    expect(machine.read('sys/devices/system/node/node2/meminfo')).toContain(
      'Node 2 MemTotal:         129024 kB\n',
    );
    machine.state(48, 'offline');
    expect(machine.memory.zones.of(2)[2]).toMatchObject({
      spannedPages: 0,
      presentPages: 0,
      managedPages: 0,
    });
  });

  it('is silently left out when it is asked for but off', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 48, true);
    machine.state(48, 'online');
    expect(machine.memory.zones.of(2)[2]?.managedPages).toBe(32768);
  });
});
