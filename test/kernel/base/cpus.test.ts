import { describe, expect, it } from 'vitest';
import { BootedMemory, facts } from '../mm/booted-memory.ts';

describe('the topology of CPUs', () => {
  it('has a package for each node with CPUs, and a core for each of its CPUs', () => {
    const nodes = facts.nodes.map(node => (node.id === 1 ? { ...node, cpus: [1, 4, 5] } : node));
    const machine = new BootedMemory({ facts: { ...facts, nodes } });
    const topology = (cpu: number, name: string) =>
      machine.read(`sys/devices/system/cpu/cpu${cpu}/topology/${name}`);
    expect(topology(0, 'package_cpus_list')).toBe('0\n');
    expect(topology(4, 'physical_package_id')).toBe('1\n');
    expect(topology(4, 'core_id')).toBe('1\n');
    expect(topology(4, 'package_cpus')).toBe('32\n');
    expect(topology(4, 'core_siblings_list')).toBe('1,4-5\n');
    expect(topology(4, 'thread_siblings_list')).toBe('4\n');
    expect(topology(4, 'die_id')).toBe('0\n');
  });
});
