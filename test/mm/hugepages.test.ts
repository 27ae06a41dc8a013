import { describe, expect, it } from 'vitest';
import { BootedMemory } from './booted-memory.ts';

const GLOBAL = 'sys/kernel/mm/hugepages/hugepages-2048kB';
const NODE = 'sys/devices/system/node/node2/hugepages/hugepages-2048kB';

function withNode2(): BootedMemory {
  const machine = new BootedMemory();
  machine.add(2, 48, 49);
  machine.state(48, 'online');
  machine.state(49, 'online');
  return machine;
}

describe('huge pages', () => {
  it('are reserved on a node up to what it has', () => {
    const machine = withNode2();
    machine.write(`${NODE}/nr_hugepages`, '100');
    expect(machine.read(`${NODE}/free_hugepages`)).toBe('100\n');
    expect(machine.read('sys/devices/system/node/node2/meminfo')).toContain(
      'Node 2 HugePages_Total:   100\n',
    );
    machine.write(`${NODE}/nr_hugepages`, '1000');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('128\n');
    expect(machine.read(`${GLOBAL}/nr_hugepages`)).toBe('128\n');
  });

  it('leave the kernel what it has allocated, and are not taken for slab', () => {
    const machine = new BootedMemory();
    const meminfo = 'sys/devices/system/node/node1/meminfo';
    const slab = () => /Slab: .*/.exec(String(machine.read(meminfo)))?.[0];
    const before = slab();
    machine.write(`${NODE.replace('node2', 'node1')}/nr_hugepages`, '100000');
    expect(machine.read(meminfo)).toMatch(/MemFree: +\d+ kB/);
    expect(slab()).toBe(before);
  });

  it('are spread over the nodes with memory', () => {
    const machine = withNode2();
    machine.write(`${GLOBAL}/nr_hugepages`, '10');
    expect(machine.read(`${GLOBAL}/nr_hugepages`)).toBe('10\n');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('2\n');
  });

  it('dissolve when their memory goes offline', () => {
    const machine = withNode2();
    machine.write(`${NODE}/nr_hugepages`, '128');
    machine.state(48, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('64\n');
  });

  it('can be demoted from the larger size only', () => {
    const machine = new BootedMemory();
    expect(machine.list('sys/kernel/mm/hugepages/hugepages-1048576kB')).toContain('demote_size');
    expect(machine.list(GLOBAL)).not.toContain('demote');
    const demoteSize = 'sys/kernel/mm/hugepages/hugepages-1048576kB/demote_size';
    expect(machine.write(demoteSize, '2M')).toBe('OK');
    expect(machine.write(demoteSize, '4M')).toBe('EINVAL');
  });

  it('take a count', () => {
    expect(new BootedMemory().write(`${GLOBAL}/nr_hugepages`, 'many')).toBe('EINVAL');
  });
});
