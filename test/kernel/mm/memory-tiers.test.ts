import { describe, expect, it } from 'vitest';
import { BootedMemory, facts } from './booted-memory.ts';

const TIERS = 'sys/devices/virtual/memory_tiering';
const tiers = (machine: BootedMemory): string[] =>
  machine
    .list(TIERS)
    .filter(name => name.startsWith('memory_tier'))
    .sort();
const targets = (log: string[]): string[] => log.filter(line => line.startsWith('Demotion'));

describe('memory tiers', () => {
  it('have the nodes with boot memory in tier 4', () => {
    const machine = new BootedMemory();
    expect(machine.read(`${TIERS}/memory_tier4/nodelist`)).toBe('0-1,3\n');
    expect(machine.read('sys/bus/memory_tiering/devices/memory_tier4/nodelist')).toBe('0-1,3\n');
  });

  it('get one for dax memory with the first block online and lose it with the last', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    expect(tiers(machine)).toEqual(['memory_tier4']);
    const log = machine.log(() => machine.state(48, 'online'));
    expect(machine.read(`${TIERS}/memory_tier22/nodelist`)).toBe('2\n');
    // Recorded on a machine with these nodes.
    expect(targets(log)).toEqual([
      'Demotion targets for Node 0: preferred: 2, fallback: 2',
      'Demotion targets for Node 1: preferred: 2, fallback: 2',
      'Demotion targets for Node 2: null',
      'Demotion targets for Node 3: preferred: 2, fallback: 2',
    ]);
    machine.state(49, 'online');
    machine.state(48, 'offline');
    expect(machine.uevents(() => machine.state(49, 'offline'))).toEqual([
      'remove memory_tier22',
      'offline memory49',
    ]);
    expect(tiers(machine)).toEqual(['memory_tier4']);
  });

  it('keep the type that a node has', () => {
    const machine = new BootedMemory();
    machine.add(3, 72, 72);
    machine.state(72, 'online');
    expect(tiers(machine)).toEqual(['memory_tier4']);
  });

  it('follow the measured distance where the firmware tells one, and prefer the nearest of the slower nodes', () => {
    const target = (node: number, abstractDistance: number) => ({ node, abstractDistance, access: [] });
    const machine = new BootedMemory({ facts: { ...facts, hmat: [target(2, 11520), target(3, 11520)] } });
    expect(tiers(machine)).toEqual(['memory_tier4', 'memory_tier90']);
    machine.add(2, 48, 48);
    expect(targets(machine.log(() => machine.state(48, 'online')))).toEqual([
      'Demotion targets for Node 0: preferred: 2, fallback: 2-3',
      'Demotion targets for Node 1: preferred: 3, fallback: 2-3',
      'Demotion targets for Node 2: null',
      'Demotion targets for Node 3: null',
    ]);
  });

  it('do not measure before 6.7 and do not tell of demotion', () => {
    const hmat = [{ node: 2, abstractDistance: 11520, access: [] }];
    const machine = new BootedMemory({ kernel: '6.1.0', facts: { ...facts, hmat } });
    machine.add(2, 48, 48);
    expect(targets(machine.log(() => machine.state(48, 'online')))).toEqual([]);
    expect(tiers(machine)).toEqual(['memory_tier22', 'memory_tier4']);
  });

  it('do not exist on kernels without them', () => {
    const machine = new BootedMemory({ kernel: '5.10.0' });
    machine.add(2, 48, 48);
    expect(machine.state(48, 'online')).toBe('OK');
    expect(machine.node('sys/bus/memory_tiering')).toBeUndefined();
  });

  it('have a switch for demotion', () => {
    const machine = new BootedMemory();
    const path = 'sys/kernel/mm/numa/demotion_enabled';
    expect(machine.read(path)).toBe('false\n');
    expect(machine.write(path, 'maybe')).toBe('EINVAL');
    machine.write(path, '1');
    expect(machine.read(path)).toBe('true\n');
  });
});
